"""Satisfaction as a frozen plan."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sim.engine.effects import target_of_activity
from sim.engine.lifts import LAPSE
from sim.systems.messages.hours import MINUTES_PER_DAY
from sim.systems.satisfaction.schema import Satisfaction

BYTES_PER_USER = 6
"""What each user's value and its day take."""


@dataclass(frozen=True)
class SatisfactionPlan:
    """What moves the value of a user, above zero towards 1 and below it towards -1, and what it does.

    Attributes:
        moves: by experience, how far it moves a user, of the way that is left: below zero, towards -1.
        half_wait_minutes: a wait of this length moves half as far as an endless one.
        lifts: (target of effects, natural logarithm of the multiplier at a value of 1), without those that do nothing.
    """

    half_life_days: float
    moves: Mapping[str, float]
    half_wait_minutes: float
    lifts: tuple[tuple[int, float], ...]


def compile_satisfaction(satisfaction: Satisfaction | None, clock: int) -> SatisfactionPlan | None:
    """The plan of the checked section; None where nothing moves anybody."""
    if satisfaction is None:
        return None
    moves = {name: weight.value for name, weight in satisfaction.pleases}
    moves |= {name: -weight.value for name, weight in satisfaction.annoys}
    if not any(moves.values()):
        return None
    lifts = (
        (target_of_activity(clock), math.log(satisfaction.activity.value)),
        (LAPSE, math.log(satisfaction.lapse.value)),
    )
    return SatisfactionPlan(
        half_life_days=satisfaction.half_life.value,
        moves=moves,
        half_wait_minutes=satisfaction.half_wait.value * MINUTES_PER_DAY,
        lifts=tuple((target, lift) for target, lift in lifts if lift != 0.0),
    )
