"""The mean field of content: what a world without luck does, cohort by cohort, in closed form for each day.

With a hazard that is multiplied by f on each day, a share E[(1 - d)^F] of a cohort has kept the habit after days whose
factors sum to F; for d ~ Beta(alpha, beta) that is B(alpha, beta + F) / B(alpha, beta).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from sim.systems.content.plan import ContentPlan

F64 = npt.NDArray[np.float64]


@cache
def _equally_likely(a: float, b: float) -> F64:
    """Two thousand values of a Beta, at the midpoints of equal shares."""
    values: F64 = stats.beta.ppf((np.arange(2000) + 0.5) / 2000, a, b)
    return values


@dataclass(frozen=True)
class Habit:
    """A curve of retention: activity a ~ Beta(a, b), lapse d ~ Beta(alpha, beta)."""

    a: float
    b: float
    alpha: float
    beta: float

    def active(self, log_odds: float) -> float:
        """The share of the engaged that is active on a day on which all odds are multiplied."""
        a, factor = _equally_likely(self.a, self.b), np.exp(log_odds)
        return float((factor * a / (1 - a + factor * a)).mean())

    def kept(self, hazards: F64) -> F64:
        """The share that has kept the habit after days whose factors sum to these."""
        kept: F64 = np.exp(special.betaln(self.alpha, self.beta + hazards) - special.betaln(self.alpha, self.beta))
        return kept


@dataclass(frozen=True)
class Field:
    """What comes of it day by day: float64 (n_days,)."""

    dau: F64
    stock: F64
    appeal: F64


def mean_field(kind: ContentPlan, habit: Habit, newcomers: F64) -> Field:
    """A product with one kind of content, to which so many persons of each segment come each day.

    Args:
        newcomers: float64 (n_days, n_segments).
    """
    n, n_segments = newcomers.shape
    dau, hazards = np.zeros((n, n_segments)), np.zeros((n + 1, n_segments))
    stock, appeal = np.zeros(n), np.zeros(n)
    good, bad = kind.starts_with, 0.0
    for day in range(n):
        appeal[day] = kind.appeal.of(good, bad)
        reach = (appeal[day] - kind.appeal.measured_at) * kind.reads
        hazards[day + 1] = hazards[day] + np.exp(reach * kind.appeal.log_lapse)
        kept = habit.kept(hazards[day + 1] - hazards[1 : day + 1])
        active = np.array([habit.active(odds) for odds in reach * kind.appeal.log_activity])
        dau[day] = newcomers[day] + (newcomers[:day] * kept).sum(axis=0) * active
        readers = float(kind.reads @ dau[day - 1]) if day else 0.0
        made = dau[day] * kind.creators * kind.creates[day] * kind.encouraged(readers)
        stays = 1 - kind.bad[day]
        good = good * kind.keeps + float(made @ stays) + kind.seeds[day]
        bad = bad * kind.keeps + float(made @ (1 - stays)) * (1 - kind.reviews[day])
        stock[day] = good
    return Field(dau.sum(axis=1), stock, appeal)


def from_a_market(size: float, per_day: float, n_days: int) -> F64:
    """Who comes on each day from a market in which so many a day would come if nobody had yet."""
    left = size * np.exp(-per_day / size * np.arange(n_days + 1))
    newcomers: F64 = -np.diff(left)
    return newcomers
