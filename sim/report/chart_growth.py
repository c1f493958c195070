"""Growth accounting: who joined, came back and left, by period, with the quick ratio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis import Growth
from sim.report.canvas import FAINT, INK, Chart, Margins, grid_of, legend_above, new_page, panels, plain_axis
from sim.report.lettering import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NEW, RESURRECTED, CHURNED = "#0072B2", "#56B4E9", "#D55E00"
ENTRIES = (
    ("new: signed up", NEW),
    ("resurrected: back after 30 days away", RESURRECTED),
    ("churned: 30 days away", CHURNED),
)
PANEL_HEIGHT = 2.5
LEGEND_HEIGHT = 0.3
ABOVE, BELOW = 0.85, 0.12
MOST_PERIODS = 13
FEWEST_PLACES = 6  # bars of a short horizon keep the width of bars
SUBTITLE = (
    "Persons who enter and leave the monthly active, by {period};   "
    "dots: net;   figures: quick ratio = (new + resurrected) / churned"
)


def growth_chart(title: str, foot: str, accounts: Sequence[tuple[str, Growth]]) -> Chart:
    """A page with a panel per policy, all on one scale."""
    rows, columns = grid_of(len(accounts), 3)
    height = PANEL_HEIGHT * rows * (1.3 if rows == 1 else 1.0) + ABOVE * (rows - 1) + LEGEND_HEIGHT + BELOW
    figure = new_page(height, title, SUBTITLE.format(period=accounts[0][1].period), foot)
    legend_above(figure, ENTRIES)
    axes = panels(figure, rows, columns, Margins(between=0.5, above=ABOVE, below=BELOW, top=LEGEND_HEIGHT))
    for place in axes[len(accounts) :]:
        place.set_axis_off()
    top, bottom = 0.0, 0.0
    for place, (label, growth) in zip(axes, accounts, strict=False):
        draw_flows(place, growth)
        place.set_title(wrapped(label, 42 if columns == 3 else 68, 1), fontsize=10)
        top = max(top, float(np.max(growth.new + growth.resurrected, initial=0.0)))
        bottom = min(bottom, -float(np.max(growth.churned, initial=0.0)))
    for place, (_, growth) in zip(axes, accounts, strict=False):
        height_of_all = max(top - bottom, 1.0)
        place.set_ylim(bottom - 0.03 * height_of_all, top + 0.16 * height_of_all)
        write_ratios(place, growth, top + 0.1 * height_of_all)
    return Chart("growth-accounting", figure)


def draw_flows(axes: Axes, growth: Growth) -> None:
    """Bars up for who came, down for who left, a dot for the difference."""
    place = np.arange(len(growth.starts))
    axes.bar(place, growth.new, 0.74, color=NEW)
    axes.bar(place, growth.resurrected, 0.74, bottom=growth.new, color=RESURRECTED)
    axes.bar(place, -growth.churned, 0.74, color=CHURNED)
    net = growth.new + growth.resurrected - growth.churned
    axes.plot(place, net, "o", color=INK, markersize=4.2, markeredgecolor="white", markeredgewidth=0.7)
    axes.axhline(0, color="#888888", linewidth=0.8)
    axes.grid(axis="x", visible=False)
    plain_axis(axes, "y")
    shown = shown_periods(growth)
    axes.set_xticks(shown, period_labels(growth, shown), fontsize=8)
    axes.set_xlim(-0.6, max(len(place), FEWEST_PLACES) - 0.4)


def shown_periods(growth: Growth) -> list[int]:
    """The periods that have room for their words, the last among them."""
    count = len(growth.starts)
    step = max(-(-count // MOST_PERIODS), 1)
    return list(range((count - 1) % step, count, step))


def period_labels(growth: Growth, shown: Sequence[int]) -> list[str]:
    """The months' numbers, with the year below the first of each year; for weeks day and month."""
    starts = [growth.starts[index] for index in shown]
    if growth.period == "week":
        return [f"{start.day}/{start.month}" for start in starts]
    before = [None, *(start.year for start in starts)]
    return [
        f"{start.month}" if start.year == year else f"{start.month}\n{start.year}"
        for start, year in zip(starts, before, strict=False)
    ]


def write_ratios(axes: Axes, growth: Growth, height: float) -> None:
    """The quick ratio above each bar, as far as bars are wide enough; none where nobody has churned yet."""
    for index in shown_periods(growth):
        ratio = growth.quick_ratio[index]
        if not np.isnan(ratio):
            text = f"{ratio:.2f}" if ratio < 10 else ">10"
            axes.text(index, height, text, ha="center", va="center", fontsize=7.5, color=FAINT)
