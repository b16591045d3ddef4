# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's part: the bare library, a busy process, what machine it is."""

import contextlib
import ctypes
import datetime
import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pce"
# As unit_dir() of tools/lib.sh has it
BARE = CACHE / "unit" / hashlib.sha256(str(TOP).encode()).hexdigest()[:12] / "bare"


def build_bare():
    log = CACHE / "logs/bare-build.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w") as output:
        result = subprocess.run(
            ["make", "-C", TOP / "tests/unit", f"O={BARE.parent}", BARE],
            stdout=output, stderr=output, check=False)
    if result.returncode:
        sys.exit(f"bench: the build of {BARE} failed, see {log}")


def bare(algorithm, job):
    """Answers a job as a guest's agent does."""
    command = [BARE, algorithm.bare, job["op"], job["size"], job["seconds"], job["depth"],
               algorithm.key_length]
    result = subprocess.run([str(word) for word in command], text=True, check=False,
                            capture_output=True)
    if result.returncode:
        return {"error": result.stderr.strip() or f"exit status {result.returncode}"}
    answer = json.loads(result.stdout)
    return {"results": [answer | {"depth": job["depth"]}], "driver": answer["backend"]}


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)      # PR_SET_PDEATHSIG


@contextlib.contextmanager
def busy(number):
    """So many processes that do nothing but count, for as long as this is open."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"],
                                  preexec_fn=die_with_parent) for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def output_of(*command):
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, cwd=TOP, check=False)
    return result.stdout.strip()


def commit():
    """The commit, with a + if there is more than it; nothing outside of git."""
    name = output_of("git", "rev-parse", "--short=12", "HEAD")
    changed = name and output_of("git", "status", "--porcelain", "--untracked-files=no")
    return name + ("+" if changed else "")


def machine():
    return {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "cpu": cpu_model(), "processors": os.cpu_count(),
            "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
            "host_kernel": platform.release(), "load_average": os.getloadavg(),
            "commit": commit(), "libraries": json.loads(output_of(BARE, "versions"))}
