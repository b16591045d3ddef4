#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""soak_trace.py TRACE [TRACE]: do equal sequences of plans inject the same?

A trace is what QEMU writes with -trace pce_fault -trace pce_fault_plan.  It is cut into
sequences, each of which begins with the plan that the first one begins with; all are
compared with the first one, those of a second trace too.  A plan is the same if each of
its rules has picked the same events, by their number, as far as both have come.
"""

import re
import sys
from collections import defaultdict

PLAN = re.compile(r"\bpce_fault_plan (.*)$")
FAULT = re.compile(r"\bpce_fault \d+: rule (\d+) event (\d+): (\S+): ")


def plans_of(file):
    """[(text, {(rule, action): [number of the event]})]; a plan that was set once more
    began anew."""
    plans = []
    with open(file, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if match := PLAN.search(line):
                text = match[1].strip()
                if plans and plans[-1][0] == text:
                    plans.pop()
                plans.append((text, defaultdict(list)))
            elif (match := FAULT.search(line)) and plans:
                plans[-1][1][int(match[1]), match[3]].append(int(match[2]))
    return [plan for plan in plans if plan[0]]


def sequences_of(plans, first):
    found = []
    for plan in plans:
        if plan[0] == first:
            found.append([])
        if not found:
            sys.exit(f"begins with another plan: {plan[0]}")
        found[-1].append(plan)
    return found


def compare(one, other):
    """How many injections are in both; ends with what is not the same."""
    same = 0
    for number, ((text, picked), (other_text, other_picked)) in enumerate(zip(one, other), 1):
        if text != other_text:
            sys.exit(f"plan {number}: '{text}' and '{other_text}'")
        for rule in picked.keys() & other_picked.keys():
            pairs = list(zip(picked[rule], other_picked[rule]))
            for nth, (event, other_event) in enumerate(pairs, 1):
                if event != other_event:
                    sys.exit(f"plan {number}, rule {rule[0]} ({rule[1]}): its injection {nth} "
                             f"was in event {event}, and in event {other_event}: {text}")
            same += len(pairs)
    return same


def main():
    plans = [plan for file in sys.argv[1:] for plan in plans_of(file)]
    if not plans:
        sys.exit("no plan")
    first, *others = sequences_of(plans, plans[0][0])
    if not others:
        sys.exit("one sequence only")
    for other in others:
        same = compare(first, other)
        print(f"{len(first)} plans, of which {len(other)} once more: "
              f"{same} injections in both, each in the same event")
        if not same:
            sys.exit("nothing was injected in both")


if __name__ == "__main__":
    main()
