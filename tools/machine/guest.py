# SPDX-License-Identifier: GPL-2.0-or-later
"""A running QEMU, and what comes out of its guest."""

import ctypes
import os
import selectors
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

import qmp
from common import TOOLS, fail, tool
from mover import Mover

# Seconds that a guest gets to end by itself once COMMAND has ended.
SHUTDOWN_TIME = 60

# What a sanitizer finds ends QEMU, if it is one that has them (PCE_QEMU=sanitize).
SANITIZERS = {"ASAN_OPTIONS": "abort_on_error=1",
              "LSAN_OPTIONS": f"suppressions={TOOLS}/configs/qemu-leaks:print_suppressions=0",
              "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}


def option(path):
    """A path as the value of an option of QEMU, which commas separate."""
    return str(path).replace(",", ",,")


def word(path):
    """A path as a word of the kernel's command line: tools/guest/init decodes it."""
    return urllib.parse.quote(str(path), safe="/")


def share(tag, path, readonly):
    """A directory of the host, offered to the guest by 9p."""
    return ["-fsdev", f"local,id={tag},path={option(path)},security_model=none,"
            f"multidevs=remap,readonly={'on' if readonly else 'off'}",
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def processors(args):
    """-smp, and what the kernel is told of it.

    For a machine that can only ever have one CPU, TCG makes locked instructions
    plain ones, which are no barrier to the device's threads.  Linux's virtio relies on
    `lock addl` for one, and loses a request now and then.  So there is room for
    another CPU, of which the kernel need not know.
    """
    if args.cpus > 1:
        return str(args.cpus), []
    return "1,maxcpus=2", ["nr_cpus=1"]


def qemu_command(binary, args, kernel, initrd, log, job, ports):
    """The command line of QEMU; ports are the sockets by name."""
    smp, smp_parameters = processors(args)
    # An emulated CPU may lose its host CPU for long: give the guest's
    # watchdogs patience, and let it not panic for want of a few timer ticks at
    # boot.  An oops ends the run, it has failed anyway.  The other CPUs start
    # when the kernel has found its devices: while BARs move, QEMU 10.0's
    # multi-threaded TCG may send a CPU's access to a wrong device, the end of a
    # timer interrupt for one, after which this CPU gets no interrupt any more.
    # On a busy host the kernel may come to distrust the time stamp counter, and
    # then reads an I/O port for the time, which makes it slow: but it is right.
    kernel_parameters = [
        "console=ttyS0", "loglevel=8", "panic=-1", "oops=panic",
        "no_timer_check", "maxcpus=1", "tsc=reliable",
        "watchdog_thresh=60", "rcupdate.rcu_cpu_stall_timeout=180",
        f"pce.main={word(TOOLS / 'guest/main')}", f"pce.job={word(job)}",
        *smp_parameters, *args.append]
    if args.standalone:
        kernel_parameters.append("pce.standalone")

    command = [
        binary,
        "-name", "pce-guest", "-M", "q35", "-accel", args.accel,
        "-cpu", "max", "-smp", smp, "-m", args.mem,
        "-nodefaults", "-no-reboot", "-display", "none",
        "-kernel", str(kernel.image), "-initrd", str(initrd),
        "-append", " ".join(kernel_parameters),
        "-chardev", f"file,id=console,append=on,path={option(log)}",
        "-serial", "chardev:console",
        "-device", "virtio-serial-pci"]
    if not args.no_virtio_rng:
        command += ["-device", "virtio-rng-pci"]
    for name, port in ports.items():
        command += ["-chardev", f"socket,id={name},fd={port.fileno()}"]
        command += (["-mon", "chardev=monitor,mode=control"] if name == "monitor" else
                    ["-device", f"virtserialport,chardev={name},name={name}"])
    if args.shell:
        command += ["-chardev", "stdio,id=tty,signal=off",
                    "-device", "virtconsole,chardev=tty"]
    if not args.standalone:
        command += share("root", "/", readonly=True)
        command += share("cwd", os.getcwd(), readonly=False)
    if args.device != "none":
        options = "".join(f",{text}" for text in (os.environ.get("PCE_DEVICE"), args.device)
                          if text)
        command += ["-device", "pcie-root-port,id=rp0,chassis=1",
                    "-device", f"pce,id=pce0,bus=rp0{options}"]
    if args.virtio_crypto:
        command += ["-object", "cryptodev-backend-builtin,id=cryptodev0",
                    "-device", "virtio-crypto-pci,cryptodev=cryptodev0"]
    if args.qmp:
        command += ["-qmp", f"unix:{option(args.qmp)},server=on,wait=off"]
    for words in args.qemu:
        command += shlex.split(words)
    return command


def die_with_parent():
    """Run in the child: no QEMU is left when the runner is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)      # PR_SET_PDEATHSIG


class Machine:
    """One QEMU and our ends of its sockets, by name."""

    def __init__(self, command, ports, stdin):
        self.ports = {name: ours for name, (ours, _) in ports.items()}
        try:
            self.process = subprocess.Popen(
                command, preexec_fn=die_with_parent, env=SANITIZERS | os.environ, stdin=stdin,
                pass_fds=[theirs.fileno() for _, theirs in ports.values()])
        except OSError as error:
            fail(f"QEMU does not start: {error}")
        for _, theirs in ports.values():
            theirs.close()
        self.monitor = None
        if "monitor" in self.ports:
            self.monitor = qmp.connect(self.ports.pop("monitor"))

    def close(self):
        """The end of its monitor: QEMU may have been quicker."""
        if self.monitor:
            try:
                self.monitor.close()
            except (EOFError, OSError):
                pass
            self.monitor = None

    def kill(self):
        self.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Guest:
    """A guest and what comes out of it, whichever QEMU it is in."""

    def __init__(self, args, kernel, initrd, log, job):
        self.args = args
        self.names = ["status", "stdout", "stderr"]
        if args.stdin:
            self.names.append("stdin")
        if args.movable:
            self.names += ["machine", "monitor"]
        binary = args.qemu_binary or f"{tool('build-qemu')}/qemu-system-x86_64"
        self.command = lambda ports: qemu_command(binary, args, kernel, initrd, log, job, ports)
        self.directory = job.parent
        self.status = b""
        self.selector = selectors.DefaultSelector()
        log.unlink(missing_ok=True)
        self.machine = self.launch()
        self.listen()

    @property
    def process(self):
        return self.machine.process

    @property
    def monitor(self):
        return self.machine.monitor

    def launch(self, *more):
        """Start a QEMU."""
        ports = {name: socket.socketpair() for name in self.names}
        command = [*self.command({name: theirs for name, (_, theirs) in ports.items()}), *more]
        if self.args.dry_run:
            print(shlex.join(command))
            sys.exit(0)
        return Machine(command, ports, None if self.args.shell else subprocess.DEVNULL)

    def listen(self):
        for name, port in self.machine.ports.items():
            if name != "stdin":
                self.selector.register(port, selectors.EVENT_READ, name)

    def move(self, machine):
        """The guest goes on in another QEMU; what the first one has of it comes first."""
        self.monitor.cmd("quit")
        for key in list(self.selector.get_map().values()):
            while data := self.receive(key.fileobj):
                self.deal_with(key.data, data)
            self.selector.unregister(key.fileobj)
        self.process.wait()
        self.machine.close()
        self.machine = machine
        self.listen()

    def send_stdin(self):
        """Pass on what comes, as fast as COMMAND reads it, and its end."""
        stdin = self.machine.ports["stdin"]
        try:
            while data := os.read(sys.stdin.fileno(), 65536):
                stdin.sendall(data)
            # Closed in both directions, what is under way would be lost.
            stdin.shutdown(socket.SHUT_WR)
        except OSError:         # the guest has ended
            pass

    def deal_with(self, name, data):
        """Something has come from the guest."""
        if name == "status":
            self.status += data
        elif name == "machine":
            answer = self.mover.receive(data)
            self.machine.ports["machine"].sendall(answer)
        else:
            self.write(name, data)

    def run(self, timeout):
        """Pass the output on until QEMU ends; false if it had to be killed."""
        deadline = time.monotonic() + timeout
        ending = False
        self.mover = Mover(self, self.directory, deadline)
        if self.args.stdin:
            threading.Thread(target=self.send_stdin, daemon=True).start()
        while self.selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for key, _ in self.selector.select(left):
                data = self.receive(key.fileobj)
                if not data:
                    self.selector.unregister(key.fileobj)
                    continue
                try:
                    self.deal_with(key.data, data)
                except TimeoutError:
                    return False
                if key.data == "machine":
                    break       # these may not be the sockets any more
            if self.status.endswith(b"\n") and not ending:
                ending = True
                deadline = time.monotonic() + SHUTDOWN_TIME
        self.process.wait()
        return True

    @staticmethod
    def receive(port):
        try:
            return port.recv(65536)
        except ConnectionResetError:
            return b""

    @staticmethod
    def write(name, data):
        fd = getattr(sys, name).fileno()
        while data:
            data = data[os.write(fd, data):]

    def kill(self):
        self.machine.kill()
