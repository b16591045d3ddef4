# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that measures: the agent in it, and its QEMU as the host sees it."""

import json
import os
import queue
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent

WORKER = "pce-worker"       # how the names of the device's threads begin
END_TIME = 60               # seconds for a guest to shut down


class Died(Exception):
    """There is no guest any more; the text says why."""


def vm_command(scene, kernel, directory):
    """tools/vm with all contenders.

    Every request goes to the engine (min_len=0); the kernel's self-tests, which
    would go on beside, are off.  Each read of a register is traced, which costs
    nothing where there is none."""
    trace = " ".join(f"-trace enable={event},file={directory}/trace"
                     for event in ("pce_reg_read", "pce_invalidate"))
    return [str(TOP / "tools/vm"), "--stdin", "--kernel", kernel,
            "--cpus", str(scene.cpus), "--device", scene.device, "--virtio-crypto",
            "--module-params", "min_len=0", "--append", "cryptomgr.notests=1",
            "--timeout", "14400", "--qmp", f"{directory}/qmp",
            "--qemu", "-name debug-threads=on", "--qemu", trace,
            "--", str(TOP / "tools/guest/bench")]


def build_load_module(kernel):
    """The load generator of the agent, which finds it by its environment."""
    result = subprocess.run([TOP / "tools/build-module", "--kernel", kernel,
                             TOP / "tests/modules/load"],
                            text=True, stdout=subprocess.PIPE, check=True)
    os.environ["PCE_LOAD"] = result.stdout.splitlines()[-1] + "/pce_load.ko"


class Agent:
    """A process that takes a JSON job a line and answers each by a line."""

    def __init__(self, command, directory):
        self.answers = queue.SimpleQueue()
        self.number = 0
        # In a session of its own: Ctrl-C is for us, and we end it in order.
        self.process = subprocess.Popen(
            command, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put(None)

    def ask(self, job, timeout):
        """The answer, or Died."""
        self.number += 1
        try:
            self.process.stdin.write(json.dumps({"id": self.number} | job) + "\n")
            self.process.stdin.flush()
            line = self.answers.get(timeout=timeout)
        except queue.Empty:
            raise Died(f"no answer after {timeout:.0f} s") from None
        except OSError as error:
            raise Died(f"the guest takes no job: {error}") from None
        if line is None:
            raise Died(f"the guest has ended (exit status {self.process.wait()})")
        try:
            answer = json.loads(line)
        except ValueError:
            raise Died(f"not an answer: {line.strip()!r}") from None
        if answer.get("id") != self.number:
            raise Died(f"the answer to another job: {line.strip()!r}")
        return answer

    def close(self, patience=END_TIME):
        """Let it end, or end it."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()


class Qemu:
    """A guest's QEMU: its monitor, its device's counters, its threads."""

    def __init__(self, directory):
        self.trace = Path(directory) / "trace"
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(f"{directory}/qmp")
        self.file = self.socket.makefile("rw")
        self.file.readline()        # the greeting
        self.command("qmp_capabilities")
        credentials = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self.pid = int.from_bytes(credentials[:4], "little")

    def command(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        for line in self.file:
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise OSError(f"{name}: {answer['error']['desc']}")
        raise OSError(f"{name}: QEMU's monitor is gone")

    def version(self):
        version = self.command("query-version")["qemu"]
        return f"{version['major']}.{version['minor']}.{version['micro']}"

    def counters(self):
        """Those of the device, registers that were read, and how often a worker slept."""
        values = self.command("qom-get", path="/machine/peripheral/pce0", property="counters")
        values = {name: value for name, value in values.items() if isinstance(value, int)}
        values["register-reads"] = self.register_reads()
        values["worker-switches"] = self.worker_switches()
        return values

    def register_reads(self):
        """All but the one that comes with each key which goes, to flush that command."""
        text = self.trace.read_text()
        if "pce_reg_read " not in text:
            raise OSError("the trace has not even what the driver reads to begin with")
        return text.count("pce_reg_read ") - text.count("pce_invalidate ")

    def worker_switches(self):
        """How often the device's threads went to sleep so far: each wakes up again."""
        total, threads = 0, 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            if not (task / "comm").read_text().startswith(WORKER):
                continue
            threads += 1
            for line in (task / "status").read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches:"):
                    total += int(line.split()[1])
        if not threads:
            raise OSError(f"QEMU has no thread {WORKER}*")
        return total

    def close(self):
        self.file.close()
        self.socket.close()


class Guest:
    """The agent, with QEMU if there is one behind it."""

    def __init__(self, command, directory, with_qemu=True):
        self.directory = Path(directory)
        self.agent = Agent(command, directory)
        self.qemu = None
        try:
            self.info = self.ask({"workload": "info"}, 1800)
            if with_qemu:
                self.qemu = Qemu(directory)
        except BaseException:
            self.agent.close(patience=0)
            raise

    def ask(self, job, timeout):
        return self.agent.ask(job, timeout)

    def measure(self, job, timeout):
        """The answer, and what the device counted meanwhile."""
        before = self.qemu.counters() if self.qemu else {}
        started = time.monotonic()
        answer = self.ask(job, timeout)
        elapsed = time.monotonic() - started
        after = self.qemu.counters() if self.qemu else {}
        answer["device"] = {name: after[name] - before[name] for name in before}
        answer["elapsed"] = elapsed
        return answer

    def close(self, patience=END_TIME):
        if self.qemu:
            self.qemu.close()
        self.agent.close(patience)
        for name in ("trace", "qmp"):
            try:
                os.unlink(self.directory / name)
            except FileNotFoundError:
                pass
