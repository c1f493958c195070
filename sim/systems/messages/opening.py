"""How readily a message is opened: by the medium, its hour, the user's habit, its topic, and the user's fatigue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.engine.lifts import odds_multiplied
from sim.systems.audiences.columns import select
from sim.systems.messages.fatigue import powered
from sim.systems.messages.hours import BY_HABIT, HOURS_PER_DAY
from sim.systems.messages.plan import TopicPlan
from sim.systems.rules.plan import RulePlan
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

HABIT_HOUR = purpose("habit hour")
NEAR_HABIT_HOURS = 1
"""How far from the habitual hour a message still counts as sent at it."""


def habitual_hours(world: World, rows: U32) -> I64:
    """The hour at which each of these users habitually has time, 0 to 23.

    Draws: one uniform per person, purpose "habit hour", day 0.
    """
    cumulated = world.plan.hours.cumulated
    assert cumulated is not None
    segment = world.people.cell[rows] % world.plan.n_segments
    # All segments' distribution functions one above the other, so that one search serves them all.
    stacked = (cumulated + np.arange(len(cumulated))[:, None]).ravel()
    at = np.searchsorted(stacked, segment + world.uniforms(rows, 0, HABIT_HOUR), side="right")
    hours: I64 = np.minimum(at - segment.astype(np.int64) * HOURS_PER_DAY, HOURS_PER_DAY - 1)
    return hours


@dataclass(frozen=True)
class Timing:
    """When a message is sent to each user: the hour, and whether it is near the user's own."""

    hours: I64
    is_near: npt.NDArray[np.bool_]


def timing_of(world: World, rule: RulePlan, rows: U32) -> Timing | None:
    """When the rule's message is sent to each of these users; None where hours play no part."""
    if rule.hour is None:
        return None
    is_by_habit, has_habits = rule.hour == BY_HABIT, world.plan.hours.cumulated is not None
    own = habitual_hours(world, rows) if is_by_habit or (has_habits and rule.medium.at_habit != 1) else None
    if is_by_habit and own is not None:
        hours = world.plan.hours.send_at[own]
    else:
        hours = np.full(rows.size, int(rule.hour), np.int64)
    if own is None:
        return Timing(hours, np.zeros(rows.size, np.bool_))
    apart = np.abs(hours - own)
    return Timing(hours, np.minimum(apart, HOURS_PER_DAY - apart) <= NEAR_HABIT_HOURS)


def chance_to_open(
    world: World, day: int, rule: RulePlan, rows: U32, timing: Timing | None, fatigue: F64
) -> F64 | float:
    """The probability that each of these users opens the message; one for all where nothing tells them apart."""
    medium, plan = rule.medium, world.plan.response.fatigue
    factors = []
    if plan is not None and plan.log_open != 0 and fatigue.any():
        factors.append(powered(plan.log_open, fatigue))
    if timing is not None:
        factors.append(medium.open_by_hour[timing.hours] * np.where(timing.is_near, medium.at_habit, 1.0))
    if rule.topic is not None:
        factors.append(_topic_factors(world, day, rule.topic, rows))
    if not factors:
        return float(medium.open[day])
    return odds_multiplied(np.full(rows.size, medium.open[day]), np.prod(factors, axis=0))


def _topic_factors(world: World, day: int, topic: TopicPlan, rows: U32) -> F64:
    if topic.fits is None:
        return np.full(rows.size, topic.open)
    return np.where(select(world, topic.fits, day, rows), topic.open, topic.others_open)
