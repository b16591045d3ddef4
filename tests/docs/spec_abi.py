#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Do Documentation/specification.rst and include/pce_abi.h say the same?

Every table of the specification that names registers, bits, states, codes or
structure members becomes static assertions on the header, and every name of
the header has to be in a table.  Prints C source on stdout; compiling it is the
test.  Names that are missing on either side are errors of this program.
"""

import re
import sys

import docutils.core
import docutils.nodes as nodes

# How a row becomes an assertion: {v} is its value, {p}{n} the name in C
VALUE = "_Static_assert({p}{n} == {v}, \"{p}{n} is not {v}\");"
BIT = "_Static_assert({p}{n} == 1u << {v}, \"{p}{n} is not bit {v}\");"
BITS = "_Static_assert({p}{n} == 0x{v:x}, \"{p}{n} is not 0x{v:x}\");"
MEMBER = ("_Static_assert(__builtin_offsetof(struct {p}, {n}) == {v}, "
          "\"{p}.{n} is not at {v}\");")

# Section title -> the tables in it, in order; None: holds no names
TABLES = {
    "2. Register map": [None, (VALUE, "PCE_REG_")],
    "3. Identification and capabilities": [(BIT, "PCE_FEATURE_"),
                                           (BIT, "PCE_ALG_INFO_")],
    "4. Device control, events and interrupts": [(BIT, "PCE_DEV_"),
                                                 (VALUE, "PCE_FATAL_"),
                                                 (BIT, "PCE_EVENT_")],
    "6. Queue pair registers": [(VALUE, "PCE_QREG_"), (VALUE, "PCE_QSTATE_"),
                                (VALUE, "PCE_QCMD_"), (VALUE, "PCE_QFAULT_")],
    "7. Shadow record": [(MEMBER, "pce_shadow")],
    "8. Submission queue entry": [(MEMBER, "pce_sqe"), (BIT, "PCE_SQE_"),
                                  (VALUE, "PCE_OP_"), (BITS, "PCE_AEAD_"),
                                  (BITS, "PCE_HASH_")],
    "9. Segment table": [(MEMBER, "pce_segment")],
    "10. Key context and state record": [(MEMBER, "pce_context"),
                                         (MEMBER, "pce_hash_state")],
    "11. Algorithms": [(VALUE, "PCE_ALG_")] * 3,
    "12. Completion queue entry": [(MEMBER, "pce_cqe")],
    "13. Request status": [(VALUE, "PCE_STATUS_"), None],
    "14. Fault injection": [(VALUE, "PCE_FAULT_CMD_"), (VALUE, "PCE_FAULT_"), None,
                            None],
}

# In the header only: masks, sizes and the like, which the text has in prose.
PROSE = re.compile(
    r"PCE_(PCI_|BAR_|LIMIT_|.*_ALIGN$|.*_SIZE$|VERSION|MAGIC$|CQE_|QSIZE_|"
    r"QFAULT_(CODE|INDEX)$|MODERATION_|RING_LIMITS_|INTX_|INVAL_|"
    r"CTRL_RESET$|VECTOR_NONE$|EVENT_ALL$|SQE_FLAGS$|ABI_H$|QUEUE_PAGE$|"
    r"ALG_NONE$|UNIT_ORDER_)")


def rows(table):
    """The rows of a table without its head, as lists of text."""
    for row in table.findall(nodes.row):
        if not isinstance(row.parent, nodes.thead):
            yield [cell.astext().strip() for cell in row]


def name_of(cells):
    """The name in a row: the first cell that is one identifier."""
    for cell in cells[1:]:
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", cell):
            return cell
    return None


def member(prefix, name, offset):
    if name == "reserved" and prefix in ("pce_shadow", "pce_context"):
        return None     # several of them, with names of their own in C
    return MEMBER.format(p=prefix, n=name, v=offset)


def mask(bits):
    """"15:8" -> 0xff00, "0" -> 1"""
    high, _, low = bits.rpartition(":")
    high, low = int(high or low), int(low)
    return (2 << high) - (1 << low)


def assertions(tree, seen):
    for section in tree.findall(nodes.section):
        expected = TABLES.get(section.next_node(nodes.title).astext())
        if expected is None:
            continue
        tables = list(section.findall(nodes.table))
        if len(tables) != len(expected):
            sys.exit(f"{section['names'][0]}: {len(tables)} tables, "
                     f"{len(expected)} known to this program")
        for table, kind in zip(tables, expected):
            if kind is None:
                continue
            form, prefix = kind
            for cells in rows(table):
                value = cells[0]
                if cells[1].startswith("ALG_INFO("):    # an array of registers
                    seen.add("PCE_REG_ALG_INFO")
                    first, last = value.split("-")
                    yield VALUE.format(p=prefix, n="ALG_INFO(0)", v=first)
                    yield VALUE.format(p=prefix, v=last,
                                       n="ALG_INFO(PCE_LIMIT_ALGS - 1)")
                    continue
                name = name_of(cells)
                if name is None:
                    sys.exit(f"{prefix}: no name in the row {cells}")
                seen.add(prefix + name)
                if form is BITS:
                    value = mask(value)
                line = (member(prefix, name, value) if form is MEMBER
                        else form.format(p=prefix, n=name, v=value))
                if line:
                    yield line


def main():
    spec, header = sys.argv[1:3]
    with open(spec, encoding="utf-8") as f:
        tree = docutils.core.publish_doctree(
            f.read(), settings_overrides={"report_level": 3})
    with open(header, encoding="utf-8") as f:
        defined = re.findall(r"^(?:#define\s+|\t)(PCE_[A-Z0-9_]+)",
                             f.read(), re.M)
    seen = set()
    lines = list(assertions(tree, seen))
    missing = [n for n in defined if n not in seen and not PROSE.match(n)]
    if missing:
        sys.exit("in the header, in no table: " + " ".join(missing))
    print("/* made by tests/docs/spec_abi.py */")
    print(f'#include "{header}"')
    print("\n".join(lines))
    print(f"/* {len(lines)} assertions */")


main()
