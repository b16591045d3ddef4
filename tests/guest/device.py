# SPDX-License-Identifier: GPL-2.0-or-later
"""The devices that the driver has, their fault plans, and the load of pce_stress, for tests
in Python that tools/vm runs in a guest.

From the suite: PCE_STRESS, the file of the load's module.
"""

import os
import re
import subprocess
import time
from pathlib import Path

import pce
from pce import expect

PATIENCE = 180      # seconds after which what is waited for will not come
STRESS = Path("/sys/kernel/debug/pce_stress")


def write_once(file, text):
    """Without a buffer, which would try once more when it is closed.  False: refused."""
    with open(file, "wb", buffering=0) as stream:
        try:
            stream.write(text.encode())
        except OSError:
            return False
    return True


def wait_until(what, condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        expect(time.monotonic() < deadline, f"{what}: not in {PATIENCE} s")
        time.sleep(0.02)


class Device:
    """A device, by its directory of debugfs: by default the first one."""

    def __init__(self, directory=None):
        self.directory = directory or min(pce.DEBUGFS.glob("*:*"))
        self.pci = Path("/sys/bus/pci/devices") / self.directory.name

    def counters(self):
        """All of them: the driver's, and the device's where the names are the same."""
        return pce.counters() | pce.read_counters(self.directory / "counters")

    def status(self):
        return (self.directory / "status").read_text().strip()

    def retired(self):
        return self.status().startswith("out of service")

    def set_plan(self, plan):
        """False: the device does not answer just now."""
        return write_once(self.directory / "fault_plan", plan + "\n")

    def report(self):
        """[(action, injected, events)] of the rules in force; None: no answer, or no text,
        because the device has vanished while it was read."""
        try:
            report = (self.directory / "fault_plan").read_text("ascii")
        except (OSError, UnicodeDecodeError):
            return None
        return [(action, int(injected), int(events)) for action, injected, events in
                re.findall(r"^rule \d+: (\S+): (\d+) injected in (\d+) events$", report,
                           re.MULTILINE)]

    def put_back(self):
        """False: there is nothing yet to be reset."""
        return write_once(self.pci / "reset", "1") and not self.retired()

    def progress(self, requests):
        """Requests to the device; without it there are none."""
        before = self.counters()["completions"]
        wait_until("requests to the device", lambda:
                   self.counters()["completions"] >= before + requests or self.retired())


def stress_counters():
    return pce.read_counters(STRESS / "counters")


def stress_start(drivers, *parameters):
    """Until stress_end(); what a request in place comes to may be -EIO."""
    subprocess.run(["insmod", os.environ["PCE_STRESS"], f"drivers={','.join(drivers)}",
                    "requests=0", "eio=1", "keeps_iv=1", *parameters], check=True)


def stress_end():
    """Each request has ended once, with what it had to come to."""
    (STRESS / "stop").write_text("1")
    result = (STRESS / "result").read_text()
    counters = stress_counters()
    subprocess.run(["rmmod", "pce_stress"], check=True)
    expect(result.startswith("result pass"), result)
    expect(counters["callbacks"] == counters["asynchronous"] + counters["backlogged"],
           f"{counters['callbacks']} callbacks of {counters['asynchronous']} requests"
           f" and {counters['backlogged']} in the backlog")
