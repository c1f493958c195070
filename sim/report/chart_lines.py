"""Metrics over time: a line per policy, channel or segment, and below the differences to the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.ticker import FixedLocator

from sim.analysis import Band
from sim.analysis.intervals import Floats
from sim.metrics import Metric
from sim.report.canvas import (
    BASELINE_COLOUR,
    FAINT,
    Box,
    Chart,
    Margins,
    boxes,
    colour_of,
    grid_of,
    line_style_of,
    new_page,
    plain_axis,
)
from sim.report.chart_dates import dated_axis
from sim.report.chart_line_ends import BASELINE_ALPHA, extend, label_ends, room_beside, room_for, short_name
from sim.report.wording import PER_CENT_POINTS, short_number, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Kind = Literal["values", "values behind", "differences"]

PANEL_HEIGHT = 2.5
UPPER_HEIGHT, LOWER_HEIGHT, BETWEEN_THEM = 1.55, 1.3, 0.34
ABOVE = 0.7
TALL = 2.4  # inches that have room for more numbers
MOST_BANDS = 5  # more of them hide one another
WINDOW_DAYS = 28
WEEK_DAYS = 7
SPIKE = 1.5  # times the highest of later days: a first week so high is left out of the limits
VIEW_WORDS = {
    "daily": "",
    "7-day mean": "7-day mean",
    "28-day mean": "28-day mean",
    "28 days": "trailing 28 days",
    "to date": "since the start",
}


@dataclass(frozen=True)
class Panel:
    """Lines of one metric.

    Args:
        lines: one per policy, channel or segment; lines of one index share a colour.
        kind: "values" of one run, or of its channels or segments; "values behind", of which the first is the baseline,
            in grey, and only that is named; "differences" to the baseline, which is the zero line.
    """

    lines: Sequence[Band]
    kind: Kind = "values"

    @property
    def names(self) -> Sequence[Band]:
        """The lines that are named at their ends."""
        return self.lines[:1] if self.kind == "values behind" else self.lines if self.has_names else ()

    @property
    def has_names(self) -> bool:
        """True where lines must be told apart."""
        return self.kind != "values" or len(self.lines) > 1

    @property
    def first(self) -> int:
        """The colour's index of the first line; 0 is the baseline's or that of a line that is alone."""
        return 0 if self.kind == "values behind" or not self.has_names else 1


def lines_chart(
    name: str, title: str, subtitle: str, foot: str, stacks: Sequence[Sequence[Panel]], *, currency: str
) -> Chart:
    """A page with a stack of panels per metric, one below the other on the same days."""
    heights = heights_of(stacks)
    rows, columns = grid_of(len(stacks), 3)
    height = sum(heights) + BETWEEN_THEM * (len(heights) - 1)
    figure = new_page(height * rows + ABOVE * (rows - 1), title, subtitle, foot)
    names = [short_name(band.label) for stack in stacks for panel in stack for band in panel.names]
    room = room_beside(names) if names else 0.3
    margins = Margins(right=room, between=0.5 + room, above=ABOVE)
    for box, stack in zip(boxes(figure, rows, columns, margins), stacks, strict=False):
        draw_stack(figure, box, stack, heights, currency, 7 if columns == 1 else 4)
    return Chart(name, figure)


def heights_of(stacks: Sequence[Sequence[Panel]]) -> list[float]:
    """The inches of each panel of a stack: enough for the names beside it."""
    depth, count = len(stacks[0]), len(stacks)
    plain = (UPPER_HEIGHT, LOWER_HEIGHT) if depth == 2 else (PANEL_HEIGHT,)
    larger = 1.5 if count <= 3 else 1.0
    needed = [max(room_for(len(stack[level].names)) for stack in stacks) for level in range(depth)]
    return [max(inches * larger, need) for inches, need in zip(plain, needed, strict=True)]


def draw_stack(
    figure: Figure, box: Box, stack: Sequence[Panel], heights: Sequence[float], currency: str, most_ticks: int
) -> None:
    """The panels of a metric; dates stand below the last one only."""
    top, total = box.bottom + box.height, figure.get_figheight()
    for index, (panel, inches) in enumerate(zip(stack, heights, strict=True)):
        height = inches / total
        axes = figure.add_axes((box.left, top - height, box.width, height))
        top -= height + BETWEEN_THEM / total
        draw_panel(axes, panel, n_ticks=6 if inches > TALL else 4)
        if index == 0:
            axes.set_title(panel_title(panel.lines[0].metric, panel.lines[0].view, currency))
        else:
            axes.set_title(difference_title(panel.lines[0]), fontsize=8.5, color=FAINT, pad=4.5)
        dated_axis(axes, panel.lines[0].dates, most_ticks)
        axes.tick_params(axis="x", labelbottom=index == len(stack) - 1)
        label_ends(axes, panel.names, panel.first)


def draw_panel(axes: Axes, panel: Panel, n_ticks: int) -> None:
    """Lines with their bands, the first on top; the baseline broad and grey behind the policies."""
    is_behind = panel.kind == "values behind"
    lines = [settled(band) for band in panel.lines]
    named = {band.label for band in panel.names}
    has_bands = not is_behind and len(lines) <= MOST_BANDS
    for index, band in reversed(list(enumerate(lines, start=panel.first))):
        colour = colour_of(index)
        dates = np.array(band.dates, dtype="datetime64[D]")
        if band.label in named:
            extend(axes, band, colour)
        if has_bands:
            axes.fill_between(dates, band.low, band.high, color=colour, alpha=0.16, linewidth=0)
        if is_behind and index == 0:
            axes.plot(dates, band.mean, color=colour, linewidth=3.6, alpha=BASELINE_ALPHA, zorder=1.8)
        else:
            width = 1.0 if is_behind else 1.4
            axes.plot(dates, band.mean, color=colour, linewidth=width, linestyle=line_style_of(index))
    is_difference = panel.kind == "differences"
    if is_difference:
        axes.axhline(0, color=BASELINE_COLOUR, linewidth=1.2, zorder=1.5)
    is_share = lines[0].metric.unit == "share"
    plain_axis(
        axes, "y", ticks=n_ticks, unit="points" if is_share and is_difference else "share" if is_share else "number"
    )
    calm = [] if is_difference else without_first_week(lines)
    limit_heights(axes, calm or lines, is_difference=is_difference)
    if calm:
        told = f"first week: up to {short_number(highest([band.mean for band in lines]))}"
        axes.text(0.03, 0.06, told, transform=axes.transAxes, fontsize=7.5, va="bottom", color=FAINT)


def settled(band: Band) -> Band:
    """A trailing share from its first full window on, where enough days follow: before, few persons stand behind it."""
    known = np.flatnonzero(~np.isnan(band.mean))
    if band.view != "28 days" or known.size < 2 * WINDOW_DAYS:
        return band
    is_early = np.arange(band.mean.size) < known[0] + WINDOW_DAYS - 1
    mean, low, high = (np.where(is_early, np.nan, values) for values in (band.mean, band.low, band.high))
    return replace(band, mean=mean, low=low, high=high)


def without_first_week(lines: Sequence[Band]) -> list[Band]:
    """The lines from the eighth day on, where the first week is far higher and would flatten them; else none.

    Who was a user before the start is active on the first day, so that a run may begin with everybody at once.
    """
    if lines[0].mean.size < 2 * WINDOW_DAYS or lines[0].metric.unit == "share":
        return []
    first, later = (highest([band.mean[days] for band in lines]) for days in (slice(WEEK_DAYS), slice(WEEK_DAYS, None)))
    if first <= SPIKE * later or later == 0:
        return []
    return [
        replace(band, mean=band.mean[WEEK_DAYS:], low=band.low[WEEK_DAYS:], high=band.high[WEEK_DAYS:])
        for band in lines
    ]


def limit_heights(axes: Axes, lines: Sequence[Band], *, is_difference: bool) -> None:
    """The axis holds zero, all lines and, from the fifth week on, their bands, for values within limits.

    Intervals of the first weeks, and of two replicates, may be so wide that nothing else could be seen.
    """
    drawn = [band.mean for band in lines]
    low, high = lowest(drawn), highest(drawn)
    if axes.collections:
        start = WINDOW_DAYS if lines[0].mean.size >= 2 * WINDOW_DAYS else 0
        ends = [end[start:] for band in lines for end in (band.low, band.high)]
        bottom, top = min(low, lowest(ends)), max(high, highest(ends))
        size = high - low
        low, high = (
            (bottom, top) if is_difference else (max(bottom, low - size) if low < 0 else 0.0, min(top, high + size))
        )
    if low == high:
        axes.set_ylim(-1 if is_difference else 0, 1)
        axes.yaxis.set_major_locator(FixedLocator([0]))
        return
    room = 0.06 * (high - low)
    axes.set_ylim(low - (room if low < 0 or is_difference else 0), high + room)


def lowest(drawn: Sequence[Floats]) -> float:
    """The lowest of all values and zero."""
    return min(float(np.nanmin(values, initial=0.0)) for values in drawn)


def highest(drawn: Sequence[Floats]) -> float:
    """The highest of all values and zero."""
    return max(float(np.nanmax(values, initial=0.0)) for values in drawn)


def panel_title(metric: Metric, view: str, currency: str) -> str:
    """The metric, its unit, and how days were put together."""
    parts = [unit_of(metric, currency) if metric.unit != "share" else "", VIEW_WORDS[view]]
    told = ", ".join(part for part in parts if part and part != metric.label.lower())
    return f"{metric.label} ({told})" if told else metric.label


def difference_title(band: Band) -> str:
    """What stands above the differences of a metric."""
    unit = PER_CENT_POINTS if band.metric.unit == "share" else ""
    return ", ".join(part for part in ("difference", unit, VIEW_WORDS[band.view]) if part)
