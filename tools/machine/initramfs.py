# SPDX-License-Identifier: GPL-2.0-or-later
"""The file system that a guest boots from.

Normally it only leads to the host's files.  That of a standalone guest holds all that
the guest will ever see: no share ties it to this QEMU, or to this boot.
"""

import hashlib
import lzma
import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from common import CACHE, TOOLS, TOP, fail

INIT = TOOLS / "guest/init"
APPLETS = ["sh", "cat", "hostname", "insmod", "ip", "mkdir", "mount", "switch_root"]

# Where busybox is not enough, a standalone guest has the host's own programs
PROGRAMS = ["bash", "env", "setsid", "insmod", "modinfo", "modprobe", "rmmod"]
# ... and these files of ours
OUR_FILES = [TOP / "tests/guest", TOP / "tests/ktap.sh", TOOLS / "guest"]


def cpio_entry(name, mode, data=b""):
    """One member of an initramfs archive (format newc)."""
    name = name.encode() + b"\0"
    numbers = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
    header = b"070701" + b"".join(b"%08X" % n for n in numbers)

    def pad(part):
        return part + b"\0" * (-len(part) % 4)

    return pad(header + name) + pad(data)


def busybox():
    return Path(shutil.which("busybox") or "/bin/busybox")


def module_data(path):
    if path.suffix == ".xz":
        return lzma.open(path).read()
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", path], check=True,
                              stdout=subprocess.PIPE).stdout
    return path.read_bytes()


def module_entries(modules):
    """What init inserts, in order."""
    return [cpio_entry("modules", 0o40755)] + [
        cpio_entry(f"modules/{i:02}-{m.name.split('.ko')[0]}.ko", 0o100644, module_data(m))
        for i, m in enumerate(modules)]


def initramfs(kernel):
    """The archive for a guest on the host's files, made when one of its parts is new."""
    modules = kernel.boot_modules()
    parts = [Path(__file__), INIT, busybox(), *modules]
    key = hashlib.sha256("".join(
        f"{p}{p.stat().st_mtime_ns}" for p in parts).encode()).hexdigest()[:16]
    image = CACHE / "initramfs" / f"{key}.cpio"
    if image.exists():
        return image

    entries = [cpio_entry(d, 0o40755) for d in ("bin", "dev")]
    entries.append(cpio_entry("bin/busybox", 0o100755, busybox().read_bytes()))
    entries += [cpio_entry(f"bin/{a}", 0o120777, b"busybox") for a in APPLETS]
    entries.append(cpio_entry("init", 0o100755, INIT.read_bytes()))
    entries += module_entries(modules)
    entries.append(cpio_entry("TRAILER!!!", 0))

    image.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=image.parent, delete=False) as file:
        file.write(b"".join(entries))
    os.replace(file.name, image)
    return image


class Tree:
    """Files of the host, at their places, as members of an archive."""

    def __init__(self):
        self.entries = {}

    def add_directory(self, path):
        if path == Path("/") or path in self.entries:
            return
        self.add_directory(path.parent)
        self.entries[path] = (0o40755, b"")

    def put(self, path, mode, data):
        """Links among the directories are resolved: /bin is /usr/bin."""
        path = path.parent.resolve() / path.name
        self.add_directory(path.parent)
        self.entries.setdefault(path, (mode, data))

    def add_file(self, path):
        mode = path.stat().st_mode
        self.put(path, stat.S_IFREG | stat.S_IMODE(mode), path.read_bytes())
        if mode & stat.S_IXUSR:
            self.add_libraries(path)

    def add_libraries(self, path):
        """What ldd says that a program needs; of a script it says nothing."""
        output = subprocess.run(["ldd", path], check=False, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL).stdout
        for library in re.findall(r"(/\S+) \(0x", output):
            self.put(Path(library), 0o100755, Path(library).read_bytes())

    def add(self, path):
        """A file, a directory with all that is in it, or a program by its name."""
        if not path.is_absolute() and len(path.parts) == 1 and not path.exists():
            path = Path(shutil.which(path.name) or fail(f"no such program: {path}"))
        path = Path(os.path.abspath(path))
        if not path.is_dir():
            self.add_file(path)
            return
        self.add_directory(path.resolve())
        for entry in sorted(path.iterdir()):
            if entry.name in ("__pycache__", "build", "source"):
                continue
            if entry.is_dir() or entry.is_file():
                self.add(entry)

    def archive(self):
        return b"".join(cpio_entry(str(path)[1:], mode, data)
                        for path, (mode, data) in sorted(self.entries.items()))


def standalone_initramfs(kernel, job, files, image):
    """Write an archive with all that a guest needs that sees no file of the host.

    files are what its command needs beside the runner's own, job included.
    """
    if kernel.name == "stock":
        fail("--standalone: Debian's modules are too many for that; take another kernel")
    tree = Tree()
    for link in ("bin", "sbin", "lib", "lib64"):
        tree.entries[Path("/") / link] = (0o120777, f"usr/{link}".encode())
        tree.add_directory(Path("/usr") / link)
    for directory in ("/dev", "/etc", "/proc", "/root", "/run", "/sys", "/tmp", "/var"):
        tree.add_directory(Path(directory))
    for program in PROGRAMS:
        tree.add(Path(program))
    for path in [*OUR_FILES, kernel.modules, job, *files]:
        tree.add(path)
    applets = subprocess.run([busybox(), "--list"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.split()
    tree.put(Path("/usr/bin/busybox"), 0o100755, busybox().read_bytes())
    for applet in applets:
        if Path("/usr/sbin") / applet not in tree.entries:
            tree.put(Path("/usr/bin") / applet, 0o120777, b"busybox")
    tree.put(Path("/init"), 0o100755, INIT.read_bytes())
    image.write_bytes(tree.archive() + b"".join(module_entries(kernel.boot_modules())) +
                      cpio_entry("TRAILER!!!", 0))
    return image
