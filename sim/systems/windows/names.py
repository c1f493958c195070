"""The names of windows: `orders_90d` are the orders of a user in the last 90 days, today included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sim.scenario.expressions import Expression
from sim.scenario.findings import Finding, Path
from sim.scenario.leaves import leaves

KINDS = {
    "active_days": "days on which the user was active",
    "orders": "orders",
    "spend": "money paid for orders, in the scenario's currency",
    "messages": "messages sent to the user, arrived or not",
    "opened": "messages opened",
}
"""What a window may count, and how the docs say it."""

MAX_DAYS = 3650
_NAME = re.compile(rf"({'|'.join(KINDS)})_([0-9]{{1,9}})d")
_IN_TEXT = re.compile(rf"(?<![A-Za-z0-9_]){_NAME.pattern}(?![A-Za-z0-9_])")


@dataclass(frozen=True, order=True)
class Window:
    """A window of `days` days: today and the days - 1 before it."""

    kind: str
    days: int

    @property
    def name(self) -> str:
        """As expressions write it."""
        return f"{self.kind}_{self.days}d"


def window_of(name: str) -> Window | None:
    """The window that a name means; None where it means none."""
    match = _NAME.fullmatch(name)
    return Window(match[1], int(match[2])) if match and not match[2].startswith("0") else None


def window_names(content: object) -> Iterator[str]:
    """Every name of a window that stands in a text of the content (dicts, lists, texts), as it is written."""
    if isinstance(content, str):
        yield from (match[0] for match in _IN_TEXT.finditer(content))
    elif isinstance(content, dict):
        for value in content.values():
            yield from window_names(value)
    elif isinstance(content, list):
        for item in content:
            yield from window_names(item)


def names_read(content: object) -> Iterator[tuple[Path, str, str]]:
    """(path, name, text) of each attribute that an expression of a checked section reads, and of each plain text."""
    for path, value in leaves(content):
        if isinstance(value, Expression):
            yield from ((path, name, value.text) for name in sorted(value.names))
        elif isinstance(value, str):
            yield path, value, value


def windows_read(content: object) -> tuple[Window, ...]:
    """The windows that a checked section reads, each once, in order."""
    found = (window_of(name) for _, name, _ in names_read(content))
    return tuple(sorted({window for window in found if window is not None}))


def check_windows(content: object) -> Iterator[Finding]:
    """Windows of no day, or of more days than are remembered."""
    for path, name, text in names_read(content):
        match = _NAME.fullmatch(name)
        if match and not (match[2][0] != "0" and int(match[2]) <= MAX_DAYS):
            message = f"reads `{name}`, which is no window: one has from 1 to {MAX_DAYS:,} days"
            allowed = f"{match[1]}_1d to {match[1]}_{MAX_DAYS}d"
            yield Finding(path, message, allowed, offset=text.find(name), length=len(name))
