# SPDX-License-Identifier: GPL-2.0-or-later
"""What the log of a guest's kernel says of its health."""

import re

# Lines of the kernel's log which mean that something is wrong, after the time
# stamp.  What debugging features say of themselves at boot is left out.
SPLAT = re.compile(
    r"^WARNING: "
    r"|\bBUG: |^Oops|\bKASAN: |\bUBSAN: |\bKCSAN: "
    r"|^general protection fault|^Kernel panic"
    r"|^INFO: task |^rcu: INFO: |^INFO: trying to register non-static key"
    r"|possible circular locking|possible recursive locking"
    r"|inconsistent lock state|suspicious RCU usage|Invalid wait context"
    r"|sleeping function called|scheduling while atomic"
    r"|^DMA-API: (?!preallocated|debugging (enabled|disabled) )"
    r"|^ODEBUG: (?!selftest passed|[0-9]+ of )"
    r"|^unreferenced object "
    r"|^refcount_t: |^list_(add|del) corruption"
    r"|^pagealloc: |^DMAR: \[(DMA|INTR-REMAP)"
    r"|^alg: .* failed")
STAMP = re.compile(r"^\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? ")


def splats(text, allowed=None):
    """The lines that say that something is wrong; allowed: a pattern of those that may be."""
    for line in text.splitlines():
        said = STAMP.sub("", line)
        if SPLAT.search(said) and not (allowed and allowed.search(said)):
            yield line
