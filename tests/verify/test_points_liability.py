"""What units owe, and how long the first reward takes, against closed forms; each with a sabotaged twin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import betaincinv

from sim.analysis.first_rewards import median_days
from sim.systems.plan import Plan
from sim.systems.points.liability import unit_costs
from sim.systems.points.patience import units_a_day
from sim.systems.points.tables import points_tables
from sim.systems.retention.fit import active_share_of_the_median_user, fit_curve
from tests.verify.measuring import LIMIT, altered, largest, z_of_count
from tests.verify.test_first_users import history, later_plan, plan_in, write_users
from tests.verify.test_points import ALWAYS, DAILY, TAKEN_BY_ALL, N, points_plan, wallet_of
from tests.verify.worlds import document, finished, load_text, text_of

CHEAP = {"price": 100, "cost": "10 CNY"}
NOBODY_LOOKS = {"points": {"looks": 0.0}}
DEAR = {"price": 1_000, "cost": "300 CNY"}


def costs_of(looks: float = 0.0, **rewards: Any) -> np.ndarray:
    """Cents of a unit on each day, where everybody earns 10 a day and looks with this probability."""
    programme = {"earns": DAILY, "rewards": {"cheap": CHEAP, "dear": DEAR} | rewards}
    return unit_costs(wallet_of(points_plan(programme, days=130, n=50, response={"points": {"looks": looks}})))


def test_before_anything_is_spent_a_unit_costs_what_is_in_reach() -> None:
    """10 cents of the cheap reward from day 9 on, 20 of both before and from day 99 on, when both can be paid."""
    costs = costs_of()
    assert costs == pytest.approx([20.0] * 9 + [10.0] * 90 + [20.0] * 31)
    assert costs_of(dear=DEAR | {"price": 500, "cost": "150 CNY"})[60] == pytest.approx(20.0)


def test_what_nobody_wants_weighs_nothing() -> None:
    assert costs_of(dear=DEAR | {"appeal": 0}) == pytest.approx([10.0] * 130)
    assert costs_of(dear=DEAR | {"appeal": 3})[:9] == pytest.approx([25.0] * 9)


def test_segments_weigh_by_their_persons() -> None:
    """One person in a hundred wants the dear good: (10 + 90 / 100) / 1.01 cents; by segments it would be 36.7."""
    rewards = {"a": CHEAP, "b": CHEAP | {"cost": "90 CNY", "by_segment": {"many": 0}}}
    market = {"size": 1_000, "segments": {"many": {"share": 0.99}, "few": {"share": 0.01}}}
    programme = {"earns": DAILY, "rewards": rewards}
    costs = unit_costs(wallet_of(points_plan(programme, days=20, n=200, market=market, response=NOBODY_LOOKS)))
    assert costs == pytest.approx([(10 + 0.9) / 1.01] * 20)
    assert abs(costs[0] - (10 + 45) / 1.5) > 20


def test_once_units_are_spent_a_unit_costs_what_was_paid_out_for_it() -> None:
    """Constant prices: the cost so far over the units spent so far; a reward that nobody reaches drops out."""
    other = {"price": 50, "cost": "2 CNY"}
    programme = {"earns": DAILY, "rewards": {"cheap": CHEAP, "other": other, "dear": DEAR}}
    world = finished(points_plan(programme, days=130, n=500, response={"points": {"looks": 0.5}}))
    wallet, columns = world.wallets["p"], points_tables(world)["points"]
    spent, paid_out = np.cumsum(columns["redeemed"]), np.cumsum(columns["cost"])
    assert wallet.taken[:, 2].sum() == 0
    assert unit_costs(wallet)[5:] == pytest.approx(paid_out[5:] / spent[5:])
    owed = columns["outstanding"][5:] * paid_out[5:] / spent[5:]
    assert columns["liability"][5:] == pytest.approx(owed, abs=0.51)
    weighed_by_appeal = (10 + 4 + 30) / 3
    assert abs(unit_costs(wallet)[-1] - weighed_by_appeal) > 1


def liability_of(expected: float | None) -> np.ndarray:
    """Cents owed on each day of 100, where everybody earns 10 units a day and 10 cents are spent for each unit."""
    programme = {"earns": DAILY, "rewards": {"cheap": CHEAP}}
    programme |= {} if expected is None else {"expected_redemption": expected}
    world = finished(points_plan(programme, days=100, n=50, response={"points": {"looks": 0.0}}))
    return np.asarray(points_tables(world)["points"]["liability"])


def test_what_is_owed_is_for_the_share_that_is_expected_to_be_redeemed() -> None:
    """All of it where nothing is said."""
    held_cents = 50 * 10 * 10 * np.arange(1, 101)
    assert (liability_of(0.8) == 0.8 * held_cents).all()
    assert (liability_of(None) == held_cents).all()
    assert (liability_of(0.81) != 0.8 * held_cents).all()


# --- the first reward


def first_rewards(looks: float, days: int = 30) -> np.ndarray:
    """Users by the days to their first reward, which everybody can pay for from the fifth day on."""
    programme = {"earns": DAILY, "rewards": {"r": TAKEN_BY_ALL | {"price": 50}}}
    return wallet_of(points_plan(programme, days=days, response={"points": {"looks": looks}})).first_rewards


def test_the_first_reward_comes_as_soon_as_a_user_can_pay_and_looks() -> None:
    assert np.flatnonzero(first_rewards(1.0)).tolist() == [4]
    found = first_rewards(0.3, days=12)
    assert abs(largest([z_of_count(float(found[4 + k]), N, 0.3 * 0.7**k) for k in range(8)])) < LIMIT
    assert abs(z_of_count(float(found[5]), N, 0.3)) > LIMIT
    assert abs(largest([z_of_count(float(found.sum()), N, 1 - 0.7**8)])) < LIMIT
    assert median_days(found[None, :]).mean == 5  # 1 - 0.7² is the first beyond a half
    assert median_days(first_rewards(0.6, days=12)[None, :]).mean == 4


SAVING = {"earns": DAILY, "rewards": {"r": TAKEN_BY_ALL | {"price": 50}}}
LOOKING = {"points": {"looks": 1.0}}
"""Who comes every day can pay for a reward on the fifth day, and takes it."""


def days_to_first_rewards(plan: Plan) -> list[int]:
    return np.flatnonzero(wallet_of(plan).first_rewards).tolist()


def test_the_days_to_the_first_reward_are_counted_from_each_users_sign_up() -> None:
    """Three days of sign-ups; the twin's price is higher for who comes later."""
    signups = {"2026-01-01": 100, "2026-01-11": 100, "2026-01-18": 100}
    channels = {"past": {"kind": "history", "signups": signups}}
    plan = points_plan(SAVING, days=30, n=300, channels=channels, response=LOOKING)
    assert wallet_of(plan).first_rewards[4] == 300
    assert days_to_first_rewards(plan) == [4]
    dearer = altered(plan.points[0], "rewards.price", lambda price: price + np.arange(30)[:, None])
    assert days_to_first_rewards(replace(plan, points=(dearer,))) != [4]


def test_for_who_was_a_user_before_they_are_counted_from_the_first_day(tmp_path: Path) -> None:
    """Users of the 20 days before the run, who hold nothing on its first day."""
    past = plan_in(tmp_path, horizon="20 days", channels=history(20))
    write_users(finished(past), tmp_path / "users.csv")
    plan = later_plan(tmp_path, retention=ALWAYS, policy={"points": {"p": SAVING}}, response=LOOKING)
    assert wallet_of(plan).first_rewards[4] > 100
    assert days_to_first_rewards(plan) == [4]


def test_each_user_has_one_first_reward() -> None:
    programme = {"earns": DAILY, "rewards": {"a": {"price": 20}, "b": {"price": 50}}}
    wallet = wallet_of(points_plan(programme, days=60, n=500))
    assert wallet.first_rewards.sum() == wallet.has_taken.sum()
    assert 0 < wallet.first_rewards.sum() < wallet.taken.sum()


@pytest.mark.parametrize(("a", "b"), [(2.0, 3.0), (0.7, 2.0)])
def test_the_days_that_validate_names_are_those_of_the_median_user(a: float, b: float) -> None:
    """Half of all users hold the price within 5% of those days; by the mean user it would be far off."""
    retention = {"default": {"visits": {"a": a, "b": b}, "lapse": {"a": 1e-6, "b": 1e6}}}
    programme = {"earns": DAILY, "rewards": {"r": TAKEN_BY_ALL | {"price": 600}}}
    scenario = load_text(text_of(document(retention=retention, policy={"points": {"p": programme}}))).scenario
    active = active_share_of_the_median_user(scenario.retention)
    assert active is not None
    told = 600 / units_a_day(scenario.policy.points["p"], None, active)
    plan = points_plan(programme, days=500, n=20_000, retention=retention, response={"points": {"looks": 1.0}})
    reached = np.cumsum(wallet_of(plan).first_rewards)
    half = int(np.argmax(reached >= 10_000))
    assert abs(half - told) < 0.05 * told
    if a < 1:
        assert abs(half - 60 * (a + b) / a) > 0.05 * told


@pytest.mark.parametrize("concentration", [0.5, 3.0, 50.0])
def test_the_median_user_of_a_curve_by_points_is_that_of_the_fitted_beta(concentration: float) -> None:
    points = {1: 0.4, 7: 0.2, 30: 0.12}
    curve = {f"d{day}": share for day, share in points.items()}
    retention = {"default": curve, "visit_concentration": concentration}
    active = active_share_of_the_median_user(load_text(text_of(document(retention=retention))).scenario.retention)
    mean = fit_curve(points).activity_mean
    median = betaincinv(mean * concentration, (1 - mean) * concentration, 0.5)
    assert active == pytest.approx(median, rel=1e-5)
    assert active != pytest.approx(mean, rel=1e-3)
