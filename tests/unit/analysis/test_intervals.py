"""Intervals against published quantiles, other implementations and their own coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.analysis.intervals import (
    NOTHING,
    Interval,
    bootstrap_interval,
    difference_interval,
    ratio_interval,
    skewness,
    student_band,
    student_interval,
)

VALUES = np.array([3.0, 5.0, 4.0, 8.0, 6.0, 4.5, 5.5, 7.0])


def test_student_interval_agrees_with_the_other_implementation() -> None:
    found = student_interval(VALUES)
    low, high = stats.t.interval(0.95, VALUES.size - 1, loc=VALUES.mean(), scale=stats.sem(VALUES))
    assert (found.mean, found.n, found.method) == (VALUES.mean(), 8, "student")
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)


def test_two_values_use_the_tabled_quantile_of_one_degree_of_freedom() -> None:
    found = student_interval(np.array([0.0, 2.0]))
    assert found.high == pytest.approx(1 + 12.7062047364, rel=1e-9)


def test_undefined_replicates_are_left_out() -> None:
    assert student_interval(np.append(VALUES, np.nan)) == student_interval(VALUES)


def test_one_replicate_gives_no_interval_and_none_gives_nothing() -> None:
    one = student_interval(np.array([7.0]))
    assert (one.mean, one.low, one.high, one.n, one.method) == (7.0, None, None, 1, "none")
    assert not one.excludes_zero
    assert student_interval(np.array([np.nan])).mean is None


def test_equal_values_give_a_point_without_rounding() -> None:
    found = student_interval(np.full(20, 0.1))
    assert (found.mean, found.low, found.high) == (0.1, 0.1, 0.1)


def test_zero_differences_are_no_difference() -> None:
    assert not difference_interval(np.zeros(20)).excludes_zero


def test_an_interval_that_touches_zero_does_not_exclude_it() -> None:
    found = student_interval(np.array([0.0, 2.0, 1.0]))
    assert found.low is not None
    assert found.low < 0
    assert not found.excludes_zero


def test_skewness_agrees_with_the_other_implementation() -> None:
    values = np.array([1.0, 1.2, 0.9, 1.1, 9.0])
    assert skewness(values) == pytest.approx(stats.skew(values), rel=1e-12)
    assert skewness(np.full(5, 0.1)) == 0.0


@pytest.mark.parametrize(
    ("values", "method"),
    [
        (np.arange(20.0), "student"),
        (np.append(np.zeros(19), 50.0), "bootstrap"),
        (np.append(np.zeros(8), 50.0), "student"),  # nine values: too few to resample
        (np.append(np.full(19, np.nan), 1.0), "none"),
    ],
)
def test_the_method_follows_skew_and_number(values: np.ndarray, method: str) -> None:
    assert difference_interval(values).method == method


def test_the_bootstrap_repeats_itself() -> None:
    values = np.random.default_rng(5).lognormal(0, 1, 20)
    assert bootstrap_interval(values) == bootstrap_interval(values.copy())


def test_the_bootstrap_agrees_with_the_other_implementation() -> None:
    """scipy's BCa has no widening for small samples, so the tail that ours asks for is asked of it."""
    values = np.random.default_rng(8).lognormal(0, 1, 40)
    found = bootstrap_interval(values)
    level = 1 - 2 * stats.norm.cdf(-((40 / 39) ** 0.5) * stats.t.ppf(0.975, 39))
    other = stats.bootstrap((values,), np.mean, confidence_level=level, method="BCa", rng=np.random.default_rng(1))
    assert found.low == pytest.approx(other.confidence_interval.low, rel=0.01)
    assert found.high == pytest.approx(other.confidence_interval.high, rel=0.02)


def test_the_bootstrap_leans_towards_the_long_tail() -> None:
    values = np.random.default_rng(2).lognormal(0, 1, 20)
    found, symmetric = bootstrap_interval(values), student_interval(values)
    assert found.low is not None
    assert found.high is not None
    assert symmetric.low is not None
    assert found.high - values.mean() > values.mean() - found.low
    assert found.low > symmetric.low


def test_both_methods_cover_the_mean_about_as_often_as_they_say() -> None:
    generator = np.random.default_rng(11)
    normal = generator.normal(3.0, 2.0, (2_000, 20))
    hits = np.mean([covers(student_interval(row), 3.0) for row in normal])
    assert abs(hits - 0.95) < 4 * (0.95 * 0.05 / 2_000) ** 0.5
    skewed = generator.exponential(1.0, (300, 20))
    assert np.mean([covers(bootstrap_interval(row), 1.0) for row in skewed]) > 0.90


def covers(interval: object, truth: float) -> bool:
    return bool(interval.low <= truth <= interval.high)  # type: ignore[attr-defined]


def test_a_ratio_of_equal_totals_has_the_interval_of_its_mean() -> None:
    above = np.array([3.0, 5.0, 4.0, 9.0])
    found, plain = ratio_interval(above, np.full(4, 2)), student_interval(above / 2)
    assert (found.mean, found.low, found.high, found.n) == pytest.approx((plain.mean, plain.low, plain.high, 4))
    assert ratio_interval(np.array([3, 6, 0]), np.array([1, 2, 0])) == Interval(3, 3, 3, 3)
    assert ratio_interval(above, np.zeros(4, np.int64)) == NOTHING
    assert ratio_interval(np.array([3]), np.array([2])) == Interval(1.5, None, None, 1, "none")


def test_the_interval_of_a_ratio_covers_the_ratio_of_means_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(7)
    hits = 0
    for _ in range(2_000):
        below = generator.poisson(40, 20)
        found = ratio_interval(below * 0.5 + generator.normal(30, 5, 20), below)
        hits += found.low is not None and found.high is not None and found.low <= 0.5 + 30 / 40 <= found.high
    assert 0.935 <= hits / 2_000 <= 0.965


def test_a_band_is_the_interval_of_each_column() -> None:
    values = np.random.default_rng(3).normal(size=(6, 5))
    values[0, 1] = np.nan
    values[:5, 2] = np.nan
    values[:, 3] = np.nan
    mean, low, high = student_band(values)
    for column in range(5):
        one = student_interval(values[:, column])
        expected = [np.nan if end is None else end for end in (one.mean, one.low, one.high)]
        np.testing.assert_allclose([mean[column], low[column], high[column]], expected, rtol=1e-12)
