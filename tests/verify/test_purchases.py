"""Orders against their closed forms: Pareto/NBD, Gamma-Gamma and log-normal baskets, money to the cent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.books.accounts import ACCOUNTS
from sim.systems.plan import Plan
from sim.systems.world import COUPONS_USED, World
from tests.verify.measuring import LIMIT, altered, largest, z_of_count, z_of_sample
from tests.verify.worlds import finished, plan_for

F64 = npt.NDArray[np.float64]

N = 120_000
R, ALPHA, S, BETA = 0.553, 10.578, 0.606, 11.669
"""Pareto/NBD on CDNOW, in weeks (lifetimes, CLVTools)."""
PUBLISHED = {39: 1.2130, 52: 1.4730, 78: 1.9094}
"""E[X(t)] of the continuous model by weeks."""


def pareto_nbd(weeks: int = 78, n: int = N) -> Plan:
    """A cohort of n buyers on the first day, whose orders are their only activity."""
    return plan_for(
        market={"size": n},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": n}}},
        retention={"default": {"lapse": {"shape": S, "scale": f"{BETA} weeks"}}},
        orders={"while_engaged": f"{R / ALPHA} / week", "shape": R, "basket": {"mean": "10 CNY"}},
        horizon=f"{7 * weeks + 1} days",
    )


def expected_orders(days: int, r: float = R, alpha: float = ALPHA, s: float = S, beta: float = BETA) -> float:
    """Ticked: the sum over days t of E[lambda] E[(1 - d)^t], with (1 - d)^t = exp(-mu t), mu Gamma(s, beta)."""
    ticks = np.arange(1, days + 1)
    return float(r / (7 * alpha) * ((7 * beta / (7 * beta + ticks)) ** s).sum())


def share_without_orders(days: int) -> float:
    """Ticked P(X(t) = 0): who lapses on day k + 1 had k days to order; lambda and mu are independent."""
    k = np.arange(days + 1)
    quiet = (7 * ALPHA / (7 * ALPHA + k)) ** R
    alive = (7 * BETA / (7 * BETA + k)) ** S
    return float((quiet[:-1] * (alive[:-1] - alive[1:])).sum() + quiet[-1] * alive[-1])


@pytest.mark.parametrize(("weeks", "published"), PUBLISHED.items())
def test_the_ticked_expectation_is_within_1_percent_of_the_published(weeks: int, published: float) -> None:
    assert expected_orders(7 * weeks) == pytest.approx(published, rel=0.01)
    assert expected_orders(7 * weeks, s=S * 1.05) != pytest.approx(published, rel=0.01)


def orders_so_far(world: World, days: int) -> float:
    return float(world.tallies.orders[: days + 1].sum()) / world.people.n


def test_orders_are_pareto_nbd() -> None:
    world = finished(pareto_nbd())
    spread = world.people.orders[:N].std() / np.sqrt(N)
    z = largest((orders_so_far(world, 7 * w) - expected_orders(7 * w)) / spread for w in (2, 13, 39, 52, 78))
    assert abs(z) < LIMIT
    for weeks, published in PUBLISHED.items():
        assert orders_so_far(world, 7 * weeks) == pytest.approx(published, rel=0.015)
    without = float((world.people.orders[:N] == 0).sum())
    assert abs(largest([z_of_count(without, N, share_without_orders(7 * 78))])) < LIMIT


def test_the_variance_of_orders_is_that_of_the_mixture() -> None:
    """Given (lambda, mu), orders are Poisson over a geometric life: moments over 2,000 x 2,000 users at midpoints."""
    days = 7 * 26
    counts = finished(pareto_nbd(26)).people.orders[:N].astype(np.float64)
    from scipy.special import gammaincinv

    shares = (np.arange(20_000) + 0.5) / 20_000
    stays = np.exp(-gammaincinv(S, shares) / (7 * BETA))
    # The life L counts the days before the lapse, at most `days`: E[L] and E[L^2] over users.
    powers = stays[:, None] ** np.arange(1, days + 1)
    life, square = powers.sum(axis=1).mean(), ((2 * np.arange(1, days + 1) - 1) * powers).sum(axis=1).mean()
    rate, rate_square = R / (7 * ALPHA), R * (R + 1) / (7 * ALPHA) ** 2
    second = rate * life + rate_square * square
    assert abs(largest([z_of_sample(counts**2, second)])) < LIMIT
    assert abs(z_of_sample(counts**2, second * 1.1)) > LIMIT


def test_another_rate_or_shape_is_seen() -> None:
    plan = altered(pareto_nbd(39), "orders_factor", lambda rate: rate * 1.04)
    world = finished(plan)
    spread = world.people.orders[:N].std() / np.sqrt(N)
    assert abs(orders_so_far(world, 273) - expected_orders(273)) / spread > LIMIT
    world = finished(pareto_nbd(39))
    assert abs(z_of_count(float((world.people.orders[:N] == 0).sum()), N, share_without_orders(280))) > 1.0
    assert abs(z_of_count(float((world.people.orders[:N] == 0).sum()), N, share_without_orders(273) * 0.985)) > LIMIT


def test_orders_per_active_day_are_a_gamma_mixture() -> None:
    """Everybody active every day: orders over n days are negative binomial; per segment by its factor."""
    segments = {"plain": {"share": 0.5}, "keen": {"share": 0.5, "orders": 2.0}}
    plan = plan_for(
        market={"size": 40_000, "segments": segments},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 40_000}}},
        retention={"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}},
        orders={"per_active_day": "7%", "shape": 0.8, "basket": {"mean": "10 CNY"}},
        horizon="41 days",
    )
    world = finished(plan)
    for segment, mean in ((0, 2.8), (1, 5.6)):
        counts = world.people.orders[:40_000][world.people.cell[:40_000] == segment].astype(np.float64)
        assert abs(largest([z_of_sample(counts, mean)])) < LIMIT
        assert abs(largest([z_of_sample((counts - mean) ** 2, mean + mean**2 / 0.8)])) < LIMIT
        assert abs(largest([z_of_count(float((counts == 0).sum()), counts.size, (0.8 / (0.8 + mean)) ** 0.8)])) < LIMIT
        assert abs(z_of_sample(counts, mean * 1.05)) > LIMIT


def test_at_most_so_many_orders_a_day() -> None:
    plan = plan_for(
        retention={"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}},
        orders={"per_active_day": 3.0, "at_most_per_day": 2, "basket": {"mean": "10 CNY"}},
        horizon="20 days",
    )
    world = finished(plan)
    days = world.people.active_days[: world.people.n] - 1
    assert (world.people.orders[: world.people.n] <= 2 * days).all()
    p = np.exp(-3.0) * np.array([1, 3])
    expected = 1 * p[1] + 2 * (1 - p.sum())
    assert abs(largest([(world.tallies.orders.sum() / days.sum() - expected) * np.sqrt(days.sum()) / 0.6])) < LIMIT


# --- baskets


def first_orders(n: int, basket: dict[str, Any], **sections: Any) -> Plan:
    """n users, each with exactly one order, on the day of sign-up."""
    return plan_for(
        **(
            {
                "market": {"size": n},
                "channels": {"past": {"kind": "history", "signups": {"2026-01-01": n}}},
                "onboarding": {"steps": {"first order": {"pass": 1.0}}},
                "orders": {"per_active_day": 0.0, "basket": basket},
                "horizon": "1 days",
            }
            | sections
        )
    )


def test_gamma_gamma_mean_spend() -> None:
    p, q, v = 6.25, 3.74, 15.44
    mean = p * v / (q - 1)
    assert mean == pytest.approx(35.22, abs=0.005)
    plan = first_orders(N, {"gamma_gamma": {"p": p, "q": q, "v": f"{v} CNY"}})
    spend = finished(plan).people.spend[:N] / 100
    assert abs(largest([z_of_sample(spend, mean)])) < LIMIT
    # log of a Gamma-Gamma: log v + digamma(p) - digamma(q), which no heavy tail blurs
    from scipy.special import digamma, polygamma

    logs = np.log(np.maximum(spend, 0.005))
    centre = float(np.log(v) + digamma(p) - digamma(q))
    assert abs(largest([z_of_sample(logs, centre)])) < LIMIT
    assert abs(largest([z_of_sample((logs - centre) ** 2, float(polygamma(1, p) + polygamma(1, q)))])) < LIMIT
    twin = altered(plan, "orders.basket_table", lambda logs: logs + np.log(1.02))
    assert abs(z_of_sample(finished(twin).people.spend[:N] / 100, mean)) > LIMIT


def test_log_normal_baskets_between_and_within_users() -> None:
    basket = {"mean": "268 CNY", "spread": 0.8, "spread_between_users": 0.5}
    spend = finished(first_orders(N, basket)).people.spend[:N] / 100
    assert abs(largest([z_of_sample(spend, 268.0)])) < LIMIT
    logs = np.log(spend) - np.log(268)
    variance = 0.8**2 + 0.5**2
    assert abs(largest([z_of_sample(logs, -variance / 2)])) < LIMIT
    assert abs(largest([z_of_sample((logs + variance / 2) ** 2, variance)])) < LIMIT
    assert abs(z_of_sample((logs + variance / 2) ** 2, 0.8**2 + 0.47**2)) > LIMIT


def test_one_users_orders_vary_by_spread_alone() -> None:
    """Two orders of a user share its own mean: their logs correlate by between / (between + within)."""
    basket = {"mean": "268 CNY", "spread": 0.6, "spread_between_users": 0.8}
    users: list[F64] = []
    for seed_day in (1, 2):  # the same people; the second scenario's baskets are drawn a day later
        plan = first_orders(30_000, basket, channels={
            "past": {"kind": "history", "signups": {f"2026-01-0{seed_day}": 30_000}}}, horizon="3 days")  # fmt: skip
        people = finished(plan).people
        users.append(np.log(people.spend[:30_000][np.argsort(people.person[:30_000])] / 100))
    correlation = float(np.corrcoef(users[0], users[1])[0, 1])
    assert abs((correlation - 0.64) * np.sqrt(30_000) / (1 - 0.64**2)) < LIMIT


def test_segments_multiply_the_basket() -> None:
    segments = {"plain": {"share": 0.5}, "frugal": {"share": 0.5, "basket": 0.37}}
    plan = first_orders(1_000, {"mean": "100 CNY"}, market={"size": 1_000, "segments": segments})
    people = finished(plan).people
    assert set(people.spend[:1_000][people.cell[:1_000] == 1]) == {3_700}
    assert set(people.spend[:1_000][people.cell[:1_000] == 0]) == {10_000}


# --- to the cent


def books(world: World) -> dict[tuple[str, str], int]:
    """Cents by (account, rule)."""
    rows = world.ledger.rows()
    out: dict[tuple[str, str], int] = {}
    for account, rule, amount in zip(rows["account"], rows["rule"], rows["amount"], strict=True):
        key = (ACCOUNTS[account].name, world.plan.rule_names[rule])
        out[key] = out.get(key, 0) + int(amount)
    return out


SALE = {"from": "2026-01-01", "for": "1 days", "discount": "15%", "cost": "123.45 CNY"}


@pytest.mark.parametrize("per_agent", [1, 10])
@pytest.mark.parametrize("sold_by", ["us", "merchants"])
def test_discounts_margins_and_commission_to_the_cent(sold_by: str, per_agent: int) -> None:
    n = 3_000
    plan = first_orders(
        n * per_agent,
        {},
        market={"size": n * per_agent, "people_per_agent": per_agent},
        orders={"per_active_day": 0, "basket": {"mean": "99.99 CNY"}, "margin": "21.37%", "sold_by": sold_by},
        income={"commission": "4.5%", "advertising_per_active_day": "0.0123 CNY"},
        policy={"campaigns": {"sale": SALE}},
    )
    found = books(finished(plan))
    off, persons = 1500, n * per_agent  # 15% of 9,999 cents is 1,499.85
    expected = {
        ("discounts", "sale"): -off * persons,
        ("commission", ""): round(0.045 * (9_999 - off)) * persons,
        ("advertising", ""): round(1.23 * persons),
        ("campaigns", "sale"): -12_345,
    }
    if sold_by == "us":
        expected |= {("sales", ""): 9_999 * persons, ("goods", ""): -round(9_999 * (1 - 0.2137)) * persons}
    assert found == expected


def test_a_margin_off_by_a_hundredth_of_a_percent_is_seen() -> None:
    plan = first_orders(3_000, {"mean": "99.99 CNY"})
    before = books(finished(replace(plan, orders=replace(plan.orders, margin=np.array([0.2137])))))
    after = books(finished(replace(plan, orders=replace(plan.orders, margin=np.array([0.2138])))))
    assert before[("goods", "")] != after[("goods", "")]


COUPONS = [
    ({"off": "30 CNY", "orders_over": "80 CNY"}, 3_000),
    ({"off": "30 CNY", "orders_over": "100.01 CNY"}, 0),
    ({"off": "30 CNY", "orders_over": "100 CNY"}, 3_000),
    ({"off": "130 CNY"}, 10_000),
    ({"share_off": "12.345%"}, 1_234),
    ({"share_off": "50%", "up_to": "20.50 CNY"}, 2_050),
]


@pytest.mark.parametrize(("coupon", "cents"), COUPONS)
def test_coupons_to_the_cent(coupon: dict[str, Any], cents: int) -> None:
    """Everybody gets a coupon on day 2 and orders for 100.00 on each day; the first order uses it, once."""
    n = 500
    plan = plan_for(
        market={"size": n},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": n}}},
        retention={"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}},
        orders={"per_active_day": 50.0, "at_most_per_day": 1, "basket": {"mean": "100 CNY"}},
        media={"push": {"open": 1.0}},
        response={"coupon": {"lift_per_10_percent": 1.2}},
        policy={"rules": {"gift": {"when": {"on": "2026-01-03"}, "do": {
            "message": "push", "coupon": coupon | {"valid_for": "2 days"}}}}},
        horizon="8 days",
    )  # fmt: skip
    world = finished(plan)
    used = n if cents else 0
    assert world.tallies.rules[1, :, COUPONS_USED].tolist() == [0, 0, 0, used, 0, 0, 0, 0]
    assert books(world).get(("coupons", "gift"), 0) == -cents * used
    assert world.people.spend[:n].sum() == 7 * n * 10_000 - cents * used


def test_a_coupon_is_taken_off_what_a_discount_has_left() -> None:
    n = 400
    plan = plan_for(
        market={"size": n},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": n}}},
        retention={"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}},
        orders={"per_active_day": 50.0, "at_most_per_day": 1, "basket": {"mean": "100 CNY"}},
        media={"push": {"open": 1.0}},
        response={"coupon": {"lift_per_10_percent": 1.2}},
        policy={
            "campaigns": {
                "small": {"from": "2026-01-03", "for": "4 days", "discount": "10%"},
                "deep": {"from": "2026-01-04", "for": "1 days", "discount": "20%"},
            },
            "rules": {"gift": {"when": {"on": "2026-01-03"}, "do": {
                "message": "push", "coupon": {"share_off": "25%", "valid_for": "5 days"}}}},
        },
        horizon="7 days",
    )  # fmt: skip
    found = books(finished(plan))
    assert found[("coupons", "gift")] == -n * 2_000  # a quarter of 80.00, on the day after the message
    assert found[("discounts", "deep")] == -n * 2_000
    assert found[("discounts", "small")] == -3 * n * 1_000


def test_the_smallest_basket_of_a_coupon_is_what_a_discount_has_left() -> None:
    """90.00 are left of 100.00 while the sale runs, too little for a coupon from 95.00 on; the day after it is used."""
    n = 100
    coupon = {"off": "7 CNY", "orders_over": "95 CNY", "valid_for": "5 days"}
    plan = plan_for(
        market={"size": n},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": n}}},
        retention={"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}},
        orders={"per_active_day": 50.0, "at_most_per_day": 1, "basket": {"mean": "100 CNY"}},
        media={"push": {"open": 1.0}},
        response={"coupon": {"lift_per_10_percent": 1.2}},
        policy={
            "campaigns": {"sale": {"from": "2026-01-03", "for": "2 days", "discount": "10%"}},
            "rules": {"gift": {"when": {"on": "2026-01-03"}, "do": {"message": "push", "coupon": coupon}}},
        },
        horizon="7 days",
    )
    world = finished(plan)
    assert world.tallies.rules[2, :, COUPONS_USED].tolist() == [0, 0, 0, 0, n, 0, 0]
    assert books(world)[("coupons", "gift")] == -700 * n


def test_a_campaign_on_the_first_day_acts_on_the_first_day() -> None:
    for first, n_days in (("2026-01-01", 1), ("2025-12-31", 2), ("2026-01-01", 3)):
        plan = first_orders(
            900,
            {"mean": "100 CNY"},
            channels={"past": {"kind": "history", "signups": {f"2026-01-0{d}": 300 for d in (1, 2, 3)}}},
            policy={"campaigns": {"sale": SALE | {"from": first, "for": f"{n_days} days"}}},
            horizon="5 days",
        )
        days = n_days - (first < "2026")
        assert books(finished(plan))[("discounts", "sale")] == -days * 300 * 1_500


def test_demand_that_is_pulled_forward_is_missing_afterwards() -> None:
    borrowed = {"share": "40%", "over": "10 days"}
    campaign = {"from": "2026-01-11", "for": "5 days", "orders": 3.0, "pull_forward": borrowed}
    plan = plan_for(
        market={"size": 30_000},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 30_000}}},
        retention={"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}},
        orders={"per_active_day": 0.2, "basket": {"mean": "10 CNY"}},
        policy={"campaigns": {"sale": campaign}},
        horizon="31 days",
    )
    orders = finished(plan).tallies.orders.sum(axis=1)
    factor = np.ones(31)
    factor[10:15], factor[15:25], factor[0] = 3.0, 1 - 0.4 * (2 * 5) / 10, 0.0
    expected = 30_000 * 0.2 * factor
    assert abs(largest((orders[1:] - expected[1:]) / np.sqrt(expected[1:]))) < LIMIT
    assert abs(largest((orders[1:] - np.roll(expected, 1)[1:]) / np.sqrt(expected[1:]))) > LIMIT
