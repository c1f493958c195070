"""Audiences and layers over time, and the moves between layers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from matplotlib.colors import Normalize, to_rgb

from sim.analysis.audiences import Flows, Sizes
from sim.analysis.intervals import Floats
from sim.report.canvas import FAINT, INK, POLICY_COLOURS, Chart, Margins, grid_of, new_page, panels, plain_axis
from sim.report.chart_triangle import draw_cells
from sim.report.lettering import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RGB = tuple[float, float, float]
AnySet = TypeVar("AnySet", Sizes, Flows)

PANEL_HEIGHT = 2.6
ROOM_FOR_NAMES = 1.5
NAME_COLUMNS = 21
LEAST_GAP = 0.065  # of a panel's height, between two names
MOST_LEVEL_NAMES = 6
LIGHTENED = 0.5  # share of white in colours of the second round
MOST_PANELS = 12
OTHERS = "#BBBBBB"


def audiences_chart(title: str, foot: str, shown: Sequence[tuple[str, Sizes]]) -> Chart:
    """A panel per run and partition: layers stacked to all users, audiences as lines."""
    shown = by_partition(shown)[:MOST_PANELS]
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


def by_partition(shown: Sequence[tuple[str, AnySet]]) -> list[tuple[str, AnySet]]:
    """What is shown of each run, the runs of one partition side by side."""
    names = [one.name for _, one in shown]
    return sorted(shown, key=lambda labelled: names.index(labelled[1].name))


def colours_of(n: int) -> list[RGB]:
    """A colour for each label: the house's, then the same ones lightened, a blue never beside the other."""
    house = [to_rgb(colour) for colour in POLICY_COLOURS]
    light = [_lightened(*colour) for colour in (*house[1:], house[0])]
    both = [*house, *light]
    return [both[i % len(both)] for i in range(n)]


def _lightened(red: float, green: float, blue: float) -> RGB:
    def towards_white(part: float) -> float:
        return part + (1 - part) * LIGHTENED

    return towards_white(red), towards_white(green), towards_white(blue)


def _draw_sizes(axes: Axes, sizes: Sizes) -> None:
    means, days = sizes.users.mean(axis=1), np.array([date.toordinal() for date in sizes.dates], float)
    colours = colours_of(len(sizes.labels))
    if sizes.name:
        colours[-1] = to_rgb(OTHERS)
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
    ticks = [0, len(days) - 1] if len(days) > 1 else [0]
    axes.set_xticks(days[ticks], [f"{sizes.dates[i]}" for i in ticks])
    labels = axes.get_xticklabels()
    labels[0].set_horizontalalignment("left")
    if len(labels) > 1:
        labels[1].set_horizontalalignment("right")
    named = [i for i in range(len(sizes.labels)) if means[i].any()]
    _write_names(axes, [sizes.labels[i] for i in named], [colours[i] for i in named], heights[named] / (top * 1.05))


def _write_names(axes: Axes, labels: Sequence[str], colours: Sequence[RGB], heights: Floats) -> None:
    """Each name as near to the height of its end as the others allow, all beside the panel."""
    for label, colour, place in zip(labels, colours, spread(heights), strict=True):
        text = f"■ {wrapped(label, NAME_COLUMNS, 1)}"
        axes.text(1.015, place, text, transform=axes.transAxes, fontsize=8, va="center", color=INK).set_clip_on(False)
        axes.text(1.015, place, "■", transform=axes.transAxes, fontsize=8, va="center", color=colour)


def spread(heights: Floats) -> Floats:
    """The heights moved apart, upwards and then down again, so that all lie in [0, 1] and none over another."""
    places, order = heights.copy(), np.argsort(heights, kind="stable")
    gap = min(LEAST_GAP, 1 / max(len(order) - 1, 1))
    for below, above in pairwise(order):
        places[above] = max(places[above], places[below] + gap)
    if order.size:
        places[order[-1]] = min(places[order[-1]], 1.0)
    for above, below in pairwise(order[::-1]):
        places[below] = min(places[below], places[above] - gap)
    return places


def flows_chart(title: str, foot: str, shown: Sequence[tuple[str, Flows]]) -> Chart:
    """A heat map per run and partition: where the users of each layer are when it is measured next."""
    shown = by_partition(shown)[:MOST_PANELS]
    rows, columns = grid_of(len(shown), 3)
    subtitle = "Per cent of a layer's users (row) who are in each layer (column) a week later, over all weeks"
    figure = new_page(PANEL_HEIGHT * rows + 1.1 * (rows - 1) + 0.5, title, subtitle, foot)
    axes = panels(figure, rows, columns, Margins(left=1.5, between=1.6, above=1.1, below=0.5))
    for place, (label, flows) in zip(axes, shown, strict=False):
        _draw_flows(place, flows)
        place.tick_params(labelsize=8, labelcolor=FAINT)
        place.set_title(wrapped(f"{flows.name} · {label}" if label else flows.name, 36, 1), fontsize=10)
    for unused in axes[len(shown) :]:
        unused.set_axis_off()
    return Chart("layer-flows", figure)


def _draw_flows(axes: Axes, flows: Flows) -> None:
    """Layers in which anybody ever was; many names stand upright."""
    has_users = np.flatnonzero(~np.isnan(flows.shares).all(axis=1))
    sources = [wrapped(flows.sources[i], 18, 1) for i in has_users]
    is_reached = np.flatnonzero((np.nan_to_num(flows.shares) > 0).any(axis=0))
    targets = [flows.targets[i] for i in is_reached]
    shares = flows.shares[np.ix_(has_users, is_reached)]
    draw_cells(axes, shares, Normalize(0.0, 1.0), "Blues", lambda share: f"{100 * share:.0f}")
    is_many = len(targets) > MOST_LEVEL_NAMES
    names = [wrapped(name, *((14, 1) if is_many else (12, 2))) for name in targets]
    axes.set_yticks(np.arange(len(sources)) + 0.5, sources)
    axes.set_xticks(np.arange(len(names)) + 0.5, names, rotation=90 if is_many else 0)
