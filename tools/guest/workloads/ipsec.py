# SPDX-License-Identifier: GPL-2.0-or-later
"""Workload ipsec: iperf3 through ESP in transport mode, between two network
namespaces of the guest.

Security associations name an algorithm, not a driver: the contender gets the highest
priority while they are made."""

import contextlib
import json
import os
import subprocess
import tempfile
from typing import NamedTuple

from . import guest
from .guest import Failure, run as program
from .priority import set_priority

HIGHEST = 1 << 20
SPI = "0x1000"
REQID = "1"
SIDES = {"pce-a": "10.99.0.1", "pce-b": "10.99.0.2"}


class Algorithm(NamedTuple):
    """What ESP calls it in the kernel is the key of ALGORITHMS."""
    generic: str        # its plain C
    template: str       # by which ESP makes its IVs
    parts: list         # for ip(8): words, bytes of the key with the salt, bits of the tag


ALGORITHMS = {
    "rfc4106(gcm(aes))": Algorithm(
        "rfc4106(gcm_base(ctr(aes-generic),ghash-generic))", "seqiv({})",
        [("aead rfc4106(gcm(aes))", 20, "128")]),
    "authenc(hmac(sha256),cbc(aes))": Algorithm(
        "authenc(hmac(sha256-generic),cbc(aes-generic))", "echainiv({})",
        [("auth-trunc hmac(sha256)", 32, "128"), ("enc cbc(aes)", 32, "")]),
}


def entries_of(name):
    return [entry for entry in guest.algorithms()
            if entry["name"] == name and not entry["driver"].startswith("__")]


def choose(algorithm, contender):
    """The contender's driver, which is made if need be."""
    generic = ALGORITHMS[algorithm].generic
    guest.load_modules()
    # Where it is composed, the kernel does it when it is first asked for
    guest.instantiate("aead", generic if contender == "generic" else algorithm)
    if contender == "generic":
        return generic
    drivers = {entry["driver"]: int(entry["priority"]) for entry in entries_of(algorithm)
               if entry["driver"] != generic
               and entry["driver"].endswith("-pce") == (contender == "pce")}
    if contender == "aesni":
        drivers = {name: value for name, value in drivers.items() if "aes-generic" not in name}
    if contender not in ("pce", "aesni") or not drivers:
        raise Failure(f"no driver of {algorithm} for {contender}")
    return max(drivers, key=drivers.get)


@contextlib.contextmanager
def preferred(algorithm, driver):
    """The kernel takes this driver for the algorithm."""
    priorities = {entry["driver"]: int(entry["priority"]) for entry in entries_of(algorithm)}
    try:
        for name, priority in priorities.items():
            set_priority(algorithm, name, HIGHEST if name == driver else priority)
        yield
    finally:
        for name, priority in priorities.items():
            set_priority(algorithm, name, priority)


def ip_batch(namespace, lines):
    """Several commands by one program, which a slow guest takes half a second to start."""
    with tempfile.NamedTemporaryFile("w", encoding="ascii") as file:
        file.write("\n".join(" ".join(map(str, words)) for words in lines) + "\n")
        file.flush()
        program("ip", "-n", namespace, "-batch", file.name)


@contextlib.contextmanager
def namespaces(sides):
    """sides: the addresses of two, by name."""
    first, second = sides
    try:
        for side in sides:
            program("ip", "netns", "add", side)
        program("ip", "link", "add", "veth0", "netns", first, "type", "veth",
                "peer", "name", "veth0", "netns", second)
        for side, address in sides.items():
            ip_batch(side, [["address", "add", f"{address}/24", "dev", "veth0"],
                            ["link", "set", "veth0", "up"]])
        yield
    finally:
        for side in sides:
            subprocess.run(["ip", "netns", "delete", side], check=False,
                           stderr=subprocess.DEVNULL)


def new_keys(algorithm):
    """The words that ip(8) wants."""
    words = []
    for names, key_length, tag_bits in ALGORITHMS[algorithm].parts:
        words += [*names.split(), "0x" + os.urandom(key_length).hex(), *tag_bits.split()]
    return words


def associate(algorithm, sides, window=0):
    """An association and a policy for each direction, in both namespaces; of packets that
    are older than the newest one by more than window, if that is not 0, none is taken."""
    first, second = sides.values()
    directions = [(first, second, new_keys(algorithm)), (second, first, new_keys(algorithm))]
    for side, address in sides.items():
        lines = []
        for source, destination, keys in directions:
            ends = ["src", source, "dst", destination]
            lines += [
                ["xfrm", "state", "add", *ends, "proto", "esp", "spi", SPI, "reqid", REQID,
                 "mode", "transport", "replay-window", window, *keys],
                ["xfrm", "policy", "add", *ends, "dir", "out" if address == source else "in",
                 "tmpl", *ends, "proto", "esp", "reqid", REQID, "mode", "transport"]]
        ip_batch(side, lines)


def check_driver(algorithm, driver):
    """The associations hold the driver that they should, and no other."""
    template = ALGORITHMS[algorithm].template
    used = [entry["driver"] for entry in entries_of(template.format(algorithm))
            if int(entry["refcnt"]) > 1]
    if used != [template.format(driver)]:
        raise Failure(f"the associations use {used}, not {driver}")


def iperf(seconds, protocol):
    client, server = SIDES
    inside = ["ip", "netns", "exec"]
    options = ["-u", "-b", "0", "-l", "1400"] if protocol == "udp" else []
    with subprocess.Popen([*inside, server, "iperf3", "-s", "-1", "--forceflush"], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            for line in process.stdout:
                if "listening" in line:
                    break
            output = json.loads(program(*inside, client, "iperf3", "-c", SIDES[server], "-J",
                                        "-t", max(round(seconds), 1), *options))
        finally:
            process.kill()
    if "error" in output:
        raise Failure(f"iperf3: {output['error']}")
    return output["end"].get("sum_received") or output["end"]["sum"]


def run(algorithm, contender, seconds, protocol="tcp"):
    if algorithm not in ALGORITHMS:
        raise Failure(f"algorithm is one of {', '.join(ALGORITHMS)}, not {algorithm}")
    if protocol not in ("tcp", "udp"):
        raise Failure(f"protocol is tcp or udp, not {protocol}")
    driver = choose(algorithm, contender)
    before = guest.counters().get("requests", 0)
    # Priorities last: to change them takes what is in use off the kernel's list.
    with preferred(algorithm, driver), namespaces(SIDES):
        associate(algorithm, SIDES)
        check_driver(algorithm, driver)
        result = iperf(seconds, protocol)
    requests = guest.counters().get("requests", 0) - before
    if (contender == "pce") != (requests > 0):
        raise Failure(f"{driver} should do the work, and the engine had {requests} requests")
    return {"driver": driver, "results": [
        {"op": protocol, "bytes": result["bytes"], "seconds": result["seconds"],
         "mbit": result["bits_per_second"] / 1e6}]}
