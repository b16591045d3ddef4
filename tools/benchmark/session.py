# SPDX-License-Identifier: GPL-2.0-or-later
"""A run: guest after guest, round after round, every job and its answer noted."""

import itertools
import sys
import time

import guest
import host
import plan

RESTARTS = 3        # of the guest of a scene that died


def say(text):
    print(f"{time.strftime('%T')} bench: {text}", file=sys.stderr, flush=True)


def duration(seconds):
    return f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"


class Progress:
    """Point n of m, and the time that is left: as the plan says, corrected by what
    the points so far have taken."""

    def __init__(self, groups):
        self.total = sum(len(group.steps) * group.rounds for group in groups)
        self.expected = sum(plan.expected_seconds(step) * group.rounds
                            for group in groups for step in group.steps)
        self.done = self.spent = self.planned = 0

    def step(self, step, seconds):
        self.done += 1
        self.spent += seconds
        self.planned += plan.expected_seconds(step)

    def left(self):
        pace = self.spent / self.planned if self.planned else 1
        return (self.expected - self.planned) * pace

    def show(self, text):
        say(f"point {self.done + 1} of {self.total}, {duration(self.left())} left: {text}")


def choose(algorithms, algorithm, contender):
    """The driver of a contender, by what the guest's kernel has; None: there is none.

    algorithms: entries with name, driver, priority."""
    if contender == "generic":
        return algorithm.generic
    drivers = {entry["driver"]: int(entry["priority"]) for entry in algorithms
               if entry["name"] == algorithm.name}
    kinds = {"pce": lambda name: name.endswith("-pce"),
             "virtio": lambda name: name.startswith("virtio")}
    kinds["default"] = kinds["software"] = kinds["pce"]
    kinds["aesni"] = lambda name: not (
        kinds["pce"](name) or kinds["virtio"](name) or name == algorithm.generic
        or name.startswith("__") or "aes-generic" in name)
    best = [name for name in drivers if kinds[contender](name)]
    return max(best, key=drivers.get, default=None)


class Session:
    def __init__(self, groups, start):
        """start(scene): a Guest."""
        self.groups = groups
        self.start = start
        self.records = []
        self.guests = {}        # what each told of itself
        self.progress = Progress(groups)
        self.guest = None

    def run(self):
        """Everything; records has what was measured, also when this is interrupted."""
        for scene, groups in itertools.groupby(self.groups, key=lambda group: group.scene):
            self.run_scene(scene, list(groups))

    def run_scene(self, scene, groups):
        self.restarts = RESTARTS
        say(f"{scene.name}: starting {scene.what}")
        try:
            with host.busy(scene.busy):
                for number in range(max(group.rounds for group in groups)):
                    for group in groups:
                        if number < group.rounds:
                            self.run_group(group, number)
            self.end_guest(guest.END_TIME)
        finally:
            self.end_guest(0)

    def run_group(self, group, number):
        self.progress.show(f"round {number + 1} of {group.rounds}, {plan.label(group)}")
        for step in group.steps:
            started = time.monotonic()
            answer = self.run_step(group.scene, step)
            self.progress.step(step, time.monotonic() - started)
            if "error" in answer:
                say(f"{plan.label(group)}, {step.contender}: {answer['error']}")
            self.records.append({
                "scene": group.scene.name, "group": group.name, "round": number,
                "contender": step.contender, "job": step.job,
                "algorithm": step.algorithm.name if step.algorithm else None,
                "title": step.algorithm.title if step.algorithm else None} | {
                    name: value for name, value in answer.items() if name != "id"})

    def run_step(self, scene, step):
        try:
            if not self.guest:
                self.start_guest(scene)
            if step.contender == "bare":
                return host.bare(step.algorithm, step.job)
            job = dict(step.job)
            if step.algorithm:
                job["driver"] = choose(self.guest.info["algorithms"], step.algorithm,
                                       step.contender)
                if not job["driver"]:
                    return {"error": f"the guest has no driver of {step.algorithm.name} "
                            f"for {step.contender}"}
            answer = self.guest.measure(job, 120 + 10 * plan.expected_seconds(step))
            return {"driver": job.get("driver")} | answer
        except (guest.Died, OSError) as error:
            self.end_guest(0)
            return {"error": str(error)}

    def start_guest(self, scene):
        if self.restarts < 0:
            raise guest.Died("no guest: it died too often")
        self.restarts -= 1
        self.guest = self.start(scene)
        if "algorithms" not in self.guest.info:
            raise guest.Died(f"the guest does not say what it has: {self.guest.info}")
        self.guests[scene.name] = {"scene": vars(scene), "info": self.guest.info}
        if self.guest.qemu:
            self.guests[scene.name]["qemu"] = self.guest.qemu.version()

    def end_guest(self, patience):
        if self.guest:
            self.guest.close(patience)
            self.guest = None
