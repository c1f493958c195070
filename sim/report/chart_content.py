"""Content over time: what users make, what there is of it, and what that is to readers."""

from __future__ import annotations

from collections.abc import Sequence

from sim.analysis import ContentSeries
from sim.report.canvas import Chart, Margins, boxes, new_page
from sim.report.chart_line_ends import room_beside, room_for, short_name
from sim.report.chart_lines import panel_title
from sim.report.chart_points import ABOVE, PANEL_HEIGHT, draw_bands
from sim.report.lettering import wrapped
from sim.report.wording import count

Line = tuple[int, ContentSeries]
"""A kind of content under one policy, and the number of that policy's colour; 0 is the baseline's."""

MOST_KINDS = 3
COLUMNS = ("stock", "appeal", "created", "cost")
SUBTITLE = "Stock: good items at the end of a day, each of which counts half after a half-life;   appeal: from 0 to 1"


def content_chart(title: str, foot: str, shown: Sequence[Line], *, currency: str) -> Chart:
    """Stock, appeal, items and cost of each kind; a line per policy."""
    names = list(dict.fromkeys(series.kind for _, series in shown))
    more = f";   the first {MOST_KINDS} of {len(names)} kinds" if len(names) > MOST_KINDS else ""
    panels = [(name, column) for name in names[:MOST_KINDS] for column in COLUMNS]
    n_policies = len({index for index, _ in shown})
    several = n_policies > 1
    beside = room_beside(short_name(series.stock.label) for _, series in shown) if several else 0.3
    rows, height = len(panels) // 2, max(PANEL_HEIGHT, room_for(n_policies))
    figure = new_page(height * rows + ABOVE * (rows - 1), title, SUBTITLE + more, foot)
    places = boxes(figure, rows, 2, Margins(right=beside, between=0.5 + beside, above=ABOVE))
    for box, (name, column) in zip(places, panels, strict=True):
        bands = [(index, getattr(series, column)) for index, series in shown if series.kind == name]
        axes = figure.add_axes((box.left, box.bottom, box.width, box.height))
        draw_bands(axes, bands, several=several, is_steps=False)
        axes.set_title(f"{wrapped(name, 24, 1)} · {panel_title(bands[0][1].metric, bands[0][1].view, currency)}")
    return Chart("content-over-time", figure)


def content_range(shown: Sequence[Line]) -> str:
    """The first kind's stock at the end, from the policy that has least to that which has most."""
    kind = shown[0][1].kind
    ends = sorted((float(series.stock.mean[-1]), series.stock.label) for _, series in shown if series.kind == kind)
    told = " to ".join(f"{count(value)} items ({label})" for value, label in dict.fromkeys((ends[0], ends[-1])))
    return f"{kind}, at the end: {told}"
