"""Rewards against closed forms: choice, steps, nearness, goods for money, what is limited; each with a twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.systems.books.accounts import REWARDS, SHOP
from sim.systems.books.tables import tables_of
from sim.systems.plan import Plan
from sim.systems.points.liability import unit_costs
from sim.systems.points.wallets import REDEEMED
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.test_points import (
    DAILY,
    SOMETIMES,
    TAKEN_BY_ALL,
    N,
    points_plan,
    wallet_of,
    with_programme,
)
from tests.verify.worlds import finished

# --- choice


def choice_plan(**fields: Any) -> Plan:
    """A rich gift on the first day; whoever looks on a day chooses among two rewards and keeping the units."""
    return points_plan(
        {
            "earns": {"gift": {"for": "sign up", "gives": 100}},
            "rewards": {"a": {"price": 100, "appeal": 0.5}, "b": {"price": 100, "appeal": 1.5}} | fields,
        },
        days=1,
        n=20_000,
        response={"points": {"looks": 1.0}},
    )


def test_who_looks_chooses_by_appeal() -> None:
    """Luce: a with 0.5 / (1 + 0.5 + 1.5), b with 1.5 / 3."""
    taken = wallet_of(choice_plan()).taken[0]
    assert (
        abs(largest(z_of_count(float(count), 20_000, p) for count, p in zip(taken, (1 / 6, 1 / 2), strict=True)))
        < LIMIT
    )
    assert abs(z_of_count(float(taken[1]), 20_000, 1.5 / 2.8)) > LIMIT


def test_a_reward_out_of_reach_pulls_towards_saving() -> None:
    """A third reward of appeal 4 at double the price: the saved half, squared, pulls with 4 · 1/4 = 1."""
    taken = wallet_of(choice_plan(c={"price": 200, "appeal": 4})).taken[0]
    shares = (0.5 / 4, 1.5 / 4, 0.0)
    assert taken[2] == 0
    assert abs(largest(z_of_count(float(taken[i]), 20_000, shares[i]) for i in (0, 1))) < LIMIT
    nearer = wallet_of(choice_plan(c={"price": 150, "appeal": 4})).taken[0]
    assert abs(z_of_count(float(nearer[1]), 20_000, shares[1])) > LIMIT


def test_how_steeply_it_pulls_goes_by_the_day() -> None:
    """From the day of the run on the saved half pulls with 4 · 1/2 = 2, no longer with 4 · 1/4."""
    rewards = {"a": {"price": 100, "appeal": 1.5}, "c": {"price": 200, "appeal": 4}}
    powers = {"looks": 1.0, "nearness_power": {"2025-12-01": 2, "2026-01-01": 1}}
    programme = {"earns": {"gift": {"for": "sign up", "gives": 100}}, "rewards": rewards}
    taken = wallet_of(points_plan(programme, days=1, n=20_000, response={"points": powers})).taken[0]
    assert abs(z_of_count(float(taken[0]), 20_000, 1.5 / 4.5)) < LIMIT
    assert abs(z_of_count(float(taken[0]), 20_000, 1.5 / 3.5)) > LIMIT


def test_nobody_takes_what_nobody_wants_and_stock_holds() -> None:
    taken = wallet_of(choice_plan(b={"price": 100, "appeal": 0}, a={"price": 100, "appeal": 1e6, "stock": 77})).taken[0]
    assert taken.tolist() == [77, 0]
    plan = choice_plan(a={"price": 100, "appeal": 1e6, "stock": 77})
    (programme,) = plan.points
    loose = replace(programme.rewards, stock=programme.rewards.stock + 1)
    assert wallet_of(with_programme(plan, rewards=loose)).taken[0, 0] == 78


def test_steps_hide_rewards() -> None:
    def took(steps: int) -> float:
        plan = points_plan(
            {"earns": DAILY, "rewards": {"r": TAKEN_BY_ALL}, "steps": steps},
            days=30,
            response={"points": {"looks": 0.5, "per_step": 0.6}},
        )
        return float(wallet_of(plan).taken.sum())

    assert abs(largest([z_of_count(took(3), N * 30, 0.5 * 0.6**2)])) < LIMIT
    assert abs(z_of_count(took(3), N * 30, 0.5 * 0.6**3)) > LIMIT


# --- nearness


def pulled_plan(factor: float = 1.6) -> Plan:
    """Everybody is active on a day with 0.6, gets a unit on each of 30 days, and so has a reward's price from day 9 on.

    On days 40 to 42 a message lets everybody take a reward, and nothing is left.
    """
    rules = {
        "gift": {"when": {"every": "1 day", "until": "2026-01-30"}, "do": {"points": {"p": 1}}},
        "shown": {
            "when": {"on": ["2026-02-10", "2026-02-11", "2026-02-12"]},
            "do": {"message": "m", "show_rewards": "p"},
        },
    }
    programme = {"rewards": {"r": TAKEN_BY_ALL}}
    return points_plan(
        programme,
        days=60,
        n=20_000,
        retention=SOMETIMES,
        media={"m": {"open": "100%"}},
        response={"points": {"looks": 0.0, "nearness": {"activity": factor, "half_life": "7 days"}}},
        policy={"points": {"p": programme}, "rules": rules},
    )


def pulled_z(plan: Plan, day: int, log_lift: float) -> float:
    """Distance of the day's active users from 0.6 with its odds lifted so much."""
    odds = 1.5 * np.exp(log_lift)
    return z_of_count(float(finished(plan).tallies.dau[day].sum()), 20_000, odds / (1 + odds))


def test_a_near_reward_pulls_as_its_formula_says() -> None:
    """Half the price lifts by a quarter, all of it in full while units come; then it fades; a reward resets it."""
    plan, full = pulled_plan(), float(np.log(1.6))
    expected = {5: full / 4, 25: full, 30: full, 37: full / 2, 45: 0.0}
    assert abs(largest([pulled_z(plan, day, lift) for day, lift in expected.items()])) < LIMIT


def test_a_pull_that_adds_up_or_falls_below_nothing_is_seen() -> None:
    """The twins: a pull that fades while units come, one that never fades, a reward that takes more than is left."""
    plan, full = pulled_plan(), float(np.log(1.6))
    wrong = {25: full * 0.5 ** (16 / 7), 37: full, 45: -full * (1 - 0.5 ** (11 / 7)) * 0.5 ** (4 / 7)}
    assert min(abs(pulled_z(plan, day, lift)) for day, lift in wrong.items()) > LIMIT


# --- goods for money


def money_plan(sensitivity: float = 2.0, **fields: Any) -> Plan:
    """Everybody looks once; a good for money alone, and one for units and money."""
    return points_plan(
        {
            "earns": {"gift": {"for": "sign up", "gives": 100}},
            "rewards": {
                "print": {"price": 0, "price_in_money": "20 CNY", "worth": "10 CNY", "cost": "6 CNY", "appeal": 2},
                "mug": {"price": 40, "price_in_money": "15.5 CNY", "cost": "30 CNY", "appeal": 1.5} | fields,
            },
        },
        days=1,
        n=20_000,
        response={"points": {"looks": 1.0, "price_sensitivity": sensitivity}},
    )


def test_a_price_in_money_moves_the_appeal_as_it_says() -> None:
    """At twice its worth and a sensitivity of 2 the print's appeal of 2 is 0.5: 0.5 / (1 + 0.5 + 1.5)."""
    shares = (1 / 6, 1 / 2)
    taken = wallet_of(money_plan()).taken[0]
    assert abs(largest(z_of_count(float(taken[i]), 20_000, shares[i]) for i in (0, 1))) < LIMIT
    indifferent = wallet_of(money_plan(sensitivity=0.0)).taken[0]
    assert abs(z_of_count(float(indifferent[0]), 20_000, shares[0])) > LIMIT


def money_of(plan: Plan) -> tuple[list[int], list[int]]:
    """Cents paid and cost, by the ledger; and what the goods that were taken come to."""
    world = finished(plan)
    rows, taken = world.ledger.rows(), world.wallets["p"].taken.sum(axis=0)
    booked = [int(rows["amount"][rows["account"] == account].sum()) for account in (SHOP, REWARDS)]
    return booked, [int(taken @ [2_000, 1_550]), -int(taken @ [600, 3_000])]


def test_what_is_paid_is_revenue_and_what_it_costs_is_cost_to_the_cent() -> None:
    booked, expected = money_of(money_plan())
    assert booked == expected
    booked, expected = money_of(money_plan(price_in_money="15.51 CNY"))
    assert booked != expected


def test_cohorts_bear_what_goods_cost_less_what_is_paid_for_them() -> None:
    """Everybody is of one cohort; a twin whose mug is paid for with a fen more."""

    def contribution(plan: Plan) -> tuple[int, int]:
        world = finished(plan)
        of_each = np.array([2_000 - 600, 1_550 - 3_000])
        return int(tables_of(world)["cohorts"]["contribution"].sum()), int(world.wallets["p"].taken[0] @ of_each)

    found, expected = contribution(money_plan())
    assert found == expected != 0
    found, expected = contribution(money_plan(price_in_money="15.51 CNY"))
    assert found != expected


def test_a_good_for_money_alone_takes_no_units_and_owes_none() -> None:
    """The mug costs 30 - 15.5 CNY beyond what is paid, for 40 units; the print is not paid for with units."""
    wallet = wallet_of(money_plan())
    assert wallet.counts[0, REDEEMED] == 40 * wallet.taken[0, 1]
    assert unit_costs(wallet)[0] == pytest.approx((3_000 - 1_550) / 40)
    assert unit_costs(wallet_of(money_plan(price_in_money="31 CNY")))[0] == 0


def test_what_is_limited_is_handed_out_so_often_and_never_again() -> None:
    def taken(limits: dict[str, int]) -> list[int]:
        reward = {"price": 10, "appeal": 1e6, **limits}
        plan = points_plan({"earns": DAILY, "rewards": {"r": reward}}, days=90, response={"points": {"looks": 0.1}})
        wallet = wallet_of(plan)
        return [int(wallet.taken[wallet.plan.month == month].sum()) for month in np.unique(wallet.plan.month)]

    assert taken({"limited": 500, "stock": 300}) == [300, 200, 0]
    assert taken({"limited": 500}) == [500, 0, 0]
    assert taken({"stock": 300}) == [300, 300, 300]
