"""How narrow an interval is, how narrow it is to be, and about how many replicates that takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sim.analysis.comparing import Comparison, Difference
from sim.analysis.summary import Estimate, estimate
from sim.metrics import Metric
from sim.store import Run

SAFETY = 1.1
"""More replicates than the spread seen so far asks for, since that is a guess itself."""
MOST_AT_ONCE = 4
"""By what factor one step may raise the number of replicates: the first guess is made from few."""
TENS = 10


@dataclass(frozen=True)
class Aim:
    """A half-width that the 95% interval of a metric, or of its difference, is to have at most.

    Args:
        metric: of which.
        width: > 0; a share of the level where `is_relative`, else in the metric's unit.
        is_relative: of the level of the run, or of the baseline.
        asked: the width as it was asked for, such as "1%".
    """

    metric: Metric
    width: float
    is_relative: bool
    asked: str


@dataclass(frozen=True)
class Precision:
    """How near one interval is to its aim.

    Args:
        aim: what was asked for.
        level: the mean of the run, or of the baseline; None where no replicate defines the metric.
        half_width: half the width of the interval, in the metric's unit; None where there is no interval.
        n: the replicates that define the metric.
        replicates: all of them.
        currency: of amounts, as its code.
        policy: whose difference it is; None for the level of a run.
    """

    aim: Aim
    level: float | None
    half_width: float | None
    n: int
    replicates: int
    currency: str = ""
    policy: str | None = None

    @property
    def wanted(self) -> float | None:
        """The widest half-width that will do, in the metric's unit; None where it is a share of nothing."""
        if not self.aim.is_relative:
            return self.aim.width
        return self.aim.width * abs(self.level) if self.level else None

    @property
    def ratio(self) -> float:
        """The half-width over the one that was asked for: at most 1 where it is reached; inf where one is undefined."""
        if self.half_width == 0:
            return 0.0
        return math.inf if self.half_width is None or self.wanted is None else self.half_width / self.wanted

    @property
    def reached(self) -> bool:
        """The interval is as narrow as asked for."""
        return self.ratio <= 1

    @property
    def needed(self) -> int | None:
        """About how many replicates would do: n · ratio² and a tenth more, in tens; None where reached or undefined.

        Half-widths fall with the root of the number of replicates.
        """
        if self.reached or math.isinf(self.ratio):
            return None
        return math.ceil(self.replicates * self.ratio**2 * SAFETY / TENS) * TENS


def precision_of_run(run: Run, aims: Sequence[Aim]) -> tuple[Precision, ...]:
    """Of each aim: how precise the level of a run is."""
    estimates = [estimate(run, aim.metric) for aim in aims]
    return tuple(
        Precision(aim, found.mean, half_width(found), found.n, found.per_replicate.size, found.currency)
        for aim, found in zip(aims, estimates, strict=True)
    )


def precision_of_comparison(comparison: Comparison, aims: Sequence[Aim]) -> tuple[Precision, ...]:
    """Of each aim and policy: how precise the difference to the baseline is."""
    n = int(comparison.baseline.facts["replicates"])
    return tuple(
        Precision(aim, found.baseline_mean, half_width(found), found.n, n, found.currency, policy.label)
        for aim in aims
        for policy in comparison.policies
        if (found := policy.of(aim.metric.name)) is not None
    )


def half_width(found: Estimate | Difference) -> float | None:
    """Half the width of an interval, also of one that is not symmetric; None where there is none."""
    return None if found.low is None or found.high is None else (found.high - found.low) / 2


def decisive(found: Sequence[Precision]) -> tuple[Precision, ...]:
    """Of each aim the interval that is farthest from it, the first of several."""
    farthest: dict[Aim, Precision] = {}
    for one in found:
        if one.aim not in farthest or one.ratio > farthest[one.aim].ratio:
            farthest[one.aim] = one
    return tuple(farthest.values())


def next_replicates(found: Sequence[Precision], most: int) -> int | None:
    """With how many replicates to look again; None where all is reached, or more are not allowed or of no use."""
    needed = max((one.needed for one in found if one.needed is not None), default=None)
    n = max((one.replicates for one in found), default=most)
    return None if needed is None or n >= most else min(needed, MOST_AT_ONCE * n, most)
