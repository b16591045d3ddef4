# SPDX-License-Identifier: GPL-2.0-or-later
"""libkcapi, the user-space library of AF_ALG, as far as the tests need it."""

import ctypes
import os

LIBRARY = ctypes.CDLL("libkcapi.so.1", use_errno=True)

# How the library hands data to the kernel
VMSPLICE, SENDMSG = 1, 2
INIT_AIO = 1


class IoVec(ctypes.Structure):
    """struct iovec"""
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def function(name, result, *arguments):
    symbol = getattr(LIBRARY, f"kcapi_{name}")
    symbol.restype, symbol.argtypes = result, arguments

    def call(*values):
        status = symbol(*values)
        if result and status < 0:
            raise OSError(-status, f"kcapi_{name}: {os.strerror(-status)}")
        return status
    return call


P, Z, U, I = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_int
VECTOR = ctypes.POINTER(IoVec)


def vector(*buffers):
    return (IoVec * len(buffers))(*((ctypes.addressof(b), ctypes.sizeof(b))
                                    for b in buffers))


def split(data, parts):
    """Buffers with the data in so many parts, of different lengths."""
    step = max(len(data) // parts, 1)
    pieces = [data[i * step:(i + 1) * step if i < parts - 1 else None]
              for i in range(parts)]
    return [ctypes.create_string_buffer(piece, len(piece)) for piece in pieces if piece]


class Handle:
    """A transform of one of the three kinds: cipher, aead, md."""

    def __init__(self, kind, name, key=None, tag=None, flags=0):
        self.kind, self.handle = kind, P()
        init = function(f"{kind}_init", I, ctypes.POINTER(P), ctypes.c_char_p, U)
        init(ctypes.byref(self.handle), name.encode(), flags)
        if key is not None:
            self.call("setkey", I, (P, key), (U, len(key)))
        if tag is not None:
            self.call("settaglen", I, (U, tag))

    def call(self, name, result, *typed):
        """typed: (type, value) of each argument after the handle"""
        types = [kind if kind is not P or not isinstance(value, bytes)
                 else ctypes.c_char_p for kind, value in typed]
        return function(f"{self.kind}_{name}", result, P, *types)(
            self.handle, *(value for _, value in typed))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        destroy = getattr(LIBRARY, f"kcapi_{self.kind}_destroy")
        destroy.restype, destroy.argtypes = None, (P,)
        destroy(self.handle)

    # --- Ciphers, authenticated or not: the output has so many bytes

    def one_shot(self, operation, data, iv, size, access):
        out = ctypes.create_string_buffer(size)
        count = self.call(operation, ctypes.c_ssize_t, (P, data), (Z, len(data)),
                          (P, iv), (P, ctypes.addressof(out)), (Z, size), (I, access))
        return out.raw[:count]

    def stream(self, operation, data, iv, size, parts):
        out = ctypes.create_string_buffer(size)
        pieces = split(data, parts)
        first, last = vector(*pieces[:-1]), vector(pieces[-1])
        self.call(f"stream_init_{operation[:3]}", ctypes.c_int32, (P, iv),
                  (VECTOR, None), (Z, 0))
        if len(pieces) > 1:
            self.call("stream_update", ctypes.c_int32, (VECTOR, first),
                      (Z, len(first)))
        self.call("stream_update_last", ctypes.c_int32, (VECTOR, last), (Z, 1))
        count = self.call("stream_op", ctypes.c_ssize_t, (VECTOR, vector(out)), (Z, 1))
        return out.raw[:count]

    def aio(self, operation, data, iv, size, access):
        """By io_submit(); the kernel takes one such request at a time."""
        text = ctypes.create_string_buffer(data, len(data))
        out = ctypes.create_string_buffer(size)
        self.call(f"{operation}_aio", ctypes.c_ssize_t, (VECTOR, vector(text)),
                  (VECTOR, vector(out)), (Z, 1), (P, iv), (I, access))
        return out.raw

    # --- Hashes

    def digest(self, data):
        out = ctypes.create_string_buffer(64)
        count = self.call("digest", ctypes.c_ssize_t, (P, data), (Z, len(data)),
                          (P, ctypes.addressof(out)), (Z, 64))
        return out.raw[:count]

    def digest_of_parts(self, data, parts):
        out = ctypes.create_string_buffer(64)
        for piece in split(data, parts):
            self.call("update", ctypes.c_int32, (P, piece.raw), (Z, len(piece)))
        count = self.call("final", ctypes.c_ssize_t, (P, ctypes.addressof(out)), (Z, 64))
        return out.raw[:count]
