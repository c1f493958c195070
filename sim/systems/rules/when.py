"""`when` of a rule: on which days it looks, and whom it then may mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sim.scenario.values import Date, Days, Name, OneOrMore, Section, problem
from sim.scenario.words import ValueRule
from sim.systems.conditions import MetricCondition
from sim.units import describe

Event = Literal["sign_up", "first_order", "order", "return", "opt_out", "reward", "expiry"]
Unless = Literal["active", "ordered", "opened"]

SCHEDULES = ("inactive_for", "every", "on", "event", "enters", "leaves", "after", "holiday", "metric")
MOST_DAYS = 3650
_NAMES = ", ".join(f"`{name}`" for name in SCHEDULES)
_COUNTED = {"event": 0, "after": 1, "holiday": -MOST_DAYS}
"""What `days` may count from, and how few they may be."""


def _read_day_count(raw: object, context: Mapping[str, Any]) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or abs(raw) > MOST_DAYS:
        hint = None
        if isinstance(raw, str) and raw.split(" ")[0].lstrip("-").isdecimal():
            hint = f"write: {int(raw.split(' ')[0])}"
        raise problem(f"is {describe(raw)}; must be a whole number of days, at most {MOST_DAYS:,}", hint=hint)
    return raw


DayCount = Annotated[int, ValueRule(_read_day_count, {"type": "integer", "examples": [4]})]


class When(Section):
    """The days on which a rule looks, and the users whom it then may mean: one schedule, within some bounds."""

    inactive_for: Annotated[
        list[Days],
        OneOrMore(),
        Field(description="the day on which a user has been away so long; a list makes waves"),
    ] = []
    every: Annotated[Days | None, Field(description="every so many days")] = None
    on: Annotated[list[Date], OneOrMore(), Field(description="on a date, or on several")] = []
    event: Annotated[Event | None, Field(description="the day on which this happens to a user")] = None
    enters: Annotated[
        Name | None, Field(description="the day on which a user enters this audience, or comes to hold this status")
    ] = None
    leaves: Annotated[
        Name | None, Field(description="the day on which a user leaves this audience, or no longer holds this status")
    ] = None
    after: Annotated[Name | None, Field(description="after another rule has acted on a user, by `days`")] = None
    holiday: Annotated[Name | None, Field(description="the first day of one of `seasons.holidays`")] = None
    metric: Annotated[
        MetricCondition | None,
        Field(description="the day on which this condition over observed metrics has held `for`"),
    ] = None
    days: Annotated[
        DayCount | None,
        Field(
            description="so many days later than the event, the other rule or the holiday; before a holiday when < 0"
        ),
    ] = None
    unless: Annotated[
        Unless | None,
        Field(
            description="with `after`: not if since then the user was active, has ordered, or has opened that message"
        ),
    ] = None
    for_: Annotated[Days | None, Field(alias="for", description="with `metric`: mornings in a row; 1 when absent")] = (
        None
    )
    from_: Annotated[Date | None, Field(alias="from", description="not before this date")] = None
    until: Annotated[Date | None, Field(description="not after this date")] = None
    stage: Annotated[
        list[Name], OneOrMore(), Field(description="only while this stage, or one of these, is in force")
    ] = []
    if_: Annotated[
        MetricCondition | None,
        Field(alias="if", description="only on days on which this condition over observed metrics holds"),
    ] = None

    @model_validator(mode="after")
    def _check(self) -> When:
        given = [name for name in SCHEDULES if getattr(self, name)]
        if not given:
            raise problem(f"does not say on which days: give one of {_NAMES}")
        if len(given) > 1:
            also = [(name,) for name in given]
            raise problem(f"has {len(given)} schedules; give one of {_NAMES}", also=also)
        if self.from_ is not None and self.until is not None and self.until < self.from_:
            raise problem(f"is {self.until}, before `from` at {self.from_}", at=("until",), also=("from",))
        self._check_companions(given[0])
        return self

    def _check_companions(self, schedule: str) -> None:
        """Keys that belong to one schedule only."""
        if self.days is not None and schedule not in _COUNTED:
            message = f"counts from an `event`, another rule (`after`) or a `holiday`, and this is `{schedule}`"
            raise problem(message, at=("days",), also=(schedule,))
        if self.days is not None and self.days < _COUNTED[schedule]:
            message = f"is {self.days}; must be at least {_COUNTED[schedule]} with `{schedule}`"
            raise problem(message, at=("days",), also=(schedule,))
        if self.after is not None and self.days is None:
            raise problem("needs `days`: how long after that rule", at=("after",), hint="write: days: 7")
        for key, field, owner in (("unless", "unless", "after"), ("for", "for_", "metric")):
            if getattr(self, field) is not None and schedule != owner:
                raise problem(f"goes with `{owner}`, and this is `{schedule}`", at=(key,), also=(schedule,))

    @property
    def schedule(self) -> str:
        """The one that is given."""
        return next(name for name in SCHEDULES if getattr(self, name))

    @property
    def waves(self) -> list[int]:
        """Days of absence at which the rule acts."""
        return [int(wave.value) for wave in self.inactive_for]

    @property
    def n_later(self) -> int:
        """Days later than what the schedule counts from."""
        return 0 if self.days is None else self.days

    def dates(self, holidays: Mapping[str, Any]) -> list[date]:
        """Dates on which the rule acts; empty for schedules of other kinds."""
        if self.holiday is not None and self.holiday in holidays:
            return [holidays[self.holiday].from_ + timedelta(days=self.n_later)]
        return list(self.on)

    @property
    def is_about_users(self) -> bool:
        """Whether the schedule picks users by what happens to them."""
        return self.schedule in ("inactive_for", "event", "enters", "leaves", "after")
