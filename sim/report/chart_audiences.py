"""Audiences and layers over time, and the moves between layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Normalize, to_hex

from sim.analysis.audiences import Flows, Sizes
from sim.analysis.intervals import Floats
from sim.report.canvas import (
    FAINT,
    WIDTH,
    Chart,
    Margins,
    colour_of,
    grid_of,
    line_style_of,
    new_page,
    panels,
    plain_axis,
)
from sim.report.chart_dates import dated_axis
from sim.report.chart_line_ends import COLUMN_WIDTH, End, room_beside, room_for, tie_names
from sim.report.chart_triangle import draw_cells
from sim.report.lettering import columns_of, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Found = TypeVar("Found", Sizes, Flows)

PANEL_HEIGHT, FLOWS_HEIGHT = 1.8, 2.4
ABOVE, BELOW = 0.7, 0.1
MOST_PANELS = 12
MOST_TICKS = 10
LAYERS, OTHERS = "viridis", "#C4C4C4"  # from dark to light in the order of the file; the rest is grey
SHADES = (0.05, 0.95)
NAME_COLUMNS = 28
SLANT = 0.75  # how far a slanted name reaches down, of its length
MOST_BESIDE = 1.5  # inches of names that leave room for three heat maps


def audiences_chart(title: str, foot: str, shown: Sequence[tuple[str, Sizes]]) -> Chart:
    """A row per partition and run: layers stacked to all users, audiences as lines."""
    kept = by_partition(shown)
    labels = {sizes.name: labels_ever_used(kept, sizes.name) for _, sizes in kept}
    most = max(len(own) for own in labels.values())
    told = "Users at the end of each measured day, means over replicates;   layers add up to all users"
    height = max(PANEL_HEIGHT, room_for(most) + 0.1)
    page = height * len(kept) + ABOVE * (len(kept) - 1) + BELOW
    figure = new_page(page, title, f"{told}{left_out(shown)}", foot)
    beside = room_beside(short_layer(label) for own in labels.values() for label in own)
    places = panels(figure, len(kept), 1, Margins(right=beside, above=ABOVE, below=BELOW))
    for axes, (label, sizes) in zip(places, kept, strict=True):
        draw = draw_layers if sizes.name else draw_audiences
        top = max(highest(other) for _, other in kept if other.name == sizes.name)
        axes.set_ylim(0, top * 1.05 or 1.0)
        ends = draw(axes, sizes, labels[sizes.name])
        plain_axis(axes, "y")
        dated_axis(axes, sizes.dates, MOST_TICKS)
        tie_names(axes, ends)
        axes.set_title(title_of(label, sizes.name or "audiences", 120))
    return Chart("audiences-over-time", figure)


def by_partition(shown: Sequence[tuple[str, Found]]) -> list[tuple[str, Found]]:
    """Those that are drawn, the runs of one partition one after the other."""
    names = list(dict.fromkeys(found.name for _, found in shown))
    return sorted(shown, key=lambda pair: names.index(pair[1].name))[:MOST_PANELS]


def left_out(shown: Sequence[object]) -> str:
    """What a subtitle says where not all is drawn."""
    return f";   the first {MOST_PANELS} of {len(shown)}" if len(shown) > MOST_PANELS else ""


def title_of(label: str, name: str, columns: int) -> str:
    """What stands above a panel: the partition, and which run."""
    return wrapped(f"{name} · {label}" if label else name, columns, 1)


def labels_ever_used(shown: Sequence[tuple[str, Sizes]], name: str) -> list[str]:
    """The labels of a partition that anybody was ever in, in any of the runs; all audiences."""
    used = [sizes.labels if not name else used_of(sizes) for _, sizes in shown if sizes.name == name]
    return list(dict.fromkeys(label for sizes in used for label in sizes))


def used_of(sizes: Sizes) -> list[str]:
    """The labels that anybody was ever in."""
    return [label for label, users in zip(sizes.labels, sizes.users, strict=True) if users.any()]


def highest(sizes: Sizes) -> float:
    """The top of a panel: of all layers together, or of the largest audience."""
    means = sizes.users.mean(axis=1)
    return float((means.sum(axis=0) if sizes.name else means).max(initial=0.0))


def draw_layers(axes: Axes, sizes: Sizes, labels: Sequence[str]) -> list[End]:
    """Layers upon each other, from dark to light; returns where they end."""
    used = used_of(sizes)
    means = means_of(sizes, used)
    colours = [colour for label, colour in zip(labels, shades(labels, sizes.labels[-1]), strict=True) if label in used]
    dates = np.array(sizes.dates, dtype="datetime64[D]")
    axes.stackplot(dates, means, colors=colours, edgecolor="white", linewidth=0.3)
    middles = np.cumsum(means[:, -1]) - means[:, -1] / 2
    return [
        End(short_layer(label), float(middle), colour, 2.4)
        for label, middle, colour in zip(used, middles, colours, strict=True)
    ]


def shades(labels: Sequence[str], rest: str) -> list[str]:
    """A colour per layer: shades in order, and grey for the layer of all others."""
    named = [label for label in labels if label != rest]
    scale = mpl.colormaps[LAYERS]
    colours = dict(zip(named, (to_hex(scale(place)) for place in np.linspace(*SHADES, len(named))), strict=True))
    return [colours.get(label, OTHERS) for label in labels]


def draw_audiences(axes: Axes, sizes: Sizes, labels: Sequence[str]) -> list[End]:
    """A line per audience; returns where they end."""
    dates, means, ends = np.array(sizes.dates, dtype="datetime64[D]"), means_of(sizes, sizes.labels), []
    for label, line in zip(sizes.labels, means, strict=True):
        index = labels.index(label) + 1
        axes.plot(dates, line, color=colour_of(index), linestyle=line_style_of(index), linewidth=1.6)
        ends.append(End(short_layer(label), float(line[-1]), colour_of(index), 1.6, line_style_of(index)))
    return ends


def means_of(sizes: Sizes, labels: Sequence[str]) -> Floats:
    """The users of these labels, float64 (n_labels, n_dates), means over replicates."""
    means: Floats = sizes.users[[sizes.labels.index(label) for label in labels]].mean(axis=1)
    return means


def flows_chart(title: str, foot: str, shown: Sequence[tuple[str, Flows]]) -> Chart:
    """A heat map per run and partition: where the users of each layer are when it is measured next."""
    kept = [(label, without_empty(flows)) for label, flows in by_partition(shown)]
    told = "Per cent of a layer's users (row) who are in each layer (column) a week later, over all weeks"
    widest = max(columns_of(short_layer(label)) for _, flows in kept for label in flows.sources)
    beside = COLUMN_WIDTH * widest + 0.2
    rows, columns = grid_of(len(kept), 3 if beside < MOST_BESIDE else 2)
    below = SLANT * beside
    above = below + 0.45
    figure = new_page(FLOWS_HEIGHT * rows + above * (rows - 1) + below, title, f"{told}{left_out(shown)}", foot)
    margins = Margins(left=beside + 0.2, right=0.5, between=beside + 0.3, above=above, below=below)
    places = panels(figure, rows, columns, margins)
    for axes, (label, flows) in zip(places, kept, strict=False):
        draw_cells(axes, flows.shares, Normalize(0.0, 1.0), "Blues", lambda share: f"{100 * share:.0f}")
        name_cells(axes, [short_layer(name) for name in flows.sources], [short_layer(name) for name in flows.targets])
        axes.set_title(title_of(label, flows.name, 36), fontsize=10)
    for unused in places[len(kept) :]:
        unused.set_axis_off()
    return Chart("layer-flows", figure)


def without_empty(flows: Flows) -> Flows:
    """The flows without the layers that nobody was ever in, or has ever come to."""
    left = np.flatnonzero(~np.isnan(flows.shares[:, 0]))
    came = np.flatnonzero(np.nansum(flows.shares, axis=0))
    known = np.union1d(came, left[left < len(flows.targets)])
    sources, targets = tuple(flows.sources[i] for i in left), tuple(flows.targets[i] for i in known)
    return Flows(flows.name, sources, targets, flows.shares[left][:, known])


def short_layer(name: str) -> str:
    """A name as it stands beside a panel."""
    return wrapped(name, NAME_COLUMNS, 1)


def name_cells(axes: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Names at the left of a heat map, and below it, slanted where they would not fit side by side."""
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
    room = axes.get_position().width * WIDTH / max(len(columns), 1)
    if max(map(columns_of, columns), default=0) * COLUMN_WIDTH + 0.08 <= room:
        axes.set_xticks(np.arange(len(columns)) + 0.5, columns)
    else:
        places = np.arange(len(columns)) + 0.5
        axes.set_xticks(places, columns, rotation=45, ha="right", va="top", rotation_mode="anchor")
    axes.tick_params(labelsize=8, labelcolor=FAINT)
