"""The names of windows: `orders_90d` are the orders of a user in the last 90 days, today included.

Those over the units of a points programme are named with it: `earned_90d("xp")`, and `earned("xp")` over all days. So
are those over items of content: `created_90d("answers")`, and `created("answers")`.
"""

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
EVER = 1 << 30
"""Days of a window that nothing ever leaves."""
EARNED, CREATED = "earned", "created"
_OF_A_NAME = re.compile(rf"({EARNED}|{CREATED})(?:_([0-9]{{1,9}})d)?:(.+)", re.DOTALL)
_NAME = re.compile(rf"({'|'.join(KINDS)})_([0-9]{{1,9}})d")
_IN_TEXT = re.compile(rf"(?<![A-Za-z0-9_]){_NAME.pattern}(?![A-Za-z0-9_])")


@dataclass(frozen=True, order=True)
class Window:
    """A window of `days` days: today and the days - 1 before it.

    Args:
        kind: one of `KINDS`, `earned:PROGRAMME` or `created:KIND`.
    """

    kind: str
    days: int

    @property
    def name(self) -> str:
        """The column of expressions that reads it."""
        what, colon, programme = self.kind.partition(":")
        return f"{what}{colon}{programme}" if self.days == EVER else f"{what}_{self.days}d{colon}{programme}"

    @property
    def programme(self) -> str:
        """The points programme whose units it counts; "" for none."""
        return self.kind.partition(":")[2]

    @property
    def is_of_units(self) -> bool:
        """Whether it counts units of a points programme."""
        return is_of_units(self.kind)


def is_of_units(kind: str) -> bool:
    """Whether windows of this kind count units of a points programme."""
    return kind.startswith(f"{EARNED}:")


def earned_kind(programme: str) -> str:
    """The kind of the windows over the units of a programme."""
    return f"{EARNED}:{programme}"


def created_kind(content: str) -> str:
    """The kind of the windows over the items of a kind of content."""
    return f"{CREATED}:{content}"


def window_of(name: str) -> Window | None:
    """The window that a name means; None where it means none."""
    match = _NAME.fullmatch(name)
    if match:
        return None if match[2].startswith("0") else Window(match[1], int(match[2]))
    named = _OF_A_NAME.fullmatch(name)
    if named is None or (named[2] or "").startswith("0"):
        return None
    return Window(f"{named[1]}:{named[3]}", EVER if named[2] is None else int(named[2]))


def window_names(content: object) -> Iterator[str]:
    """Every name of a window that stands in a text of the content (dicts, lists, texts), as it is written."""
    yield from _found(_IN_TEXT, content)


def earned_names(programme: str, content: object) -> Iterator[str]:
    """The columns of what a programme has given: ever, and in each window that stands in a text of the content."""
    yield from _names_of(EARNED, programme, content)


def created_names(kind: str, content: object) -> Iterator[str]:
    """The columns of what users have made of a kind of content: ever, and in each window that stands in a text."""
    yield from _names_of(CREATED, kind, content)


def _names_of(what: str, name: str, content: object) -> Iterator[str]:
    yield f"{what}:{name}"
    windows = _found(re.compile(rf"(?<![A-Za-z0-9_]){what}_[0-9]{{1,9}}d(?![A-Za-z0-9_])"), content)
    yield from (f"{window}:{name}" for window in dict.fromkeys(windows))


def _found(pattern: re.Pattern[str], content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield from (match[0] for match in pattern.finditer(content))
    elif isinstance(content, dict):
        for value in content.values():
            yield from _found(pattern, value)
    elif isinstance(content, list):
        for item in content:
            yield from _found(pattern, item)


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
        match = _NAME.fullmatch(name) or _OF_A_NAME.fullmatch(name)
        kind, days = (match[1], match[2]) if match else ("", None)
        if days is not None and (days[0] == "0" or int(days) > MAX_DAYS):
            word = f"{kind}_{days}d"
            message = f"reads `{word}`, which is no window: one has from 1 to {MAX_DAYS:,} days"
            allowed = f"{kind}_1d to {kind}_{MAX_DAYS}d"
            yield Finding(path, message, allowed, offset=text.find(word), length=len(word))
