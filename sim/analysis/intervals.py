"""Intervals of a mean over replicates: Student's t, and a bootstrap where the values are strongly skewed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Method = Literal["student", "bootstrap", "none"]

CONFIDENCE = 0.95
SKEW_LIMIT = 1.0
BOOTSTRAP_FROM = 10
BOOTSTRAP_UP_TO = 1_000
RESAMPLES = 9_999
RESAMPLES_AT_ONCE = 1_111
RESAMPLING_SEED = 20_260_101


@dataclass(frozen=True)
class Interval:
    """A mean and the 95% interval around it.

    Args:
        mean: the mean over the replicates in which the value is defined; None where there is none.
        low: lower end, None where one replicate or none gives no interval.
        high: upper end, likewise.
        n: the replicates in which the value is defined.
        method: how the ends were found.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int
    method: Method = "student"

    @property
    def excludes_zero(self) -> bool:
        """True where there is an interval and zero lies outside of it."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


NOTHING = Interval(None, None, None, 0, "none")


def student_quantile(n: int, confidence: float = CONFIDENCE) -> float:
    """The factor by which the standard error of n values is multiplied, n >= 2."""
    return float(stdtrit(n - 1, 0.5 + confidence / 2))


def student_interval(values: Floats, confidence: float = CONFIDENCE) -> Interval:
    """Mean ± t(n-1, 97.5%) · s / √n of the defined values; at another confidence another quantile of t.

    Args:
        values: float64 (n_replicates,); nan where a replicate does not define the value.
    """
    defined = values[~np.isnan(values)]
    n = int(defined.size)
    if n == 0:
        return NOTHING
    if n == 1:
        return Interval(float(defined[0]), None, None, 1, "none")
    if np.ptp(defined) == 0:  # the mean of equal numbers may be off by a rounding, which would look like a difference
        return Interval(float(defined[0]), float(defined[0]), float(defined[0]), n)
    mean = float(defined.mean())
    half = student_quantile(n, confidence) * float(defined.std(ddof=1)) / n**0.5
    return Interval(mean, mean - half, mean + half, n)


def ratio_interval(above: Floats | Ints, below: Floats | Ints) -> Interval:
    """Σ above / Σ below over the replicates, with the delta method's interval: R ± t(n-1, 97.5%) · s / √n.

    s is the standard deviation of (above - R · below) / mean(below).

    Args:
        above, below: (n_replicates,), finite.
    Source: Cochran 1977, Sampling Techniques, chapter 6.
    """
    n, total = int(below.size), float(below.sum())
    if total == 0:
        return NOTHING
    found = float(above.sum()) / total
    if n == 1:
        return Interval(found, None, None, 1, "none")
    residuals = (above - found * below) / (total / n)
    if np.abs(residuals).max() <= 1e-12 * abs(found):
        return Interval(found, found, found, n)
    half = student_quantile(n) * float(residuals.std(ddof=1)) / n**0.5
    return Interval(found, found - half, found + half, n)


def skewness(values: Floats) -> float:
    """Third central moment over the second to the power of 1.5; 0 where all values are equal."""
    centred = values - values.mean()
    spread = float(np.mean(centred**2))
    if spread <= (1e-9 * float(np.abs(values).max(initial=0.0))) ** 2:
        return 0.0
    return float(np.mean(centred**3) / spread**1.5)


def bootstrap_interval(values: Floats, confidence: float = CONFIDENCE) -> Interval:
    """Bias-corrected and accelerated bootstrap interval of the mean, the same for the same values.

    The tail probability is widened from Φ(-1.96) to Φ(-√(n/(n-1)) · t(n-1)), because resampling alone yields intervals
    that are too narrow in small samples.

    Args:
        values: float64 (n,), finite, n >= 2, not all equal.
    Source: Efron 1987, J. American Statistical Association 82, 171-185; widening: Hesterberg 2015, The American
        Statistician 69, 371-386, section 5.3.
    """
    n = int(values.size)
    mean = float(values.mean())
    means = resampled_means(values)
    share_below = (np.count_nonzero(means < mean) + 0.5 * np.count_nonzero(means == mean)) / means.size
    bias = float(ndtri(np.clip(share_below, 1 / means.size, 1 - 1 / means.size)))
    acceleration = skewness(values) / (6 * n**0.5)
    reach = (n / (n - 1)) ** 0.5 * student_quantile(n, confidence)
    shifted = bias + np.array([-reach, reach])
    tails = ndtr(bias + shifted / (1 - acceleration * shifted))
    low, high = np.quantile(means, tails)
    return Interval(mean, float(low), float(high), n, "bootstrap")


def resampled_means(values: Floats) -> Floats:
    """Means of RESAMPLES samples drawn with replacement; a few samples at a time, to bound the memory."""
    generator = np.random.Generator(np.random.PCG64(RESAMPLING_SEED))
    parts = [
        values[generator.integers(0, values.size, size=(RESAMPLES_AT_ONCE, values.size))].mean(axis=1)
        for _ in range(RESAMPLES // RESAMPLES_AT_ONCE)
    ]
    return np.concatenate(parts)


def difference_interval(differences: Floats, confidence: float = CONFIDENCE) -> Interval:
    """Interval of the mean of paired differences: bootstrap where they are strongly skewed, else Student's t."""
    defined = differences[~np.isnan(differences)]
    is_large_enough = BOOTSTRAP_FROM <= defined.size <= BOOTSTRAP_UP_TO
    if is_large_enough and abs(skewness(defined)) > SKEW_LIMIT:
        return bootstrap_interval(defined, confidence)
    return student_interval(differences, confidence)


def student_band(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, low and high of each column of values, each from the replicates that define it.

    Args:
        values: float64 (n_replicates, n_columns), nan where undefined.
    Returns:
        three float64 (n_columns,): nan where no replicate defines the column; low and high nan where only one does.
    """
    is_defined = ~np.isnan(values)
    n = is_defined.sum(axis=0)
    filled = np.where(is_defined, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=0) / n
        squares = (np.where(is_defined, values - mean, 0.0) ** 2).sum(axis=0)
        half = stdtrit(n - 1, 0.5 + CONFIDENCE / 2) * np.sqrt(squares / (n - 1) / n)
    half = np.where(n >= 2, half, np.nan)
    return mean, mean - half, mean + half
