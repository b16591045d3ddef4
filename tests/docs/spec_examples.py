#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The hex dumps in the specification's examples, as C arrays on stdout."""

import re
import sys

# Section -> name of the array, and bytes in all (the text leaves zeros out)
EXAMPLES = {
    "8. Submission queue entry": ("example_sqe", 64),
    "9. Segment table": ("example_table", 32),
    "10. Key context and state record": ("example_context", 256),
    "12. Completion queue entry": ("example_cqe", 32),
}


def dump(line):
    """Offset and bytes of a line of a hex dump, or None."""
    found = re.match(r"^  ([0-9a-f]{2}):((?: {1,2}[0-9a-f]{2}\b)+)", line)
    return found and (int(found[1], 16), bytes.fromhex(found[2]))


def main():
    examples = {}
    name = None
    with open(sys.argv[1], encoding="utf-8") as spec:
        for line in spec:
            title = line.rstrip()
            if re.match(r"\d+\. ", title):
                name, size = EXAMPLES.get(title, (None, 0))
            found = name and dump(line)
            if not found:
                continue
            data = examples.setdefault(name, bytearray(size))
            data[found[0]:found[0] + len(found[1])] = found[1]
            if len(data) != size:
                sys.exit(f"{name}: a line goes beyond {size} bytes")
    missing = {name for name, _ in EXAMPLES.values()} - examples.keys()
    if missing:
        sys.exit(f"no example in the text: {' '.join(sorted(missing))}")
    for name, data in examples.items():
        print(f"static const uint8_t {name}[] = {{")
        print("    " + ", ".join(f"0x{byte:02x}" for byte in data) + "\n};")


main()
