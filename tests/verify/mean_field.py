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
    """A product with one kind of content and one segment, to which so many persons come each day."""
    n = newcomers.size
    dau, stock, appeal, total = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n + 1)
    good, bad = kind.starts_with, 0.0
    for day in range(n):
        appeal[day] = kind.appeal.of(good, bad)
        reach = (appeal[day] - kind.appeal.measured_at) * float(kind.reads[0])
        total[day + 1] = total[day] + np.exp(reach * kind.appeal.log_lapse)
        engaged = newcomers[:day] @ habit.kept(total[day + 1] - total[1 : day + 1])
        dau[day] = newcomers[day] + engaged * habit.active(reach * kind.appeal.log_activity)
        readers = float(kind.reads[0]) * (dau[day - 1] if day else 0.0)
        made = dau[day] * kind.creators[0] * kind.creates[day, 0] * kind.encouraged(readers)
        stays = 1 - kind.bad[day, 0]
        good = good * kind.keeps + made * stays + kind.seeds[day]
        bad = bad * kind.keeps + made * (1 - stays) * (1 - kind.reviews[day])
        stock[day] = good
    return Field(dau, stock, appeal)


def from_a_market(size: float, per_day: float, n_days: int) -> F64:
    """Who comes on each day from a market in which so many a day would come if nobody had yet."""
    left = size * np.exp(-per_day / size * np.arange(n_days + 1))
    newcomers: F64 = -np.diff(left)
    return newcomers
