# SPDX-License-Identifier: GPL-2.0-only
"""The registers of a device, without its driver or behind its back."""

import mmap
import os
import re

PATTERN = r"^(?:#define\s+|\t){name}\s*=?\s+\(?(0x[0-9a-f]+|[0-9]+|1u << [0-9]+)"

with open(os.environ["PCE_TOP"] + "/include/pce_abi.h", encoding="ascii") as abi:
    HEADER = abi.read().replace("#define   ", "#define ")


def number(text):
    """A number, or a name of include/pce_abi.h."""
    if not text.startswith("PCE_"):
        return int(text, 0)
    match = re.search(PATTERN.format(name=text), HEADER, re.MULTILINE)
    if not match:
        raise ValueError(f"{text} is not in pce_abi.h")
    value = match[1]
    if "<<" in value:
        return 1 << int(value.split("<<")[1])
    return int(value, 0)


class Registers:
    """Those of a PCI address; each access is one of 32 bits."""

    def __init__(self, device):
        file = os.open(f"/sys/bus/pci/devices/{device}/resource0", os.O_RDWR | os.O_SYNC)
        self.words = memoryview(mmap.mmap(file, os.fstat(file).st_size)).cast("I")
        os.close(file)

    def read(self, offset):
        return self.words[offset // 4]

    def write(self, offset, value):
        self.words[offset // 4] = value
