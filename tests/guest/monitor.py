# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's monitor (QMP), for tests in a guest whose QEMU gives it to them.

Options of QEMU: QEMU_MONITOR in tests/guest/host.sh.
"""

import json
import os
from pathlib import Path

import pce


class Monitor:
    """The virtio-serial port with the name "qmp"."""

    def __init__(self):
        port = next(file.parent.name for file in Path("/sys/class/virtio-ports").glob("*/name")
                    if file.read_text().strip() == "qmp")
        self.fd = os.open(f"/dev/{port}", os.O_RDWR)
        self.lines = os.fdopen(os.dup(self.fd), "rb")
        self.events = []
        self.receive()      # greeting
        self.command("qmp_capabilities")

    def receive(self):
        line = self.lines.readline()
        pce.expect(line, "the monitor is gone")
        message = json.loads(line)
        if "event" in message:
            self.events.append(message)
        return message

    def command(self, name, **arguments):
        """What it returns; events that come before are kept."""
        text = json.dumps({"execute": name, "arguments": arguments})
        os.write(self.fd, text.encode() + b"\n")
        while True:
            answer = self.receive()
            pce.expect("error" not in answer, f"{text}: {answer.get('error')}")
            if "return" in answer:
                return answer["return"]

    def wait_event(self, name, **data):
        """Take the first such event, which may have come already."""
        while True:
            for event in self.events:
                if event["event"] == name and data.items() <= event["data"].items():
                    self.events.remove(event)
                    return
            self.receive()
