"""Retention against its closed forms: shifted-beta-geometric, fitted points, natural return, both clocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import special

from sim.systems.plan import Plan
from sim.systems.retention.fit import expected_retention, fit_curve
from sim.systems.world import World
from tests.verify.measuring import LIMIT, altered, largest, z_of_count
from tests.verify.worlds import finished, plan_for

F64 = npt.NDArray[np.float64]

N = 60_000
AGES = (1, 2, 3, 7, 14, 30, 60, 90, 180, 365)


def cohort(n_days: int = 366, **retention: Any) -> Plan:
    """N users who all sign up on the first day."""
    return plan_for(
        market={"size": N},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": N}}},
        horizon=f"{n_days} days",
        retention=retention,
    )


def distance_of_curve(world: World, expected: F64) -> float:
    """The farthest age from the expected share active."""
    dau = world.tallies.dau.sum(axis=1)
    return largest(z_of_count(dau[age], N, expected[age]) for age in AGES if age < dau.size)


def latent(a: float, b: float, alpha: float, beta: float) -> dict[str, Any]:
    return {"visits": {"a": a, "b": b}, "lapse": {"a": alpha, "b": beta}}


def sbg(activity: float, alpha: float, beta: float, n_days: int = 366) -> F64:
    """E[a] B(alpha, beta + N) / B(alpha, beta) for N = 0, 1, …"""
    ages = np.arange(n_days)
    return activity * np.exp(special.betaln(alpha, beta + ages) - special.betaln(alpha, beta))


HIGH_END = (0.668, 3.806)
"""Fader & Hardie 2007, table: the published fit of the segment "High End"."""
CURVES = [(1.0, 3.0, *HIGH_END), (2.0, 1.0, 0.704, 1.182), (0.9, 2.1, 0.3, 40.0)]


@pytest.mark.parametrize(("a", "b", "alpha", "beta"), CURVES)
def test_retention_is_shifted_beta_geometric(a: float, b: float, alpha: float, beta: float) -> None:
    world = finished(cohort(default=latent(a, b, alpha, beta)))
    assert abs(distance_of_curve(world, sbg(a / (a + b), alpha, beta))) < LIMIT


def test_another_lapse_is_seen() -> None:
    plan = altered(cohort(default=latent(1.0, 3.0, *HIGH_END)), "retention.lapse_tables", lambda logits: logits + 0.1)
    assert abs(distance_of_curve(finished(plan), sbg(0.25, *HIGH_END))) > LIMIT
    world = finished(cohort(default=latent(1.0, 3.0, *HIGH_END)))
    assert abs(distance_of_curve(world, sbg(0.25, 0.668, 3.4))) > LIMIT


def test_the_published_survival_of_the_high_end_segment() -> None:
    """Years 1 to 12 of Fader & Hardie's table, with a day for a year."""
    published = np.array([85.1, 74.7, 67.0, 61.0, 56.2, 52.2, 48.9, 46.0, 43.6, 41.4, 39.5, 37.8]) / 100
    always = {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": HIGH_END[0], "b": HIGH_END[1]}}
    dau = finished(cohort(13, default=always)).tallies.dau.sum(axis=1)[1:]
    assert np.abs(dau / N - published).max() < 0.0005 + 3 * np.sqrt(0.25 / N)


POINTS = {"d1": 0.38, "d7": 0.21, "d30": 0.11}


def test_fitted_points_come_out() -> None:
    plan = cohort(default=POINTS)
    ((_, fit),) = plan.retention.fits
    assert fit.misfit < 0.001
    world = finished(plan)
    assert abs(distance_of_curve(world, sbg(fit.activity_mean, fit.alpha, fit.beta))) < LIMIT
    dau = world.tallies.dau.sum(axis=1)
    given = {int(day[1:]): share for day, share in POINTS.items()}
    assert abs(largest(z_of_count(dau[day], N, share) for day, share in given.items())) < LIMIT


def test_another_point_is_seen() -> None:
    dau = finished(cohort(31, default=POINTS)).tallies.dau.sum(axis=1)
    assert abs(z_of_count(dau[7], N, 0.22)) > LIMIT


def test_a_fit_through_points_of_a_known_curve_finds_it() -> None:
    true = sbg(0.4, 0.668, 3.806)
    fit = fit_curve({day: float(true[day]) for day in (1, 3, 7, 14, 30, 90, 180)})
    assert (fit.activity_mean, fit.alpha, fit.beta) == pytest.approx((0.4, 0.668, 3.806), rel=0.02)
    assert fit.misfit < 1e-4


def test_visit_concentration_moves_users_apart_and_not_the_curve() -> None:
    curves = []
    for concentration in (0.5, 50.0):
        world = finished(cohort(31, default=POINTS, visit_concentration=concentration))
        curves.append(world.tallies.dau.sum(axis=1)[[1, 7, 30]])
        active_days = world.people.active_days[:N]
        curves.append(float(active_days.var()))
    assert abs(largest((a - b) / np.sqrt(a + b) for a, b in zip(curves[0], curves[2], strict=True))) < LIMIT
    assert curves[1] > 1.3 * curves[3]


# --- natural return


def chain_with_return(activity: float, alpha: float, beta: float, chance: float, n_days: int = 366) -> F64:
    """The two-state chain averaged over 20,000 lapse probabilities at the midpoints of equal shares of users."""
    lapse = special.betaincinv(alpha, beta, (np.arange(20_000) + 0.5) / 20_000)
    engaged, shares = np.ones(lapse.size), [1.0]
    for _ in range(1, n_days):
        stays, returns = engaged * (1 - lapse), (1 - engaged) * chance
        shares.append(float((activity * stays + returns).mean()))
        engaged = stays + returns
    return np.array(shares)


CHANCE = -np.expm1(-0.01)


def returning() -> Plan:
    return cohort(default=latent(1.0, 3.0, *HIGH_END), natural_return="1% / day")


def test_natural_return_is_a_two_state_chain() -> None:
    assert abs(distance_of_curve(finished(returning()), chain_with_return(0.25, *HIGH_END, CHANCE))) < LIMIT


def test_another_natural_return_is_seen() -> None:
    plan = altered(returning(), "retention.return_per_day", lambda chance: chance * 1.15)
    assert abs(distance_of_curve(finished(plan), chain_with_return(0.25, *HIGH_END, CHANCE))) > LIMIT


def test_points_are_fitted_through_natural_return() -> None:
    plan = cohort(default=POINTS | {"d90": 0.08}, natural_return="0.5% / day")
    ((_, fit),) = plan.retention.fits
    expected = chain_with_return(fit.activity_mean, fit.alpha, fit.beta, plan.retention.return_per_day)
    assert abs(distance_of_curve(finished(plan), expected)) < LIMIT
    assert [expected[day] for day in (1, 7, 30, 90)] == pytest.approx([0.38, 0.21, 0.11, 0.08], abs=0.006)


@pytest.mark.parametrize(("alpha", "beta"), [(0.05, 0.5), (0.668, 3.806), (5.0, 300.0), (100.0, 20_000.0)])
def test_the_quadrature_of_the_chain_is_exact_enough(alpha: float, beta: float) -> None:
    ages = np.arange(1, 366).astype(np.float64)
    found = expected_retention(ages, 0.3, alpha, beta, 0.004)
    assert np.abs(found - chain_with_return(0.3, alpha, beta, 0.004)[1:]).max() < 2e-5


def test_a_return_that_is_certain_comes_the_next_day() -> None:
    always = {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 5e5, "b": 5e5}}
    plan = altered(cohort(4, default=always), "retention.return_per_day", lambda _: 1.0)
    world = finished(plan)
    dau = world.tallies.dau.sum(axis=1)
    assert abs(z_of_count(dau[1], N, 0.5)) < LIMIT
    assert abs(z_of_count(dau[2], N, 0.5 * 0.5 + 0.5)) < LIMIT


# --- lapse on active days


def active_days_curve(a: float, b: float, alpha: float, beta: float, n_days: int) -> F64:
    """E[p (1 - p d)^(N - 1)]: who is active on a day may lapse after it; p and d are independent over users."""
    shares = (np.arange(600) + 0.5) / 600
    p, d = special.betaincinv(a, b, shares)[:, None], special.betaincinv(alpha, beta, shares)[None, :]
    return np.array([1.0, *(float((p * (1 - p * d) ** (age - 1)).mean()) for age in range(1, n_days))])


BG_NBD = (0.793, 2.426)
"""Dropout of BG/NBD on CDNOW, here per active day."""


def test_lapse_on_active_days() -> None:
    plan = cohort(181, default=latent(1.0, 3.0, *BG_NBD), clock="active_days")
    assert abs(distance_of_curve(finished(plan), active_days_curve(1.0, 3.0, *BG_NBD, 181))) < LIMIT


def test_another_clock_is_seen() -> None:
    plan = cohort(181, default=latent(1.0, 3.0, *BG_NBD))
    assert abs(distance_of_curve(finished(plan), active_days_curve(1.0, 3.0, *BG_NBD, 181))) > LIMIT


def test_everybody_who_lapses_on_the_clock_of_active_days_was_active_that_day() -> None:
    people = finished(cohort(60, default=latent(1.0, 3.0, *BG_NBD), clock="active_days")).people
    gone = ~people.engaged[: people.n]
    assert gone.sum() > 1000
    assert (people.lapse_day[: people.n][gone] == people.last_active[: people.n][gone]).all()


# --- quality and seasons


def test_quality_multiplies_the_odds_and_divides_the_hazard() -> None:
    plan = plan_for(
        market={"size": N},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": N}, "quality": 2.0}},
        retention={"default": {"visits": {"a": 2e5, "b": 8e5}, "lapse": {"a": 2e4, "b": 98e4}}},
        horizon="61 days",
    )
    expected = (0.5 / 1.5) * np.sqrt(0.98) ** np.arange(61)
    assert abs(distance_of_curve(finished(plan), expected)) < LIMIT
    twin = altered(plan, "quality", lambda quality: quality * 1.1)
    assert abs(distance_of_curve(finished(twin), expected)) > LIMIT


def test_seasons_multiply_the_odds_of_their_days() -> None:
    plan = plan_for(
        market={"size": N},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": N}}},
        retention={"default": {"visits": {"a": 2e5, "b": 8e5}, "lapse": {"a": 1e-6, "b": 1e6}}},
        seasons={
            "weekdays": {"saturday": {"activity": 2.0}, "sunday": {"activity": 2.0}},
            "holidays": {"new year": {"from": "2026-01-14", "for": "3 days", "activity": 1.5}},
        },
        policy={"campaigns": {"sale": {"from": "2026-01-16", "for": "2 days", "activity": 3.0}}},
        horizon="31 days",
    )
    weekly = np.array([1, 1, 2, 2, 1, 1, 1]) / 2 ** (2 / 7)  # from Thursday 1 January on; a week's mean is 1
    factor = weekly[np.arange(31) % 7]
    factor[13:16] *= 1.5
    factor[15:17] *= 3.0
    odds = 0.25 * factor
    dau = finished(plan).tallies.dau.sum(axis=1)
    assert abs(largest(z_of_count(dau[d], N, odds[d] / (1 + odds[d])) for d in range(1, 31))) < LIMIT
    later = np.roll(odds, 1)
    assert abs(largest(z_of_count(dau[d], N, later[d] / (1 + later[d])) for d in range(1, 31))) > LIMIT
