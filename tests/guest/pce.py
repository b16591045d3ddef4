# SPDX-License-Identifier: GPL-2.0-or-later
"""For tests in Python that tools/vm runs in a guest: the driver, KTAP.

From the suite: PCE_DRIVER, the file of the module, and PCE_DEVICE, options of the
device that the suite was asked to use.
"""

import os
import re
import subprocess
from pathlib import Path

DEBUGFS = Path("/sys/kernel/debug/pce")
PCI_DRIVER = Path("/sys/bus/pci/drivers/pce")


class Failure(Exception):
    """A test has failed; the text says why."""


class Skip(Exception):
    """A test cannot run; the text says why."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout


def load_driver(*parameters):
    """insmod asks for what it needs to be there."""
    module = os.environ["PCE_DRIVER"]
    for dependency in run("modinfo", "-F", "depends", module, text=True).strip().split(","):
        if dependency:
            run("modprobe", dependency)
    run("insmod", module, *parameters)


def unload_driver():
    run("rmmod", "pce")


def registered():
    """{driver: {field: text}}: what /proc/crypto has of ours.

    Without the larvals, which stand for algorithms that are being tested, and
    call themselves tested."""
    entries = {}
    for text in Path("/proc/crypto").read_text().split("\n\n"):
        fields = dict(re.split(r" *: ", line, maxsplit=1)
                      for line in text.splitlines() if ":" in line)
        if fields.get("driver", "").endswith("-pce") and fields["type"] != "larval":
            entries[fields["driver"]] = fields
    return entries


def read_counters(file):
    return {name: int(value) for name, value in
            (line.split() for line in file.read_text().splitlines())}


def counters():
    """Those of the module."""
    return read_counters(DEBUGFS / "counters")


def device_counters():
    """Those of the first device."""
    return read_counters(next(DEBUGFS.glob("*:*/counters")))


def main(tests):
    """Run {name: function}, print KTAP, return the exit status."""
    failed = 0
    print(f"KTAP version 1\n1..{len(tests)}")
    for number, (name, test) in enumerate(tests.items(), 1):
        try:
            test()
            result = "ok"
        except Skip as reason:
            result = "ok"
            name = f"{name} # SKIP {reason}"
        except Exception as error:  # pylint: disable=broad-except
            print(f"# {type(error).__name__}: {error}")
            result, failed = "not ok", failed + 1
        print(result, number, name, flush=True)
    return 1 if failed else 0
