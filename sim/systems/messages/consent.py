"""Who may be messaged: those who have opted in, have not opted out since, and whom the team has not given up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.messages.plan import MediumPlan
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]


def has_opted_in(world: World, rows: U32, medium: MediumPlan) -> Flags:
    """Whether each of these users allows the medium today."""
    return had_opted_in(world, rows, medium) & ~has_opted_out(world, rows, medium)


def had_opted_in(world: World, rows: U32, medium: MediumPlan) -> Flags:
    """Whether each of these users allowed the medium at sign-up.

    Draws: one uniform per person, purpose "opt in:MEDIUM", day 0.
    """
    if medium.opt_in >= 1:
        return np.ones(rows.size, np.bool_)
    return world.uniforms(rows, 0, medium.opt_in_purpose) < medium.opt_in


def has_opted_out(world: World, rows: U32, medium: MediumPlan) -> Flags:
    """Whether each of these users has opted out of the medium since."""
    column = world.consent.opted_out.get(medium.name)
    return np.zeros(rows.size, np.bool_) if column is None else column[rows]


def is_given_up(world: World, rows: U32) -> Flags:
    """Whether the team has given up each of these users."""
    column = world.consent.stopped
    return np.zeros(rows.size, np.bool_) if column is None else column[rows]


def opt_out(world: World, rows: U32, medium: MediumPlan) -> None:
    """These users never again allow the medium."""
    if rows.size:
        none = np.zeros(0 if medium.name in world.consent.opted_out else world.people.capacity, np.bool_)
        world.consent.opted_out.setdefault(medium.name, none)[rows] = True
        world.events.note("opt_out", rows)


def stop_messages(world: World, rows: U32) -> None:
    """The team gives these users up: none of them is messaged again, by any medium."""
    if world.consent.stopped is None:
        world.consent.stopped = np.zeros(world.people.capacity, np.bool_)
    world.consent.stopped[rows] = True
