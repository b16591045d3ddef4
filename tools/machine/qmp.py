# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's monitor."""

import functools
import sys
from pathlib import Path

from common import tool


@functools.lru_cache(maxsize=None)
def protocol():
    """QEMU's own package, out of the source that QEMU was built from."""
    sys.path.insert(0, str(Path(tool("build-qemu")).parent / "source" / "python"))
    from qemu.qmp.legacy import QEMUMonitorProtocol     # pylint: disable=C0415,E0401
    return QEMUMonitorProtocol


def connect(address):
    """The monitor at a socket, or at the path of one."""
    monitor = protocol()(address)
    monitor.connect()
    return monitor
