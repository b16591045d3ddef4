# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets in other network namespaces, for tests in Python that tools/vm runs in a guest."""

import ctypes
import socket

from pce import expect

CLONE_NEWNET = 0x40000000


def socket_in(namespace, kind):
    """A socket of a network namespace; the thread comes back from there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as home, \
            open(f"/run/netns/{namespace}", "rb") as there:
        expect(not libc.setns(there.fileno(), CLONE_NEWNET), f"setns: {namespace}")
        try:
            return socket.socket(socket.AF_INET, kind)
        finally:
            expect(not libc.setns(home.fileno(), CLONE_NEWNET), "setns: back")
