# SPDX-License-Identifier: GPL-2.0-or-later
"""Workload kcapi: a user process, through AF_ALG and libkcapi.

Debian's package has the library, but not its own speed test.  The calls here are the
library's: one request at a time, the data by sendmsg or vmsplice, or by asynchronous
I/O, several requests in each call.  Python's part of it is the same for all drivers.
"""

import ctypes
import os
import time

from .guest import Failure

# How the library hands data to the kernel
ACCESS = {"vmsplice": 1, "sendmsg": 2}
INIT_AIO = 1
MAX_DIGEST = 64
MAX_IV = 32


class IoVec(ctypes.Structure):
    """struct iovec"""
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Library:
    """libkcapi's functions for one kind of transform; an error is an exception."""

    def __init__(self, kind):
        self.kind = kind
        self.library = ctypes.CDLL("libkcapi.so.1")

    def function(self, name):
        symbol = getattr(self.library, f"kcapi_{self.kind}_{name}")
        symbol.restype = ctypes.c_ssize_t
        return symbol

    def call(self, name, *values):
        status = ctypes.c_int(self.function(name)(*values)).value
        if status < 0:
            raise Failure(f"kcapi_{self.kind}_{name}: {os.strerror(-status)}")


def buffer(size):
    """Aligned to pages, as vmsplice wants it."""
    page = os.sysconf("SC_PAGE_SIZE")
    memory = ctypes.create_string_buffer(size + page)
    address = ctypes.addressof(memory)
    return memory, ctypes.c_void_p(address + -address % page)


def repeat(call, ops, seconds):
    """Call until the time is over; each is so many operations."""
    done = 0
    begin = time.monotonic()
    while (now := time.monotonic()) < begin + seconds:
        if call() < 0:
            raise Failure("libkcapi: a request failed")
        done += ops
    return {"ops": done, "seconds": now - begin}


def cipher_call(library, handle, op, size, access, depth):
    """What makes a call, and the memory that it works on."""
    source, destination = buffer(size), buffer(size)
    iv = ctypes.create_string_buffer(MAX_IV)
    length = ctypes.c_size_t(size)
    if depth > 1:
        one_shot = library.function(f"{op}_aio")
        sources, destinations = ((IoVec * depth)(*[(part[1].value, size)] * depth)
                                 for part in (source, destination))
        arguments = (handle, sources, destinations, ctypes.c_size_t(depth), iv, access)
    else:
        one_shot = library.function(op)
        arguments = (handle, source[1], length, iv, destination[1], length, access)
    return lambda: one_shot(*arguments), (source, destination)


def digest_call(library, handle, size):
    source = buffer(size)
    digest = ctypes.create_string_buffer(MAX_DIGEST)
    one_shot = library.function("digest")
    arguments = (handle, source[1], ctypes.c_size_t(size), digest,
                 ctypes.c_size_t(MAX_DIGEST))
    return lambda: one_shot(*arguments), (source,)


def run(driver, size, seconds, op="encrypt", key_length=16, depth=1, access="vmsplice"):
    """depth: requests in a call, by asynchronous I/O if there are several."""
    if op not in ("encrypt", "decrypt", "digest"):
        raise Failure(f"op is encrypt, decrypt or digest, not {op}")
    if access not in ACCESS:
        raise Failure(f"access is {' or '.join(ACCESS)}, not {access}")
    library = Library("md" if op == "digest" else "cipher")
    handle = ctypes.c_void_p()
    library.call("init", ctypes.byref(handle), driver.encode(),
                 INIT_AIO if depth > 1 else 0)
    try:
        if key_length and not (op == "digest" and key_length == 0):
            library.call("setkey", handle, os.urandom(key_length), key_length)
        if op == "digest":
            call, memory = digest_call(library, handle, size)
        else:
            call, memory = cipher_call(library, handle, op, size, ACCESS[access], depth)
        result = repeat(call, depth, seconds)
        del memory
    finally:
        library.function("destroy")(handle)
    return {"results": [{"op": op, "size": size, "bytes": result["ops"] * size} | result]}
