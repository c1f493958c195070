"""The cohort-retention triangle: how active the members of each sign-up cohort are as they grow older."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, apart, axis_of, dates, n_days, n_replicates, names_of, replicate_axis, totals
from sim.analysis.intervals import Floats, student_band
from sim.analysis.summary import ratio
from sim.errors import ResultsError

if TYPE_CHECKING:
    from sim.store import StoredRun

WEEK = 7
FOUR_WEEKS = 28
WEEKLY_UP_TO_DAYS = 140


@dataclass(frozen=True)
class Triangle:
    """Mean daily activity by cohort and age, pooled over replicates.

    Args:
        period_days: the width of a cohort and of a step of age: 7 or 28 days.
        starts: the first date of each cohort.
        sizes: float64 (n_cohorts,), members, mean over replicates.
        activity: float64 (n_cohorts, n_ages), the share of members that is active on an average day of that age; nan
            where not all members of the cohort have lived through it within the horizon.
        per_replicate: float64 (n_replicates, n_cohorts, n_ages), the same in each replicate.
    """

    period_days: int
    starts: tuple[datetime.date, ...]
    sizes: Floats
    activity: Floats
    per_replicate: Floats


def retention_triangle(run: StoredRun, channel: str | None = None, *, period_days: int | None = None) -> Triangle:
    """The run's triangle, of all channels or of one; weekly cohorts in short runs, else of four weeks."""
    horizon = n_days(run)
    width = period_days or (WEEK if horizon <= WEEKLY_UP_TO_DAYS else FOUR_WEEKS)
    lives = read_lives(run, channel)
    sizes = totals(lives.size, (lives.cohort, horizon), (lives.age, horizon))
    n_periods = -(-horizon // width)
    periods = (lives.replicate, n_replicates(run)), (lives.cohort // width, n_periods), (lives.age // width, n_periods)
    days_lived, days_active = totals(lives.size, *periods), totals(lives.active, *periods)
    is_whole = has_lived_through(merge_rows(sizes, np.arange(horizon) // width, n_periods), width)
    return Triangle(
        width,
        dates(run)[::width],
        merge_rows(sizes[:, :1], np.arange(horizon) // width, n_periods)[:, 0] / n_replicates(run)
        if horizon
        else np.zeros(0),
        np.where(is_whole, ratio(days_active.sum(axis=0), days_lived.sum(axis=0)), np.nan),
        np.where(is_whole, ratio(days_active, days_lived), np.nan),
    )


def clear_gains(baseline: Triangle, policy: Triangle) -> np.ndarray:
    """bool (n_cohorts, n_ages): the 95% interval of the difference in activity, paired by replicate, excludes zero."""
    paired = policy.per_replicate - baseline.per_replicate
    _, low, high = student_band(paired.reshape(paired.shape[0], -1))
    return np.asarray((low > 0) | (high < 0)).reshape(paired.shape[1:])


@dataclass(frozen=True)
class Lives:
    """The rows of the table of cohorts, each column int64 (n_rows,)."""

    replicate: Ints
    cohort: Ints
    age: Ints
    size: Ints
    active: Ints


def read_lives(run: StoredRun, channel: str | None) -> Lives:
    """The run's rows, of all channels or of one."""
    horizon, run = n_days(run), apart(run)
    cohort, age = (axis_of(run, "cohorts", key, horizon)[0] for key in ("cohort_day", "age"))
    size, active = (run.numbers("cohorts", name).astype(np.int64, copy=False) for name in ("size", "active"))
    lives = Lives(replicate_axis(run, "cohorts")[0], cohort, age, size, active)
    if channel is None:
        return lives
    codes, names = names_of(run, "cohorts", "channel")
    if channel not in names:
        raise ResultsError(f"{run.name} has no channel `{channel}` with sign-ups; it has: {', '.join(names)}")
    is_wanted = codes == names.index(channel)
    return Lives(*(column[is_wanted] for column in vars(lives).values()))


def merge_rows(counts: np.ndarray, group_of: np.ndarray, n_groups: int) -> np.ndarray:
    """Rows summed by group."""
    result = np.zeros((n_groups, counts.shape[1]), dtype=np.int64)
    np.add.at(result, group_of, counts)
    return result


def has_lived_through(sizes: np.ndarray, width: int) -> np.ndarray:
    """bool (n_cohorts, n_ages): True where as many members reached the last day of that age as ever signed up."""
    horizon = sizes.shape[1]
    last_days = np.arange(1, -(-horizon // width) + 1) * width - 1
    reached = np.where(last_days < horizon, sizes[:, np.minimum(last_days, horizon - 1)], 0)
    return np.asarray((reached == sizes[:, :1]) & (sizes[:, :1] > 0))
