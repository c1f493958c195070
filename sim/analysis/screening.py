"""Which numbers move an answer when all move at once: Morris's elementary effects, and Sobol's shares of variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.analysis.inputs import InputNumber
from sim.analysis.intervals import Interval
from sim.metrics import Metric

ScreeningMethod = Literal["morris", "sobol"]


@dataclass(frozen=True)
class Screened:
    """What a number does while all others move.

    Morris: `strength` is mu*, the mean size of its elementary effects over the whole range, in the metric's unit, and
    `spread` is sigma, their standard deviation: curvature and interactions. Sobol: `strength` is the total index, the
    share of variance that would be left if all others were known, and `spread` the first-order one, the number alone.

    Args:
        number: which.
        strength, strength_half: the value, and half of its 95% bootstrap interval.
        spread, spread_half: likewise; sigma has no interval.
    """

    number: InputNumber
    strength: float
    strength_half: float
    spread: float
    spread_half: float | None


@dataclass(frozen=True)
class Screening:
    """All numbers of an answer, the strongest first.

    Args:
        written: the answer at the written values: its interval is the luck that blurs every point.
        n_points: the points that were simulated, each with the same replicates.
        n_left_out: trajectories, or rows of the sample, that were left out since a scenario does not hold in them.
    """

    method: ScreeningMethod
    metric: Metric
    currency: str
    label: str
    against: str | None
    written: Interval
    screened: tuple[Screened, ...]
    n_points: int
    n_left_out: int
    samples: int
    n_unranged: int
    seed: int
    replicates: int
    days: int
    version: str

    @property
    def measure_next(self) -> Screened | None:
        """The strongest of the numbers that nobody has measured, if its interval excludes 0; None where none does."""
        unknown = (one for one in self.screened if not one.number.is_measured and one.strength > one.strength_half)
        return max(unknown, key=lambda one: one.strength, default=None)
