"""Service desks over time: tickets answered and given up, and how long half and nine in ten have waited."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.analysis import DeskBook, DeskSeries
from sim.formats import format_count, format_share
from sim.report.canvas import Chart
from sim.report.chart_panels import Bands, heading, heading_of, page_of_lines

Line = tuple[int, DeskSeries]
"""A desk under one policy, and the number of that policy's colour; 0 is the baseline's."""

MOST_DESKS = 4
SUBTITLE = "Means of seven days;   waits of the answered, in minutes"
COLUMNS = ("answered", "abandoned", "wait_p50", "wait_p90")


def desks_chart(title: str, foot: str, shown: Sequence[Line]) -> Chart:
    """Up to four panels per desk, with a line for each policy that has it; what is 0 throughout has none."""
    names = list(dict.fromkeys(series.desk for _, series in shown))
    more = f";   the first {MOST_DESKS} of {len(names)} desks" if len(names) > MOST_DESKS else ""
    panels = [panel for name in names[:MOST_DESKS] for column in COLUMNS if (panel := _panel(shown, name, column))]
    labels = {index: series.answered.label for index, series in shown}
    return Chart("desk-over-time", page_of_lines(title, SUBTITLE + more, foot, labels, panels))


def desks_title(books: Sequence[tuple[str, DeskBook]]) -> str:
    """Of the first desk: how many give up, and how long nine in ten wait; of several policies, from which to which.

    Args:
        books: a policy's label and what the desk did under it; not empty.
    """
    desk = books[0][1].desk
    found = [(book.wait_p90.mean, label, book) for label, book in books if book.wait_p90.mean is not None]
    if not found:
        return f"{desk}: nobody was answered"
    ends = [min(found, key=lambda one: one[0]), max(found, key=lambda one: one[0])][: len(books)]
    told = " to ".join(
        f"{format_count(wait, 1)} minutes ({label}, {format_share(book.abandoned.mean or 0.0)} give up)"
        for wait, label, book in ends
    )
    return f"{desk}: nine in ten wait at most {told}"


def _panel(shown: Sequence[Line], desk: str, column: str) -> tuple[str, Bands] | None:
    """What stands above a panel, and its lines; None where there is nothing to see but that nobody was answered."""
    bands: Bands = [(index, getattr(series, column)) for index, series in shown if series.desk == desk]
    if column != "answered" and not any(np.nan_to_num(band.mean).any() for _, band in bands):
        return None
    return heading(desk, heading_of(bands, "")), bands
