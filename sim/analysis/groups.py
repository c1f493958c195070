"""Exact values of metrics by replicate, and differences by segment or channel that sum to the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, by_day, by_name_and_day, n_days
from sim.analysis.intervals import Interval, difference_interval
from sim.analysis.summary import scale_of
from sim.metrics import RECENT_DAYS, Metric

if TYPE_CHECKING:
    from sim.store import Run

RATIOS = ("ratio", "ratio_to_last")


@dataclass(frozen=True)
class Amount:
    """A difference in each replicate, exactly, with the 95% interval of its mean.

    Args:
        exact: the mean; None where no replicate defines it.
        interval: the same mean, as a float, with its ends.
        per_replicate: over those that define it.
    """

    exact: Fraction | None
    interval: Interval
    per_replicate: tuple[Fraction, ...] = field(repr=False)

    @property
    def size(self) -> float:
        """The mean without its sign; 0 where it is undefined."""
        return abs(float(self.exact or 0))


def amount_of(differences: Sequence[Fraction]) -> Amount:
    """The amount of paired differences."""
    exact = sum(differences, Fraction(0)) / len(differences) if differences else None
    found = difference_interval(np.array([float(one) for one in differences], np.float64))
    return Amount(exact, found, tuple(differences))


def sum_of(amounts: Sequence[Amount]) -> Amount:
    """Several amounts together."""
    return amount_of([sum(ones, Fraction(0)) for ones in zip(*(one.per_replicate for one in amounts), strict=True)])


def exact_values(run: Run, metric: Metric) -> list[Fraction | None]:
    """The metric in each replicate, as a fraction; of ratios the nearest float, None where undefined.

    Floats are fractions too, whose denominators stay small when many are added.
    """
    above = by_day(run, metric.column, metric.table)
    below = by_day(run, metric.per, metric.table) if metric.per is not None else None
    return _over_days(metric, above, below, n_days(run))


def _over_days(metric: Metric, above: Ints, below: Ints | None, days: int) -> list[Fraction | None]:
    """What the days of each replicate, int64 (n_replicates, n_days), become."""
    n, scale = len(above), int(scale_of(metric))
    if days == 0:
        return [None] * n
    if below is not None:
        under = below.sum(axis=1) if metric.aggregate == "ratio" else below[:, -1]
        pairs = zip(above.sum(axis=1).tolist(), under.tolist(), strict=True)
        return [Fraction(top / (bottom * scale)) if bottom else None for top, bottom in pairs]
    if metric.aggregate == "last":
        whole, parts = above[:, -1], 1
    elif metric.aggregate == "recent_mean":
        whole, parts = above[:, -RECENT_DAYS:].sum(axis=1), min(RECENT_DAYS, days)
    else:
        whole, parts = above.sum(axis=1), 1 if metric.aggregate == "sum" else days
    return [Fraction(one, parts * scale) for one in whole.tolist()]


def differences_by(left: Run, right: Run, metric: Metric, table: str, name: str) -> tuple[tuple[str, Amount], ...]:
    """The metric's difference for each name that a table's column has on either side, the largest first."""
    sides = [_values_by(run, metric, table, name) for run in (left, right)]
    n = int(left.facts["replicates"])
    nothing: list[Fraction | None] = [None if metric.aggregate in RATIOS else Fraction(0)] * n
    found = []
    for label in dict.fromkeys([*sides[0], *sides[1]]):
        pairs = zip(*(side.get(label, nothing) for side in sides), strict=True)
        found.append((label, amount_of([new - old for old, new in pairs if old is not None and new is not None])))
    found.sort(key=lambda pair: -pair[1].size)
    return tuple(found)


def _values_by(run: Run, metric: Metric, table: str, name: str) -> dict[str, list[Fraction | None]]:
    columns = [metric.column, *([metric.per] if metric.per is not None else [])]
    labels, values = by_name_and_day(run, table, name, columns)
    above, below = values[0], values[1] if len(values) > 1 else None
    return {
        label: _over_days(metric, above[i], None if below is None else below[i], n_days(run))
        for i, label in enumerate(labels)
    }
