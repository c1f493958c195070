"""Variates by inversion: one table form for every distribution that the model draws from.

A table holds the quantile function on a uniform grid of z = logit(u): as log(x) for positive variates, as logit(x) for
probabilities. Both are smooth there, so that cubic interpolation between 1025 knots is exact to about 1e-6, and to
1e-5 for shapes down to 0.02 (tested against SciPy), and a draw costs two logarithms whatever the distribution. A
changed parameter moves each person's variate smoothly and nobody else's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import inlined

FloatArray = npt.NDArray[np.float64]

N_KNOTS = 1025
Z_MAX = 23.0
"""Beyond logit(2**-33): every uniform that a 32-bit word gives lies inside."""
_STEP = 2 * Z_MAX / (N_KNOTS - 1)
_FLOOR = 1e-300


def _grid() -> tuple[FloatArray, FloatArray]:
    """The uniforms at the knots and their complements, each exact in its own tail."""
    z = np.linspace(-Z_MAX, Z_MAX, N_KNOTS)
    return 1.0 / (1.0 + np.exp(-z)), 1.0 / (1.0 + np.exp(z))


def _log_table(quantile: Callable[[FloatArray, FloatArray], FloatArray]) -> FloatArray:
    table: FloatArray = np.log(np.maximum(quantile(*_grid()), _FLOOR))
    return table


def gamma_table(shape: float, mean: float) -> FloatArray:
    """log quantiles of a Gamma with `shape` > 0 and `mean` > 0, float64 (N_KNOTS,)."""
    from scipy.special import gammainccinv, gammaincinv

    def quantile(u: FloatArray, v: FloatArray) -> FloatArray:
        values: FloatArray = np.where(u < 0.5, gammaincinv(shape, u), gammainccinv(shape, v)) * (mean / shape)
        return values

    return _log_table(quantile)


def inverse_gamma_table(shape: float, scale: float) -> FloatArray:
    """log quantiles of `scale` / Gamma(shape, 1), whose mean is scale / (shape - 1)."""
    table: FloatArray = np.log(scale) - gamma_table(shape, shape)[::-1]
    return table


def log_normal_table(mean: float, sd_of_log: float) -> FloatArray:
    """log quantiles of a log-normal with `mean` > 0; a spread of 0 gives the constant."""
    from scipy.special import ndtri

    u, v = _grid()
    normal = np.where(u < 0.5, ndtri(u), -ndtri(v))
    table: FloatArray = np.log(mean) - sd_of_log**2 / 2 + sd_of_log * normal
    return table


def constant_table(value: float) -> FloatArray:
    """log of a constant > 0 at every knot."""
    return np.full(N_KNOTS, np.log(max(value, _FLOOR)))


def beta_table(a: float, b: float) -> FloatArray:
    """logit quantiles of a Beta(a, b), float64 (N_KNOTS,)."""
    from scipy.special import betainccinv, betaincinv

    u, v = _grid()
    # The lower half gives x, the upper half 1 - x by symmetry: each is exact near its own end.
    x = np.where(u < 0.5, betaincinv(a, b, u), betainccinv(a, b, v))
    complement = np.where(u < 0.5, betainccinv(b, a, u), betaincinv(b, a, v))
    table: FloatArray = np.log(np.maximum(x, _FLOOR)) - np.log(np.maximum(complement, _FLOOR))
    return table


def constant_probability_table(p: float) -> FloatArray:
    """logit of a constant probability at every knot; 0 and 1 become the nearest that a float32 still tells apart."""
    p = min(max(p, 1e-30), 1 - 1e-12)
    return np.full(N_KNOTS, np.log(p) - np.log1p(-p))


def hazard_probability_table(shape: float, mean: float) -> FloatArray:
    """logit of 1 - exp(-h), the daily probability of an event whose hazard h per day is a Gamma over users."""
    hazard = np.exp(gamma_table(shape, mean))
    # log(exp(h) - 1), written so that neither a tiny nor a huge hazard is lost.
    table: FloatArray = hazard + np.log(np.maximum(-np.expm1(-hazard), _FLOOR))
    return table


@inlined
def interpolate(table, u):  # type: ignore[no-untyped-def]
    """The table's value at the uniform `u`: Catmull-Rom cubic through the four knots around logit(u)."""
    position = (np.log(u / (1.0 - u)) + Z_MAX) / _STEP
    i = int(position)
    i = min(max(i, 1), N_KNOTS - 3)
    t = position - i
    before, left, right, after = table[i - 1], table[i], table[i + 1], table[i + 2]
    slope_left = (right - before) * 0.5
    slope_right = (after - left) * 0.5
    a = 2.0 * (left - right) + slope_left + slope_right
    b = 3.0 * (right - left) - 2.0 * slope_left - slope_right
    return ((a * t + b) * t + slope_left) * t + left


@inlined
def positive_quantile(table, u):  # type: ignore[no-untyped-def]
    """The positive variate at `u` from a table of logs."""
    return np.exp(interpolate(table, u))


@inlined
def probability_quantile(table, u):  # type: ignore[no-untyped-def]
    """The probability at `u` from a table of logits."""
    return 1.0 / (1.0 + np.exp(-interpolate(table, u)))
