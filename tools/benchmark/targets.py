# SPDX-License-Identifier: GPL-2.0-or-later
"""What the project wants to reach, and whether this run did."""

from dataclasses import dataclass
from typing import Callable

from figures import Spread

IDLE, CROWDED = "idle host", "crowded"


@dataclass(frozen=True)
class Result:
    measured: Spread
    where: str = ""         # the point that it is of, where there are several


@dataclass(frozen=True)
class Target:
    text: str
    wanted: float
    measure: Callable       # of Figures, a Result or None
    at_most: bool = False
    unit: str = "x"

    def met(self, result):
        value = result.measured.median
        return value <= self.wanted if self.at_most else value >= self.wanted


def worst(results, pick=min):
    results = [result for result in results if result.measured]
    if len(results) == 1:
        return Result(results[0].measured)
    return pick(results, key=lambda result: result.measured.median, default=None)


def ratio(contender, kinds, pick=min, **wanted):
    """The worst ratio of these points, of the first kind of which there are any."""
    def measure(figures):
        for kind in kinds:
            result = worst((Result(figures.ratio(point, contender), str(point))
                            for point in figures.points(kind=kind, **wanted)), pick)
            if result:
                return result
        return None
    return measure


def counts(counter, depth, largest):
    """The most per request of any group of load at this depth, up to a size."""
    def measure(figures):
        values = figures.per_request(by_size=True, scene=IDLE, kind="load", depth=depth)
        return worst((Result(Spread(value[counter], value[counter], value[counter], 1), key[2])
                      for key, value in values.items()
                      if counter in value and int(key[2].split("/")[-1]) <= largest), max)
    return measure


def wakeups(figures):
    values = [record["device"]["worker-switches"] / record["elapsed"]
              for record in figures.idle if "worker-switches" in record.get("device", {})]
    return Result(Spread.of(values)) if values else None


def against_virtio():
    for depth, wanted in ((1, 5), (32, 8)):
        yield Target(f"cbc(aes), 16 to 4096 B, depth {depth}: virtio-crypto", wanted,
                     ratio("virtio", ("tcrypt", "load"), scene=IDLE, depth=depth,
                           size=lambda size: size <= 4096))
    yield Target("the same, depth 1, crowded host: virtio-crypto", 10,
                 ratio("virtio", ("tcrypt", "load"), scene=CROWDED, depth=1,
                       size=lambda size: size <= 4096))


def against_bare():
    for title, wanted in (("xts(aes) encrypt", 0.85), ("gcm(aes)", 0.85),
                          ("ctr(aes) encrypt", 0.85), ("cbc(aes) decrypt", 0.85),
                          ("sha256", 0.9)):
        yield Target(f"{title}, 64 KiB, depth 32: bare library", wanted,
                     ratio("bare", ("load",), scene=IDLE, title=title, size=65536, depth=32))
    yield Target("cbc(aes) encrypt, 64 KiB, many in flight: bare", 4,
                 ratio("bare", ("load",), max, scene=IDLE, title="cbc(aes) encrypt",
                       size=65536, depth=lambda depth: depth >= 32))


def against_aesni():
    for title, ahead, times in (("cbc(aes) encrypt", 512, 12), ("xts(aes) encrypt", 1024, 6),
                                ("ctr(aes) encrypt", 1024, 6), ("gcm(aes)", 1024, 6)):
        yield Target(f"{title}, from {ahead} B, depth 32: guest AES-NI", 1,
                     ratio("aesni", ("load",), scene=IDLE, title=title, depth=32,
                           size=lambda size, ahead=ahead: size >= ahead))
        yield Target(f"{title}, 4 KiB, depth 32: guest AES-NI", times,
                     ratio("aesni", ("load",), scene=IDLE, title=title, depth=32, size=4096))


def in_use():
    yield Target("dm-crypt, 1 MiB sequential, 4 KiB sectors: AES-NI", 5,
                 ratio("aesni", ("dm-crypt",), scene=IDLE, size=1 << 20,
                       variant=lambda variant: variant.startswith("4096"),
                       title=lambda title: title in ("read", "write")))


def exact():
    for counter, wanted in (("doorbells", 1 / 16), ("interrupts", 1 / 16),
                            ("register-reads", 0)):
        yield Target(f"{counter.replace('-', ' ')} per request, to 4096 B, depth 32", wanted,
                     counts(counter, 32, 4096), at_most=True, unit="")
    yield Target("wake-ups per second of the device's threads, idle", 0, wakeups,
                 at_most=True, unit="")


TARGETS = [*against_virtio(), *against_bare(), *against_aesni(), *in_use(), *exact()]
