"""Dates below charts can be read at any horizon, and nothing warns of them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator
from matplotlib.figure import Figure

from sim.report.canvas import house_style
from sim.report.chart_dates import DAYS_FOR_MONTHS, dated_axis, place_of, ticks_of

STARTS = (date(2026, 1, 1), date(2026, 1, 2), date(2025, 12, 31), date(2024, 2, 29), date(2026, 10, 1))
HORIZONS = (60, 90, 91, 130, 131, 132, 181, 240, 365, 366, 500, 730, 731, 1000, 1095, 1461, 1826, 2500, 3650)


@pytest.mark.parametrize("most", [4, 5, 7, 10])
@pytest.mark.parametrize("start", STARTS)
def test_some_dates_stand_below_and_not_too_many(start: date, most: int) -> None:
    for days in HORIZONS:
        last = start + timedelta(days - 1)
        found = ticks_of(start, last, most)
        assert 2 <= len(found) <= most, days
        assert all(start <= tick <= last for tick in found), days
        apart = np.diff([place_of(tick) for tick in found])
        assert apart.min() > 0
        assert apart.max() - apart.min() <= (0 if days <= DAYS_FOR_MONTHS + 1 else 5), days  # months are not alike long


@pytest.mark.parametrize("days", [1, 2, 5])
def test_the_shortest_runs_have_each_day(days: int) -> None:
    start = date(2026, 12, 31)
    assert ticks_of(start, start + timedelta(days - 1), 5) == [start + timedelta(day) for day in range(days)]


def test_months_begin_on_their_first_day() -> None:
    assert ticks_of(date(2026, 1, 2), date(2027, 12, 31), 4) == [date(2026, 7, 1), date(2027, 1, 1), date(2027, 7, 1)]
    assert ticks_of(date(2026, 1, 1), date(2027, 12, 31), 4)[0] == date(2026, 1, 1)


@pytest.mark.parametrize("days", HORIZONS)
def test_dates_do_not_touch_in_a_narrow_panel(days: int) -> None:
    with house_style([]):
        figure = Figure(figsize=(2.6, 2))
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.1, 0.2, 0.8, 0.7))
        dated_axis(axes, [date(2026, 3, 1) + timedelta(day) for day in range(days)], 4)
        figure.draw_without_rendering()
        boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
    assert len(boxes) >= 2
    assert all(one.x1 + 4 < other.x0 for one, other in pairwise(boxes))


def test_the_locator_of_matplotlib_warns_at_two_years() -> None:
    """Warnings are errors in these tests: the pages of two years are drawn by `test_chart_layout`."""
    figure = Figure()
    axes = figure.add_subplot()
    axes.set_xlim(np.datetime64("2026-01-01"), np.datetime64("2027-12-31"))  # type: ignore[arg-type]
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=4))  # type: ignore[no-untyped-call]
    with pytest.raises(UserWarning, match="AutoDateLocator"):
        figure.draw_without_rendering()
