# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest may ask of the machine that it runs in.

It writes a line to the virtio-serial port "machine", and reads the answer when it is
done:

  migrate     to another QEMU: "moved TOTAL DOWNTIME", in milliseconds
  save        a snapshot of all that there is: "saved"
  load        the snapshot: the guest is where it had asked for it, and reads
              "loaded N", for the Nth time

or "error", and why.
"""

import time


class Mover:
    """The machine's side of it; guest is moved."""

    def __init__(self, guest, directory, deadline):
        self.guest = guest
        self.socket = directory / "migration"
        self.image = directory / "snapshot"
        self.deadline = deadline
        self.loads = 0
        self.line = b""

    def receive(self, data):
        """Something came from the guest; the answer to it, if it is a whole line."""
        self.line += data
        if not self.line.endswith(b"\n"):
            return b""
        word = self.line.decode(errors="replace").strip()
        self.line = b""
        orders = {"migrate": self.migrate, "save": self.save, "load": self.load}
        try:
            answer = orders[word]() if word in orders else f"error no such order: {word}"
        except TimeoutError:
            raise
        except Exception as error:  # pylint: disable=broad-except
            answer = f"error {error}"
        return f"{answer}\n".encode()

    def poll(self, look):
        """What look() returns, once it is something."""
        while (found := look()) is None:
            if time.monotonic() > self.deadline:
                raise TimeoutError
            time.sleep(0.005)
        return found

    # --- Migration ---------------------------------------------------------

    def migration_end(self, monitor):
        """How it has ended, if it has."""
        info = monitor.cmd("query-migrate")
        if info.get("status") == "failed":
            raise RuntimeError(info.get("error-desc", "migration failed"))
        return info if info.get("status") == "completed" else None

    def migrate(self):
        guest = self.guest
        here = guest.monitor
        uri = f"unix:{self.socket}"

        there = guest.launch("-incoming", "defer")
        try:
            # So that the machine goes on here if it cannot go on there
            for monitor in (there.monitor, here):
                monitor.cmd("migrate-set-capabilities", capabilities=[
                    {"capability": "return-path", "state": True}])
            there.monitor.cmd("migrate-incoming", uri=uri)
            here.cmd("migrate-set-parameters", **{"max-bandwidth": 1 << 34})
            here.cmd("migrate", uri=uri)
            info = self.poll(lambda: self.migration_end(here))
            self.poll(lambda: there.monitor.cmd("query-status")["running"] or None)
        except BaseException:
            there.kill()
            raise
        guest.move(there)
        return f"moved {info['total-time']} {info['downtime']}"

    # --- Snapshots ---------------------------------------------------------

    def job(self, command, name, **arguments):
        """Run a job to its end."""
        monitor = self.guest.monitor

        def end():
            for job in monitor.cmd("query-jobs"):
                if job["id"] == name and job["status"] == "concluded":
                    return job
            return None

        monitor.cmd(command, **{"job-id": name}, **arguments)
        job = self.poll(end)
        monitor.cmd("job-dismiss", id=name)
        if "error" in job:
            raise RuntimeError(job["error"])

    def make_image(self):
        """A disk that no guest sees: snapshots need one to lie on."""
        self.image.unlink(missing_ok=True)
        self.job("blockdev-create", "file",
                 options={"driver": "file", "filename": str(self.image), "size": 0})

    def attach_file(self):
        self.guest.monitor.cmd("blockdev-add", driver="file", filename=str(self.image),
                               **{"node-name": "snapshot-file"})

    def attach(self):
        self.guest.monitor.cmd("blockdev-add", driver="qcow2", file="snapshot-file",
                               **{"node-name": "snapshot"})

    def detach(self):
        """Another QEMU may want it."""
        for node in ("snapshot", "snapshot-file"):
            self.guest.monitor.cmd("blockdev-del", **{"node-name": node})

    def snapshot(self, command):
        self.job(command, "snapshot", tag="snapshot", vmstate="snapshot",
                 devices=["snapshot"])

    def save(self):
        self.make_image()
        self.attach_file()
        self.job("blockdev-create", "format",
                 options={"driver": "qcow2", "file": "snapshot-file", "size": 1 << 20})
        self.attach()
        self.snapshot("snapshot-save")
        self.detach()
        return "saved"

    def load(self):
        self.attach_file()
        self.attach()
        self.snapshot("snapshot-load")
        self.detach()
        self.loads += 1
        return f"loaded {self.loads}"
