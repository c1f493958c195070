"""Service desks and satisfaction: how many turned to them, how long they waited, what it cost, how users felt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, apart, by_day, daily_by_name, has_days_of, over_horizon
from sim.analysis.intervals import Interval, ratio_interval, student_interval
from sim.analysis.series import WEEK, Band, View, band_of, trailing_sum, viewed
from sim.analysis.summary import CENTS, ratio
from sim.metrics import RECENT_DAYS, Metric

if TYPE_CHECKING:
    from sim.store import StoredRun

COLUMNS = (
    "tickets", "again", "answered", "abandoned", "unresolved", "waiting", "wait_seconds", "wait_p90_seconds",
    "first_answered", "first_wait_seconds", "busy_minutes", "staff_minutes", "cost",
)  # fmt: skip
ANSWERED = Metric("answered", "Answered", "tickets", "Tickets that were answered.", "sum", "answered")
ABANDONED = Metric("abandoned", "Given up", "tickets", "Tickets whose users had enough of waiting.", "sum", "abandoned")
WAITS = (
    Metric("wait_p50", "Half waited at most", "minutes", "Median of the day's answered.", "mean", "wait_p50_seconds"),
    Metric("wait_p90", "Nine in ten at most", "minutes", "The same of nine in ten.", "mean", "wait_p90_seconds"),
)
SECONDS_PER_MINUTE = MINUTES_PER_HOUR = 60.0
MILLION = 1e6


@dataclass(frozen=True)
class DeskBook:
    """One desk over the horizon; waits in minutes, amounts in the currency.

    Args:
        desk: its name.
        tickets: that came, `again`: the share of them that came once more.
        abandoned: of those that were answered or given up, the share that was given up.
        unresolved: share of the answers that did not settle the matter.
        wait: mean of the answered; `wait_p90`: that nine in ten of a day had at most, mean over the answered;
            `first_wait`: mean of the answered who go before others.
        waiting: tickets in line at the end.
        staff_hours: worked; `occupancy`: the share of them in which tickets were handled.
        cost: of those hours; `cost_per_answer`: of one answer.
    """

    desk: str
    tickets: Interval
    again: Interval
    abandoned: Interval
    unresolved: Interval
    wait: Interval
    wait_p90: Interval
    first_wait: Interval
    waiting: Interval
    staff_hours: Interval
    occupancy: Interval
    cost: Interval
    cost_per_answer: Interval


@dataclass(frozen=True)
class DeskSeries:
    """One desk over time, all as means of seven days; waits in minutes, each day by how many were answered.

    Args:
        desk: its name.
    """

    desk: str
    answered: Band
    abandoned: Band
    wait_p50: Band
    wait_p90: Band


@dataclass(frozen=True)
class SatisfactionLevel:
    """Satisfaction of active users, from -1 to 1: over the horizon, and over the last days of it."""

    mean: Interval
    recent: Interval


def desk_books(run: StoredRun) -> tuple[DeskBook, ...]:
    """What each desk did, in the policy's order; empty without any."""
    return tuple(_book(*each) for each in daily_by_name(run, "service", "desk", COLUMNS).items())


def desks_over_time(run: StoredRun, label: str = "") -> tuple[DeskSeries, ...]:
    """Each desk over time, in the policy's order; empty without any."""
    if not has_days_of(run, "service"):
        return ()
    view: View = "7-day mean"
    columns = [metric.column for metric in (ANSWERED, ABANDONED, *WAITS)]
    series = []
    for name, daily in daily_by_name(run, "service", "desk", columns).items():
        answered = daily["answered"]
        counts = (
            band_of(label or run.name, run, metric, view, viewed(daily[metric.column], view))
            for metric in (ANSWERED, ABANDONED)
        )
        weeks = trailing_sum(answered, WEEK) * SECONDS_PER_MINUTE
        waits = (
            band_of(label or run.name, run, one, view, ratio(trailing_sum(daily[one.column] * answered, WEEK), weeks))
            for one in WAITS
        )
        series.append(DeskSeries(name, *counts, *waits))
    return tuple(series)


def _book(name: str, daily: dict[str, Ints]) -> DeskBook:
    """One desk's numbers, from int64 (n_replicates, n_days) of each column."""
    sums = over_horizon(daily)
    late = (daily["wait_p90_seconds"] * daily["answered"]).sum(axis=1) / SECONDS_PER_MINUTE
    return DeskBook(
        desk=name,
        tickets=student_interval(sums["tickets"]),
        again=ratio_interval(sums["again"], sums["tickets"]),
        abandoned=ratio_interval(sums["abandoned"], sums["abandoned"] + sums["answered"]),
        unresolved=ratio_interval(sums["unresolved"], sums["answered"]),
        wait=ratio_interval(sums["wait_seconds"] / SECONDS_PER_MINUTE, sums["answered"]),
        wait_p90=ratio_interval(late, sums["answered"]),
        first_wait=ratio_interval(sums["first_wait_seconds"] / SECONDS_PER_MINUTE, sums["first_answered"]),
        waiting=student_interval(daily["waiting"][:, -1].astype(np.float64)),
        staff_hours=student_interval(sums["staff_minutes"] / MINUTES_PER_HOUR),
        occupancy=ratio_interval(sums["busy_minutes"], sums["staff_minutes"]),
        cost=student_interval(sums["cost"] / CENTS),
        cost_per_answer=ratio_interval(sums["cost"] / CENTS, sums["answered"]),
    )


def satisfaction_level(run: StoredRun) -> SatisfactionLevel | None:
    """How satisfied active users were; None where nothing moves them."""
    if not has_days_of(run, "satisfaction"):
        return None
    whole = apart(run)
    active, total = (by_day(whole, column, "satisfaction") for column in ("active", "sum_millionths"))
    if not active.any():
        return None
    return SatisfactionLevel(_level(total, active), _level(total[:, -RECENT_DAYS:], active[:, -RECENT_DAYS:]))


def _level(total: Ints, active: Ints) -> Interval:
    return ratio_interval(total.sum(axis=1) / MILLION, active.sum(axis=1).astype(np.float64))
