# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels that guests boot: where image and modules are."""

import hashlib
import subprocess
import sys
from pathlib import Path

from common import CACHE, fail, tool

# What a guest needs to get at the host's files and to talk to the runner.
BOOT_MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_console",
                "virtio_rng"]


class Kernel:
    """A kernel image and its modules."""

    def __init__(self, name):
        self.name = name
        if name == "stock":
            directory = Path(tool("stock-kernel"))
        elif name in ("base", "debug", "kcsan"):
            directory = Path(tool("build-kernel", name))
        else:
            directory = Path(name).resolve()
        self.image = self.first(directory, "vmlinuz", "arch/x86/boot/bzImage")
        release = directory / "include/config/kernel.release"
        if release.exists():
            self.modules = self.installed_modules(
                directory, release.read_text().strip())
        else:
            self.modules = self.first(directory, "lib/modules/*")
        if not (self.modules / "modules.dep").exists():
            subprocess.run(["/sbin/depmod", "-b", self.modules.parents[2],
                            self.modules.name], check=True)

    @staticmethod
    def first(directory, *patterns):
        for pattern in patterns:
            for path in sorted(directory.glob(pattern)):
                return path
        fail(f"{directory} holds no kernel: no {' or '.join(patterns)}")
        return None

    @staticmethod
    def installed_modules(tree, release):
        """The modules of a build tree, installed beside it in the cache."""
        modules = tree / "lib/modules" / release
        if modules.exists():
            return modules
        key = hashlib.sha256(str(tree).encode()).hexdigest()[:12]
        root = CACHE / "installed" / key
        modules = root / "lib/modules" / release
        order = tree / "modules.order"
        stamp = root / "stamp"
        if not stamp.exists() or (order.exists() and stamp.stat().st_mtime
                                  < order.stat().st_mtime):
            subprocess.run(["make", "-s", "-C", tree, "modules_install",
                            f"INSTALL_MOD_PATH={root}"],
                           stdout=sys.stderr, check=True)
            stamp.touch()
        return modules

    def boot_modules(self):
        """The files of BOOT_MODULES and what they depend on, in load order."""
        def name_of(path):
            return Path(path).name.split(".ko")[0].replace("-", "_")

        depends = {}
        for line in (self.modules / "modules.dep").read_text().splitlines():
            path, needs = line.split(":")
            depends[name_of(path)] = (path, [name_of(n) for n in needs.split()])
        builtin = {name_of(line) for line in
                   (self.modules / "modules.builtin").read_text().split()}

        order = []

        def add(name):
            if name in builtin or name in order:
                return
            if name not in depends:
                fail(f"kernel {self.name} has no module {name}")
            for need in depends[name][1]:
                add(need)
            order.append(name)

        for name in BOOT_MODULES:
            add(name)
        return [self.modules / depends[name][0] for name in order]
