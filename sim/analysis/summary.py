"""What one run answers: each of its metrics, with the interval over its replicates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, by_day, currency, n_days
from sim.analysis.intervals import Floats, Method, student_interval
from sim.metrics import RECENT_DAYS, Metric

if TYPE_CHECKING:
    from sim.store import Run

CENTS = 100.0


@dataclass(frozen=True)
class Estimate:
    """A metric's mean over replicates with its 95% interval.

    Args:
        metric: what was measured.
        mean: None where no replicate defines it (no sign-ups, so no cost per sign-up).
        low: lower end; None where fewer than two replicates define the metric.
        high: upper end, likewise.
        n: the replicates that define it.
        per_replicate: float64 (n_replicates,), nan where undefined.
        method: how the ends were found.
        currency: of amounts, as its code.
    """

    metric: Metric
    mean: float | None
    low: float | None
    high: float | None
    n: int
    per_replicate: Floats = field(repr=False, compare=False)
    method: Method = "student"
    currency: str = ""


def scale_of(metric: Metric) -> float:
    """What stored numbers are divided by: amounts are stored in cents."""
    return CENTS if metric.unit == "currency" else 1.0


def ratio(above: np.ndarray, below: np.ndarray) -> Floats:
    """above / below as float64, nan where nothing is below."""
    result = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    np.divide(above, below, out=result, where=below != 0)
    return result


def metric_values(run: Run, metric: Metric) -> Floats:
    """The metric in each replicate, float64 (n_replicates,), as the metric says that it aggregates."""
    daily = by_day(run, metric.column, metric.table)
    if n_days(run) == 0:
        return np.full(daily.shape[0], np.nan)
    return aggregated(metric, daily, by_day(run, metric.per, metric.table) if metric.per else None)


def aggregated(metric: Metric, daily: Ints, per: Ints | None) -> Floats:
    """Days as one number for each replicate, as the metric says.

    Args:
        daily: int64 (n_replicates, n_days), n_days >= 1.
        per: the denominator of ratios, likewise.
    """
    if metric.aggregate in ("ratio", "ratio_to_last"):
        if per is None:
            raise ValueError(f"metric {metric.name} is a ratio without `per`")
        below = per.sum(axis=1) if metric.aggregate == "ratio" else per[:, -1]
        return ratio(daily.sum(axis=1), below * scale_of(metric))
    if metric.aggregate == "last":
        return np.asarray(daily[:, -1] / scale_of(metric))
    if metric.aggregate == "recent_mean":
        return np.asarray(daily[:, -RECENT_DAYS:].mean(axis=1) / scale_of(metric))
    total: Floats = daily.sum(axis=1) / scale_of(metric)
    return total if metric.aggregate == "sum" else total / daily.shape[1]


def summarise(run: Run) -> tuple[Estimate, ...]:
    """Each metric of the run, in its order, with the interval over replicates."""
    return tuple(estimate(run, metric) for metric in run.metrics)


def estimate(run: Run, metric: Metric) -> Estimate:
    """One metric of the run with its interval."""
    values = metric_values(run, metric)
    found = student_interval(values)
    return Estimate(metric, found.mean, found.low, found.high, found.n, values, found.method, currency(run))
