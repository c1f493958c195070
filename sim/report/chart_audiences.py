"""Audiences and layers over time, and the moves between layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import Normalize

from sim.analysis.audiences import Flows, Sizes
from sim.report.canvas import FAINT, INK, POLICY_COLOURS, Chart, Margins, grid_of, new_page, panels, plain_axis
from sim.report.chart_triangle import draw_cells
from sim.report.lettering import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL_HEIGHT = 2.6
ROOM_FOR_NAMES = 1.5
NAME_COLUMNS = 21
LEAST_GAP = 0.065  # of a panel's height, between two names
MOST_PANELS = 12
OTHERS = "#BBBBBB"


def audiences_chart(title: str, foot: str, shown: Sequence[tuple[str, Sizes]]) -> Chart:
    """A panel per run and partition: layers stacked to all users, audiences as lines."""
    shown = shown[:MOST_PANELS]
    rows, columns = grid_of(len(shown), 3)
    subtitle = "Users at the end of each measured day, means over replicates;   layers add up to all users"
    figure = new_page(PANEL_HEIGHT * rows + 0.62 * (rows - 1) + 0.25, title, subtitle, foot)
    margins = Margins(right=ROOM_FOR_NAMES, between=ROOM_FOR_NAMES + 0.7, below=0.25)
    axes = panels(figure, rows, columns, margins)
    for place, (label, sizes) in zip(axes, shown, strict=False):
        _draw_sizes(place, sizes)
        what = sizes.name or "audiences"
        place.set_title(wrapped(f"{what} · {label}" if label else what, 36, 1), fontsize=10)
    for unused in axes[len(shown) :]:
        unused.set_axis_off()
    return Chart("audiences-over-time", figure)


def _draw_sizes(axes: Axes, sizes: Sizes) -> None:
    means, days = sizes.users.mean(axis=1), np.array([date.toordinal() for date in sizes.dates], float)
    colours = [POLICY_COLOURS[i % len(POLICY_COLOURS)] for i in range(len(sizes.labels))]
    if sizes.name:
        colours[-1] = OTHERS
        axes.stackplot(days, means, colors=colours, linewidth=0)
        above = np.cumsum(means[:, -1])
        heights = above - means[:, -1] / 2
    else:
        for line, colour in zip(means, colours, strict=True):
            axes.plot(days, line, color=colour, linewidth=1.6)
        heights = means[:, -1]
    top = float(means.sum(axis=0).max() if sizes.name else means.max(initial=0.0)) or 1.0
    axes.set_ylim(0, top * 1.05)
    axes.set_xlim(days[0], max(days[-1], days[0] + 1))
    plain_axis(axes, "y")
    shown = sorted({0, len(days) // 2, len(days) - 1})
    axes.set_xticks(days[shown], [f"{sizes.dates[i].day}/{sizes.dates[i].month}" for i in shown])
    _write_names(axes, sizes.labels, colours, heights / (top * 1.05))


def _write_names(axes: Axes, labels: Sequence[str], colours: Sequence[str], heights: np.ndarray) -> None:
    """Each name at the height of its end, from below upwards, none over another."""
    lowest = 0.0
    for i in np.argsort(heights, kind="stable"):
        place = max(float(heights[i]), lowest)
        lowest = place + LEAST_GAP
        text = f"■ {wrapped(labels[i], NAME_COLUMNS, 1)}"
        axes.text(1.015, place, text, transform=axes.transAxes, fontsize=8, va="center", color=INK).set_clip_on(False)
        axes.text(1.015, place, "■", transform=axes.transAxes, fontsize=8, va="center", color=colours[i])


def flows_chart(title: str, foot: str, shown: Sequence[tuple[str, Flows]]) -> Chart:
    """A heat map per run and partition: where the users of each layer are when it is measured next."""
    shown = shown[:MOST_PANELS]
    rows, columns = grid_of(len(shown), 3)
    subtitle = "Per cent of a layer's users (row) who are in each layer (column) a week later, over all weeks"
    figure = new_page(PANEL_HEIGHT * rows + 1.1 * (rows - 1) + 0.5, title, subtitle, foot)
    axes = panels(figure, rows, columns, Margins(left=1.5, between=1.6, above=1.1, below=0.5))
    for place, (label, flows) in zip(axes, shown, strict=False):
        draw_cells(place, flows.shares, Normalize(0.0, 1.0), "Blues", lambda share: f"{100 * share:.0f}")
        place.set_yticks(np.arange(len(flows.sources)) + 0.5, [wrapped(name, 18, 1) for name in flows.sources])
        names = [wrapped(name, 12, 2) for name in flows.targets]
        place.set_xticks(np.arange(len(flows.targets)) + 0.5, names, rotation=0 if len(names) < 7 else 45)
        place.tick_params(labelsize=8, labelcolor=FAINT)
        place.set_title(wrapped(f"{flows.name} · {label}" if label else flows.name, 36, 1), fontsize=10)
    for unused in axes[len(shown) :]:
        unused.set_axis_off()
    return Chart("layer-flows", figure)
