"""Content against its mean field: collapse, take-off and the threshold between them; each with a sabotaged twin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.systems.content.plan import ContentPlan
from sim.systems.content.shelf import (
    APPEAL,
    MILLION,
)
from sim.systems.plan import Plan
from tests.verify.mean_field import Field, Habit, mean_field
from tests.verify.measuring import altered, replicates
from tests.verify.test_content import Document, altered_content, content_plan

DAYS, PER_DAY, SEEDED_DAYS = 420, 200, 90
ALIKE = Habit(3e5, 7e5, 5e4, 95e4)
"""Everybody comes on three days of ten, and loses the habit on one day of twenty: there is a stationary state."""
COMMUNITY: Document = {
    "creators": 0.1,
    "creates": 0.2,
    "audience": {"half_at": 4000},
    "half_life": "20 days",
    "appeal": {"half_at": 900, "steepness": 2, "activity": 1.8, "lapse": 0.2},
}


def community(seeds: float) -> Plan:
    """So many come each day; the team makes items for the first ninety days."""
    return content_plan(
        COMMUNITY,
        {"seeds": {"items": {"2026-01-01": f"{seeds} / day", "2026-04-01": 0}}},
        market={"size": DAYS * PER_DAY},
        channels={"past": {"kind": "history", "signups": dict.fromkeys(_dates(), PER_DAY)}},
        retention={"default": {"visits": {"a": 3e5, "b": 7e5}, "lapse": {"a": 5e4, "b": 95e4}}},
        horizon=f"{DAYS} days",
    )


def _dates() -> list[str]:
    return [str(np.datetime64("2026-01-01") + day) for day in range(DAYS)]


def field_of(plan: Plan) -> Field:
    return mean_field(plan.content[0], ALIKE, np.full((DAYS, 1), float(PER_DAY)))


def returns_to(kind: ContentPlan, appeal: float) -> float:
    """The appeal of the stationary stock that a stationary product of this appeal makes."""
    hazard = -math.expm1(math.log1p(-0.05) * math.exp(appeal * kind.appeal.log_lapse))
    engaged = PER_DAY * (1 - hazard) / hazard
    active = PER_DAY + engaged * ALIKE.active(appeal * kind.appeal.log_activity)
    made = active * kind.creators[0] * kind.creates[0, 0] * kind.encouraged(active)
    return kind.appeal.of(made / (1 - kind.keeps), 0.0)


def fixed_points(kind: ContentPlan) -> list[float]:
    """The appeals that make themselves, from the lowest to the highest."""
    x = np.linspace(1e-6, 1 - 1e-6, 2001)
    gap = np.array([returns_to(kind, one) - one for one in x])
    return [float(x[i]) for i in np.flatnonzero(np.sign(gap[1:]) != np.sign(gap[:-1]))]


def threshold(low: float, high: float) -> float:
    """Items a day from which on the mean field takes off."""
    middle = fixed_points(community(0).content[0])[1]
    while high - low > 0.5:
        seeds = (low + high) / 2
        takes_off = field_of(community(seeds)).appeal[-1] > middle
        low, high = (low, seeds) if takes_off else (seeds, high)
    return (low + high) / 2


def test_between_collapse_and_take_off_lies_a_state_that_holds_neither() -> None:
    """Three appeals make themselves; a stock above the middle one grows, one below it shrinks."""
    kind = community(0).content[0]
    low, middle, high = fixed_points(kind)
    assert returns_to(kind, (low + middle) / 2) < (low + middle) / 2
    assert returns_to(kind, (middle + high) / 2) > (middle + high) / 2
    assert low < 0.1 < 0.4 < middle < 0.6 < 0.85 < high
    flat = altered(kind, "appeal.steepness", lambda steepness: steepness / 2)
    assert len(fixed_points(flat)) == 1


def test_below_the_threshold_it_collapses_and_above_it_takes_off() -> None:
    """The mean field's threshold parts what simulated worlds do, in every replicate."""
    low, _, high = fixed_points(community(0).content[0])
    seeds = threshold(10, 60)
    few, many = (
        replicates(community(share * seeds), 3, lambda world: world.shelves.of_kind[0].levels[-1, APPEAL] / MILLION)
        for share in (0.6, 1.5)
    )
    assert np.abs(few - low).max() < 0.05
    assert np.abs(many - high).max() < 0.12
    assert many.min() - few.max() > 0.6


@pytest.mark.parametrize("share", [0.3, 2.5])
def test_the_path_follows_the_mean_field(share: float) -> None:
    plan = community(share * 27)
    found = replicates(plan, 6, lambda world: world.tallies.dau.sum(axis=1)).mean(axis=0)[30::30]
    assert np.abs(found / field_of(plan).dau[30::30] - 1).max() < 0.06
    other = altered_content(plan, "appeal.log_lapse", lambda lapse: lapse * 0.6)
    assert np.abs(found / field_of(other).dau[30::30] - 1).max() > 0.06
