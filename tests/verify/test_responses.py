"""What opened messages and coupons do: returns, lifts of orders, wakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.systems.messages.day import return_probability
from sim.systems.plan import Plan
from sim.systems.world import COUPONS_USED
from tests.verify.measuring import LIMIT, altered, largest, z_of_count
from tests.verify.recalling import ALWAYS, NEVER_LAPSES, alike
from tests.verify.worlds import finished, plan_for


def test_return_probability_in_closed_form() -> None:
    away, lift = np.array([0, 1, 11, 21, 31], np.int32), np.array([1.0, 1.0, 1.0, 2.0, 0.5])
    halved = 0.4 * 0.5 ** (np.array([0, 0, 10, 20, 30]) / 10)
    odds = halved / (1 - halved) * lift
    assert return_probability(0.4, 10.0, away, lift) == pytest.approx(odds / (1 + odds), rel=1e-12)
    assert return_probability(0.4, np.inf, away, np.ones(5)) == pytest.approx(0.4)
    assert return_probability(1.0, np.inf, away, lift).tolist() == [1.0] * 5
    assert return_probability(0.0, 10.0, away, lift).tolist() == [0.0] * 5


GAINS = {"plain": {"share": 0.5}, "hunters": {"share": 0.5, "gain": 3.0}}


def couponed(coupon: dict[str, Any], lift: float = 1.3) -> Plan:
    """Everybody lapses at once, is messaged after 3 days and opens; the coupon decides who returns."""
    n = 40_000
    rule = {"when": {"inactive_for": "3 days"}, "do": {"message": "sms", "coupon": coupon | {"valid_for": "5 days"}}}
    return plan_for(
        market={"size": n, "segments": GAINS},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": n}}},
        retention={"default": {"visits": ALWAYS, "lapse": ALWAYS}},
        orders={"per_active_day": 0.1, "basket": {"mean": "200 CNY"}},
        media={"sms": {"open": 1.0}},
        response={
            "message": {"brings_back": "10%", "falls_by_half_every": "20 days"},
            "coupon": {"lift_per_10_percent": lift},
        },
        policy={"rules": {"gift": rule}},
        horizon="4 days",
    )


def distance_of_coupon(plan: Plan, tenths: float) -> float:
    """How far each segment's returns are from odds x 1.3 ^ (tenths off x gain)."""
    world = finished(plan)
    people = world.people
    p = 0.1 * 0.5 ** (2 / 20)
    distances = []
    for segment, gain in ((0, 1.0), (1, 3.0)):
        odds = p / (1 - p) * 1.3 ** (tenths * gain)
        active = people.last_active[: people.n][people.cell[: people.n] == segment] == 3
        distances.append(z_of_count(active.sum(), active.size, odds / (1 + odds)))
    return largest(distances)


@pytest.mark.parametrize(
    ("coupon", "tenths"),
    [({"share_off": "20%"}, 2.0), ({"off": "30 CNY"}, 1.5), ({"share_off": "50%", "up_to": "50 CNY"}, 2.5)],
)
def test_a_coupon_lifts_the_odds_per_tenth_off(coupon: dict[str, Any], tenths: float) -> None:
    assert abs(distance_of_coupon(couponed(coupon), tenths)) < LIMIT


def test_another_lift_is_seen() -> None:
    assert abs(distance_of_coupon(couponed({"share_off": "20%"}, lift=1.25), 2.0)) > LIMIT


def gifts_on(dates: list[str], n: int, rate: float, factor: float, *, valid_days: int, n_days: int) -> Plan:
    """All n users come every day, order at `rate`, and at `rate` x `factor` with a coupon; all get one on the dates."""
    coupon = {"off": "5 CNY", "valid_for": f"{valid_days} days"}
    return plan_for(
        market={"size": n},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": n}}},
        retention={"default": {"visits": ALWAYS, "lapse": NEVER_LAPSES}},
        orders={"per_active_day": rate, "basket": {"mean": "100 CNY"}},
        media={"sms": {"open": 1.0}},
        response={"coupon": {"orders": factor}},
        policy={"rules": {"gift": {"when": {"on": dates}, "do": {"message": "sms", "coupon": coupon}}}},
        horizon=f"{n_days} days",
    )


def test_a_held_coupon_lifts_orders_until_it_is_used() -> None:
    """P(order on the k-th day after) = 1 - exp(-rate x f^(not used yet)) with f while the coupon is held."""
    n, rate, factor = 60_000, 0.2, 1.8
    plan = gifts_on(["2026-01-03"], n, rate, factor, valid_days=3, n_days=9)
    buyers = finished(plan).tallies.buyers.sum(axis=1)
    base, lifted = -np.expm1(-rate), -np.expm1(-rate * factor)
    unused, expected = 1.0, [base, base]
    for _ in range(3):
        expected.append(unused * lifted + (1 - unused) * base)
        unused *= 1 - lifted
    expected += [base] * 3
    assert abs(largest(z_of_count(buyers[1 + i], n, p) for i, p in enumerate(expected))) < LIMIT
    twin = altered(plan, "response.coupon_orders", lambda f: f * 1.06)
    buyers = finished(twin).tallies.buyers.sum(axis=1)
    assert abs(largest(z_of_count(buyers[1 + i], n, p) for i, p in enumerate(expected))) > LIMIT


def test_a_new_coupon_replaces_the_one_that_is_held() -> None:
    """Two coupons on two days lift orders once, and the second can be used once."""
    n, rate, factor = 40_000, 0.05, 1.9
    world = finished(gifts_on(["2026-01-03", "2026-01-04"], n, rate, factor, valid_days=9, n_days=5))
    buyers = world.tallies.buyers.sum(axis=1)
    lifted = -np.expm1(-rate * factor)
    assert abs(largest(z_of_count(buyers[day], n, lifted) for day in (3, 4))) < LIMIT
    assert abs(z_of_count(buyers[4], n, -np.expm1(-rate * factor**2))) > LIMIT
    assert world.tallies.rules[1, :, COUPONS_USED].tolist() == [0, 0, 0, buyers[3], buyers[4]]


def woken(half_life: float = 3.0) -> Plan:
    """Everybody has the habit and comes on a fifth of the days; on day 5 everybody opens a message."""
    return plan_for(
        market={"size": 60_000},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 60_000}}},
        retention={"default": {"visits": alike(0.2), "lapse": NEVER_LAPSES}},
        media={"push": {"open": 1.0}},
        response={"message": {"wakes": 4.0, "wakes_half_life": f"{half_life} days"}},
        policy={"rules": {"news": {"when": {"on": "2026-01-06"}, "do": {"message": "push"}}}},
        horizon="30 days",
    )


def distance_of_wake(plan: Plan) -> float:
    dau = finished(plan).tallies.dau.sum(axis=1)
    distances = []
    for day in range(1, 30):
        lift = 4.0 ** (0.5 ** ((day - 6) / 3.0)) if 6 <= day <= 25 else 1.0
        distances.append(z_of_count(dau[day], 60_000, 0.25 * lift / (1 + 0.25 * lift)))
    return largest(distances)


def test_a_wake_lifts_the_odds_and_fades_by_its_half_life() -> None:
    assert abs(distance_of_wake(woken())) < LIMIT


def test_another_half_life_is_seen() -> None:
    assert abs(distance_of_wake(woken(3.6))) > LIMIT
