"""Quantile tables against SciPy, over every uniform that a 32-bit word can give, and the means that they keep."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import special, stats

from sim.engine.compiled import compiled
from sim.engine.quantiles import (
    N_KNOTS,
    beta_table,
    constant_probability_table,
    constant_table,
    gamma_table,
    hazard_probability_table,
    inverse_gamma_table,
    log_normal_table,
    positive_quantile,
    probability_quantile,
)

F64 = npt.NDArray[np.float64]

SMALLEST = 2.0**-33
"""The least uniform that a 32-bit word gives; the largest is 1 less this."""
RELATIVE = 1e-5
TINY = 1e-200
"""Variates below are zero for every purpose; their relative error is not looked at."""


@compiled
def _positive(table: F64, uniforms: F64) -> F64:
    out = np.empty(uniforms.size)
    for i in range(uniforms.size):
        out[i] = positive_quantile(table, uniforms[i])
    return out


@compiled
def _probability(table: F64, uniforms: F64) -> F64:
    out = np.empty(uniforms.size)
    for i in range(uniforms.size):
        out[i] = probability_quantile(table, uniforms[i])
    return out


def uniforms() -> F64:
    """Dense in both tails and in the middle; 1 - u is exact for each."""
    tail = np.geomspace(SMALLEST, 0.01, 2001)
    return np.unique(np.concatenate([tail, np.linspace(0.01, 0.99, 4001), 1.0 - tail]))


U = uniforms()


def both_ends(lower: Callable[[F64], F64], upper: Callable[[F64], F64]) -> F64:
    """A quantile function, from below in the lower half and from above in the upper."""
    low = U < 0.5
    return np.concatenate([lower(U[low]), upper(1.0 - U[~low])])


def worst(found: F64, expected: F64) -> float:
    """The largest relative error among variates that are not tiny."""
    counts = expected > TINY
    return float(np.abs(found[counts] / expected[counts] - 1).max())


def mean_of(table: F64, quantile: Callable[[F64, F64], F64]) -> float:
    """The integral of the quantile function over u, on a grid of logit(u)."""
    z = np.linspace(-22.8, 22.8, 40_001)
    u = special.expit(z)
    return float(np.trapezoid(quantile(table, u) * u * (1 - u), z))


GAMMA_SHAPES = (0.02, 0.05, 0.1, 0.243, 0.553, 0.606, 1.0, 2.0, 3.74, 6.25, 20.0, 1e3, 1e6)
BETAS = (
    (0.05, 1.0), (0.1, 1000.0), (0.2, 0.8), (0.3, 0.3), (0.5, 30.0), (0.668, 3.806), (0.704, 1.182), (0.793, 2.426),
    (0.9, 2.1), (1.0, 1.0), (1.0, 3.0), (2.4, 0.1), (5.0, 50.0), (150.0, 160_000.0), (500.0, 500.0),
)  # fmt: skip


@pytest.mark.parametrize("shape", GAMMA_SHAPES)
def test_gamma(shape: float) -> None:
    found = _positive(gamma_table(shape, 7.0), U)
    expected = both_ends(lambda u: special.gammaincinv(shape, u), lambda v: special.gammainccinv(shape, v)) * 7 / shape
    assert worst(found, expected) < RELATIVE


@pytest.mark.parametrize("shape", [1.5, 2.5, 3.74, 10.0])
def test_inverse_gamma(shape: float) -> None:
    found = _positive(inverse_gamma_table(shape, 96.5), U)
    expected = both_ends(
        lambda u: 96.5 / special.gammainccinv(shape, u), lambda v: 96.5 / special.gammaincinv(shape, v)
    )
    assert worst(found, expected) < RELATIVE


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.8, 1.5, 3.0])
def test_log_normal(spread: float) -> None:
    found = _positive(log_normal_table(268.0, spread), U)
    normal = both_ends(special.ndtri, lambda v: -special.ndtri(v))
    assert worst(found, 268 * np.exp(-(spread**2) / 2 + spread * normal)) < RELATIVE


@pytest.mark.parametrize(("a", "b"), BETAS)
def test_beta_and_its_complement(a: float, b: float) -> None:
    found = _probability(beta_table(a, b), U)
    expected = both_ends(lambda u: special.betaincinv(a, b, u), lambda v: special.betainccinv(a, b, v))
    assert worst(found, expected) < RELATIVE
    assert ((found >= 0) & (found <= 1)).all()
    mirrored = _probability(-beta_table(a, b), U)
    complement = both_ends(lambda u: special.betainccinv(b, a, u), lambda v: special.betaincinv(b, a, v))
    assert worst(mirrored, complement) < RELATIVE


@pytest.mark.parametrize(("shape", "mean"), [(0.606, 0.606 / 81.683), (0.606, 3.0), (1.0, 1e-8), (2.0, 400.0)])
def test_probability_of_a_gamma_hazard(shape: float, mean: float) -> None:
    table = hazard_probability_table(shape, mean)
    assert np.isfinite(table).all()
    hazard = both_ends(lambda u: special.gammaincinv(shape, u), lambda v: special.gammainccinv(shape, v)) * mean / shape
    assert worst(_probability(table, U), -np.expm1(-hazard)) < RELATIVE


@pytest.mark.parametrize("p", [0.0, 1e-6, 0.25, 0.999, 1.0])
def test_a_constant_probability_decides_every_draw_alike(p: float) -> None:
    found = _probability(constant_probability_table(p), U)
    assert np.ptp(found) == 0
    assert found[0] == pytest.approx(p, rel=1e-9, abs=1e-11)
    if p in (0.0, 1.0):
        assert ((found.astype(np.float32) > U) == (p == 1.0)).all()


def test_a_constant_is_itself() -> None:
    assert _positive(constant_table(30.0), U) == pytest.approx(30.0, rel=1e-12)


@pytest.mark.parametrize(
    ("table", "mean"),
    [
        (gamma_table(0.553, 2.0), 2.0),
        (gamma_table(0.05, 2.0), 2.0),
        (gamma_table(6.25, 1.0), 1.0),
        (inverse_gamma_table(3.74, 6.25 * 15.44), 6.25 * 15.44 / 2.74),
        (log_normal_table(268.0, 0.8), 268.0),
        (log_normal_table(1.0, 1.5), 1.0),
    ],
)
def test_positive_tables_keep_their_means(table: F64, mean: float) -> None:
    assert mean_of(table, _positive) == pytest.approx(mean, rel=2e-6)


@pytest.mark.parametrize(("a", "b"), BETAS)
def test_beta_tables_keep_their_means(a: float, b: float) -> None:
    assert mean_of(beta_table(a, b), _probability) == pytest.approx(a / (a + b), rel=2e-6)


def test_quantiles_rise_with_the_uniform() -> None:
    for table in (gamma_table(0.553, 1.0), beta_table(0.668, 3.806), log_normal_table(1.0, 0.6)):
        assert (np.diff(_positive(table, U)) > 0).all()


def test_a_changed_parameter_moves_every_variate_a_little() -> None:
    before, after = _probability(beta_table(0.9, 2.1), U), _probability(beta_table(0.901, 2.1), U)
    assert (after > before).all()
    assert np.abs(after - before).max() < 1e-3


def test_a_moved_knot_would_be_seen() -> None:
    """The twin: one knot of a table off by a thousandth."""
    table = gamma_table(0.553, 1.0)
    table[N_KNOTS // 2] += 1e-3
    expected = stats.gamma.ppf(U, 0.553) / 0.553
    assert worst(_positive(table, U), expected) > RELATIVE


def test_a_wrong_shape_would_be_seen() -> None:
    """The twin: a shape off by a thousandth moves the variates, and the mean of a Beta."""
    expected = both_ends(lambda u: special.gammaincinv(0.553, u), lambda v: special.gammainccinv(0.553, v)) / 0.553
    assert worst(_positive(gamma_table(0.5535, 1.0), U), expected) > RELATIVE
    assert mean_of(beta_table(0.669, 3.806), _probability) != pytest.approx(0.668 / 4.474, rel=2e-6)
