#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/wake.py SOCKET: wake up a guest whenever it sleeps.

SOCKET is that of QEMU's option -qmp unix:SOCKET,server=on,wait=off.  Ends with QEMU.
"""

import json
import os
import socket
import sys
import time


def main():
    path = sys.argv[1]
    while not os.path.exists(path):
        time.sleep(0.1)
    monitor = socket.socket(socket.AF_UNIX)
    monitor.connect(path)
    monitor.sendall(b'{"execute": "qmp_capabilities"}\n')
    for line in monitor.makefile():
        if json.loads(line).get("event") == "SUSPEND":
            monitor.sendall(b'{"execute": "system_wakeup"}\n')


if __name__ == "__main__":
    main()
