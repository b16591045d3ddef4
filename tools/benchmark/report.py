# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as text, a hundred columns wide, and as JSON."""

import json

import targets
from figures import COUNTERS, DEVICE_COUNTERS

NAMES = {"pce": "pce", "virtio": "virtio-crypto", "aesni": "guest AES-NI",
         "generic": "generic C", "bare": "bare library"}
SHORT = {"virtio": "virtio", "aesni": "AES-NI", "generic": "C"}
PERCENTILES = {"p50": "median", "p90": "90 %", "p99": "99 %", "p999": "99.9 %", "max": "longest"}
LATENCY_SIZE = 4096
RATIO_DEPTHS = (1, 32)

LEGEND = """\
Each figure is the median of the rounds; after \u00b1 is half of the distance between the lowest
and the highest round, in per cent (99: or more).  A row "/ X" is how many times faster than X
pce is, the median of the ratios of each round.  Depth: requests in flight; code that works
synchronously only ever has one.  guest AES-NI: the fastest code that the guest has for its
CPU's own instructions; bare library: the device's, one thread on the host, with no guest."""


def human(number):
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.{2 if number < 10 * limit else 1}f}{suffix}" \
                if number < 100 * limit else f"{number / limit:.0f}{suffix}"
    return f"{number:.0f}" if number >= 10 or number == int(number) else f"{number:.2f}"


def size_name(size):
    if not isinstance(size, int):
        return str(size)
    for limit, unit in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= limit and size % limit == 0:
            return f"{size // limit} {unit}"
    return f"{size} B"


def number(value):
    """A ratio or a small figure."""
    if value == 0 or value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def count(value):
    """Of something per request, which may be very few."""
    return number(value) if value == 0 or value >= 0.1 else f"{value:.2g}"


def cell(spread, form):
    if not spread:
        return "-"
    text = form(spread.median)
    return f"{text}\u00b1{min(100 * spread.part(), 99):.0f}" if spread.rounds > 1 else text


def limits(spread):
    if spread.rounds == 1:
        return ""
    return f"[{number(spread.low)} - {number(spread.high)}]"


def table(header, rows, left=1):
    """Columns as wide as they need to be; the first ones to the left."""
    rows = [header] + rows
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for row in rows:
        yield " ".join(text.ljust(width) if column < left else text.rjust(width)
                       for column, (text, width) in enumerate(zip(row, widths))).rstrip()


def heading(text):
    return ["", text, "=" * len(text), ""]


class Report:
    def __init__(self, data, figures):
        self.data = data
        self.figures = figures

    def text(self):
        lines = [*self.title(), *self.summary(), *self.failures()]
        for part in (self.load, self.latency, self.break_even, self.threshold, self.tcrypt,
                     self.mixed, self.compared, self.storage, self.counts, self.drivers):
            lines += part()
        return "\n".join(lines) + "\n"

    def title(self):
        machine = self.data["machine"]
        guests = self.data["guests"].values()
        parameters = self.data["parameters"]
        versions = {guest.get("qemu") for guest in guests} - {None}
        kernels = {guest["info"].get("kernel") for guest in guests} - {None}
        yield f"pce benchmark, {parameters['plan']}, {machine['date']}"
        yield f"{machine['cpu']}, {machine['processors']} processors, " \
              f"{machine['memory_mib'] >> 10} GiB; host's kernel {machine['host_kernel']}"
        yield f"QEMU {', '.join(sorted(versions)) or '?'}; guest's kernel " \
              f"{', '.join(sorted(kernels)) or '?'}; " + ", ".join(
                  f"{name} {version}" for name, version in machine["libraries"].items())
        yield f"commit {machine['commit'] or '?'}, device '{parameters.get('device', '')}', " \
              f"rounds {parameters.get('rounds') or 'as planned'}"
        if self.data.get("interrupted"):
            yield "INTERRUPTED: what follows is what had been measured by then"

    def summary(self):
        yield from heading("Targets")
        rows, met = [], []
        for target, result in self.targets():
            wanted = f"{'<=' if target.at_most else '>='} {target.wanted:g}{target.unit}"
            if not result:
                rows.append([target.text, wanted, "-", "", "not measured"])
                continue
            met.append(target.met(result))
            rows.append([target.text, wanted,
                         (count if target.at_most else number)(result.measured.median)
                         + target.unit,
                         limits(result.measured), "met" if met[-1] else "NOT MET"])
            if result.where:
                rows.append([f"    worst: {result.where}", "", "", "", ""])
        yield from table(["target", "wanted", "measured", "rounds", ""], rows)
        yield ""
        yield f"{sum(met)} of {len(met)} that were measured are met, " \
              f"{len(targets.TARGETS) - len(met)} were not measured"

    def targets(self):
        return [(target, target.measure(self.figures)) for target in targets.TARGETS]

    def failures(self):
        if not self.figures.errors:
            return
        yield from heading("What failed")
        for record in self.figures.errors:
            yield f"{record['scene']}/{record['group']}, round {record['round'] + 1}, " \
                  f"{record['contender']}: {record['error']}"

    # --- Operations per second ------------------------------------------------

    def load(self):
        if not list(self.figures.points(kind="load")):
            return
        yield from heading("Operations per second by size of request")
        yield LEGEND
        for scene, title in self.sections("load"):
            yield ""
            yield from self.rates(scene, "load", title)

    def tcrypt(self):
        if not list(self.figures.points(kind="tcrypt")):
            return
        yield from heading("The same by the kernel's tcrypt (mode=600)")
        for number_, (scene, title) in enumerate(self.sections("tcrypt")):
            if number_:
                yield ""
            yield from self.rates(scene, "tcrypt", title)

    def sections(self, kind):
        """(scene, title) of what there is."""
        return dict.fromkeys((point.scene, point.title)
                             for point in self.figures.points(kind=kind))

    def contenders(self, **wanted):
        found = {name for point in self.figures.points(**wanted)
                 for name in self.figures.samples[point]}
        return [name for name in NAMES if name in found]

    def rates(self, scene, kind, title):
        points = list(self.figures.points(scene=scene, kind=kind, title=title))
        sizes = sorted({point.size for point in points})
        depths = sorted({point.depth for point in points})
        at = {(point.size, point.depth): point for point in points}
        rows = []
        for name in self.contenders(scene=scene, kind=kind, title=title):
            for depth in depths:
                cells = [self.figures.spread(at.get((size, depth)), name) for size in sizes]
                if any(cells):
                    rows.append([NAMES[name], "" if name == "bare" else str(depth)]
                                + [cell(spread, human) for spread in cells])
        for name in self.contenders(scene=scene, kind=kind, title=title):
            for depth in depths:
                if name == "pce" or depth not in RATIO_DEPTHS:
                    continue
                cells = [self.figures.ratio(at[size, depth], name) if (size, depth) in at
                         else None for size in sizes]
                if any(cells):
                    rows.append([f"  / {NAMES[name]}", str(depth)]
                                + [cell(spread, number) for spread in cells])
        where = "" if scene == targets.IDLE else f", {scene}"
        yield from table([title + where, "depth"] + [size_name(size) for size in sizes], rows)

    # --- Other views of load --------------------------------------------------

    def latency(self):
        points = [point for point in self.figures.points(kind="load", depth=lambda d: d in (1, 32))
                  if any(self.figures.latency(point, name, "p50")
                         for name in self.figures.samples[point])]
        sizes = {point.size for point in points}
        if not sizes:
            return
        size = LATENCY_SIZE if LATENCY_SIZE in sizes else max(sizes)
        yield from heading(f"Latency in microseconds, {size_name(size)}")
        rows = []
        titles = [point.title for point in points]
        for point in sorted(points, key=lambda point: (titles.index(point.title), point.depth)):
            for name in NAMES if point.size == size else []:
                cells = [self.figures.latency(point, name, key) for key in PERCENTILES]
                if any(cells):
                    rows.append([point.title, NAMES[name], str(point.depth)]
                                + [cell(spread, lambda ns: number(ns / 1000))
                                   for spread in cells])
        yield from table(["", "", "depth", *PERCENTILES.values()], rows, left=2)

    def break_even(self):
        titles = self.figures.titles(kind="load", scene=targets.IDLE)
        if not titles:
            return
        yield from heading("Break-even: the smallest size measured from which on pce is faster")
        rows = []
        for title in titles:
            cells = []
            for depth in (1, 32):
                for name in ("aesni", "generic"):
                    size, measured = self.figures.break_even(title, depth, name)
                    cells.append(size_name(size) if size else "never" if measured else "-")
            rows.append([title, *cells])
        yield from table(["depth"] + [f"{depth}, {NAMES[name]}" for depth in (1, 32)
                                      for name in ("aesni", "generic")], rows)

    def threshold(self):
        """Who is faster, and what the driver's default has of that."""
        points = list(self.figures.points(kind="threshold"))
        if not points:
            return
        sizes = sorted({point.size for point in points})
        at = {(point.title, point.depth, point.size): point for point in points}
        for text, form in (
                ("Default settings: part of the better of device and software",
                 lambda point: self.figures.part_of_best(point, "default",
                                                         ("pce", "software"))),
                ("The device: times as fast as the driver's software",
                 lambda point: self.figures.ratio(point, "software", "ops"))):
            rows = [[title, str(depth)]
                    + [cell(form(at[title, depth, size]), number)
                       if (title, depth, size) in at else "-" for size in sizes]
                    for title, depth in dict.fromkeys((point.title, point.depth)
                                                      for point in points)]
            yield from heading(text)
            yield from table(["", "depth"] + [size_name(size) for size in sizes], rows)

    def mixed(self):
        rows = []
        for point in self.figures.points(kind="mixed"):
            for name in self.contenders(kind="mixed", title=point.title):
                ratio = self.figures.ratio(point, name) if name != "pce" else None
                rows.append([point.title, NAMES[name],
                             cell(self.figures.spread(point, name), human),
                             cell(self.figures.spread(point, name, "bytes"), human),
                             cell(ratio, number) if ratio else ""])
        if rows:
            yield from heading("Sizes mixed, depth 32")
            yield from table(["", "", "requests/s", "bytes/s", "pce / this"], rows, left=2)

    def compared(self):
        """One table for segments and one for CPUs."""
        for kind, text in (("segments", "Requests in pieces"),
                           ("cpus", "One and two CPUs, two queue pairs and workers")):
            rows = []
            for point in self.figures.points(kind=kind):
                rows.append([point.title, size_name(point.size), point.variant]
                            + [cell(self.figures.spread(point, name), human)
                               for name in ("pce", "aesni")]
                            + [cell(self.figures.ratio(point, "aesni"), number)])
            if rows:
                yield from heading(f"{text}, depth 32: requests per second")
                yield from table(["", "", "", NAMES["pce"], NAMES["aesni"], "ratio"], rows,
                                 left=3)

    def storage(self):
        """Users of the crypto API: bytes per second."""
        for kind, text in (("kcapi", "AF_ALG (libkcapi)"),
                           ("dm-crypt", "dm-crypt on a RAM disk, aes-xts (fio)"),
                           ("ipsec", "IPsec between two network namespaces (iperf3)")):
            names = self.contenders(kind=kind)
            rows = []
            for point in self.figures.points(kind=kind):
                rows.append([", ".join(filter(None, [point.title, point.variant])),
                             size_name(point.size) if point.size else "", str(point.depth)]
                            + [cell(self.figures.spread(point, name, "bytes"), human)
                               for name in names]
                            + [cell(self.figures.ratio(point, name, "bytes"), number)
                               for name in names if name != "pce"])
            if rows:
                yield from heading(f"{text}: bytes per second, and pce's ratio to each")
                yield from table(["", "size", "depth"] + [NAMES[name] for name in names]
                                 + [f"/ {SHORT[name]}" for name in names if name != "pce"], rows)

    def counts(self):
        names = COUNTERS + DEVICE_COUNTERS
        rows = []
        for (scene, kind, title, depth), values in self.figures.per_request().items():
            rows.append([" ".join([kind, title] + [f"({scene})"] * (scene != targets.IDLE)),
                         str(depth)]
                        + [count(values[name]) if name in values else "-" for name in names])
        if rows:
            yield from heading("Counted per request of pce, all sizes")
            yield from table(["", "depth", "doorbells", "interrupts", "wake-ups", "reads",
                              "DMA maps", "copied B"], rows)
        for record in self.figures.idle:
            yield ""
            yield f"Idle for {record['elapsed']:.1f} s: " + ", ".join(
                f"{value} {name}" for name, value in record["device"].items()
                if name in ("requests", "doorbells", "interrupts", "worker-wakes",
                            "register-reads", "worker-switches"))

    def drivers(self):
        """Whom the guest's kernel had for each contender."""
        found = {}
        for record in self.data["records"]:
            if record.get("driver") and record["algorithm"]:
                found[record["algorithm"], record["contender"]] = record["driver"]
        if found:
            yield from heading("Drivers")
            yield from table(["algorithm", "contender", "driver"],
                             [[algorithm, NAMES.get(name, name), driver] for (algorithm, name), driver
                              in sorted(found.items())], left=3)


def to_json(data, figures):
    """All that is in the report, and all that it was made of."""
    def plain(spread):
        return vars(spread) if spread else None

    report = Report(data, figures)
    summary = {
        "targets": [{"target": target.text, "wanted": target.wanted,
                     "at_most": target.at_most,
                     "measured": plain(result.measured) if result else None,
                     "worst": result.where if result else None,
                     "met": target.met(result) if result else None}
                    for target, result in report.targets()],
        "figures": [vars(point) | {"contender": name,
                                   "ops": plain(figures.spread(point, name)),
                                   "bytes": plain(figures.spread(point, name, "bytes")),
                                   "pce_ratio": plain(figures.ratio(point, name))
                                   if name != "pce" else None}
                    for point, contenders in list(figures.samples.items())
                    for name in contenders]}
    return json.dumps(data | summary, indent=1) + "\n"
