"""Sign-ups against their closed forms: constant pressure, adopter categories, channels, Bass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.plan import Plan
from sim.systems.world import World
from tests.verify.measuring import LIMIT, altered, largest, replicates, z_of_count, z_of_sample
from tests.verify.worlds import finished, plan_for

F64 = npt.NDArray[np.float64]

GONE_SOON: dict[str, Any] = {"default": {"visits": {"a": 1.0, "b": 3.0}, "lapse": {"a": 9.0, "b": 1.0}}}
"""Users who lapse at once: sign-ups alone are looked at, and cost nothing afterwards."""

SEGMENTS = {"mothers": {"share": 0.3}, "gift buyers": {"share": 0.55}, "hunters": {"share": 0.15}}
ROGERS = {
    "innovators": {"share": 0.025, "susceptibility": 8},
    "early adopters": {"share": 0.135, "susceptibility": 3},
    "early majority": {"share": 0.34, "susceptibility": 1},
    "late majority": {"share": 0.34, "susceptibility": 0.5},
    "laggards": {"share": 0.16, "susceptibility": 0},
}


def signups_by_day(world: World) -> F64:
    """float64 (n_days, n_channels, n_segments), agents."""
    plan = world.plan
    return world.tallies.new.reshape(plan.n_days, plan.n_channels, plan.n_segments).astype(np.float64)


# --- constant pressure


def pressed_market(adopters: dict[str, Any] | None = None) -> Plan:
    """Two channels with audiences press on three segments for 90 days."""
    market: dict[str, Any] = {"size": 120_000, "segments": SEGMENTS}
    channels = {
        "search": {"kind": "organic", "signups": "900 / day", "audience": {"mothers": 3, "gift buyers": 1}},
        "store": {"kind": "store", "signups": "700 / day", "audience": {"gift buyers": 1, "hunters": 4}},
    }
    return plan_for(
        market=market | ({"adopters": adopters} if adopters else {}),
        channels=channels,
        retention=GONE_SOON,
        horizon="90 days",
    )


PRESSURE = {
    "mothers": 900 * 3 / (3 * 36_000 + 66_000),
    "gift buyers": 900 / (3 * 36_000 + 66_000) + 700 / (66_000 + 4 * 18_000),
    "hunters": 700 * 4 / (66_000 + 4 * 18_000),
}
"""Hazard of one person per day: expected sign-ups x own weight / summed weights of all persons."""


def share_signed_up(pressure: float, days: int, adopters: dict[str, Any] | None) -> float:
    """1 - exp(-h t), mixed over the adopter categories, whose mean susceptibility is scaled to 1."""
    categories = list((adopters or {"everyone": {"share": 1, "susceptibility": 1}}).values())
    mean = sum(c["share"] * c["susceptibility"] for c in categories)
    return sum(c["share"] * -np.expm1(-c["susceptibility"] / mean * pressure * days) for c in categories)


def distance_of_adoption(plan: Plan, adopters: dict[str, Any] | None = None) -> float:
    """The farthest segment and day from the closed form."""
    new = signups_by_day(finished(plan)).sum(axis=1)
    return largest(
        z_of_count(new[:days, s].sum(), plan.market.agents[s], share_signed_up(PRESSURE[name], days, adopters))
        for s, name in enumerate(plan.market.segments)
        for days in (1, 7, 30, 90)
    )


@pytest.mark.parametrize("adopters", [None, ROGERS], ids=["uniform", "rogers"])
def test_signups_under_constant_pressure(adopters: dict[str, Any] | None) -> None:
    assert abs(distance_of_adoption(pressed_market(adopters), adopters)) < LIMIT


def test_signups_under_another_pressure_are_seen() -> None:
    plan = altered(pressed_market(), "channels.signups", lambda signups: signups * [1.04, 1.0])
    assert abs(distance_of_adoption(plan)) > LIMIT


def test_adopters_taken_for_uniform_are_seen() -> None:
    assert abs(distance_of_adoption(pressed_market(ROGERS), None)) > LIMIT
    weaker = altered(pressed_market(ROGERS), "market.susceptibility", lambda s: s * [0.5, 1, 1, 1, 1])
    assert abs(distance_of_adoption(weaker, ROGERS)) > LIMIT


def test_signups_of_single_days_follow_the_exponential() -> None:
    """Daily counts are multinomial with shares exp(-h (t - 1)) - exp(-h t)."""
    plan = pressed_market()
    new = signups_by_day(finished(plan)).sum(axis=1)[:, 0]
    days = np.arange(plan.n_days + 1)
    left = np.exp(-PRESSURE["mothers"] * days)
    expected = np.append(left[:-1] - left[1:], left[-1]) * plan.market.agents[0]
    observed = np.append(new, plan.market.agents[0] - new.sum())
    chi2 = ((observed - expected) ** 2 / expected).sum()
    assert abs(chi2 - plan.n_days) / np.sqrt(2 * plan.n_days) < LIMIT


# --- channels


def distance_of_channels(plan: Plan, share: float) -> float:
    """How far the first channel's share of gift buyers is from `share`."""
    by_channel = signups_by_day(finished(plan)).sum(axis=0)[:, 1]
    return largest([z_of_count(by_channel[0], by_channel.sum(), share)])


SEARCH_SHARE = 900 / (3 * 36_000 + 66_000) / PRESSURE["gift buyers"]


def test_channels_share_newcomers_in_proportion_to_pressure() -> None:
    assert abs(distance_of_channels(pressed_market(), SEARCH_SHARE)) < LIMIT


def test_channels_that_share_otherwise_are_seen() -> None:
    plan = altered(pressed_market(), "channels.signups", lambda signups: signups * [1.05, 1.0])
    assert abs(distance_of_channels(plan, SEARCH_SHARE)) > LIMIT


def test_a_channel_moves_people_to_it_and_nobody_between_others() -> None:
    plan = pressed_market()
    stronger = altered(plan, "channels.signups", lambda signups: signups * [1.0, 1.3])
    before, after = (
        {(int(p.cell[i]) % 3, int(p.person[i])): int(p.cell[i]) // 3 for i in range(p.n)}
        for p in (finished(plan).people, finished(stronger).people)
    )
    assert before.keys() <= after.keys()
    moved = {(before[key], after[key]) for key in before if before[key] != after[key]}
    assert moved == {(0, 1)}


# --- paid: diminishing returns and saturation

PRICE, HALF, FUNNEL = 3.0, 4000.0, 0.6 * 0.25


def paid_plan(budget: float, days: int = 20, size: int = 400_000) -> Plan:
    """One paid channel of a price per click and diminishing returns."""
    return plan_for(
        market={"size": size},
        channels={
            "ads": {
                "kind": "paid",
                "price": f"{PRICE} CNY / click",
                "funnel": {"landing page": "60%", "register": "25%"},
                "diminishing": {"half_of_reach_at": f"{HALF} CNY / day"},
            }
        },
        policy={"budgets": {"ads": f"{budget} CNY / day"}},
        retention=GONE_SOON,
        horizon=f"{days} days",
    )


def expected_paid(budget: float, days: int, size: int) -> float:
    """Persons: the untouched rate (budget / price) half / (half + budget) x funnel, on a market that fills up."""
    untouched = budget / PRICE * HALF / (HALF + budget) * FUNNEL
    return size * -np.expm1(-untouched * days / size)


def distance_of_paid(plan: Plan, budget: float, size: int) -> float:
    n = finished(plan).people.n
    return largest([z_of_count(n, size, expected_paid(budget, plan.n_days, size) / size)])


@pytest.mark.parametrize("budget", [500.0, 4_000.0, 60_000.0])
def test_a_budget_buys_less_the_larger_it_is(budget: float) -> None:
    assert abs(distance_of_paid(paid_plan(budget), budget, 400_000)) < LIMIT


def test_a_market_saturates() -> None:
    plan = paid_plan(60_000.0, days=365, size=30_000)
    assert expected_paid(60_000.0, 365, 30_000) < 0.9 * 365 * expected_paid(60_000.0, 1, 30_000)
    assert abs(distance_of_paid(plan, 60_000.0, 30_000)) < LIMIT


def test_returns_that_do_not_diminish_are_seen() -> None:
    plan = altered(paid_plan(4_000.0), "channels.signups", lambda signups: signups * 2)
    assert abs(distance_of_paid(plan, 4_000.0, 400_000)) > LIMIT


@pytest.mark.parametrize("budget", [500.0, 4_000.0])
def test_a_paid_channel_costs_its_budget_to_the_cent(budget: float) -> None:
    world = finished(paid_plan(budget, days=5))
    rows = world.ledger.rows()
    assert -rows["amount"].sum() == 5 * budget * 100


# --- word of mouth: Bass

P, Q, MARKET, N_DAYS = 0.0006, 0.05, 30_000, 160


def bass_plan(per_agent: int = 1) -> Plan:
    """Organic pressure p M and q contacts per user and day."""
    return plan_for(
        market={"size": MARKET * per_agent, "people_per_agent": per_agent},
        channels={
            "organic": {"kind": "organic", "signups": f"{P * MARKET * per_agent} / day"},
            "friends": {"kind": "word_of_mouth", "contacts_per_user_day": Q},
        },
        retention=GONE_SOON,
        horizon=f"{N_DAYS} days",
    )


def ticked_bass(p: float, q: float, n_days: int) -> F64:
    """F' = F + (1 - F)(1 - exp(-(p + q F))), from F = 0; after each day."""
    share, shares = 0.0, []
    for _ in range(n_days):
        share += (1 - share) * -np.expm1(-(p + q * share))
        shares.append(share)
    return np.array(shares)


def adopted(world: World) -> F64:
    """Share of the market that has signed up after each day."""
    return np.cumsum(world.tallies.new.sum(axis=1)) / world.plan.market.n_agents


def distance_of_bass(plan: Plan) -> float:
    shares = replicates(plan, 12, adopted)
    expected = ticked_bass(P, Q, N_DAYS)
    return largest(z_of_sample(shares[:, day], expected[day]) for day in (0, 9, 29, 59, 89, 119, 159))


@pytest.mark.parametrize("per_agent", [1, 10])
def test_word_of_mouth_is_bass(per_agent: int) -> None:
    assert abs(distance_of_bass(bass_plan(per_agent))) < LIMIT


def test_another_q_is_seen() -> None:
    assert abs(distance_of_bass(altered(bass_plan(), "channels.per_user", lambda q: q * 1.05))) > LIMIT


def test_the_peak_is_near_that_of_the_continuous_model() -> None:
    """t* = ln(q / p) / (p + q) and F(t*) = 1/2 - p / 2q; a day's tick delays by about half a day per generation."""
    shares = replicates(bass_plan(), 12, adopted).mean(axis=0)
    peak = np.log(Q / P) / (P + Q)
    daily = np.convolve(np.diff(shares, prepend=0.0), np.ones(7) / 7, mode="same")
    assert abs(float(daily.argmax()) - peak) < 5
    assert abs(shares[round(peak)] - (0.5 - P / (2 * Q))) < 0.04


def test_word_of_mouth_per_active_user_follows_the_active() -> None:
    """Contacts per active day: yesterday's active users, and them alone, make today's pressure."""
    plan = plan_for(
        market={"size": 40_000},
        channels={
            "organic": {"kind": "organic", "signups": "200 / day"},
            "friends": {"kind": "word_of_mouth", "contacts_per_active_day": 0.2},
        },
        horizon="60 days",
    )
    world = finished(plan)
    dau, new = world.tallies.dau.sum(axis=1), world.tallies.new.sum(axis=1)
    left = 40_000 - np.cumsum(new) + new
    hazard = (200 + 0.2 * np.append(0, dau[:-1])) / 40_000
    expected = left * -np.expm1(-hazard)
    z = (new - expected) / np.sqrt(expected)
    assert abs(largest([z.sum() / np.sqrt(plan.n_days)])) < LIMIT
    shifted = left * -np.expm1(-(200 + 0.2 * dau) / 40_000)
    assert abs(((new - shifted) / np.sqrt(shifted)).sum() / np.sqrt(plan.n_days)) > LIMIT


# --- history


@pytest.mark.parametrize("per_agent", [1, 7])
def test_history_is_exact(per_agent: int) -> None:
    given = {"2026-01-01": 700, "2026-01-03": 35, "2026-01-10": 1, "2026-02-01": 2_111}
    plan = plan_for(
        market={"size": 70_000, "people_per_agent": per_agent, "segments": SEGMENTS},
        channels={"past": {"kind": "history", "signups": given, "audience": {"mothers": 2, "hunters": 1}}},
    )
    new = signups_by_day(finished(plan))[:, 0, :]
    exact = np.zeros(60)
    exact[[0, 2, 9, 31]] = list(given.values())
    assert (np.cumsum(new.sum(axis=1)) == np.cumsum(exact) // per_agent).all()
    assert new[:, 1].sum() == 0
    weights = np.array([2 * 0.3, 0.15])
    assert np.abs(new.sum(axis=0)[[0, 2]] - weights / weights.sum() * (exact.sum() // per_agent)).max() <= 1


def test_history_of_few_a_day_keeps_the_shares_of_segments() -> None:
    """One sign-up a day: the segments take turns, so that each has its share at any time."""
    given = {f"2026-01-{day:02d}": 1 for day in range(1, 32)}
    plan = plan_for(
        market={"size": 1_000, "segments": SEGMENTS}, channels={"past": {"kind": "history", "signups": given}}
    )
    so_far = np.cumsum(signups_by_day(finished(plan))[:31, 0, :], axis=0)
    expected = np.arange(1, 32)[:, None] * np.array([0.3, 0.55, 0.15])
    assert np.abs(so_far - expected).max() <= 1


@pytest.mark.parametrize("per_agent", [1, 10])
def test_fees_and_sign_ups_that_are_paid_for_cost_each_person(per_agent: int) -> None:
    plan = plan_for(
        market={"size": 20_000, "people_per_agent": per_agent},
        channels={
            "partner": {"kind": "partner", "visits": "900 / day", "funnel": {"register": 0.5}, "fee": "1.25 CNY"},
            "ads": {"kind": "paid", "price": "7.5 CNY / sign-up"},
        },
        policy={"budgets": {"ads": "3000 CNY / day"}},
        retention=GONE_SOON,
        horizon="20 days",
    )
    world = finished(plan)
    rows = world.ledger.rows()
    spent = np.bincount(rows["cell"], weights=-rows["amount"])
    persons = world.scaled(world.tallies.new.sum(axis=0))
    assert spent.tolist() == [125 * persons[0], 750 * persons[1]]


# --- onboarding

STEPS = {"register device": 0.8, "profile": 0.55, "first order": 0.21}


def onboarded() -> World:
    return finished(
        plan_for(
            market={"size": 200_000},
            channels={
                "store": {"kind": "organic", "signups": "6000 / day"},
                "partner": {"kind": "organic", "signups": "3000 / day", "onboarding": {"profile": 0.3}},
            },
            onboarding={"steps": {name: {"pass": rate} for name, rate in STEPS.items()}},
            orders={"per_active_day": 0.0, "basket": {"mean": "100 CNY"}},
            retention=GONE_SOON,
            horizon="20 days",
        )
    )


def distance_of_funnel(world: World, rates: dict[str, float]) -> float:
    """How far each channel's passes are from the product of the rates so far."""
    own = [rates, rates | {"profile": 0.3}]
    users = world.tallies.new.sum(axis=0)
    return largest(
        z_of_count(world.tallies.passed[s, c], users[c], float(np.prod(list(own[c].values())[: s + 1])))
        for s in range(len(rates))
        for c in range(2)
    )


def test_the_funnel_is_the_product_of_its_steps() -> None:
    world = onboarded()
    assert abs(distance_of_funnel(world, STEPS)) < LIMIT
    assert (world.tallies.entered[0] == world.tallies.new.sum(axis=0)).all()
    assert (world.tallies.entered[1:] == world.tallies.passed[:-1]).all()
    assert world.tallies.orders.sum() == world.tallies.passed[-1].sum()


def test_another_pass_rate_is_seen() -> None:
    assert abs(distance_of_funnel(onboarded(), STEPS | {"register device": 0.79})) > LIMIT


def test_failing_a_step_multiplies_the_hazard_of_lapsing() -> None:
    plan = plan_for(
        market={"size": 50_000},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 50_000}}},
        onboarding={"steps": {"profile": {"pass": 0.5, "lapse_if_failed": 3.0}}},
        retention={"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 2e4, "b": 98e4}}},
        horizon="21 days",
    )
    stays = 0.98**20
    expected = 0.5 * stays + 0.5 * stays**3
    active = finished(plan).tallies.dau[20].sum()
    assert abs(largest([z_of_count(active, 50_000, expected)])) < LIMIT
    twin = replace(plan, onboarding=replace(plan.onboarding, lapse_if_failed=np.array([2.8])))
    assert abs(z_of_count(finished(twin).tallies.dau[20].sum(), 50_000, expected)) > LIMIT
