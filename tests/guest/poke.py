#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write a register of a device behind its driver's back, when told to: say
"ready", and wait for a line.

poke.py DEVICE QUEUE REGISTER VALUE: all but DEVICE are numbers or names of
include/pce_abi.h; QUEUE is - for a global register.
"""

import sys

from registers import Registers, number


def main():
    device, queue, register, value = sys.argv[1:]
    offset = number(register)
    if queue != "-":
        offset += number("PCE_PAGE_SIZE") * (int(queue) + 1)
    registers = Registers(device)
    print("ready", flush=True)
    sys.stdin.readline()
    registers.write(offset, number(value))


main()
