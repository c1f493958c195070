"""Counts by inversion against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.engine.counts import MOST_TRIALS, binomial_counts, poisson_counts

UNIFORMS = np.concatenate([(np.arange(400) + 0.5) / 400, [2.0**-33, 1 - 2.0**-33]])


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.01, 0.5, 3.0, 40.0, 499.0])
def test_poisson_counts_are_the_quantiles(mean: float) -> None:
    counts = np.empty(UNIFORMS.size, np.int64)
    poisson_counts(UNIFORMS, np.full(UNIFORMS.size, mean), MOST_TRIALS, counts)
    assert counts.tolist() == stats.poisson.ppf(UNIFORMS, mean).astype(int).tolist()
    poisson_counts(UNIFORMS, np.full(UNIFORMS.size, mean + 0.2), MOST_TRIALS, counts)
    assert counts.tolist() != stats.poisson.ppf(UNIFORMS, mean).astype(int).tolist()


@pytest.mark.parametrize("p", [0.0, 0.001, 0.2, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("n", [0, 1, 7, 60, 900])
def test_binomial_counts_are_quantiles(n: int, p: float) -> None:
    counts = np.empty(UNIFORMS.size, np.int64)
    binomial_counts(UNIFORMS, np.full(UNIFORMS.size, n), p, counts)
    few, many = stats.binom.ppf(UNIFORMS, n, p), n - stats.binom.ppf(1 - UNIFORMS, n, 1 - p)
    expected = few if p <= 0.5 else many
    assert counts.tolist() == np.maximum(expected, 0).astype(int).tolist()


def test_a_higher_mean_never_gives_less() -> None:
    low, high = (np.empty(UNIFORMS.size, np.int64) for _ in range(2))
    poisson_counts(UNIFORMS, np.full(UNIFORMS.size, 2.0), MOST_TRIALS, low)
    poisson_counts(UNIFORMS, np.full(UNIFORMS.size, 2.5), MOST_TRIALS, high)
    assert (high >= low).all()
    assert (high > low).any()
