"""The cohort-retention triangle: how active the members of each sign-up cohort are as they grow older."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import apart, axis_of, dates, n_days, names_of, totals
from sim.analysis.intervals import Floats
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
    """

    period_days: int
    starts: tuple[datetime.date, ...]
    sizes: Floats
    activity: Floats


def retention_triangle(run: StoredRun, channel: str | None = None, *, period_days: int | None = None) -> Triangle:
    """The run's triangle, of all channels or of one; weekly cohorts in short runs, else of four weeks."""
    horizon = n_days(run)
    width = period_days or (WEEK if horizon <= WEEKLY_UP_TO_DAYS else FOUR_WEEKS)
    sizes, active = cohort_totals(run, channel)
    n_cohorts = -(-horizon // width)
    cohort_of = np.arange(horizon) // width
    sizes, active = (merge_rows(counts, cohort_of, n_cohorts) for counts in (sizes, active))
    days_lived, days_active = (merge_rows(counts.T, cohort_of, n_cohorts).T for counts in (sizes, active))
    is_whole = has_lived_through(sizes, width)
    activity = np.where(is_whole, ratio(days_active, days_lived), np.nan)
    return Triangle(
        width, dates(run)[::width], sizes[:, 0] / float(run.facts["replicates"]) if horizon else np.zeros(0), activity
    )


def cohort_totals(run: StoredRun, channel: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Sizes and active members, int64 (n_days of the cohort's beginning, n_days of age), summed over replicates."""
    horizon, run = n_days(run), apart(run)
    cohort, age = (axis_of(run, "cohorts", key, horizon)[0] for key in ("cohort_day", "age"))
    size, active = (run.numbers("cohorts", name).astype(np.int64, copy=False) for name in ("size", "active"))
    if channel is not None:
        codes, names = names_of(run, "cohorts", "channel")
        if channel not in names:
            raise ResultsError(f"{run.name} has no channel `{channel}` with sign-ups; it has: {', '.join(names)}")
        is_wanted = codes == names.index(channel)
        cohort, age, size, active = (column[is_wanted] for column in (cohort, age, size, active))
    groups = ((cohort, horizon), (age, horizon))
    return totals(size, *groups), totals(active, *groups)


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
