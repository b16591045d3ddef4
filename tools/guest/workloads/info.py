# SPDX-License-Identifier: GPL-2.0-or-later
"""Workload info: what this guest is."""

import os
from pathlib import Path

from . import guest


def run(drivers=()):
    """drivers: names of drivers; which of them are there?"""
    guest.load_modules()
    entries = guest.algorithms()
    there = {entry["driver"] for entry in entries}
    return {
        "kernel": os.uname().release,
        "cpus": os.cpu_count(),
        "algorithms": [{name: entry.get(name) for name in
                        ("name", "driver", "priority", "type")} for entry in entries],
        "drivers": {name: name in there for name in drivers},
        "modules": sorted(line.split()[0] for line in
                          Path("/proc/modules").read_text().splitlines()),
        "parameters": {file.name: file.read_text().strip()
                       for file in sorted(guest.PARAMETERS.glob("*"))},
    }
