"""Audiences and statuses that rules watch: who has entered and left them since the day before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.events import NOBODY
from sim.systems.audiences.columns import select
from sim.systems.statuses.holders import holds
from sim.systems.world import Members, World


def open_members(world: World) -> None:
    """The memory of each audience that a rule watches, and of no other."""
    for rule in world.plan.rules:
        if rule.when.schedule in ("enters", "leaves") and rule.when.name not in world.members:
            world.members[rule.when.name] = Members(np.zeros(world.people.capacity, np.bool_), NOBODY, NOBODY)


def look_around(world: World, day: int) -> None:
    """See who is in each watched audience today, before any rule acts, and who was not yesterday, or no longer is.

    Who is in it at sign-up enters it on that day; who was a user before the first day has been in it all along.
    """
    n = world.people.n
    for name, members in world.members.items():
        is_in = _who_is_in(world, name, day)
        was_in = members.column[:n]
        if day == world.plan.first_day:
            was_in = is_in & (world.people.signup_day[:n] < day)
        members.entered = np.flatnonzero(is_in & ~was_in).astype(np.uint32)
        members.left = np.flatnonzero(was_in & ~is_in).astype(np.uint32)
        members.column[:n] = is_in


def _who_is_in(world: World, name: str, day: int) -> npt.NDArray[np.bool_]:
    """Whether each user is in the audience, or holds the status, membership or privilege, of that name."""
    audience = world.plan.audiences.expressions.get(f"audience:{name}")
    if audience is not None:
        return select(world, audience, day)
    return holds(world, slice(0, world.people.n), name)
