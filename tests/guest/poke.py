#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write a register of a device behind its driver's back, when told to: say
"ready", and wait for a line.

poke.py DEVICE QUEUE REGISTER VALUE: all but DEVICE are numbers or names of
include/pce_abi.h; QUEUE is - for a global register.
"""

import mmap
import os
import re
import sys

PATTERN = r"^(?:#define\s+|\t){name}\s*=?\s+\(?(0x[0-9a-f]+|[0-9]+|1u << [0-9]+)"


def number(text, header):
    if not text.startswith("PCE_"):
        return int(text, 0)
    match = re.search(PATTERN.format(name=text), header, re.MULTILINE)
    if not match:
        sys.exit(f"poke.py: {text} is not in pce_abi.h")
    value = match[1]
    if "<<" in value:
        return 1 << int(value.split("<<")[1])
    return int(value, 0)


def main():
    device, queue, register, value = sys.argv[1:]
    with open(os.environ["PCE_TOP"] + "/include/pce_abi.h", encoding="ascii") as f:
        header = f.read()
    header = header.replace("#define   ", "#define ")
    offset = number(register, header)
    if queue != "-":
        offset += number("PCE_PAGE_SIZE", header) * (int(queue) + 1)
    file = os.open(f"/sys/bus/pci/devices/{device}/resource0", os.O_RDWR | os.O_SYNC)
    with mmap.mmap(file, os.fstat(file).st_size) as registers:
        with memoryview(registers) as raw, raw.cast("I") as words:
            print("ready", flush=True)
            sys.stdin.readline()
            words[offset // 4] = number(value, header)  # one access of 32 bits


main()
