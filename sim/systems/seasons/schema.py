"""The `seasons` section (the world's calendar) and `policy.campaigns` (the team's)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field

from sim.scenario.findings import Finding, warning
from sim.scenario.values import Date, Days, FixedFactor, FixedMoney, FixedShare, Name, Section
from sim.units import Quantity

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class Lift(Section):
    """What a day does to people."""

    activity: Annotated[FixedFactor, Field(description="multiplies the odds of being active")] = Quantity(1.0)
    orders: Annotated[FixedFactor, Field(description="multiplies the order rate")] = Quantity(1.0)


class Holiday(Lift):
    """A lift on a stretch of days."""

    from_: Annotated[Date, Field(alias="from", description="its first day")]
    for_: Annotated[Days, Field(alias="for", description="how long it lasts")]


class Seasons(Section):
    """Weekdays and holidays, which happen whatever the team does."""

    weekdays: Annotated[
        dict[Weekday, Lift],
        Field(description="lifts by weekday, scaled so that they lift no whole week"),
    ] = {}
    holidays: Annotated[
        dict[Name, Holiday], Field(description="stretches of days with lifts; each is one stretch")
    ] = {}


class PullForward(Section):
    """Demand that a campaign only borrows from the days after it."""

    share: Annotated[FixedShare, Field(description="share of the campaign's extra orders that are missing later")]
    over: Annotated[Days, Field(description="over how many days after the campaign they are missing")]


class Campaign(Holiday):
    """A dated activity that the team decides: what it lifts, which discount it gives, what it costs."""

    discount: Annotated[FixedShare, Field(description="share off every basket while it runs")] = Quantity(0.0)
    cost: Annotated[FixedMoney, Field(description="fixed cost, booked on its first day")] = Quantity(0.0)
    pull_forward: PullForward | None = None
    segments: Annotated[list[Name] | None, Field(min_length=1, description="whom it lifts; everybody when absent")] = (
        None
    )


def check_dates(start: date, last: date, group: tuple[str, ...], entries: Mapping[str, Holiday]) -> Iterator[Finding]:
    """Entries that fall outside of the horizon."""
    for name, entry in entries.items():
        if entry.from_ > last or (entry.from_ - start).days + entry.for_.value <= 0:
            yield outside_of_the_horizon((*group, name, "from"), name, start, last)


def outside_of_the_horizon(path: tuple[str | int, ...], name: str, start: date, last: date) -> Finding:
    """The warning that an entry with dates never acts."""
    message = f"`{name}` lies outside of the horizon, {start} to {last}: it does nothing"
    return warning(path, message)
