"""Metrics over time: a line per policy, channel or segment, each with the band of its 95% interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.dates import AutoDateLocator, DateFormatter

from sim.analysis import Band
from sim.metrics import Metric
from sim.report.canvas import (
    INK,
    Chart,
    Margins,
    colour_of,
    grid_of,
    line_style_of,
    new_page,
    panels,
    plain_axis,
)
from sim.report.lettering import wrapped
from sim.report.wording import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL_HEIGHT = 2.35
LEGEND_COLUMNS = 40
DAYS_FOR_MONTHS = 130
VIEW_WORDS = {"daily": "", "7-day mean": "7-day mean", "28 days": "trailing 28 days", "to date": "since the start"}


def lines_chart(
    name: str,
    title: str,
    subtitle: str,
    foot: str,
    bands: Sequence[Sequence[Band]],
    *,
    currency: str,
    is_difference: bool = False,
) -> Chart:
    """A page with one panel per metric and the legend in a panel of its own.

    Args:
        bands: for each metric, one band per line; lines of one index are of one policy and share a colour.
        is_difference: lines are differences to the baseline, which is the zero line.
    """
    has_legend = len(bands[0]) > 1 or is_difference
    count = len(bands) + has_legend
    rows, columns = grid_of(count, 4 if 7 <= count <= 8 else 3)
    figure = new_page(PANEL_HEIGHT * rows * (1.5 if count <= 2 else 1.0) + 0.62 * (rows - 1), title, subtitle, foot)
    axes = panels(figure, rows, columns, Margins())
    first = 1 if is_difference else 0
    for place, lines in zip(axes, bands, strict=False):
        draw_panel(place, lines, currency, first)
        dated_axis(place, 6 if columns <= 3 else 4)
        if is_difference:
            place.axhline(0, color=colour_of(0), linewidth=1.2, zorder=1.5)
    if has_legend:
        draw_legend(axes[len(bands)], [band.label for band in bands[0]], first)
    for unused in axes[count:]:
        unused.set_axis_off()
    return Chart(name, figure)


def draw_panel(axes: Axes, lines: Sequence[Band], currency: str, first: int) -> None:
    """One metric: lines with their bands, the baseline on top."""
    metric = lines[0].metric
    axes.set_title(panel_title(metric, lines[0].view, currency))
    for index, band in reversed(list(enumerate(lines, start=first))):
        colour = colour_of(index)
        dates = np.array(band.dates, dtype="datetime64[D]")
        axes.fill_between(dates, band.low, band.high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(dates, band.mean, color=colour, linewidth=1.5, linestyle=line_style_of(index))
    plain_axis(axes, "y", unit="share" if metric.unit == "share" else "number")
    axes.margins(x=0.01)
    is_stretched = first == 1 and all(not np.any(band.mean) for band in lines)
    if is_stretched:
        axes.set_ylim(-1, 1)
    elif first == 0 and metric.unit != "currency" and all(np.nanmin(band.mean, initial=0.0) >= 0 for band in lines):
        axes.set_ylim(bottom=0)


def dated_axis(axes: Axes, most_ticks: int) -> None:
    """Months along the bottom, or days where the horizon is short, written alike in every locale."""
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=most_ticks))  # type: ignore[no-untyped-call]
    first, last = axes.get_xlim()  # in days
    form = "%Y-%m" if last - first > DAYS_FOR_MONTHS else "%m-%d"
    axes.xaxis.set_major_formatter(DateFormatter(form))  # type: ignore[no-untyped-call]


def panel_title(metric: Metric, view: str, currency: str) -> str:
    """The metric, its unit, and how days were put together."""
    parts = [unit_of(metric, currency) if metric.unit != "share" else "", VIEW_WORDS[view]]
    told = ", ".join(part for part in parts if part)
    return f"{metric.label} ({told})" if told else metric.label


def draw_legend(axes: Axes, labels: Sequence[str], first: int) -> None:
    """Names of the lines in a panel of their own, where long names have room."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    shown = labels if first == 0 else ["baseline", *labels]
    step = min(0.17, 0.98 / max(len(shown), 1))
    lines = 2 if step >= 0.12 else 1
    for index, label in enumerate(shown):
        height = 0.94 - index * step
        axes.plot([0.0, 0.09], [height, height], color=colour_of(index), linestyle=line_style_of(index), linewidth=2.2)
        text = wrapped(label, LEGEND_COLUMNS, lines)
        axes.text(0.12, height, text, fontsize=9.5, va="center", color=INK, linespacing=1.05)
