"""Who is in each audience and layer, beside all users."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from matplotlib.colors import Normalize

from sim.analysis.portraits import Portrait
from sim.report.canvas import FOOT, INK, WIDTH, Chart, new_page
from sim.report.chart_audiences import SLANT, name_cells, short_layer
from sim.report.chart_line_ends import COLUMN_WIDTH
from sim.report.chart_triangle import draw_cells
from sim.report.lettering import columns_of, wrapped

ALL = "all users"
ROW_HEIGHT, WIDEST_CELL, ABOVE, BETWEEN, LINE = 0.24, 1.0, 0.45, 0.3, 0.3  # inches
VALUE_COLUMNS = 18
MOST_COLUMNS, MOST_RUNS = 36, 4


def portraits_chart(title: str, foot: str, shown: Sequence[tuple[str, Sequence[Portrait]]]) -> Chart:
    """A line of heat maps per run, one for each attribute, on the same audiences and layers."""
    kept = [(label, _with_room(found)) for label, found in shown[:MOST_RUNS]]
    told = "Per cent of an audience's or layer's users (row) on the last measured day, over all replicates"
    more = f";   the first {MOST_RUNS} of {len(shown)}" if len(shown) > MOST_RUNS else ""
    values = [name for _, found in kept for portrait in found for name in portrait.values]
    below = SLANT * (COLUMN_WIDTH * max(columns_of(wrapped(name, VALUE_COLUMNS, 1)) for name in values) + 0.2)
    heights = [ROW_HEIGHT * (len(found[0].labels) + 1) for _, found in kept]
    line = LINE if any(label for label, _ in shown) else 0.0
    tops = list(accumulate(line + height + below + ABOVE for height in heights))
    figure = new_page(tops[-1] - ABOVE, title, f"{told}{more}", foot)
    for (label, found), height, top in zip(kept, heights, tops, strict=True):
        all_users = [] if np.isnan(found[0].of_all).any() else [ALL]
        rows = [*all_users, *map(short_layer, found[0].labels)]
        left = COLUMN_WIDTH * max(map(columns_of, rows)) + 0.3
        room = WIDTH - left - 0.3 - BETWEEN * (len(found) - 1)
        width = min(room / sum(len(portrait.values) for portrait in found), WIDEST_CELL)
        bottom, total = FOOT + tops[-1] - top + below, figure.get_figheight()
        named = wrapped(label, 120, 1)
        figure.text(0.3 / WIDTH, (bottom + height + ABOVE) / total, named, fontsize=11, va="center", color=INK)
        for portrait in found:
            wide = width * len(portrait.values)
            axes = figure.add_axes((left / WIDTH, bottom / total, wide / WIDTH, height / total))
            shares = np.vstack((*[portrait.of_all] * len(all_users), portrait.shares))
            draw_cells(axes, shares, Normalize(0.0, 1.0), "Blues", lambda share: f"{100 * share:.0f}")
            name_cells(axes, rows, [wrapped(name, VALUE_COLUMNS, 1) for name in portrait.values])
            axes.tick_params(labelleft=portrait is found[0])
            axes.set_title(wrapped(portrait.attribute, int(wide / COLUMN_WIDTH / 1.3), 1), fontsize=10)
            left += wide + BETWEEN
    return Chart("audience-portraits", figure)


def _with_room(found: Sequence[Portrait]) -> list[Portrait]:
    """The portraits that fit the page, the first ones first."""
    ends = accumulate(len(portrait.values) for portrait in found)
    return [portrait for portrait, end in zip(found, ends, strict=True) if end <= MOST_COLUMNS]
