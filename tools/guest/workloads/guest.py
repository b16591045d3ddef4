# SPDX-License-Identifier: GPL-2.0-or-later
"""What the workloads need of the guest: programs, algorithms, counters."""

import os
import re
import socket
import subprocess
from collections import defaultdict
from pathlib import Path

# The driver's counters: its own, and those of each device.
DEBUGFS = Path("/sys/kernel/debug/pce")
PARAMETERS = Path("/sys/module/pce/parameters")

# The contenders' drivers are modules that nothing in the guest loads by itself;
# a kernel has some of them built in, or not at all.
MODULES = ["virtio_crypto", "aesni_intel", "ghash_clmulni_intel", "sha256_ssse3",
           "sha512_ssse3", "sha1_ssse3", "xts", "gcm", "ctr", "cbc"]


class Failure(Exception):
    """A job cannot be done; the text says why."""


def run(*command, **options):
    """The output of a program that succeeds."""
    result = subprocess.run([str(word) for word in command], check=False, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options)
    if result.returncode:
        raise Failure(f"{' '.join(map(str, command))}: "
                      f"{result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


def load_modules(names=MODULES):
    """Those that there are."""
    for name in names:
        subprocess.run(["modprobe", "-q", name], check=False)


def read_algorithms():
    entries = []
    for text in Path("/proc/crypto").read_text().split("\n\n"):
        fields = dict(re.split(r"\s*: ", line, maxsplit=1)
                      for line in text.splitlines() if ": " in line)
        # A larval stands for an algorithm that is being made.
        if fields.get("type", "larval") != "larval":
            entries.append(fields)
    return entries


def algorithms():
    """The entries of /proc/crypto.  Some get lost while the list changes: until it
    rests."""
    before, entries = None, read_algorithms()
    while entries != before:
        before, entries = entries, read_algorithms()
    return entries


def instantiate(kind, name):
    """Have the kernel make an algorithm of this name, if it is not there yet."""
    with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) as alg:
        try:
            alg.bind((kind, name))
        except OSError as error:
            raise Failure(f"driver {name}: {error.strerror}") from error


def read_counters(file):
    return {name: int(value) for name, value in
            (line.split() for line in file.read_text().splitlines())}


def counters():
    """The sums over all devices, and the driver's own, where the names differ."""
    sums = defaultdict(int)
    for file in DEBUGFS.glob("*:*/counters"):
        for name, value in read_counters(file).items():
            sums[name] += value
    if (DEBUGFS / "counters").exists():
        for name, value in read_counters(DEBUGFS / "counters").items():
            sums.setdefault(name, value)
    return dict(sums)


def interrupts():
    """Those of the device that the guest's CPUs took."""
    total = 0
    for line in Path("/proc/interrupts").read_text().splitlines():
        if re.search(r"\bpce\b", line):
            total += sum(int(word) for word in line.split()[1:1 + os.cpu_count()]
                         if word.isdigit())
    return total
