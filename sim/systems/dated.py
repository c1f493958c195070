"""Doubts about dated values: steps that the horizon never sees, and a first value that holds before its date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from sim.scenario.findings import Finding, Path, warning
from sim.scenario.leaves import leaves
from sim.units import Quantity, describe


def doubt_dates(content: object, start: date, last: date) -> Iterator[Finding]:
    """Warnings about the dated values of a section over the days from `start` to `last`."""
    dated = ((path, value) for path, value in leaves(content) if isinstance(value, Quantity) and value.is_dated)
    for path, value in dated:
        days = [day for day, _ in value.dated]
        if days[0] > start:
            held = describe(value.dated_evidence[0][1].text)
            late = f", after the last day, {last}" if days[0] > last else ""
            message = f"holds {held} from the first day, {start}, though its first date is {days[0]}{late}"
            yield warning(path, message, hint=f"if that is meant, write {start} as its date")
        for day, following in pairwise(days):
            if following <= start:
                message = f"is over on {following}, and the first day is {start}: it changes nothing"
                yield _unseen(path, day, message)
        for day in days[1:]:
            if day > last:
                yield _unseen(path, day, f"lies after the last day, {last}: it changes nothing")


def _unseen(path: Path, day: date, message: str) -> Finding:
    return warning((*path, day.isoformat()), message, at_key=True)
