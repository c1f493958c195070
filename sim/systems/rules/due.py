"""Who is due today: on which days a rule looks, and whom its `when` and its `who` then mean, holdout included.

A rule that waits for what happens to users reads whom it happened to, and looks at nobody else.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.daily import find_last_active
from sim.systems.audiences.columns import select
from sim.systems.observed import is_met
from sim.systems.rules.following import find_followers
from sim.systems.rules.plan import RulePlan
from sim.systems.steering import stage_in_force
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]


def is_open(world: World, day: int, rule: RulePlan) -> bool:
    """Whether the rule looks today; its metric is watched every day, whatever else keeps it closed."""
    when, watch = rule.when, world.rules[rule.name].watch
    if watch is not None and watch.look(world, day) != when.n_mornings:
        return False
    if day not in when.acts_on or (when.stages and stage_in_force(world) not in when.stages):
        return False
    return when.condition is None or is_met(when.condition, world, day)


def find_due(world: World, day: int, rule: RulePlan) -> U32:
    """The rows whom the rule is about today, holdout included."""
    if rule.when.is_about_users:
        rows = _find_waiting(world, day, rule)
        return rows if rule.who is None or not rows.size else rows[select(world, rule.who, day, rows)]
    if rule.who is None:
        return np.arange(world.people.n, dtype=np.uint32)
    return np.flatnonzero(select(world, rule.who, day)).astype(np.uint32)


def _find_waiting(world: World, day: int, rule: RulePlan) -> U32:
    """Those for whom it is the day, each once."""
    people, when = world.people, rule.when
    if when.schedule == "event":
        return world.events.on(when.name, day - when.n_later)
    if when.schedule == "enters":
        return world.members[when.name].entered
    if when.schedule == "leaves":
        return world.members[when.name].left
    if when.schedule == "after":
        return find_followers(world, day, rule)
    since = np.array([day - wave for wave in when.waves if wave <= day], np.uint16)
    found = world.buffers.found_rows
    return found[: find_last_active(people.last_active[: people.n], since, world.buffers.marks, found)]
