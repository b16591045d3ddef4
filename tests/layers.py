#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check that calls in the driver go down.

The layers are those of the picture in Documentation/driver.rst: a literal block whose
lines are the name of a layer and the files in it, from top to bottom.  A file may call
functions of its own layer and of those below, and include their headers.
"""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
DRIVER = TOP / "driver"
PICTURE = TOP / "Documentation/driver.rst"

# Headers without a layer: what all share, and the structure that holds those of all files
SHARED = {"pce.h", "pce_abi.h", "pce_device.h", "pce_trace.h"}


def read_picture():
    """File name without suffix -> number of its layer, from the bottom."""
    text = PICTURE.read_text()
    block = text.split(".. layers\n", 1)[1].split("\n\n", 2)[1]
    lines = [line.split() for line in block.splitlines()]
    return {name: rank for rank, words in enumerate(reversed(lines)) for name in words[1:]}


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)


def sources():
    return {path.name: without_comments(path.read_text()) for path in sorted(DRIVER.glob("*.[ch]"))}


def definitions(files):
    """Function that other files may call -> file that defines it, without suffix."""
    found = {}
    for name, text in files.items():
        if name in SHARED:
            continue
        code = re.sub(r"^#.*$", "", text, flags=re.M)
        for match in re.finditer(r"^(?!static (?!inline))[a-z][\w\s\*]*?\b(pce_\w+)\([^;{]*\)\s*"
                                 r"(?:__\w+\([^)]*\)\s*)?\{", code, flags=re.M):
            found[match[1]] = name.rsplit(".", 1)[0]
    return found


def problems(files, layers):
    functions = definitions(files)
    for name, text in files.items():
        own = name.rsplit(".", 1)[0]
        if name in SHARED or own not in layers:
            continue
        for called in sorted(set(re.findall(r"\b(pce_\w+)\(", text))):
            other = functions.get(called)
            if other in layers and layers[other] > layers[own]:
                yield f"{name} calls {called}() of {other}, which is in a layer above"
        for header in re.findall(r'#include "(pce\w*\.h)"', text):
            other = header.rsplit(".", 1)[0]
            if header not in SHARED and other in layers and layers[other] > layers[own]:
                yield f"{name} includes {header}, which is in a layer above"


def report(number, name, lines):
    for line in lines:
        print(f"# {line}")
    print("not ok" if lines else "ok", number, name)
    return bool(lines)


def main():
    files = sources()
    layers = read_picture()
    modules = {name.rsplit(".", 1)[0] for name in files if name.endswith(".c")} - {"pce_trace"}
    unknown = [f"{name}.c is in no layer" for name in sorted(modules - set(layers))]
    unknown += [f"there is no {name}.c" for name in sorted(set(layers) - modules)]
    broken = dict(files)
    broken["pce_flow.c"] += "\nvoid pce_flow_x(void) { pce_request_run(NULL); }\n"

    print("KTAP version 1\n1..3")
    failed = report(1, "every file of the driver has a layer", unknown)
    failed |= report(2, "no file calls or includes one of a layer above",
                     list(problems(files, layers)))
    failed |= report(3, "a call upwards is found",
                     [] if list(problems(broken, layers)) else ["it is not"])
    return failed


if __name__ == "__main__":
    sys.exit(main())
