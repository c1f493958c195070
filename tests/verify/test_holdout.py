"""The holdout: who is in it, what exceeds it is the effect, and both arms are followed alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sim.engine.draws import draw, person_address, segment_address
from sim.systems.plan import Plan
from sim.systems.rules import holdout
from sim.systems.world import (
    CONTROL,
    CONTROL_RETURNS,
    HELD_OUT,
    LIMITED,
    NOT_REACHABLE,
    SELECTED,
    SENT,
    TREATED,
    TREATED_RETURNS,
    World,
)
from tests.verify.measuring import LIMIT, altered, largest, replicates, z_of_count, z_of_sample
from tests.verify.recalling import Recall
from tests.verify.worlds import finished


def is_held_out(world: World, rule_index: int = 0) -> npt.NDArray[np.bool_]:
    """By the plain draw of each user of a market of one segment."""
    rule, segment = world.plan.rules[rule_index], segment_address(world.plan.market.segments[0])
    persons = world.people.person[: world.people.n]
    return np.array(
        [draw(world.key, person_address(segment, int(p)), 0, rule.holdout_purpose) < rule.holdout for p in persons]
    )


def distance_of_effect(plan: Plan, recall: Recall, effect: float) -> float:
    """How far the difference in final activity between the treated and the held out is from `effect`."""
    world = finished(plan)
    held = is_held_out(world)
    active = world.people.last_active[: world.people.n] == recall.n_days - 1
    treated, control = active[~held], active[held]
    error = np.sqrt(treated.var() / treated.size + control.var() / control.size)
    return largest([(treated.mean() - control.mean() - effect) / error])


HOLDOUT = Recall(n=30_000, n_days=60, waves=(4, 9), natural=0.01, lapse=0.05, holdout=0.5, brings_back=0.8)


def test_the_effect_is_what_exceeds_the_holdout() -> None:
    reached, others = HOLDOUT.expected(True), HOLDOUT.expected(False)
    effect = HOLDOUT.opt_in * (reached.active[-1] - others.active[-1])
    plan = HOLDOUT.plan()
    assert abs(distance_of_effect(plan, HOLDOUT, effect)) < LIMIT
    twin = altered(plan, "response.brings_back", lambda share: share * 0.6)
    assert abs(distance_of_effect(twin, HOLDOUT, effect)) > LIMIT


def test_the_holdout_is_counted_and_never_messaged() -> None:
    world = finished(HOLDOUT.plan())
    held, counts = is_held_out(world), world.tallies.rules[1]
    assert (world.people.messages[: world.people.n][held] == 0).all()
    assert (world.people.messages[: world.people.n][~held] > 0).any()
    assert (counts[:, SELECTED] == counts[:, HELD_OUT] + counts[:, NOT_REACHABLE] + counts[:, SENT]).all()
    assert counts[:, NOT_REACHABLE].sum() > 0
    assert counts[:, LIMITED].sum() == 0
    assert abs(largest([z_of_count(held.sum(), held.size, HOLDOUT.holdout)])) < LIMIT


def of_arm(recall: Recall, *, is_messaged: bool) -> tuple[float, float]:
    """Per reachable person of one arm: users who are ever enrolled, and absences that end in time."""
    users, returns, fresh, engaged = 0.0, 0.0, 1.0, 1.0
    away, away_fresh = np.zeros(recall.n_days), np.zeros(recall.n_days)  # by the day of the lapse
    enrolled: dict[int, tuple[int, float]] = {}
    for day in range(1, recall.n_days):
        away[day], away_fresh[day] = recall.lapse * engaged, recall.lapse * fresh
        engaged = (1 - recall.lapse) * engaged + recall.natural * away[:day].sum()
        fresh = (1 - recall.lapse) * fresh + recall.natural * away_fresh[:day].sum()
        away[:day] *= 1 - recall.natural
        away_fresh[:day] *= 1 - recall.natural
        for wave in sorted(recall.waves):
            lapsed_on = day - wave + 1
            if lapsed_on < 1:
                continue
            if wave == min(recall.waves):
                users, away_fresh[lapsed_on] = users + away_fresh[lapsed_on], 0.0
                enrolled[day] = (lapsed_on, away[lapsed_on])
            if is_messaged:
                chance = recall.delivery * recall.open * recall.brings_back * 0.5 ** ((wave - 1) / recall.half)
                engaged += chance * away[lapsed_on]
                away[lapsed_on] *= 1 - chance
        for ended in list(enrolled) if day == recall.n_days - 1 else [day - 30]:
            lapsed_on, size = enrolled.pop(ended, (0, 0.0))
            returns += size - away[lapsed_on]
    return users, returns


FOLLOWED = Recall(waves=(4, 9), natural=0.02, lapse=0.05, holdout=0.4, brings_back=0.8)
ARMS = (TREATED, TREATED_RETURNS, CONTROL, CONTROL_RETURNS)


def arms_of(world: World) -> npt.NDArray[np.float64]:
    return world.tallies.rules[1].sum(axis=0)[list(ARMS)].astype(np.float64)


def distance_of_arms(plan: Plan) -> float:
    found = replicates(plan, 25, arms_of)
    size = FOLLOWED.n * FOLLOWED.opt_in
    treated = np.array(of_arm(FOLLOWED, is_messaged=True)) * size * (1 - FOLLOWED.holdout)
    control = np.array(of_arm(FOLLOWED, is_messaged=False)) * size * FOLLOWED.holdout
    return largest(z_of_sample(found[:, i], expected) for i, expected in enumerate([*treated, *control]))


def test_both_arms_return_as_their_closed_forms_say() -> None:
    assert abs(distance_of_arms(FOLLOWED.plan())) < LIMIT


def test_other_days_of_following_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdout, "FOLLOW_UP_DAYS", 27)
    assert abs(distance_of_arms(FOLLOWED.plan())) > LIMIT


def test_a_message_that_works_better_is_seen() -> None:
    twin = altered(FOLLOWED.plan(), "response.brings_back", lambda share: share * 1.15)
    assert abs(distance_of_arms(twin)) > LIMIT


def test_whoever_is_selected_every_day_is_enrolled_once_in_an_absence() -> None:
    """Where messages do nothing, asking every day from the fourth on enrols whom the fourth day alone would."""
    quiet = Recall(waves=(4,), natural=0.03, lapse=0.05, brings_back=0.0)
    daily = {"when": {"every": "1 day"}, "who": "days_inactive >= 4", "do": {"message": "sms"}}
    plan = quiet.plan(policy={"rules": {"recall": daily | {"limits": {"holdout": quiet.holdout}}}})
    once, every_day = finished(quiet.plan()).tallies.rules[1], finished(plan).tallies.rules[1]
    assert every_day[:, SELECTED].sum() > 3 * once[:, SELECTED].sum()
    assert (every_day[:, ARMS] == once[:, ARMS]).all()
    assert (once[:, ARMS].sum(axis=0) > 0).all()
