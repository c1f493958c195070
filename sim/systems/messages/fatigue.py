"""Fatigue: each delivered message adds to it, and it fades; who is tired opens less, lapses and opts out more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.lifts import LAPSE, odds_multiplied
from sim.systems.messages.plan import FatiguePlan, MediumPlan
from sim.systems.world import Fatigue, World

U32 = npt.NDArray[np.uint32]
F64 = npt.NDArray[np.float64]

MOST_LOG = 600.0
"""Of a factor: beyond, its exponential would not be a number."""


def fatigue_of(world: World, rows: U32, day: int) -> F64:
    """The fatigue of each of these users at this moment of the day."""
    state, plan = world.fatigue, world.plan.response.fatigue
    if plan is None or state is None:
        return np.zeros(rows.size)
    days = day - state.day[rows].astype(np.int64)
    faded: F64 = state.level[rows] * 0.5 ** (days / plan.half_life_days)
    return faded


def tire(world: World, day: int, medium: MediumPlan, rows: U32, before: F64) -> None:
    """Add a delivered message of the medium to the fatigue that these users had `before`."""
    plan = world.plan.response.fatigue
    if plan is None or medium.tires == 0 or not rows.size:
        return
    if world.fatigue is None:
        capacity = world.people.capacity
        world.fatigue = Fatigue(np.zeros(capacity, np.float32), np.zeros(capacity, np.uint16))
    world.fatigue.level[rows] = before + medium.tires
    world.fatigue.day[rows] = day
    lifts = np.full(rows.size, plan.log_lapse * medium.tires)
    world.effects.fade(rows, LAPSE, lifts, day=day, half_life_days=plan.half_life_days)


def chance_to_opt_out(plan: FatiguePlan, fatigue: F64) -> F64:
    """The probability that a delivered message makes each user opt out of its medium."""
    return odds_multiplied(np.full(fatigue.size, plan.opt_out), powered(plan.log_opt_out_times, fatigue))


def powered(log_factor: float, fatigue: F64) -> F64:
    """The factor to the power of the fatigue, as a finite number."""
    return np.exp(np.minimum(log_factor * fatigue, MOST_LOG))
