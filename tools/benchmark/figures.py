# SPDX-License-Identifier: GPL-2.0-or-later
"""From the records of a run to figures: medians of rounds, ratios round by round."""

import collections
import statistics
from dataclasses import dataclass

COUNTERS = ["doorbells", "interrupts"]
# ... and those of the device, as the host sees it
DEVICE_COUNTERS = ["worker-wakes", "register-reads", "dma-maps", "copied-bytes"]


@dataclass(frozen=True)
class Point:
    """What is measured, whoever it is measured of."""
    scene: str
    kind: str           # load, mixed, segments, cpus, tcrypt, kcapi, dm-crypt, ipsec
    title: str          # algorithm and operation
    size: object        # bytes of a request, or "mixed"
    depth: int          # requests in flight
    variant: str = ""   # segments or CPUs, where they are compared

    def __str__(self):
        return " ".join(filter(None, [self.title, f"{self.size} B", f"depth {self.depth}",
                                      self.variant]))


@dataclass(frozen=True)
class Spread:
    """Of the rounds: median, lowest, highest, and how many there are."""
    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values):
        values = list(values)
        return cls(statistics.median(values), min(values), max(values),
                   len(values)) if values else None

    def part(self):
        """Half of the distance between lowest and highest, as part of the median."""
        return (self.high - self.low) / 2 / self.median if self.median else 0


def title_of(record, result):
    job = record["job"]
    if record["group"].startswith("dm-crypt"):
        return job["rw"]
    if record["group"].startswith("tcrypt"):
        return f"{record['algorithm']} {result['op'].removesuffix('ion')}"
    return record["title"] or job.get("algorithm")


def variant_of(kind, job):
    if kind == "segments":
        return f"{job['segments']} segment{'s' * (job['segments'] > 1)}"
    if kind == "cpus":
        return f"{job['cpus']} CPU{'s' * (job['cpus'] > 1)}"
    if kind == "dm-crypt":
        return f"{job.get('sector_size', 512)} B sectors"
    return ""


def points_of(record):
    """(point, sample) of each result of a record."""
    kind, job = record["group"].split("/")[0], record["job"]
    for result in record.get("results", []):
        size = "mixed" if "sizes" in job else (
            job.get("block_size") or result.get("size") or job.get("size") or 0)
        depth = job.get("iodepth") or job.get("depth") or 1
        sample = {"latency_ns": result.get("latency_ns")}
        if result.get("ops") is not None:
            sample["ops"] = result["ops"] / result["seconds"]
        size_known = isinstance(size, int) and result.get("ops") is not None
        if result.get("bytes") is not None:
            sample["bytes"] = result["bytes"] / result["seconds"]
        elif size_known:
            sample["bytes"] = sample["ops"] * size
        yield Point(record["scene"], kind, title_of(record, result), size, depth,
                    variant_of(kind, job)), sample


class Figures:
    def __init__(self, records):
        self.samples = collections.defaultdict(lambda: collections.defaultdict(dict))
        self.errors = []
        self.counted = collections.defaultdict(list)    # records of pce by what they counted
        self.idle = []
        for record in records:
            self.add(record)

    def add(self, record):
        if "error" in record:
            self.errors.append(record)
        if record["group"] == "idle":
            if "error" not in record:
                self.idle.append(record)
            return
        for point, sample in points_of(record):
            self.samples[point][record["contender"]][record["round"]] = sample
        if record["contender"] == "pce" and "error" not in record:
            job = record["job"]
            title = record["title"] or job.get("algorithm")
            if "rw" in job:
                title = f"{job['rw']}, {variant_of('dm-crypt', job)}"
            elif record["group"].startswith("tcrypt"):
                title = record["algorithm"]
            self.counted[record["scene"], record["group"], title,
                         job.get("depth") or job.get("iodepth") or 1].append(record)

    def points(self, **wanted):
        """The points with these attributes; an attribute may be a function."""
        for point in self.samples:
            if all(value(getattr(point, name)) if callable(value)
                   else getattr(point, name) == value for name, value in wanted.items()):
                yield point

    def titles(self, **wanted):
        return list(dict.fromkeys(point.title for point in self.points(**wanted)))

    def nearest(self, point, contender):
        """The point of a contender to compare with: of those that are measured with
        fewer depths, the one with the depth just below."""
        depths = {other.depth: other for other in self.points(
            scene=point.scene, kind=point.kind, title=point.title, size=point.size,
            variant=point.variant) if contender in self.samples[other]}
        if not depths:
            return None
        return depths[max((depth for depth in depths if depth <= point.depth),
                          default=min(depths))]

    def values(self, point, contender, what):
        return {number: sample[what] for number, sample in
                self.samples.get(point, {}).get(contender, {}).items()
                if sample.get(what) is not None}

    def spread(self, point, contender, what="ops"):
        return Spread.of(self.values(point, contender, what).values())

    def latency(self, point, contender, percentile):
        return Spread.of(value[percentile] for value in
                         self.values(point, contender, "latency_ns").values())

    def ratio(self, point, contender, what=None, of="pce"):
        """How many times faster than contender, round by round; None: not measured."""
        theirs = self.nearest(point, contender)
        if not theirs:
            return None
        for name in [what] if what else ["ops", "bytes"]:
            ours = self.values(point, of, name)
            other = self.values(theirs, contender, name)
            if ours and other:
                return Spread.of(ours[number] / other[number] for number in ours
                                 if other.get(number))
        return None

    def part_of_best(self, point, contender, others):
        """What contender has of the best of the others, whose medians decide which that
        is; round by round; None: not measured."""
        medians = {name: spread.median for name in others
                   if (spread := self.spread(point, name))}
        if not medians:
            return None
        return self.ratio(point, max(medians, key=medians.get), "ops", contender)

    def per_request(self, by_size=False, **wanted):
        """{(scene, kind, title, depth): {counter: per request}} of our contender, or of
        each size instead of all together (then the group is in the place of the title)."""
        sums = collections.defaultdict(collections.Counter)
        for (scene, group, title, depth), records in self.counted.items():
            kind, _, rest = group.partition("/")
            values = {"scene": scene, "kind": kind, "depth": depth}
            if any(values[name] != value for name, value in wanted.items()):
                continue
            for record in records:
                counted = record.get("counters", {}) | {
                    name: value for name, value in record.get("device", {}).items()
                    if name in DEVICE_COUNTERS}
                sums[scene, kind, rest if by_size else title, depth].update(counted)
        return {key: {name: value[name] / value["requests"]
                      for name in COUNTERS + DEVICE_COUNTERS if name in value}
                for key, value in sums.items() if value["requests"]}

    def break_even(self, title, depth, contender, scene="idle host"):
        """The smallest size from which on ours is faster; None: at no size; and whether
        anything was measured."""
        ahead, measured = None, False
        for point in sorted(self.points(scene=scene, kind="load", title=title, depth=depth),
                            key=lambda point: point.size, reverse=True):
            ratio = self.ratio(point, contender)
            if not ratio:
                continue
            measured = True
            if ratio.median <= 1:
                break
            ahead = point.size
        return ahead, measured
