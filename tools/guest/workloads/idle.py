# SPDX-License-Identifier: GPL-2.0-or-later
"""Workload idle: nothing.  The counters tell what the device does meanwhile."""

import time


def run(seconds):
    time.sleep(seconds)
    return {}
