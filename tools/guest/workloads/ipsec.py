# SPDX-License-Identifier: GPL-2.0-or-later
"""Workload ipsec: iperf3 through ESP in transport mode, between two network
namespaces of the guest.

Security associations name an algorithm, not a driver: the contender gets the highest
priority while they are made."""

import contextlib
import json
import os
import subprocess

from . import guest
from .guest import Failure, run as program
from .priority import set_priority

HIGHEST = 1 << 20
SPI = "0x1000"
REQID = "1"
SIDES = {"pce-a": "10.99.0.1", "pce-b": "10.99.0.2"}

# algorithm: its plain C, and the bytes of its key, with the salt
ALGORITHMS = {
    "rfc4106(gcm(aes))": ("rfc4106(gcm_base(ctr(aes-generic),ghash-generic))", 20),
}
# ESP makes its IVs by a template over the algorithm.
TEMPLATE = "seqiv({})"


def entries_of(name):
    return [entry for entry in guest.algorithms()
            if entry["name"] == name and not entry["driver"].startswith("__")]


def choose(algorithm, contender):
    """The contender's driver, which is made if need be."""
    generic, _ = ALGORITHMS[algorithm]
    guest.load_modules()
    if contender == "generic":
        guest.instantiate("aead", generic)
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


@contextlib.contextmanager
def namespaces():
    first, second = SIDES
    try:
        for side in SIDES:
            program("ip", "netns", "add", side)
        program("ip", "link", "add", "veth0", "netns", first, "type", "veth",
                "peer", "name", "veth0", "netns", second)
        for side, address in SIDES.items():
            program("ip", "-n", side, "address", "add", f"{address}/24", "dev", "veth0")
            program("ip", "-n", side, "link", "set", "veth0", "up")
        yield
    finally:
        for side in SIDES:
            subprocess.run(["ip", "netns", "delete", side], check=False,
                           stderr=subprocess.DEVNULL)


def associate(algorithm):
    """An association and a policy for each direction, in both namespaces."""
    _, key_length = ALGORITHMS[algorithm]
    first, second = SIDES.values()
    for source, destination in ((first, second), (second, first)):
        key = "0x" + os.urandom(key_length).hex()
        for side, address in SIDES.items():
            ends = ["src", source, "dst", destination]
            program("ip", "-n", side, "xfrm", "state", "add", *ends, "proto", "esp",
                    "spi", SPI, "reqid", REQID, "mode", "transport", "aead", algorithm,
                    key, "128")
            program("ip", "-n", side, "xfrm", "policy", "add", *ends, "dir",
                    "out" if address == source else "in", "tmpl", *ends, "proto", "esp",
                    "reqid", REQID, "mode", "transport")


def check_driver(algorithm, driver):
    """The associations hold the driver that they should, and no other."""
    used = [entry["driver"] for entry in entries_of(TEMPLATE.format(algorithm))
            if int(entry["refcnt"]) > 1]
    if used != [TEMPLATE.format(driver)]:
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
    with preferred(algorithm, driver), namespaces():
        associate(algorithm)
        check_driver(algorithm, driver)
        result = iperf(seconds, protocol)
    requests = guest.counters().get("requests", 0) - before
    if (contender == "pce") != (requests > 0):
        raise Failure(f"{driver} should do the work, and the engine had {requests} requests")
    return {"driver": driver, "results": [
        {"op": protocol, "bytes": result["bytes"], "seconds": result["seconds"],
         "mbit": result["bits_per_second"] / 1e6}]}
