"""Growth accounting: where each period's monthly active users came from, and how many went."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.analysis.columns import Ints, by_day, dates
from sim.analysis.intervals import Floats, difference_interval, student_band
from sim.analysis.summary import ratio

if TYPE_CHECKING:
    from sim.store import Run

Period = Literal["month", "week"]


@dataclass(frozen=True)
class Growth:
    """Flows of persons into and out of the 30-day window of activity, by period; means over replicates.

    `retained` + `new` + `resurrected` is the number of monthly active users at the end of the period, and `retained` +
    `churned` that at its beginning. Who comes and goes within one period, which a month of 31 days permits, counts on
    both sides and lowers `retained`.

    Args:
        starts: the first date of each period; the first and last period may be cut by the horizon.
        new: float64 (n_periods,), sign-ups.
        retained: those of the active at the beginning who were not lost.
        resurrected: became active again after 30 days or more without activity.
        churned: their last activity fell out of the window.
        quick_ratio: (new + resurrected) / churned; nan where nobody churned.
        quick_low: lower end of its 95% interval; nan where there is none.
        quick_high: upper end, likewise.
        quick_per_replicate: float64 (n_replicates, n_periods), the ratio in each replicate.
    """

    period: Period
    starts: tuple[datetime.date, ...]
    new: Floats
    retained: Floats
    resurrected: Floats
    churned: Floats
    quick_ratio: Floats
    quick_low: Floats
    quick_high: Floats
    quick_per_replicate: Floats


def growth_accounting(run: Run, by: Period = "month") -> Growth:
    """The run's growth accounting by calendar month, or by weeks since the first day."""
    calendar = dates(run)
    first_days = period_starts(calendar, by)
    new = period_sums(by_day(run, "new_users"), first_days)
    resurrected = period_sums(by_day(run, "resurrected"), first_days)
    churned = period_sums(by_day(run, "churned"), first_days)
    retained = closing(by_day(run, "mau"), first_days) - new - resurrected
    ratios = ratio(new + resurrected, churned)
    quick, low, high = student_band(ratios)
    return Growth(
        by,
        tuple(calendar[day] for day in first_days),
        new=new.mean(axis=0),
        retained=retained.mean(axis=0),
        resurrected=resurrected.mean(axis=0),
        churned=churned.mean(axis=0),
        quick_ratio=quick,
        quick_low=low,
        quick_high=high,
        quick_per_replicate=ratios,
    )


def is_last_ratio_higher(growth: Growth, baseline: Growth) -> bool:
    """True where the quick ratio of the last period lies above the baseline's beyond the noise, paired."""
    found = difference_interval(growth.quick_per_replicate[:, -1] - baseline.quick_per_replicate[:, -1])
    return found.low is not None and found.low > 0


def period_starts(calendar: tuple[datetime.date, ...], by: Period) -> Ints:
    """The days on which a period begins, the first day included."""
    if by == "week":
        return np.arange(0, len(calendar), 7)
    return np.array([day for day, date in enumerate(calendar) if day == 0 or date.day == 1], dtype=np.int64)


def period_sums(daily: Ints, first_days: Ints) -> Ints:
    """int64 (n_replicates, n_days) summed to (n_replicates, n_periods)."""
    if first_days.size == 0:
        return daily[:, :0]
    return np.asarray(np.add.reduceat(daily, first_days, axis=1))


def closing(daily: Ints, first_days: Ints) -> Ints:
    """The value on each period's last day."""
    return daily[:, np.append(first_days[1:], daily.shape[1])[: first_days.size] - 1]
