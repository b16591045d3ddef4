# SPDX-License-Identifier: GPL-2.0-or-later
"""From what was counted to figures per request."""

import re
from collections import Counter

from cases import PCE, VIRTIO
from sections import ALLOCATION, INTERRUPT, MAPPING

# QEMU's names of what holds the registers.
REGISTERS = {PCE: re.compile(r"pce-regs$"),
             VIRTIO: re.compile(r"virtio-pci-.*virtio-crypto$")}
# Its threads, by the names that it gives them: those of guest CPUs translate code,
# which allocates.
CPU_THREAD = re.compile(r"CPU \d")

CONTEXTS = ["task", "interrupt", "softirq"]
EVENTS = ["register reads", "register writes", "doorbells", "interrupts", "worker wakes",
          "mappings guest", "mappings device", "copied guest", "copied device",
          "allocations guest", "allocations device"]


def accesses(run, kind):
    pattern = REGISTERS[run.case.device]
    return sum(count for (device, access), count in run.section.io.items()
               if access == kind and pattern.match(device))


def contexts(run):
    counted = run.section.contexts
    return {"task": run.section.instructions() - counted["device"] - counted["softirq"],
            "interrupt": counted["device"], "softirq": counted["softirq"]}


def events(run):
    """By the names of EVENTS; what cannot be known of a device is left out."""
    section = run.section
    result = {
        "register reads": accesses(run, "r"),
        "register writes": accesses(run, "w"),
        "interrupts": section.called(INTERRUPT),
        "mappings guest": section.called(MAPPING),
        "copied guest": section.copied,
        "allocations guest": section.called(ALLOCATION),
        "allocations device": sum(count for thread, count in section.allocations.items()
                                  if not CPU_THREAD.match(thread)),
    }
    if run.case.device == PCE:
        device = run.device
        result |= {"doorbells": device["doorbells"], "worker wakes": device["worker-wakes"],
                   "interrupts raised": device["interrupts"],
                   "mappings device": device["dma-maps"],
                   "copied device": device["copied-bytes"]}
    else:
        result["doorbells"] = result["register writes"]
    return result


def each_run(run):
    """What is different from run to run."""
    counted = {"instructions": run.section.instructions()} | events(run)
    return {name: count / run.case.requests for name, count in counted.items()}


def per_request(case, runs):
    """All of a case's figures: means over its runs."""
    requests = sum(run.case.requests for run in runs)
    functions, calls, by_part, by_context, by_event = (Counter() for _ in range(5))
    instructions = 0
    for run in runs:
        instructions += run.section.instructions()
        functions.update(run.section.functions)
        calls.update(run.section.calls)
        by_part.update(run.section.parts())
        by_context.update(contexts(run))
        by_event.update(events(run))

    def divided(counter):
        return {name: count / requests for name, count in counter.items()}

    return {"case": case.name, "load": case.line(),
            "instructions": instructions / requests,
            "runs": [each_run(run) for run in runs],
            "contexts": divided(by_context), "parts": divided(by_part),
            "events": divided(by_event),
            "functions": [
                {"function": name, "module": module, "instructions": count / requests,
                 "calls": calls[name, module] / requests}
                for (name, module), count in functions.most_common()]}
