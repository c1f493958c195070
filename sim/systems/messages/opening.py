"""How readily a message is opened: by the medium, its hour, the user's habit, its topic, and the user's fatigue."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.systems.audiences.columns import select
from sim.systems.messages.fatigue import odds_multiplied, powered
from sim.systems.messages.hours import BY_HABIT, HOURS_PER_DAY
from sim.systems.messages.plan import MediumPlan, TopicPlan
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


def sending_hours(world: World, rule: RulePlan, rows: U32) -> I64 | None:
    """The hour at which the rule's message is sent to each of these users; None where hours play no part."""
    if rule.hour is None:
        return None
    if rule.hour == BY_HABIT:
        return world.plan.hours.send_at[habitual_hours(world, rows)]
    return np.full(rows.size, int(rule.hour), np.int64)


def chance_to_open(world: World, day: int, rule: RulePlan, rows: U32, hours: I64 | None, fatigue: F64) -> F64 | float:
    """The probability that each of these users opens the message; one for all where nothing tells them apart."""
    p, plan = float(rule.medium.open[day]), world.plan.response.fatigue
    factors = []
    if plan is not None and plan.log_open != 0 and fatigue.any():
        factors.append(powered(plan.log_open, fatigue))
    if hours is not None:
        factors.append(_hour_factors(world, rule.medium, rows, hours))
    if rule.topic is not None:
        factors.append(_topic_factors(world, day, rule.topic, rows))
    if not factors:
        return p
    return odds_multiplied(np.full(rows.size, p), np.prod(factors, axis=0))


def _hour_factors(world: World, medium: MediumPlan, rows: U32, hours: I64) -> F64:
    factors: F64 = medium.open_by_hour[hours]
    if medium.at_habit != 1 and world.plan.hours.cumulated is not None:
        apart = np.abs(hours - habitual_hours(world, rows))
        is_near = np.minimum(apart, HOURS_PER_DAY - apart) <= NEAR_HABIT_HOURS
        factors[is_near] *= medium.at_habit
    return factors


def _topic_factors(world: World, day: int, topic: TopicPlan, rows: U32) -> F64:
    if topic.fits is None:
        return np.full(rows.size, topic.open)
    return np.where(select(world, topic.fits, day, rows), topic.open, topic.others_open)
