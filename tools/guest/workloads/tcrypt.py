# SPDX-License-Identifier: GPL-2.0-or-later
"""Workload tcrypt: the kernel's own benchmark of ciphers, `tcrypt mode=600`.

It measures seven sizes in both directions, and cannot be told fewer."""

import os
import re
import subprocess

from .guest import Failure

TESTS = 14

# Seconds that it may take longer than it measures; after that it has no end.  The kernel
# complains of a task that hangs for 120.
PATIENCE = 60

HEADER = re.compile(r"testing speed of multibuffer \S+ \((\S+)\) (\w+)")
TEST = re.compile(r"test \d+ \(\d+ bit key, (\d+) byte blocks\):")
RESULT = re.compile(r"(\d+) operations in (\d+) seconds")
OPS = {"encryption": "encrypt", "decryption": "decrypt"}


class Hung(Failure):
    """A request does not end: what waits for it cannot be killed, and tcrypt cannot be
    loaded again in this guest."""


def kernel_log(function):
    """What the kernel logs while function runs."""
    fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    os.lseek(fd, 0, os.SEEK_END)
    function()
    lines = []
    while True:
        try:
            record = os.read(fd, 8192).decode(errors="replace")
        except BlockingIOError:
            break
        except BrokenPipeError:         # overwritten before it was read
            continue
        lines.append(record.split(";", 1)[1].split("\n", 1)[0])
    os.close(fd)
    return lines


def measure(driver, key_length, depth, seconds=1):
    """The name of the driver that was at work, and the results."""
    def load():
        # A tcrypt that succeeded fails to load, with EAGAIN.  One that hangs shall not
        # keep our output open.
        modprobe = subprocess.Popen(
            ["modprobe", "tcrypt", "mode=600", f"alg={driver}", f"sec={seconds}",
             f"klen={key_length}", f"num_mb={depth}"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            modprobe.wait(TESTS * seconds + PATIENCE)
        except subprocess.TimeoutExpired:
            raise Hung(f"{driver}, {depth} in flight: a request does not end") from None

    log = kernel_log(load)
    name = op = size = None
    results = []
    for line in log:
        if match := HEADER.search(line):
            name, op = match[1], OPS[match[2]]
        if match := TEST.search(line):
            size = int(match[1])
        if match := RESULT.search(line):
            results.append({"op": op, "size": size, "ops": int(match[1]),
                            "seconds": int(match[2])})
    if len(results) != TESTS:
        raise Failure("\n".join([f"tcrypt failed for {driver}:", *log]))
    return name, results


def run(driver, key_length, depth=1, seconds=1):
    if seconds != int(seconds) or seconds < 1:
        raise Failure(f"tcrypt measures whole seconds, not {seconds}")
    name, results = measure(driver, key_length, depth, int(seconds))
    return {"driver": name, "results": results}
