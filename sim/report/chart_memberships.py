"""Memberships over time: members of each, what is owed to them, and cash beside recognised revenue."""

from __future__ import annotations

from collections.abc import Sequence

from sim.analysis import Band, MembershipSeries
from sim.report.canvas import Chart, Margins, boxes, new_page
from sim.report.chart_line_ends import room_beside, room_for, short_name
from sim.report.chart_lines import panel_title
from sim.report.chart_points import ABOVE, PANEL_HEIGHT, draw_bands
from sim.report.lettering import wrapped

Line = tuple[int, MembershipSeries]
"""The memberships of a policy, and the number of that policy's colour; 0 is the baseline's."""

MOST_MEMBERSHIPS = 7
SUBTITLE = "Members and what is owed to them at the end of each day;   cash, and what of it is revenue, since the start"


def memberships_chart(title: str, foot: str, shown: Sequence[Line], *, currency: str) -> Chart:
    """Deferred, cash and recognised of all memberships, then a panel with the members of each; a line per policy."""
    names = list(dict.fromkeys(name for _, series in shown for name, _ in series.members))
    more = f";   the first {MOST_MEMBERSHIPS} of {len(names)} memberships" if len(names) > MOST_MEMBERSHIPS else ""
    panels = [*_money(shown, currency), *(_members(shown, name) for name in names[:MOST_MEMBERSHIPS])]
    several = len(shown) > 1
    beside = room_beside(short_name(series.deferred.label) for _, series in shown) if several else 0.3
    rows = -(-len(panels) // 2)
    height = max(PANEL_HEIGHT, room_for(len(shown)))
    figure = new_page(height * rows + ABOVE * (rows - 1), title, SUBTITLE + more, foot)
    places = boxes(figure, rows, 2, Margins(right=beside, between=0.5 + beside, above=ABOVE))
    for box, (heading, bands) in zip(places, panels, strict=False):
        axes = figure.add_axes((box.left, box.bottom, box.width, box.height))
        draw_bands(axes, bands, several=several, is_steps=False)
        axes.set_title(heading)
    return Chart("memberships-over-time", figure)


def _money(shown: Sequence[Line], currency: str) -> list[tuple[str, list[tuple[int, Band]]]]:
    """What is owed, what was paid and what of it is revenue: of all memberships together."""
    found = []
    for column in ("deferred", "cash", "recognised"):
        bands = [(index, getattr(series, column)) for index, series in shown]
        first: Band = bands[0][1]
        found.append((panel_title(first.metric, first.view, currency), bands))
    return found


def _members(shown: Sequence[Line], name: str) -> tuple[str, list[tuple[int, Band]]]:
    """The members of one membership, under the policies that have it."""
    bands = [(index, band) for index, series in shown for of, band in series.members if of == name]
    first = bands[0][1]
    return f"{wrapped(name, 24, 1)} · {panel_title(first.metric, first.view, '')}", bands
