"""Memberships over time: members of each, what is owed to them, and cash beside recognised revenue."""

from __future__ import annotations

from collections.abc import Sequence

from sim.analysis import MembershipSeries
from sim.report.canvas import Chart
from sim.report.chart_panels import Bands, heading, heading_of, page_of_lines

Line = tuple[int, MembershipSeries]
"""The memberships of a policy, and the number of that policy's colour; 0 is the baseline's."""

MOST_MEMBERSHIPS = 7
SUBTITLE = "Members and what is owed to them at the end of each day;   cash, and what of it is revenue, since the start"


def memberships_chart(title: str, foot: str, shown: Sequence[Line], *, currency: str) -> Chart:
    """Deferred, cash and recognised of all memberships, then a panel with the members of each; a line per policy."""
    names = list(dict.fromkeys(name for _, series in shown for name, _ in series.members))
    more = f";   the first {MOST_MEMBERSHIPS} of {len(names)} memberships" if len(names) > MOST_MEMBERSHIPS else ""
    panels = [*_money(shown, currency), *(_members(shown, name) for name in names[:MOST_MEMBERSHIPS])]
    labels = {index: series.deferred.label for index, series in shown}
    return Chart("memberships-over-time", page_of_lines(title, SUBTITLE + more, foot, labels, panels))


def _money(shown: Sequence[Line], currency: str) -> list[tuple[str, Bands]]:
    """What is owed, what was paid and what of it is revenue: of all memberships together."""
    columns = ("deferred", "cash", "recognised")
    panels: list[Bands] = [[(index, getattr(series, column)) for index, series in shown] for column in columns]
    return [(heading_of(bands, currency), bands) for bands in panels]


def _members(shown: Sequence[Line], name: str) -> tuple[str, Bands]:
    """The members of one membership, under the policies that have it."""
    bands = [(index, band) for index, series in shown for of, band in series.members if of == name]
    return heading(name, heading_of(bands, "")), bands
