# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest whose instructions are counted."""

import json
import os
import shlex
import socket
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from cases import PCE
from sections import CONTEXTS, Symbols, read_sections

TOP = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pce"


class Failed(Exception):
    """The guest did not do what was wanted; it has said why."""


def tool(name, *arguments):
    """The last line that a tool prints."""
    result = subprocess.run([TOP / "tools" / name, *arguments], text=True,
                            stdout=subprocess.PIPE, check=False)
    if result.returncode:
        raise Failed(f"tools/{name} {' '.join(map(str, arguments))} failed")
    return result.stdout.strip().splitlines()[-1]


class Monitor:
    """The device's counters, by QMP."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rw")
        self.file.readline()            # the greeting
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise Failed(f"{name}: {answer['error']['desc']}")

    def counters(self):
        values = self.command("qom-get", path="/machine/peripheral/pce0", property="counters")
        return Counter({name: value for name, value in values.items()
                        if isinstance(value, int)})


class Run:
    """One run of the load module, and everything that was counted of it."""

    def __init__(self, case, result, driver, device, section):
        self.case = case
        self.result = result        # what the load module says
        self.driver = driver        # the driver's counters
        self.device = device        # the device's
        self.section = section      # the plugin's

    def complaint(self):
        """Why this is not what was wanted, or nothing."""
        wanted = self.case.requests
        if int(self.result["asynchronous"]) != wanted:
            return f"{self.result['asynchronous']} of {wanted} requests were asynchronous"
        # What is to be decrypted is encrypted before: some requests more.
        if self.case.device == PCE and not (
                wanted <= self.device["requests"] <= 1.01 * wanted):
            return f"{self.device['requests']} instead of {wanted} requests in the device"
        return None


def read_values(path, separator):
    return dict(line.split(separator, 1) for line in path.read_text().splitlines())


def difference(before, after):
    return {name: int(after[name]) - int(value) for name, value in before.items()}


class Guest:
    """A directory that it shares with us, and how it is started."""

    def __init__(self, directory, kernel, device, cpus):
        self.directory = Path(directory)
        self.kernel = kernel
        self.device = device
        self.cpus = cpus

    def command(self):
        plugin = Path(tool("build-plugin"))
        qemu = f"{tool('build-qemu')}/qemu-system-x86_64"
        # Only QEMU is to be preloaded; GLib's own pools would hide allocations.
        start = self.directory / "qemu"
        start.write_text(f"#!/bin/sh\nG_SLICE=always-malloc LD_PRELOAD={plugin}/allocations.so"
                         f" exec {shlex.quote(qemu)} \"$@\"\n")
        start.chmod(0o755)
        # Every request goes to the engine (min_len=0); the kernel's self-tests, which
        # would go on beside, are off; addresses are those of all CPUs at all times.
        return [str(TOP / "tools/vm"), "--stdin", "--kernel", self.kernel, "--cpus", str(self.cpus),
                "--device", self.device, "--virtio-crypto", "--module-params", "min_len=0",
                "--append", "cryptomgr.notests=1 nokaslr",
                "--qmp", f"{self.directory}/qmp", "--qemu-binary", str(start),
                "--qemu", "-name debug-threads=on",
                "--qemu", f"-plugin {plugin}/count.so,out={self.directory}/out"
                f",contexts={self.directory}/contexts",
                "--", str(TOP / "tools/guest/counts")]

    def environment(self):
        module = tool("build-module", "--kernel", self.kernel, TOP / "tests/modules/load")
        return os.environ | {
            "PCE_LOAD": f"{module}/pce_load.ko",
            "PCE_CONTEXTS": " ".join(f"{name}={kind}" for name, kind in CONTEXTS.items())}

    def run(self, lines):
        """Yield the device's counters of each run, when it is over."""
        with subprocess.Popen(self.command(), cwd=self.directory, env=self.environment(),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as process:
            try:
                yield from self.steps(process, lines)
                process.stdin.close()
            except BaseException:
                process.terminate()
                raise
        if process.returncode:
            raise Failed(f"the guest failed: status {process.returncode}")

    def steps(self, process, lines):
        self.expect(process, "ready")
        monitor = Monitor(self.directory / "qmp")
        for line in lines:
            before = monitor.counters()
            process.stdin.write(line + "\n")
            process.stdin.flush()
            self.expect(process, "ran")
            yield difference(before, monitor.counters())

    @staticmethod
    def expect(process, answer):
        if process.stdout.readline().strip() != answer:
            raise Failed(f"the guest failed: status {process.wait()}")


def collect(directory, cases, devices):
    symbols = Symbols((directory / "kallsyms").read_text().splitlines())
    sections = read_sections(directory / "out")
    if len(sections) != len(cases):
        raise Failed(f"{len(sections)} sections for {len(cases)} runs")
    runs = []
    for number, (case, section) in enumerate(zip(cases, sections), 1):
        section.attribute(symbols)
        driver = difference(read_values(directory / f"before.{number}", " "),
                            read_values(directory / f"after.{number}", " "))
        run = Run(case, read_values(directory / f"result.{number}", "="), driver,
                  devices[number], section)
        if run.complaint():
            raise Failed(f"{case.name}: {run.complaint()}")
        runs.append(run)
    return runs


def count(cases, kernel="stock", device="", cpus=1, progress=lambda number: None):
    """A Run for each of the cases."""
    root = CACHE / "counts"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root) as directory:
        guest = Guest(directory, kernel, device, cpus)
        devices = []
        # The first one makes the plugin begin.
        for counters in guest.run([case.line() for case in cases[:1] + cases]):
            progress(len(devices))
            devices.append(counters)
        return collect(guest.directory, cases, devices)
