"""When units expire: `expires` of a programme."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field, model_validator

from sim.errors import printable
from sim.scenario.values import Days, PositiveDuration, Section, problem
from sim.scenario.words import ValueRule
from sim.units import DAYS_PER_UNIT, Quantity, describe

MOST_MONTHS = 120
MONTH_DAYS = DAYS_PER_UNIT["month"]


def _read_yearly(raw: object, context: Mapping[str, Any]) -> tuple[int, int]:
    """(month, day) of a date without a year."""
    match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", raw) if isinstance(raw, str) else None
    found = None if match is None else _day_of_any_year(int(match[1]), int(match[2]))
    if found is not None:
        return found
    shown = describe(raw) if not isinstance(raw, str) else f"`{printable(raw)}`"
    if match is not None and raw == "02-29":
        raise problem(f"is {shown}, which not every year has", hint="write: 02-28")
    if match is not None:
        raise problem(f"is {shown}, no day of the year; must be a month and a day, such as 12-31")
    meant = re.fullmatch(r"([0-9]{1,2})[-/.月]([0-9]{1,2})日?", raw) if isinstance(raw, str) else None
    day = None if meant is None else _day_of_any_year(int(meant[1]), int(meant[2]))
    hint = None if day is None else f"did you mean: {day[0]:02}-{day[1]:02}?"
    raise problem(f"is {shown}; must be a month and a day, such as 12-31", hint=hint)


def _day_of_any_year(month: int, day: int) -> tuple[int, int] | None:
    """The month and the day, if every year has it."""
    try:
        date(2001, month, day)  # no leap year
    except ValueError:
        return None
    return month, day


Yearly = Annotated[
    tuple[int, int], ValueRule(_read_yearly, {"type": "string", "pattern": r"^\d\d-\d\d$", "examples": ["12-31"]})
]


def whole_months(duration: Quantity) -> str:
    """The nearest duration of whole months, as a file would say it."""
    months = min(max(round(duration.value / MONTH_DAYS), 1), MOST_MONTHS)
    return f"{months} month{'s' * (months != 1)}"


class Expiry(Section):
    """When what was earned is lost: one of three ways."""

    after: Annotated[
        PositiveDuration | None,
        Field(description="whole months after the month in which it was earned, at its end: rolling"),
    ] = None
    every_year_on: Annotated[Yearly | None, Field(description="on this date, month-day: all that is held")] = None
    inactive_for: Annotated[
        Days | None, Field(description="days without activity after which all is lost; units given later live as long")
    ] = None
    grace: Annotated[
        PositiveDuration | None,
        Field(description="with `every_year_on`: what was earned in these days before it holds for a year more"),
    ] = None

    @model_validator(mode="after")
    def _check(self) -> Expiry:
        keys = ("after", "every_year_on", "inactive_for")
        given = [key for key in keys if getattr(self, key) is not None]
        if len(given) != 1:
            named = ", ".join(f"`{key}`" for key in keys)
            raise problem(f"gives {len(given)} of {named}; give one, or leave `expires` out: then nothing is lost")
        if self.after is not None and not self._is_whole_months(self.after):
            message = f"is {describe(self.after.text)}; must be whole months, at most {MOST_MONTHS}"
            raise problem(message, at=("after",), hint=f"write: {whole_months(self.after)}")
        if self.grace is not None and self.every_year_on is None:
            raise problem("goes with `every_year_on`", at=("grace",))
        if self.grace is not None and self.grace.value > DAYS_PER_UNIT["year"]:
            raise problem(f"is {describe(self.grace.text)}; must be at most 1 year", at=("grace",))
        return self

    @staticmethod
    def _is_whole_months(duration: Quantity) -> bool:
        months = duration.value / MONTH_DAYS
        return abs(months - round(months)) < 1e-9 and 1 <= round(months) <= MOST_MONTHS

    @property
    def has_dates(self) -> bool:
        """Whether units expire on a date that is known when they are given."""
        return self.inactive_for is None

    @property
    def months(self) -> int:
        """Months of rolling expiry; 0 where it is another way."""
        return 0 if self.after is None else round(self.after.value / MONTH_DAYS)
