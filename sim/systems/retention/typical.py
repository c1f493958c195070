"""How often the median user comes, in plain Python: `sim validate` says it without loading arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from sim.systems.retention.schema import Retention

_TOLERANCE = 1e-4
_PRIOR_WEIGHT = 1e-3
"""As in `fit`: with fewer points than parameters lapse differs moderately between users."""


def active_share_of_the_median_user(retention: Retention) -> float | None:
    """Share of days on which the median user of `retention.default` is active while the habit lasts; None unknown.

    The median of the Beta of visits, as written or as fitted to the points, without natural return.
    """
    curve = retention.default
    if curve.visits is not None:
        return beta_median(curve.visits.a.value, curve.visits.b.value)
    observed = curve.observed()
    if not observed:
        return None
    mean, concentration = fitted_activity(observed), retention.visit_concentration.value
    return mean if mean >= 1 else beta_median(mean * concentration, (1 - mean) * concentration)


def fitted_activity(points: Mapping[int, float]) -> float:
    """Mean probability of being active while engaged, of the shifted-beta-geometric closest to the points.

    Least squares on logarithms, as in `fit`: the best alpha, each with its best beta and activity.
    """

    def best_beta(log_alpha: float) -> float:
        return _lowest(lambda log_beta: _misfit(points, log_alpha, log_beta)[0], -6.0, 12.0)

    log_alpha = _lowest(lambda x: _misfit(points, x, best_beta(x))[0], -5.0, 5.0)
    return _misfit(points, log_alpha, best_beta(log_alpha))[1]


def _lowest(cost: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one minimum is lowest, by golden section."""
    inner = (5**0.5 - 1) / 2
    left, right = high - inner * (high - low), low + inner * (high - low)
    at_left, at_right = cost(left), cost(right)
    while high - low > _TOLERANCE:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - inner * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + inner * (high - low)
            at_right = cost(right)
    return (low + high) / 2


def _misfit(points: Mapping[int, float], log_alpha: float, log_beta: float) -> tuple[float, float]:
    """(sum of squares, mean activity) of the best activity for a lapse of Beta(alpha, beta)."""
    alpha, beta = math.exp(log_alpha), math.exp(log_beta)
    gaps = [math.log(share) - (_log_beta(alpha, beta + day) - _log_beta(alpha, beta)) for day, share in points.items()]
    level = min(sum(gaps) / len(gaps), 0.0)
    prior = (log_alpha - math.log(0.5)) ** 2 + (log_beta - log_alpha - math.log(4.0)) ** 2
    return sum((gap - level) ** 2 for gap in gaps) + _PRIOR_WEIGHT**2 * prior, math.exp(level)


def beta_median(a: float, b: float) -> float:
    """The median of a Beta(a, b), by bisection."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _beta_below(middle, a, b) < 0.5 else (low, middle)
    return (low + high) / 2


def _beta_below(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction.

    Source: Press et al., Numerical Recipes, third edition, 2007, section 6.4.
    """
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _beta_below(1.0 - x, b, a)
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    fraction = d
    for m in range(1, 400):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1.0 / (1.0 + term * d), 1.0 + term / c
            fraction *= d * c
        if abs(d * c - 1.0) < 1e-12:
            break
    return math.exp(a * math.log(x) + b * math.log1p(-x) - _log_beta(a, b)) * fraction / a


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
