# SPDX-License-Identifier: GPL-2.0-or-later
"""Workload dm-crypt: fio on an encrypted RAM disk.

The device stays for the next job of the same driver."""

import json
import os
import tempfile
from pathlib import Path

from .guest import Failure, load_modules, run as program

NAME = "pce-bench"
DISK = Path("/dev/ram0")
DISK_SIZE = 128         # MiB
PATTERNS = ["read", "write", "randread", "randwrite"]

current = None          # driver, key length, sector size of the device that is there


def make_device(driver, key_length, sector_size):
    global current
    if current == (driver, key_length, sector_size):
        return
    remove()
    if not DISK.exists():
        program("modprobe", "brd", "rd_nr=1", f"rd_size={DISK_SIZE * 1024}")
    load_modules(["dm_mod", "dm_crypt"])
    sectors = int(program("blockdev", "--getsz", DISK))
    table = (f"0 {sectors} crypt capi:{driver}-plain64 {os.urandom(key_length).hex()} "
             f"0 {DISK} 0")
    if sector_size != 512:
        table += f" 1 sector_size:{sector_size}"
    # No udev is here to wait for.
    program("dmsetup", "create", "--noudevsync", NAME, "--table", table)
    current = driver, key_length, sector_size


def remove():
    """Take the device away, if there is one."""
    global current
    if current:
        program("dmsetup", "remove", "--noudevsync", "--retry", NAME)
        current = None


def device_node():
    """The kernel's, for there is no udev to make that of /dev/mapper."""
    name = program("dmsetup", "info", "--columns", "--noheadings", "-o", "blkdevname", NAME)
    return f"/dev/{name.strip()}"


def fio(rw, block_size, iodepth, seconds, ioengine):
    with tempfile.TemporaryDirectory() as directory:
        output = program(
            "fio", "--name=bench", f"--filename={device_node()}", "--direct=1",
            f"--ioengine={ioengine}", f"--rw={rw}", f"--bs={block_size}",
            f"--iodepth={iodepth}", "--time_based", f"--runtime={round(1000 * seconds)}ms",
            "--thread", "--output-format=json", cwd=directory)
    # Notes may come before it.
    return json.loads(output[output.index("{"):])["jobs"][0]


def run(driver, key_length, rw, block_size, seconds, iodepth=1, ioengine="libaio",
        sector_size=512):
    """sector_size: bytes of dm-crypt's requests."""
    if rw not in PATTERNS:
        raise Failure(f"rw is one of {', '.join(PATTERNS)}, not {rw}")
    make_device(driver, key_length, sector_size)
    job = fio(rw, block_size, iodepth, seconds, ioengine)
    if job["error"]:
        raise Failure(f"fio: {os.strerror(job['error'])}")
    figures = job["read" if rw.endswith("read") else "write"]
    latency = figures["clat_ns"]
    percentiles = latency["percentile"]
    return {"results": [{
        "op": rw, "size": block_size, "ops": figures["total_ios"],
        "bytes": figures["io_bytes"], "seconds": figures["runtime"] / 1000,
        "latency_ns": {"min": latency["min"], "p50": percentiles["50.000000"],
                       "p90": percentiles["90.000000"], "p99": percentiles["99.000000"],
                       "p999": percentiles["99.900000"], "max": latency["max"],
                       "mean": latency["mean"]}}]}
