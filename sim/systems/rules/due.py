"""Who is due today: the users whom a rule's `when` and `who` mean, holdout included."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.daily import find_last_active
from sim.systems.rules.columns import AttributeColumns
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
    else:
        rows = np.arange(people.n, dtype=np.uint32)
    if rule.who is None or not rows.size:
        return rows
    if rule.ranks:
        # A quantile is one over the whole base, whoever is asked about.
        everybody = np.arange(people.n, dtype=np.uint32)
        return rows[rule.who.evaluate(AttributeColumns(world, everybody, day))[rows]]
    return rows[rule.who.evaluate(AttributeColumns(world, rows, day))]
