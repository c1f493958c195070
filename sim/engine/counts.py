"""Counts by inversion: the smallest n whose distribution function reaches the uniform."""

from __future__ import annotations

import numpy as np

from sim.engine.compiled import compiled, inlined

MOST_TRIALS = 1000
"""Of a binomial count: (1/2)^1000 is still a number."""


@inlined
def poisson(u, mean, most):  # type: ignore[no-untyped-def]
    """A Poisson count with a mean of at most 700, cut at `most`."""
    if 1.0 - u >= mean:  # 1 - exp(-mean) <= mean
        return 0
    n, term = 0, np.exp(-mean)
    cumulated = term
    while u > cumulated and n < most and term > 0.0:
        n += 1
        term *= mean / n
        cumulated += term
    return n


@compiled
def poisson_counts(uniforms, means, most, counts):  # type: ignore[no-untyped-def]
    """Write a Poisson count with each mean of at most 700, cut at `most`, int64."""
    for i in range(uniforms.size):
        counts[i] = poisson(uniforms[i], means[i], most)


@inlined
def _binomial(u, n, p):  # type: ignore[no-untyped-def]
    """For p up to one half."""
    if n == 0 or p <= 0.0:
        return 0
    found, term = 0, np.exp(n * np.log1p(-p))
    cumulated = term
    while u > cumulated and found < n:
        found += 1
        term *= (n - found + 1) / found * (p / (1.0 - p))
        cumulated += term
    return found


@compiled
def binomial_counts(uniforms, numbers, p, counts):  # type: ignore[no-untyped-def]
    """Write how many of each number of trials, at most `MOST_TRIALS`, succeed with probability `p`, int64."""
    for i in range(uniforms.size):
        if p <= 0.5:
            counts[i] = _binomial(uniforms[i], numbers[i], p)
        else:
            counts[i] = numbers[i] - _binomial(1.0 - uniforms[i], numbers[i], 1.0 - p)
