# SPDX-License-Identifier: GPL-2.0-or-later
"""Workload load: the load generator in the kernel, tests/modules/load."""

import contextlib
import os
from pathlib import Path

from .guest import Failure, algorithms, run as program

DEBUGFS = Path("/sys/kernel/debug/pce_load")
TYPES = {"skcipher": {"skcipher"}, "aead": {"aead"}, "ahash": {"ahash", "shash"}}
MIN_LEN = Path("/sys/module/pce/parameters/min_len")
LATENCIES = ["min", "p50", "p90", "p99", "p999", "max", "mean"]


def insert_module():
    if DEBUGFS.exists():
        return
    module = os.environ.get("PCE_LOAD")
    if not module:
        raise Failure("PCE_LOAD has to name the file of the load module, pce_load.ko")
    program("insmod", module)


def generate(words):
    """The module's result of one run, numbers and texts by name."""
    error = None
    try:
        with open(DEBUGFS / "run", "w", encoding="ascii") as file:
            file.write(words)
    except OSError as failure:
        error = failure
    result = dict(line.split("=", 1) for line in
                  (DEBUGFS / "result").read_text().splitlines())
    if error or result["result"] != "pass":
        raise Failure(f"{words}: {result.get('error', error)}")
    return {name: int(value) if value.isdigit() else value
            for name, value in result.items()}


@contextlib.contextmanager
def minimum(min_len):
    """The driver's parameter meanwhile."""
    before = MIN_LEN.read_text()
    MIN_LEN.write_text(str(min_len))
    try:
        yield
    finally:
        MIN_LEN.write_text(before)


def run(driver, min_len=None, **parameters):
    """min_len: of our driver, meanwhile; the other parameters are those of measure()."""
    with contextlib.nullcontext() if min_len is None else minimum(min_len):
        return measure(driver, **parameters)


def measure(driver, seconds=None, size=None, sizes=None, type=None, aad=0, **parameters):
    """sizes: numbers, or pairs of number and weight; the other parameters are the
    module's own."""
    if (size is None) == (sizes is None):
        raise Failure("one of size and sizes is wanted")
    insert_module()
    mix = [entry if isinstance(entry, list) else [entry]
           for entry in ([size] if sizes is None else sizes)]
    words = {"driver": driver, "aad_length": aad,
             "size": ",".join(":".join(map(str, entry)) for entry in mix)} | parameters
    if seconds is not None:
        words["duration_ms"] = round(1000 * seconds)
    result = generate(" ".join(f"{name}={int(value) if isinstance(value, bool) else value}"
                               for name, value in words.items()))
    if type is not None:
        types = {entry["type"] for entry in algorithms()
                 if entry["driver"] == result["driver"]}
        if not types & TYPES.get(type, set()):
            raise Failure(f"{driver} is no {type} but {' or '.join(types)}")
    names = ["ops", "bytes", "asynchronous", "synchronous", "backlogged", "refused"]
    return {"driver": result["driver"], "results": [
        {"op": parameters.get("op", "encrypt"), "size": size,
         "seconds": result["ns"] / 1e9} | {name: result[name] for name in names} | {
             "latency_ns": {name: result[f"latency_{name}"] for name in LATENCIES}}]}
