"""Dates along the bottom of a chart: few enough to be read, at any horizon."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.dates import DateFormatter
from matplotlib.ticker import FixedLocator

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EPOCH = datetime.date(1970, 1, 1).toordinal()  # from which an axis of dates counts days
DAYS_FOR_MONTHS = 130
STEPS_DAYS = (1, 2, 4, 7, 14, 28, 56)
STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 36, 60, 120)


def dated_axis(axes: Axes, dates: Sequence[datetime.date], most_ticks: int) -> None:
    """Months along the bottom, or days where the horizon is short, written alike in every locale."""
    first, last = np.datetime64(dates[0], "D"), np.datetime64(dates[-1], "D")
    axes.set_xlim(first, last if last > first else last + 1)  # type: ignore[arg-type]
    shown = ticks_of(dates[0], dates[-1], most_ticks)
    axes.xaxis.set_major_locator(FixedLocator([place_of(tick) for tick in shown]))
    form = "%Y-%m" if in_months(dates[0], dates[-1]) else "%m-%d"
    axes.xaxis.set_major_formatter(DateFormatter(form))  # type: ignore[no-untyped-call]


def place_of(date: datetime.date) -> int:
    """Where a date lies on an axis of dates."""
    return date.toordinal() - EPOCH


def in_months(first: datetime.date, last: datetime.date) -> bool:
    """Whether months stand below the chart, and not days."""
    return (last - first).days > DAYS_FOR_MONTHS


def ticks_of(first: datetime.date, last: datetime.date, most: int) -> list[datetime.date]:
    """The dates that stand below a chart: first days of months, or every so many days, as many as there is room for.

    Matplotlib's own choice gives up with a warning where two years have room for four dates.
    """
    if in_months(first, last):
        counted = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
        months = [month for month in counted if month > counted[0] or first.day == 1]
        found = [[month for month in months if month % step == 0] for step in STEPS_MONTHS]
        return [datetime.date(month // 12, month % 12 + 1, 1) for month in fitting(found, most)]
    days = range((last - first).days + 1)
    return [first + datetime.timedelta(day) for day in fitting([days[::step] for step in STEPS_DAYS], most)]


def fitting(found: Sequence[Sequence[int]], most: int) -> Sequence[int]:
    """The first of the choices that has at most so many; else the last."""
    return next((ticks for ticks in found if len(ticks) <= most), found[-1])
