"""The pages of systems that not all scenarios have: points, memberships, journeys, content, service desks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sim.analysis import (
    content_over_time,
    desk_books,
    desks_over_time,
    journey_steps,
    membership_books,
    memberships_over_time,
    points_books,
    points_over_time,
)
from sim.formats import format_share
from sim.report.canvas import Chart
from sim.report.chart_content import content_chart, content_range
from sim.report.chart_desks import desks_chart, desks_title
from sim.report.chart_journeys import journeys_chart, journeys_title
from sim.report.chart_memberships import memberships_chart
from sim.report.chart_points import points_chart, points_range
from sim.report.wording import count, money_text

if TYPE_CHECKING:
    from sim.store import StoredRun


def charts_of_systems(runs: Sequence[tuple[str, StoredRun]], foot: str) -> Iterator[Chart]:
    """The pages of the systems that any of these runs has."""
    yield from points_charts(runs, foot)
    yield from memberships_charts(runs, foot)
    yield from journeys_charts(runs, foot)
    yield from content_charts(runs, foot)
    yield from desks_charts(runs, foot)


def journeys_charts(runs: Sequence[tuple[str, StoredRun]], foot: str) -> Iterator[Chart]:
    """Journeys as funnels, where there are any."""
    found = [(label, journey_steps(run)) for label, run in runs]
    if any(steps for _, steps in found):
        yield journeys_chart(journeys_title(found), foot, found)


def desks_charts(runs: Sequence[tuple[str, StoredRun]], foot: str) -> Iterator[Chart]:
    """Service desks over time, where there are any."""
    lines = [(index, found) for index, (label, run) in enumerate(runs) for found in desks_over_time(run, label)]
    if lines:
        books = [(label, book) for label, run in runs for book in desk_books(run) if book.desk == lines[0][1].desk]
        yield desks_chart(desks_title(books), foot, lines)


def points_charts(runs: Sequence[tuple[str, StoredRun]], foot: str) -> Iterator[Chart]:
    """Points programmes over time, where there are any."""
    lines = [(index, found) for index, (label, run) in enumerate(runs) for found in points_over_time(run, label)]
    if lines:
        label, first = runs[lines[0][0]]
        n_policies = len({index for index, _ in lines})
        title = points_range(lines, currency_of(first)) if n_policies > 1 else points_title(label, first)
        yield points_chart(title, foot, lines, currency=currency_of(first))


def memberships_charts(runs: Sequence[tuple[str, StoredRun]], foot: str) -> Iterator[Chart]:
    """Memberships over time, where there are any."""
    found = [(index, memberships_over_time(run, label)) for index, (label, run) in enumerate(runs)]
    lines = [(index, series) for index, series in found if series is not None]
    if lines:
        label, first = runs[lines[0][0]]
        yield memberships_chart(memberships_title(label, first), foot, lines, currency=currency_of(first))


def content_charts(runs: Sequence[tuple[str, StoredRun]], foot: str) -> Iterator[Chart]:
    """Content over time, where there is any."""
    lines = [(index, found) for index, (label, run) in enumerate(runs) for found in content_over_time(run, label)]
    if lines:
        yield content_chart(content_range(lines), foot, lines, currency=currency_of(runs[0][1]))


def memberships_title(label: str, run: StoredRun) -> str:
    """What was paid for memberships, and what of it is still owed at the end."""
    books = membership_books(run)
    cash, deferred = (sum(getattr(book, of).mean or 0.0 for book in books) for of in ("cash", "deferred"))
    paid = f"{money_text(cash)} {currency_of(run)} paid for memberships"
    return f"{label}: {paid}, {money_text(deferred)} of it for days after the end"


def points_title(label: str, run: StoredRun) -> str:
    """What users of the first programme hold at the end, and what became of the batches that have ended."""
    book = points_books(run)[0]
    held, liability = count(book.outstanding.mean or 0.0), money_text(book.liability.mean or 0.0)
    told = f"{book.programme}, {label}: {held} units held at the end"
    if not book.has_rewards:
        return told
    told = f"{told}, a liability of {liability} {currency_of(run)}"
    return told if book.breakage.mean is None else f"{told}; breakage {format_share(book.breakage.mean)}"


def currency_of(run: StoredRun) -> str:
    """The run's currency."""
    return str(run.facts.get("currency", ""))
