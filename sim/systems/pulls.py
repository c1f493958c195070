"""Pulls as natural logarithms: a power of a price may be beyond any number, and the largest still has to win."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

LARGEST_LOG = 500.0
"""Beyond it what else multiplies a pull, or the sum of some, could leave the numbers of a computer."""
NOTHING = -np.inf
"""The logarithm of a pull of 0."""


def log_of(factors: F64 | float) -> F64:
    """The natural logarithm of factors of 0 and more."""
    values = np.asarray(factors, np.float64)
    return np.log(values, out=np.full(values.shape, NOTHING), where=values > 0)


def pulls_of(logs: F64, against: float = 0.0) -> tuple[F64, F64]:
    """Pulls from their logarithms along the first axis, and what pulls against them all, from its own.

    They are the exponentials; where the largest is too large or too small for that, all are as many times smaller or
    larger: choices go by their ratios.
    """
    top = logs.max(axis=0, initial=against)
    shift = np.where(np.isfinite(top), top - np.clip(top, -LARGEST_LOG, LARGEST_LOG), 0.0)
    return np.exp(logs - shift), np.exp(against - shift)
