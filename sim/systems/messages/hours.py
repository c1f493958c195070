"""Hours of the day as scenarios write them: `11`, `by habit`, quiet hours `21:00-08:00`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from sim.scenario.values import Finding, problem
from sim.scenario.words import ValueRule
from sim.units import describe

HOURS_PER_DAY = 24
MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = HOURS_PER_DAY * MINUTES_PER_HOUR
BY_HABIT = "by habit"
"""The hour of a message that is sent at each user's own habitual hour."""

_HOUR = re.compile(r"[0-9]|1[0-9]|2[0-3]")
_ANY_HOUR = re.compile(r"0?([0-9]{1,2})(?::00)?")
STRETCH = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-–]\s*([0-9]{1,2}):([0-9]{2})")
_ALLOWED = "a whole hour from 0 to 23"


@dataclass(frozen=True)
class QuietHours:
    """A stretch of the day in which nobody is messaged, perhaps over midnight; minutes since midnight."""

    from_minute: int
    to_minute: int
    text: str

    def hold(self, hour: int) -> bool:
        """Whether a message at that full hour would fall into them; their end is allowed again."""
        minute = hour * MINUTES_PER_HOUR
        if self.from_minute < self.to_minute:
            return self.from_minute <= minute < self.to_minute
        return minute >= self.from_minute or minute < self.to_minute

    def nearest_allowed(self, hour: int) -> int:
        """The hour itself or the nearest one outside; of two that are as near, the one that follows."""
        allowed = [other for other in range(HOURS_PER_DAY) if not self.hold(other)]
        return min(allowed, key=lambda other: (hours_apart(hour, other), (other - hour) % HOURS_PER_DAY))


def hours_apart(one: int, other: int) -> int:
    """Hours between two hours of the clock, at most 12."""
    return min((one - other) % HOURS_PER_DAY, (other - one) % HOURS_PER_DAY)


def _read_hour(raw: object, context: Mapping[str, Any]) -> int:
    text = str(raw)
    if isinstance(raw, (int, str)) and not isinstance(raw, bool) and _HOUR.fullmatch(text):
        return int(text)
    meant = _ANY_HOUR.fullmatch(text)
    hint = f"write: {int(meant[1])}" if meant and int(meant[1]) < HOURS_PER_DAY else None
    raise problem(f"is {describe(raw)}; must be {_ALLOWED}", hint=hint)


def _read_send_hour(raw: object, context: Mapping[str, Any]) -> int | str:
    if raw == BY_HABIT:
        return BY_HABIT
    if isinstance(raw, str) and "habit" in raw.casefold():
        raise problem(f"is {describe(raw)}; there is no such hour", hint=f"did you mean: {BY_HABIT}?")
    try:
        return _read_hour(raw, context)
    except ValueError as error:
        raise problem(f"is {describe(raw)}; must be {_ALLOWED}, or `{BY_HABIT}`", hint=_hint_of(error)) from None


def _hint_of(error: Exception) -> str | None:
    findings: tuple[Finding, ...] = (getattr(error, "context", None) or {}).get("findings", ())
    return findings[0].hint if findings else None


def read_stretch(raw: object, allowed: str) -> tuple[int, int]:
    """The minutes since midnight of two times of the day, such as "21:00-08:00"."""
    match = STRETCH.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if match is None:
        raise problem(f"is {describe(raw)}; must be two times of the day", allowed=allowed)
    start, end = (int(match[i]) * MINUTES_PER_HOUR + int(match[i + 1]) for i in (1, 3))
    if max(int(match[2]), int(match[4])) >= MINUTES_PER_HOUR or max(start, end) > MINUTES_PER_DAY:
        raise problem(f"is {describe(raw)}; a day goes from 00:00 to 24:00", allowed=allowed)
    return start, end


def _read_quiet_hours(raw: object, context: Mapping[str, Any]) -> QuietHours:
    if isinstance(raw, QuietHours):
        return raw
    allowed = 'such as "21:00-08:00"'
    start, end = read_stretch(raw, allowed)
    quiet = QuietHours(start, end, str(raw))
    if start == end or all(map(quiet.hold, range(HOURS_PER_DAY))):
        raise problem(f"is {describe(raw)}: no full hour is left to send a message", allowed=allowed)
    return quiet


_HOUR_JSON = {"type": ["integer", "string"], "minimum": 0, "maximum": HOURS_PER_DAY - 1, "examples": [11]}

Hour = Annotated[int, ValueRule(_read_hour, _HOUR_JSON | {"pattern": "^([0-9]|1[0-9]|2[0-3])$"})]
SendHour = Annotated[
    int | str,
    ValueRule(
        _read_send_hour,
        {"anyOf": [_HOUR_JSON | {"type": "integer"}, {"enum": [BY_HABIT]}], "examples": [11, BY_HABIT]},
    ),
]
QuietStretch = Annotated[QuietHours, ValueRule(_read_quiet_hours, {"type": "string", "examples": ["21:00-08:00"]})]
