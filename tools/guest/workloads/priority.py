# SPDX-License-Identifier: GPL-2.0-or-later
"""Priorities of drivers, by the kernel's crypto_user netlink interface.

A change of a priority also removes what the kernel has made of the driver, so that
who asks for the algorithm by its name next gets the driver of the highest one."""

import os
import socket
import struct

from .guest import Failure, load_modules

# linux/cryptouser.h, linux/netlink.h
NETLINK_CRYPTO = 21
CRYPTO_MSG_UPDATEALG = 0x12
CRYPTOCFGA_PRIORITY_VAL = 1
NLM_F_REQUEST, NLM_F_ACK = 1, 4
NLMSG_ERROR = 2
HEADER = struct.Struct("=IHHII")
USER_ALG = struct.Struct("=64s64s64sIIII")
ATTRIBUTE = struct.Struct("=HHI")


def set_priority(name, driver, priority):
    load_modules(["crypto_user"])
    body = USER_ALG.pack(name.encode(), driver.encode(), b"", 0, 0, 0, 0)
    body += ATTRIBUTE.pack(ATTRIBUTE.size, CRYPTOCFGA_PRIORITY_VAL, priority)
    header = HEADER.pack(HEADER.size + len(body), CRYPTO_MSG_UPDATEALG,
                         NLM_F_REQUEST | NLM_F_ACK, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_CRYPTO) as netlink:
        netlink.bind((0, 0))
        netlink.send(header + body)
        answer = netlink.recv(4096)
    _, kind, _, _, _ = HEADER.unpack_from(answer)
    error, = struct.unpack_from("=i", answer, HEADER.size)
    if kind != NLMSG_ERROR or error:
        raise Failure(f"priority of {driver}: {os.strerror(-error)}")
