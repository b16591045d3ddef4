# SPDX-License-Identifier: GPL-2.0-or-later
"""What the parts of the guest runner share."""

import os
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
TOP = TOOLS.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pce"

# The runner's exit status, where it is not that of the guest's command
EXIT_TIMEOUT = 124
EXIT_SPLAT = 125
EXIT_DIED = 126


def fail(message, status=EXIT_DIED):
    print(f"vm: {message}", file=sys.stderr)
    sys.exit(status)


def tool(name, *arguments):
    """The last line that one of our tools prints on stdout."""
    result = subprocess.run([TOOLS / name, *arguments], text=True,
                            stdout=subprocess.PIPE, check=False)
    if result.returncode:
        fail(f"tools/{name} {' '.join(arguments)} failed")
    return result.stdout.strip().splitlines()[-1]
