"""What checked values mean, in whatever words: 12% and 0.12, or `14 days` and `2 weeks`, mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from sim.scenario.section import Section
from sim.units import Quantity

_DIGITS = 12  # 60 CNY / 30 days and 2 CNY / day differ in the last bits at most
_NO_EVIDENCE = (None, None, None)
_WORDS_OF_EXPRESSIONS = frozenset(("text", "start", "end", "function", "at"))


def meaning(value: object) -> Any:
    """What may be compared with `==`: equal for values that simulate alike; evidence, words and places do not count."""
    if isinstance(value, Quantity):
        return (value.per, _steps(value))
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, Section):
        return _meaning_of_section(value)
    if isinstance(value, Mapping):
        return {str(key): meaning(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [meaning(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        parts = [getattr(value, field.name) for field in fields(value) if field.name not in _WORDS_OF_EXPRESSIONS]
        return (type(value), [meaning(part) for part in parts])
    return value


def evidence(value: object) -> Any:
    """The ranges and sources of a value, by date where it has dates; all of them None where there is no evidence."""
    if not isinstance(value, Quantity):
        return None
    if value.dated_evidence:
        found = {day: evidence(entry) for day, entry in value.dated_evidence}
        return found if any(entry != _NO_EVIDENCE for entry in found.values()) else _NO_EVIDENCE
    return (meaning(value.low), meaning(value.high), value.source)


def _meaning_of_section(section: Section) -> Any:
    """By its fields; a file that is known by the hash of its content counts by that, whatever it is called."""
    names = type(section).model_fields
    hashed = getattr(section, "sha256", None)
    if hashed is not None:
        return (type(section), hashed)
    return (type(section), {name: meaning(getattr(section, name)) for name in names})


def _steps(value: Quantity) -> list[tuple[date | None, float]]:
    """The values from each date on; the first holds before its date too, and a date that changes nothing is none."""
    steps: list[tuple[date | None, float]] = []
    for day, number in value.dated or ((None, value.value),):
        rounded = meaning(number)
        if not steps or steps[-1][1] != rounded:
            steps.append((day if steps else None, rounded))
    return steps
