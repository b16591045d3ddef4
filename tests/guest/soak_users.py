# SPDX-License-Identifier: GPL-2.0-or-later
"""Users of the engine, each with a thread of its own: dm-crypt, ESP, AF_ALG, the load
generator.  What they get is compared with what it has to be.

A device that fails may cost an honest error where the source of a request is gone: in
place.  That is how dm-crypt reads, how ESP works on packets that are nobody else's, and
how AF_ALG does AEAD; those errors are counted, and the work is done once more.  Any other
is a failure.
"""

import contextlib
import errno
import hashlib
import json
import mmap
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import kcapi
from device import PATIENCE, wait_until
from namespace import socket_in
from pce import expect

sys.dont_write_bytecode = True
sys.path.insert(0, os.environ["PCE_TOP"] + "/tools/guest")
# pylint: disable=wrong-import-position
from workloads import dm_crypt, ipsec, load     # noqa: E402
from workloads.guest import run as program      # noqa: E402


class User:
    """Works until it is told to stop, or until something is wrong.

    pieces, bytes: of the work done.  errors: honest ones.  failure: what is wrong."""

    def __init__(self, name, seed):
        self.name = name
        self.rng = random.Random(f"{seed} {name}")
        self.pieces = self.bytes = self.errors = 0
        self.failure = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name=name, daemon=True)

    def work(self):
        """A piece of it, which ends in any case, and is added to the figures."""
        raise NotImplementedError

    def finish(self):
        """Whatever can be said when the device does not fail any more."""

    def start(self):
        self.thread.start()

    def repeat(self):
        """work() until it is told to stop."""
        while not self.stopping.is_set():
            self.work()

    def run(self):
        try:
            self.repeat()
        except Exception as error:  # pylint: disable=broad-except
            self.failure = f"{type(error).__name__}: {error}"

    def stop(self):
        self.stopping.set()

    def end(self):
        """It has to; then nothing may have been wrong."""
        self.thread.join(PATIENCE)
        expect(not self.thread.is_alive(), f"{self.name}: does not end")
        expect(not self.failure, f"{self.name}: {self.failure}")
        self.finish()


class DmCrypt(User):
    """fio writes blocks with checksums, reads them back, and compares: again and again, by
    one process, which is what a slow guest takes long to start."""

    SIZE, BLOCK, SECTOR = 1 << 20, 16384, 4096
    DRIVER = "xts-aes-pce"
    OUTPUT = Path("/run/fio")

    def __init__(self, seed):
        super().__init__("dm-crypt", seed)
        dm_crypt.make_device(self.DRIVER, 64, self.SECTOR)
        self.disk = Path(dm_crypt.device_node())

    def work(self):
        """A block, there and back."""
        data = self.rng.randbytes(self.BLOCK)
        file = os.open(self.disk, os.O_RDWR | os.O_DIRECT)
        try:
            with mmap.mmap(-1, self.BLOCK) as memory:
                memory.write(data)
                os.pwritev(file, [memory], 0)
                memory[:] = bytes(self.BLOCK)
                os.preadv(file, [memory], 0)
                expect(memory[:] == data, "other data come back")
        finally:
            os.close(file)
        self.pieces += 2
        self.bytes += 2 * self.BLOCK

    def begin(self, *options):
        with open(self.OUTPUT, "wb") as output:
            return subprocess.Popen(
                ["fio", "--name=soak", f"--filename={self.disk}", "--direct=1",
                 "--ioengine=libaio", "--iodepth=8", "--thread", f"--size={self.SIZE}",
                 f"--bs={self.BLOCK}", "--verify=crc32c", "--verify_fatal=1",
                 "--output-format=json", *options],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/run")

    def result(self):
        """The figures; what is said beside is that reads have failed, if they have."""
        said = self.OUTPUT.read_text()
        expect("verify:" not in said, f"fio: {said}")
        start, end = said.find("{\n"), said.rfind("}\n") + 1
        expect(0 <= start < end, f"fio: {said}")
        return json.loads(said[start:end])["jobs"][0]

    def written(self):
        """Sectors, by what the kernel counts."""
        return int(Path(f"/sys/block/{self.disk.name}/stat").read_text().split()[6])

    def start(self):
        before = self.written()
        super().start()
        wait_until("fio begins", lambda: self.failure or self.written() > before)

    def repeat(self):
        """A read that fails is not the end of it.  A write has another destination than
        source, and has to succeed."""
        with self.begin("--rw=randwrite", f"--randseed={self.rng.randrange(1 << 32)}",
                        "--do_verify=1", "--verify_backlog=16", "--continue_on_error=read",
                        f"--loops={1 << 30}") as fio:
            while not self.stopping.wait(0.2) and fio.poll() is None:
                pass
            expect(fio.poll() is None, f"fio ended by itself: {self.OUTPUT.read_text()}")
            fio.send_signal(signal.SIGINT)
        job = self.result()
        expect(job["error"] in (0, errno.EIO), f"fio: error {job['error']}")
        self.pieces += job["write"]["total_ios"] + job["read"]["total_ios"]
        self.bytes += job["write"]["io_bytes"] + job["read"]["io_bytes"]
        self.errors += job["total_err"]

    def finish(self):
        """All that was written is there, and is right."""
        self.begin("--rw=read").wait()
        job = self.result()
        expect(job["error"] == 0 and job["read"]["io_bytes"] == self.SIZE,
               f"{job['read']['io_bytes']} of {self.SIZE} bytes, error {job['error']}")
        dm_crypt.remove()


class Esp(User):
    """A TCP connection by ESP between two namespaces: what was sent comes back."""

    PORT = 4711
    # What a request in place that failed becomes of a packet, which TCP sends again
    HONEST = {"XfrmInStateProtoError", "XfrmOutStateProtoError"}

    def __init__(self, name, seed, algorithm, driver, number):
        super().__init__(name, seed)
        self.sides = {f"{name}-{side}": f"10.99.{number}.{side}" for side in (1, 2)}
        self.first, self.second = self.sides
        self.cleanup = contextlib.ExitStack()
        self.cleanup.enter_context(ipsec.namespaces(self.sides))
        ipsec.associate(algorithm, self.sides)
        ipsec.check_driver(algorithm, driver)
        server = self.socket_in(self.second)
        server.bind((self.sides[self.second], self.PORT))
        server.listen()
        self.client = self.socket_in(self.first)
        self.client.connect((self.sides[self.second], self.PORT))
        self.peer, _ = server.accept()
        self.peer.settimeout(None)
        server.close()
        threading.Thread(target=self.echo, daemon=True).start()

    @staticmethod
    def socket_in(namespace):
        found = socket_in(namespace, socket.SOCK_STREAM)
        found.settimeout(PATIENCE)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found

    def echo(self):
        while data := self.peer.recv(65536):
            self.peer.sendall(data)
        self.peer.close()

    def work(self):
        data, back = self.rng.randbytes(self.rng.randint(1, 20000)), b""
        self.client.sendall(data)
        while len(back) < len(data):
            part = self.client.recv(len(data) - len(back))
            expect(part, f"the connection ended after {self.bytes} bytes")
            back += part
        expect(back == data, f"other data came back, after {self.bytes} bytes")
        self.pieces += 1
        self.bytes += 2 * len(data)

    def finish(self):
        """No packet was seen that the other side had not sent so."""
        self.client.close()
        for side in self.sides:
            text = program("ip", "netns", "exec", side, "cat", "/proc/net/xfrm_stat")
            counted = {name: int(value) for name, value in
                       (line.split() for line in text.splitlines())}
            self.errors += sum(counted.pop(name) for name in self.HONEST)
            wrong = {name: value for name, value in counted.items() if value}
            expect(not wrong, f"{side}: {wrong}")
            failed = re.findall(r"replay \d+ failed (\d+)",
                                program("ip", "-n", side, "-s", "xfrm", "state"))
            expect(failed == ["0", "0"], f"{side}: packets of a wrong tag: {failed}")
        self.cleanup.close()


class AfAlg(User):
    """Cipher, AEAD and hash, each with another driver's result to compare with."""

    AAD, TAG = 16, 16
    CIPHER = ("ctr-aes-pce", "ctr(aes-generic)")
    AEAD = ("gcm-aes-pce", "gcm_base(ctr(aes-generic),ghash-generic)")

    def __init__(self, name, seed):
        super().__init__(name, seed)
        self.turn = 0

    def work(self):
        kinds = [self.cipher, self.aead, self.digest]
        self.turn += 1
        try:
            self.bytes += kinds[self.turn % len(kinds)](self.rng.randint(1, 24000))
        except OSError as error:
            # The kernel does AEAD of AF_ALG in place
            if error.errno != errno.EIO or kinds[self.turn % len(kinds)] != self.aead:
                raise
            self.errors += 1
        self.pieces += 1

    def compare(self, what, outputs):
        expect(outputs[0] == outputs[1], f"{what}: other output than software")

    def cipher(self, size):
        key, iv, data = (self.rng.randbytes(n) for n in (32, 16, size))
        how = self.rng.choice(["sendmsg", "vmsplice", "stream", "aio"])
        outputs = []
        for driver in self.CIPHER:
            with kcapi.Handle("cipher", driver, key, flags=kcapi.INIT_AIO) as handle:
                if how == "stream":
                    outputs.append(handle.stream("encrypt", data, iv, size, 3))
                elif how == "aio":
                    outputs.append(handle.aio("encrypt", data, iv, size, kcapi.SENDMSG))
                else:
                    access = kcapi.SENDMSG if how == "sendmsg" else kcapi.VMSPLICE
                    outputs.append(handle.one_shot("encrypt", data, iv, size, access))
        self.compare(f"cipher by {how}, {size} bytes", outputs)
        return size

    def aead(self, size):
        key, iv, data = (self.rng.randbytes(n) for n in (32, 12, self.AAD + size))
        sealed, opened = [], []
        for driver in self.AEAD:
            with kcapi.Handle("aead", driver, key, self.TAG) as handle:
                handle.call("setassoclen", None, (kcapi.Z, self.AAD))
                sealed.append(handle.one_shot("encrypt", data, iv, len(data) + self.TAG,
                                              kcapi.SENDMSG))
                opened.append(handle.one_shot("decrypt", sealed[-1], iv, len(data),
                                              kcapi.SENDMSG))
        self.compare(f"AEAD, {size} bytes", sealed)
        self.compare(f"AEAD opened, {size} bytes", opened)
        expect(opened[0][self.AAD:] == data[self.AAD:], f"AEAD, {size} bytes: other text")
        return 2 * size

    def digest(self, size):
        data = self.rng.randbytes(size)
        with kcapi.Handle("md", "sha256-pce") as handle:
            found = [handle.digest(data), handle.digest_of_parts(data, 3)]
        for digest in found:
            self.compare(f"hash, {size} bytes", [digest, hashlib.sha256(data).digest()])
        return 2 * size


class Load(User):
    """The load generator, which counts: none is lost, none ends with an error."""

    RUNS = [{"driver": "cbc-aes-pce", "key_length": 16, "size": 4096},
            {"driver": "gcm-aes-pce", "key_length": 16, "aad": 16, "sizes": [64, 1500],
             "segments": 3},
            {"driver": "sha256-pce", "op": "digest", "size": 2048}]

    def __init__(self, seed):
        super().__init__("load", seed)
        load.insert_module()

    def work(self):
        result, = load.run(**self.rng.choice(self.RUNS), seconds=0.5, depth=4, backlog=1,
                           warm_up_ms=1)["results"]
        expect(result["asynchronous"] + result["synchronous"] == result["ops"], f"{result}")
        self.pieces += result["ops"]
        self.bytes += result["bytes"]
        # Its callbacks submit again at once: the others need the processor, too
        self.stopping.wait(1)

    def finish(self):
        program("rmmod", "pce_load")
        expect(not Path(load.DEBUGFS).exists(), "the module is still there")
