"""One user's steps on its journeys, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.systems.journeys.roads import has_left, n_passed
from sim.systems.world import World

Steps = tuple[int, ...]
"""By journey, where a user is, as `Road.at` says it."""


def steps_of(world: World, row: int) -> Steps:
    """Where the user is on each journey this evening."""
    return () if world.journeys is None else tuple(int(road.at[row]) for road in world.journeys.roads)


def journey_events(world: World, row: int, before: Steps, after: Steps) -> Iterator[tuple[str, str]]:
    """(what, detail) of the steps that the user has passed since the evening before, and where it has left."""
    plan = world.plan.journeys
    for position, journey in enumerate(plan.journeys if after else ()):
        was, now = (np.array([ats[position] if ats else 0], np.uint8) for ats in (before, after))
        names = [plan.steps[step].name for step in journey.steps]
        for place in range(int(n_passed(was)[0]), int(n_passed(now)[0])):
            yield "passed a step", f"{names[place]}, of {journey.name}"
        if has_left(now)[0] and not has_left(was)[0]:
            yield "left a journey", f"{journey.name}, {_how(world, row, journey.steps)} {names[int(n_passed(now)[0])]}"
        elif now[0] != was[0] and int(n_passed(now)[0]) < len(names):
            yield "entered a step", f"{names[int(n_passed(now)[0])]}, of {journey.name}"


def _how(world: World, row: int, steps: range) -> str:
    """Whether the user has left in line, or when it was its turn."""
    assert world.journeys is not None
    gave_up = any(step in steps and row in rows for step, rows in world.journeys.gave_up)
    return "in line for" if gave_up else "at"
