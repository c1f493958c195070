"""Luck and doubt told apart on made values with known variances."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.doubt import Doubt, doubt_of
from sim.analysis.intervals import Floats
from sim.systems.books.metrics import METRICS

BY_NAME = {metric.name: metric for metric in METRICS}


def values(doubt: float, luck: float, n: int = 400, seed: int = 5) -> Floats:
    generator = np.random.default_rng(seed)
    return np.asarray(
        10 + doubt * generator.standard_normal((n, 1)) + luck * generator.standard_normal((n, 2)), np.float64
    )


def found(made: Floats, name: str = "profit") -> Doubt:
    one = doubt_of(BY_NAME[name], "CNY", made, is_difference=True)
    assert one is not None
    return one


def test_both_variances_are_found() -> None:
    one = found(values(3.0, 4.0))
    assert one.sd_doubt == pytest.approx(3, rel=0.1)
    assert one.sd_luck == pytest.approx(4, rel=0.1)
    assert one.share == pytest.approx(9 / 25, abs=0.06)
    assert one.is_told
    assert one.sd_doubt != pytest.approx(float(values(3.0, 4.0).mean(axis=1).std()), rel=0.1)  # the means' holds luck


def test_the_range_and_the_share_that_is_better_are_without_luck() -> None:
    one = found(values(10.0, 20.0, n=4_000))
    assert one.high - one.low == pytest.approx(2 * 1.96 * 10, rel=0.06)
    assert one.n_better is not None
    assert one.n_better / one.n == pytest.approx(0.841, abs=0.03)
    raw = float((values(10.0, 20.0, n=4_000).mean(axis=1) > 0).mean())
    assert raw < 0.76


def test_pure_luck_is_not_taken_for_doubt() -> None:
    told = [found(values(0.0, 4.0, n=50, seed=seed)).is_told for seed in range(400)]
    assert 0.05 - 4 * (0.05 * 0.95 / 400) ** 0.5 < np.mean(told) < 0.05 + 4 * (0.05 * 0.95 / 400) ** 0.5
    one = found(values(0.0, 4.0, n=50, seed=1))
    assert (one.is_told, one.n_better) == (False, None)


def test_pure_doubt_has_all_of_the_variance() -> None:
    one = found(values(3.0, 0.0))
    assert (one.share, one.sd_luck, one.is_told) == (1.0, 0.0, True)
    assert found(np.full((9, 2), 7.0)).is_told is False


def test_lower_is_better_where_it_is_and_some_metrics_have_no_direction() -> None:
    lower = next(name for name, metric in BY_NAME.items() if metric.better == "lower")
    assert found(values(1.0, 0.1), lower).n_better == 0
    assert found(values(1.0, 0.1), "cost").n_better is None


def test_draws_that_do_not_define_the_metric_are_left_out() -> None:
    made = values(3.0, 1.0, n=20)
    made[3, 1] = np.nan
    assert found(made).n == 19
    assert doubt_of(BY_NAME["profit"], "CNY", np.full((5, 2), np.nan), is_difference=True) is None
