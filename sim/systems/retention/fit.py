"""From a retention curve to the latent model: who keeps the habit, and how often they come.

Without natural return, retention(N) = E[a] B(alpha, beta + N) / B(alpha, beta): the shifted-beta-geometric of
Fader and Hardie, "How to project customer retention", J. Interactive Marketing 21(1), 2007. With natural return the
same expectation over lapse probabilities is taken by Gauss-Jacobi quadrature of a two-state chain, day by day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.units import probability_from_rate

if TYPE_CHECKING:
    from sim.systems.retention.schema import Retention

F64 = npt.NDArray[np.float64]

N_NODES = 48
_STARTS = ([0.0, -1.0, 0.5], [1.0, 0.0, 3.0], [-1.0, -1.5, -1.0])
"""Of (logit activity, log alpha, log beta); the next is tried where the one before ends in a poor fit."""
_GOOD_COST = 2e-3
_BOUNDS = np.array([[-8.0, -5.0, -6.0], [8.0, 5.0, 12.0]])
_MAX_STEPS = 200
_DIFFERENCE = 1e-6
_PRIOR_WEIGHT = 1e-3
"""Keeps a fit with fewer points than parameters where lapse differs moderately between users."""


@dataclass(frozen=True)
class LatentCurve:
    """The latent model behind a curve.

    Args:
        activity_mean: E[a], probability of being active on an engaged day.
        alpha, beta: of the Beta over daily lapse probabilities.
        points: (day, given, model) of each point of the curve.
    """

    activity_mean: float
    alpha: float
    beta: float
    points: tuple[tuple[int, float, float], ...] = ()

    @property
    def misfit(self) -> float:
        """The largest distance between a point and the model, in share points."""
        return max((abs(given - model) for _, given, model in self.points), default=0.0)


def expected_retention(days: F64, activity_mean: float, alpha: float, beta: float, natural_return: float = 0.0) -> F64:
    """Share of a cohort that is active on each of `days` after sign-up.

    Args:
        days: whole days >= 1, float64 (n,).
        natural_return: probability a day that a lapsed user takes up the habit again.
    """
    if natural_return > 0:
        return _with_natural_return(days, activity_mean, alpha, beta, natural_return)
    from scipy.special import betaln

    survival: F64 = np.exp(betaln(alpha, beta + days) - betaln(alpha, beta))
    return activity_mean * survival


def _with_natural_return(days: F64, activity_mean: float, alpha: float, beta: float, natural_return: float) -> F64:
    """The same where the lapsed return: a day is lapse or return, so each user's engagement tends to a constant."""
    lapse, weights = _beta_quadrature(alpha, beta)
    settled = natural_return / (lapse + natural_return)
    engaged = settled + (1.0 - settled) * (1.0 - lapse - natural_return) ** (days[:, None] - 1.0)
    seen: F64 = activity_mean * engaged * (1.0 - lapse) + (1.0 - engaged) * natural_return
    return seen @ weights


def _beta_quadrature(alpha: float, beta: float) -> tuple[F64, F64]:
    """Nodes in (0, 1) and weights that sum to 1 of the Gauss quadrature under a Beta(alpha, beta).

    By the eigenvalues of the Jacobi polynomials' recurrence (Golub, Welsch 1969), whose weights need no normalisation:
    SciPy's `roots_jacobi` overflows where users are nearly alike (large alpha, beta).
    """
    from scipy.linalg import eigh_tridiagonal

    a, b, k = beta - 1.0, alpha - 1.0, np.arange(1.0, N_NODES)
    total = 2 * k + a + b
    middle = np.append((b - a) / (a + b + 2), (b - a) * (a + b) / (total * (total + 2)))
    # k (k + a + b) / (2 k + a + b - 1) is 1 for k = 1, where both may vanish.
    ratio = np.append(1.0, (k * (k + a + b) / (total - 1))[1:])
    beside = 4 * ratio * (k + a) * (k + b) / (total**2 * (total + 1))
    nodes, vectors = eigh_tridiagonal(middle, np.sqrt(beside))
    return np.clip((1.0 + nodes) / 2.0, 0.0, 1.0), vectors[0] ** 2


def fit_curve(points: Mapping[int, float], natural_return: float = 0.0) -> LatentCurve:
    """The latent model closest to the points of a curve, by least squares on their logarithms.

    Args:
        points: share active (0..1] by whole days since sign-up.
    """
    return _fit(tuple(sorted(points.items())), natural_return)


def active_share_of_the_median_user(retention: Retention) -> float | None:
    """Share of days on which the median user of `default` is active while the habit lasts; None where orders say it."""
    from scipy.special import betaincinv

    curve = retention.default
    if curve.visits is not None:
        return float(betaincinv(curve.visits.a.value, curve.visits.b.value, 0.5))
    observed = curve.observed()
    if not observed:
        return None
    mean = fit_curve(observed, probability_from_rate(retention.natural_return.value)).activity_mean
    concentration = retention.visit_concentration.value
    return float(betaincinv(mean * concentration, (1 - mean) * concentration, 0.5))


@lru_cache(maxsize=1024)
def _fit(points: tuple[tuple[int, float], ...], natural_return: float) -> LatentCurve:
    """Kept, as all policies over one world have its curves."""
    days, given = np.array(points, np.float64).T

    def residuals(x: F64) -> F64:
        model = expected_retention(days, *_latent(x), natural_return)
        prior = _PRIOR_WEIGHT * np.array([x[1] - np.log(0.5), x[2] - x[1] - np.log(4.0)])
        return np.concatenate([np.log(model) - np.log(given), prior])

    fits = []
    for start in _STARTS:
        fits.append(_least_squares(residuals, np.array(start)))
        if fits[-1][1] < _GOOD_COST:
            break
    best = _latent(min(fits, key=lambda fit: fit[1])[0])
    model = expected_retention(days, *best, natural_return)
    triples = tuple((int(d), float(g), float(m)) for d, g, m in zip(days, given, model, strict=True))
    return LatentCurve(*best, triples)


def _latent(x: F64) -> tuple[float, float, float]:
    """(activity mean, alpha, beta) from their unbounded coordinates."""
    return float(1.0 / (1.0 + np.exp(-x[0]))), float(np.exp(x[1])), float(np.exp(x[2]))


def _least_squares(residuals: Callable[[F64], F64], start: F64) -> tuple[F64, float]:
    """(x, sum of squares) at the end of Levenberg and Marquardt's method within `_BOUNDS`.

    Source: Madsen, Nielsen, Tingleff, "Methods for non-linear least squares problems", 2004, section 3.2.
    """
    x, r = start, residuals(start)
    cost, damping = float(r @ r), 1e-2
    for _ in range(_MAX_STEPS):
        slope = np.stack([(residuals(x + step) - r) / _DIFFERENCE for step in _DIFFERENCE * np.eye(x.size)], axis=1)
        normal, gradient = slope.T @ slope, slope.T @ r
        step = -np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-12), gradient)
        candidate = np.clip(x + step, *_BOUNDS)
        r_candidate = residuals(candidate)
        gain = cost - float(r_candidate @ r_candidate)
        if gain > 0:
            x, r, cost, damping = candidate, r_candidate, cost - gain, max(damping / 5, 1e-12)
            if gain < 1e-15 + 1e-10 * cost:
                break
        else:
            damping *= 4
            if damping > 1e12:
                break
    return x, cost
