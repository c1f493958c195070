"""A metric over time: its mean on each day, with the 95% interval of that mean over replicates."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.analysis.columns import by_day, by_name_and_day, dates, n_days
from sim.analysis.intervals import Floats, student_band
from sim.analysis.summary import ratio, scale_of
from sim.errors import ResultsError
from sim.metrics import Metric

if TYPE_CHECKING:
    from sim.store import Run

WEEK = 7
FOUR_WEEKS = 28
View = Literal["daily", "7-day mean", "28-day mean", "28 days", "to date"]


@dataclass(frozen=True)
class Band:
    """One line of a chart over time.

    Args:
        label: what the line is.
        metric: what was measured.
        view: how days were put together: "daily" as stored; "7-day mean", "28-day mean" and "28 days" (pooled) over the
            days up to each day; "to date" since the first day.
        days: int64 (n_days,).
        dates: the calendar date of each day.
        mean: float64 (n_days,), nan where undefined.
        low: lower end of the interval, nan where one replicate or none gives no interval.
        high: upper end, likewise.
    """

    label: str
    metric: Metric
    view: View
    days: np.ndarray
    dates: tuple[datetime.date, ...]
    mean: Floats
    low: Floats
    high: Floats


def view_of(metric: Metric) -> View:
    """How a metric is best seen over time.

    Stocks are seen as they are; flows and daily activity as the mean of seven days, which takes the weekday out; shares
    over 28 days and amounts per person since the start, since few persons stand behind a single day's ratio.
    """
    if metric.aggregate in ("last", "recent_mean"):
        return "daily"
    if metric.aggregate in ("ratio", "ratio_to_last"):
        return "to date" if metric.unit == "currency" else "28 days"
    return "7-day mean"


def difference_view_of(metric: Metric) -> View:
    """How a difference in a metric is best seen over time: as the metric, flows and activity over 28 days.

    Four weeks take out what a campaign shifts from one week to the next.
    """
    return "28-day mean" if metric.aggregate in ("sum", "mean", "recent_mean") else view_of(metric)


def trailing_sum(values: np.ndarray, width: int) -> np.ndarray:
    """Sums over the `width` days up to each day along the last axis; fewer at the beginning."""
    sums = values.cumsum(axis=-1)
    result = sums.copy()
    result[..., width:] -= sums[..., :-width]
    return result


def viewed(values: np.ndarray, view: View) -> Floats:
    """Daily values (…, n_days), none undefined, seen in the view's way."""
    if view == "daily":
        return values.astype(np.float64)
    if view == "to date":
        return values.cumsum(axis=-1).astype(np.float64)
    width = WEEK if view == "7-day mean" else FOUR_WEEKS
    summed = trailing_sum(values, width)
    return summed * 1.0 if view == "28 days" else summed / np.minimum(np.arange(1, values.shape[-1] + 1), width)


def seen(above: np.ndarray, below: np.ndarray | None, metric: Metric, view: View) -> Floats:
    """A metric's daily numerator, and denominator if it is a ratio, as what a chart shows."""
    if below is None:
        return viewed(above, view) / scale_of(metric)
    under = viewed(below, "daily" if metric.aggregate == "ratio_to_last" else view)
    return ratio(viewed(above, view), under) / scale_of(metric)


def daily_values(run: Run, metric: Metric, view: View | None = None) -> Floats:
    """The metric over time in each replicate, float64 (n_replicates, n_days)."""
    above = by_day(run, metric.column, metric.table)
    below = by_day(run, metric.per, metric.table) if metric.per else None
    return seen(above, below, metric, view or view_of(metric))


def band_of(label: str, run: Run, metric: Metric, view: View, values: Floats) -> Band:
    """The band of float64 (n_replicates, n_days)."""
    return Band(label, metric, view, np.arange(n_days(run)), dates(run), *student_band(values))


def daily_band(run: Run, metric: Metric | str, *, label: str | None = None, view: View | None = None) -> Band:
    """The run's metric over time; the metric may be given by its name."""
    found = metric_named(run, metric)
    chosen = view or view_of(found)
    return band_of(label or run.name, run, found, chosen, daily_values(run, found, chosen))


def bands_by(run: Run, metric: Metric | str, by: Literal["channel", "segment"]) -> tuple[Band, ...]:
    """The metric over time for each channel or segment, in the scenario's order."""
    found = metric_named(run, metric)
    if found.table != "daily":
        raise ResultsError(f"`{found.name}` is not stored by {by}; metrics of the daily table are")
    view = view_of(found)
    columns = [found.column, *([found.per] if found.per else [])]
    names, measured = by_name_and_day(run, f"by_{by}", by, columns)
    below = measured[1] if found.per else np.full(len(names), None)
    return tuple(
        band_of(name, run, found, view, seen(one, under, found, view))
        for name, one, under in zip(names, measured[0], below, strict=True)
    )


def difference_band(label: str, baseline: Run, policy: Run, metric: Metric, *, view: View | None = None) -> Band:
    """A metric of the policy minus that of the baseline over time, paired by replicate; amounts summed to date."""
    chosen: View = view or ("to date" if metric.aggregate == "sum" else view_of(metric))
    paired = daily_values(policy, metric, chosen) - daily_values(baseline, metric, chosen)
    return band_of(label, policy, metric, chosen, paired)


def ahead_since(band: Band) -> datetime.date | None:
    """The first date from which a difference's interval stays above zero to the end; None where there is none."""
    is_behind = ~(band.low > 0)  # an undefined interval is not ahead
    if is_behind.size == 0 or is_behind[-1]:
        return None
    behind = np.flatnonzero(is_behind)
    return band.dates[int(behind[-1]) + 1 if behind.size else 0]


def falling_since(band: Band) -> datetime.date | None:
    """The date from which a lead has been falling; None unless the line ends clearly ahead, but clearly lower.

    The date is that of the highest day. The fall is clear if that lies 28 days or more before the end, and the mean on
    the last day lies below the lower end of the interval on the highest.

    Args:
        band: a difference summed to date.
    """
    if ahead_since(band) is None:
        return None
    peak, last = int(np.argmax(band.mean)), band.mean.size - 1
    is_lower = bool(band.mean[last] < band.low[peak])
    return band.dates[peak] if is_lower and last - peak >= FOUR_WEEKS else None


def metric_named(run: Run, metric: Metric | str) -> Metric:
    """The run's metric of that name; ResultsError with those that it has where there is none."""
    if isinstance(metric, Metric):
        return metric
    found = next((known for known in run.metrics if known.name == metric), None)
    if found is None:
        raise ResultsError(f"{run.name} has no metric `{metric}`; it has: {', '.join(m.name for m in run.metrics)}")
    return found
