"""Rules that follow others: whom a rule acted on is kept until the last rule that is `after` it has looked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sim.engine.events import NOBODY
from sim.systems.rules.plan import RulePlan
from sim.systems.world import Acted, World

U32 = npt.NDArray[np.uint32]


def snapshot(world: World, rule: RulePlan, rows: U32) -> Acted:
    """How these users stand before the rule acts on them, as far as a rule that follows it asks."""
    people, asked = world.people, rule.followed_by
    return Acted(
        rows=rows,
        last_active=people.last_active[rows] if "active" in asked else None,
        orders=people.orders[rows] if "ordered" in asked else None,
        is_opened=None,
    )


def note_acted(world: World, day: int, rule: RulePlan, acted: Acted, opened: U32) -> None:
    """Keep whom the rule has acted on, and who of them opened its message, if any rule follows it."""
    if rule.followed_days == 0:
        return
    if "opened" in rule.followed_by:
        acted = replace(acted, is_opened=np.isin(acted.rows, opened))
    world.rules[rule.name].acted[day] = acted


def forget_acted(world: World, day: int) -> None:
    """Drop those for whom no following rule will look any more, once all rules have looked today."""
    for rule in world.plan.rules:
        world.rules[rule.name].acted.pop(day - rule.followed_days, None)


def find_followers(world: World, day: int, rule: RulePlan) -> U32:
    """Those on whom the rule that this one follows has acted, so many days ago, less those of whom `unless` holds."""
    acted = world.rules[rule.when.name].acted.get(day - rule.when.n_later)
    if acted is None:
        return NOBODY
    return acted.rows if rule.when.unless is None else acted.rows[_is_still(world, acted, rule.when.unless)]


def _is_still(world: World, acted: Acted, unless: str) -> npt.NDArray[np.bool_]:
    """Of whom `unless` does not hold."""
    if unless == "active":
        return np.asarray(world.people.last_active[acted.rows] == acted.last_active)
    if unless == "ordered":
        return np.asarray(world.people.orders[acted.rows] == acted.orders)
    assert acted.is_opened is not None
    return ~acted.is_opened
