# SPDX-License-Identifier: GPL-2.0-or-later
"""What tools/plugin/count.c writes, and whose instructions they are."""

import bisect
import re
from collections import Counter

# Parts of the guest by module and function: the first that fits.
PARTS = [
    ("load", r"\[pce_load\]", r""),
    ("driver", r"\[(pce|virtio_crypto|crypto_engine|virtio\w*)\]", r""),
    ("driver", r"", r"(virtqueue|vring|virtio|vp|virtcrypto)_|crypto_\w*engine"),
    ("DMA", r"", r"_*(dma|swiotlb|iommu)_"),
    ("allocation", r"", r"_*(kmalloc|kmem_cache|kfree|slab|ksize|krealloc)|should_fail"),
    ("crypto API", r"", r"_*(crypto|skcipher|aead|ahash|shash|scatterwalk)_"),
]
REST = "rest"
PART_NAMES = list(dict.fromkeys(name for name, _, _ in PARTS)) + [REST]

# Entries of functions whose calls say how often something was done.
INTERRUPT = re.compile(r"asm_common_interrupt$")
MAPPING = re.compile(r"dma_map_(page_attrs|phys|resource|sg_attrs|sgtable)$")
ALLOCATION = re.compile(
    r"(__kmalloc(_cache)?(_node)?(_track_caller)?|kmem_cache_alloc(_node|_lru)?"
    r"|get_free_pages|__get_free_pages|__vmalloc_node|dma_alloc_attrs)(_noprof)?$"
    r"|dma_pool_alloc$")

# As the file `contexts` of the plugin has them.
CONTEXTS = {"asm_common_interrupt": "d", "asm_sysvec_apic_timer_interrupt": "t",
            "handle_softirqs": "s", "irqentry_exit": "x"}


class Symbols:
    """The functions of /proc/kallsyms."""

    def __init__(self, lines):
        found = {}
        for line in lines:
            address, kind, name, *module = line.split()
            if kind in "tTwW":
                found.setdefault(int(address, 16), (name, module[0] if module else ""))
        self.addresses = sorted(found)
        self.functions = [found[address] for address in self.addresses]

    def find(self, address):
        """(function, module), and whether the address is its entry."""
        i = bisect.bisect_right(self.addresses, address) - 1
        if i < 0:
            return ("?", ""), False
        return self.functions[i], self.addresses[i] == address


class Section:
    """What was counted between two markers."""

    def __init__(self):
        self.user = 0
        self.copied = 0
        self.contexts = Counter()
        self.addresses = {}
        self.io = Counter()             # (device, "r" or "w")
        self.allocations = Counter()    # by thread's name
        self.whole = False
        self.functions = {}             # (function, module): instructions
        self.calls = {}                 # of the same

    def line(self, words):
        if words[0] == "insn":
            self.addresses[int(words[1], 16)] = int(words[2])
        elif words[0] == "io":
            self.io[words[1], words[3]] += int(words[4])
        elif words[0] == "context":
            self.contexts[words[1]] = int(words[2])
        elif words[0] == "allocations":
            self.allocations[" ".join(words[3:])] += int(words[2])
        elif words[0] in ("user", "copied"):
            setattr(self, words[0], int(words[1]))
        elif words[0] == "end":
            self.whole = True
        else:
            raise ValueError(f"the plugin wrote: {' '.join(words)}")

    def attribute(self, symbols):
        functions, calls = Counter(), Counter()
        for address, count in self.addresses.items():
            function, is_entry = symbols.find(address)
            functions[function] += count
            if is_entry:
                calls[function] += count
        self.functions, self.calls = functions, calls

    def instructions(self):
        """Of the kernel, other than in interrupts of the timer."""
        return sum(self.functions.values()) - self.contexts["timer"]

    def parts(self):
        result = Counter({name: 0 for name in PART_NAMES})
        for function, count in self.functions.items():
            result[part_of(function)] += count
        result[REST] -= self.contexts["timer"]
        return result

    def called(self, pattern):
        return sum(count for (name, _), count in self.calls.items() if pattern.match(name))


def part_of(function):
    name, module = function
    for part, of_module, of_name in PARTS:
        if re.match(of_module, module) and re.match(of_name, name):
            return part
    return REST


def read_sections(path):
    sections = []
    with open(path) as file:
        for line in file:
            words = line.split()
            if words[0] == "section":
                sections.append(Section())
            else:
                sections[-1].line(words)
    if not all(section.whole for section in sections):
        raise ValueError(f"{path} breaks off")
    return sections
