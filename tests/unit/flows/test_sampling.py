"""Draws of doubtful numbers: strata, addresses, and the triangular distribution against its closed form."""

from __future__ import annotations

import numpy as np
import pytest

from sim.flows.sampling import strata, triangular


@pytest.mark.parametrize("n", [2, 7, 50])
def test_each_stratum_is_drawn_once(n: int) -> None:
    found = strata(1, "orders.margin", n)
    assert sorted(np.floor(found * n).astype(int)) == list(range(n))
    assert ((found > 0) & (found < 1)).all()


def test_columns_depend_on_seed_and_name_alone() -> None:
    first = strata(1, "orders.margin", 50)
    assert np.array_equal(first, strata(1, "orders.margin", 50))
    assert not np.array_equal(first, strata(2, "orders.margin", 50))
    others = [strata(1, f"number {i}", 50) for i in range(40)]
    correlations = [float(np.corrcoef(first, other)[0, 1]) for other in others]
    assert abs(np.mean(correlations)) < 4 / np.sqrt(50 * 40)
    assert max(map(abs, correlations)) < 0.6


@pytest.mark.parametrize(("low", "mode", "high"), [(0, 3, 10), (0, 0, 1), (-2, 5, 5)])
def test_the_triangular_distribution_has_its_mean_and_variance(low: float, mode: float, high: float) -> None:
    uniforms = (np.arange(20_000) + 0.5) / 20_000
    values = np.array([triangular(one, low, mode, high) for one in uniforms])
    ends = low**2 + mode**2 + high**2 - low * mode - low * high - mode * high
    assert values.mean() == pytest.approx((low + mode + high) / 3, abs=1e-3 * (high - low))
    assert values.var() == pytest.approx(ends / 18, rel=2e-3)
    assert values.var() != pytest.approx((high - low) ** 2 / 36, rel=2e-3) or mode != 3  # a PERT's
    assert (low <= values).all()
    assert (values <= high).all()
