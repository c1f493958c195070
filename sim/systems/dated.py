"""Doubts about dated values: steps that the horizon never sees, and a first value that holds before its date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from pydantic import BaseModel

from sim.scenario.findings import Finding, Path, warning
from sim.units import Quantity, describe


def dated_values(content: object, path: Path = ()) -> Iterator[tuple[Path, Quantity]]:
    """Every dated value of a checked section, with its path."""
    if isinstance(content, Quantity):
        if content.is_dated:
            yield path, content
    elif isinstance(content, BaseModel):
        for name, field in type(content).model_fields.items():
            yield from dated_values(getattr(content, name), (*path, field.alias or name))
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from dated_values(value, (*path, str(key)))
    elif isinstance(content, (list, tuple)):
        for i, item in enumerate(content):
            yield from dated_values(item, (*path, i))


def doubt_dates(content: object, start: date, last: date) -> Iterator[Finding]:
    """Warnings about the dated values of a section over the days from `start` to `last`."""
    for path, value in dated_values(content):
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
