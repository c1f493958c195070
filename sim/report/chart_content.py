"""Content over time: what users make, what there is of it, and what that is to readers."""

from __future__ import annotations

from collections.abc import Sequence

from sim.analysis import ContentSeries
from sim.report.canvas import Chart
from sim.report.chart_panels import Bands, heading, heading_of, page_of_lines
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
    panels = [_panel(shown, name, column, currency) for name in names[:MOST_KINDS] for column in COLUMNS]
    labels = {index: series.stock.label for index, series in shown}
    return Chart("content-over-time", page_of_lines(title, SUBTITLE + more, foot, labels, panels))


def _panel(shown: Sequence[Line], name: str, column: str, currency: str) -> tuple[str, Bands]:
    """A column of one kind, under the policies that have it."""
    bands = [(index, getattr(series, column)) for index, series in shown if series.kind == name]
    return heading(name, heading_of(bands, currency)), bands


def content_range(shown: Sequence[Line]) -> str:
    """The first kind's stock at the end, from the policy that has least to that which has most."""
    kind = shown[0][1].kind
    ends = sorted((float(series.stock.mean[-1]), series.stock.label) for _, series in shown if series.kind == kind)
    told = " to ".join(f"{count(value)} items ({label})" for value, label in dict.fromkeys((ends[0], ends[-1])))
    return f"{kind}, at the end: {told}"
