"""Who is due today: the users whom a rule's `when` and `who` mean, holdout included."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.daily import find_last_active
from sim.systems.audiences.columns import select
from sim.systems.rules.plan import RulePlan
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]


def find_due(world: World, day: int, rule: RulePlan) -> U32:
    """The rows whom the rule is about today, holdout included."""
    people = world.people
    if rule.waves:
        since = np.array([day - wave for wave in rule.waves if wave <= day], np.uint16)
        found = world.buffers.found_rows
        rows = found[: find_last_active(people.last_active[: people.n], since, world.buffers.marks, found)]
        return rows if rule.who is None else rows[select(world, rule.who, day, rows)]
    if rule.who is None:
        return np.arange(people.n, dtype=np.uint32)
    return np.flatnonzero(select(world, rule.who, day)).astype(np.uint32)
