"""`service` (the world's: which tickets arise, how people wait) and `policy.desks` (the team's: who answers when)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from sim import units
from sim.scenario.findings import Finding, Path
from sim.scenario.values import (
    Days,
    Expr,
    FixedShare,
    Money,
    Name,
    PositiveDuration,
    Section,
    Share,
    factor_up_to,
    problem,
    quantity_rule,
)
from sim.scenario.words import ValueRule
from sim.systems.messages.checks import check_hours
from sim.systems.messages.hours import MINUTES_PER_DAY, STRETCH, Hour, read_stretch
from sim.systems.seasons.schema import WEEKDAYS, Weekday
from sim.units import Quantity, UnitError, describe

MOST_TICKETS = 500
"""Mean tickets that one occasion of one agent may bring: exp(-mean) must be a number."""
LARGEST_SPREAD = 10
MOST_STAFF = 100_000
MOST_CLASSES = 100


@dataclass(frozen=True)
class ShiftHours:
    """From which minute of a day until which one somebody works; up to a day later where that is not after it."""

    from_minute: int
    minutes: int
    text: str


def _read_hours(raw: object, context: Mapping[str, Any]) -> ShiftHours:
    if isinstance(raw, ShiftHours):
        return raw
    start, end = read_stretch(raw, 'such as "09:00-18:00"')
    if start == end:
        raise problem(f"is {describe(raw)}: it ends when it begins", hint='write: "00:00-24:00" for all day')
    return ShiftHours(start % MINUTES_PER_DAY, (end - start) % MINUTES_PER_DAY or MINUTES_PER_DAY, str(raw))


Stretch = Annotated[
    ShiftHours, ValueRule(_read_hours, {"type": "string", "pattern": STRETCH.pattern, "examples": ["09:00-18:00"]})
]


def _staff(raw: object, currency: str | None) -> tuple[float, str | None]:
    number = units.parse_whole(raw)
    if not 0 <= number <= MOST_STAFF:
        raise UnitError(f"is {describe(raw)}; must be a whole number from 0 to {MOST_STAFF:,}")
    return number, None


Staff = Annotated[Quantity, quantity_rule(_staff, {"type": ["number", "string"], "examples": [4]})]
Occasion = Literal["active day", "order", "sign up", "loss"]


class TicketKind(Section):
    """What makes users turn to the service desk, and what answering them takes."""

    for_: Annotated[
        Occasion,
        Field(
            alias="for",
            description="`active day`, `order`, `sign up`, or `loss` (of units of a points programme)",
        ),
    ]
    brings: Annotated[
        Quantity, factor_up_to(MOST_TICKETS), Field(description="tickets that one of them brings, on the mean")
    ]
    handling: Annotated[PositiveDuration, Field(description="mean time that answering one takes, such as 6 minutes")]
    handling_spread: Annotated[
        Quantity | None,
        factor_up_to(LARGEST_SPREAD, may_be_dated=False),
        Field(
            description="standard deviation of that time over its mean, as a log-normal; exponential when absent, "
            "0 for a constant"
        ),
    ] = None
    patience: Annotated[
        PositiveDuration | None,
        Field(description="mean time, exponential, after which who waits gives up; nobody does when absent"),
    ] = None
    resolved: Annotated[Share, Field(description="share of answers that settle the matter")] = Quantity(1.0)


class ComesAgain(Section):
    """Who turns to the desk once more."""

    abandoned: Annotated[FixedShare, Field(description="share of those who gave up waiting")] = Quantity(0.0)
    unresolved: Annotated[FixedShare, Field(description="share of those whose matter was not settled")] = Quantity(0.0)
    after: Annotated[Days, Field(description="days after the last time")] = Quantity(1.0, text="1 day")


class Service(Section):
    """Which tickets arise, when, and how people wait: simulated where `policy.desks` answers them."""

    wholes = (("hours", "*"),)

    tickets: Annotated[dict[Name, TicketKind], Field(description="named kinds of tickets")] = {}
    hours: Annotated[
        dict[Hour, FixedShare], Field(description="shares of tickets by the hour at which they come; even when absent")
    ] = {}
    comes_again: ComesAgain = ComesAgain()


class Shift(Section):
    """How many people answer tickets at which hours of which days."""

    hours: Annotated[Stretch, Field(description='from when to when, such as "09:00-18:00"; perhaps over midnight')]
    staff: Annotated[Staff, Field(description="how many people work in it")]
    on: Annotated[
        list[Weekday], Field(min_length=1, description="weekdays on which it begins; every day when absent")
    ] = list(WEEKDAYS)


class Desk(Section):
    """People who answer the same kinds of tickets."""

    serves: Annotated[
        list[Name] | None, Field(min_length=1, description="the kinds of tickets that they can answer; all when absent")
    ] = None
    shifts: Annotated[dict[Name, Shift], Field(description="named shifts; where they overlap, people add up")] = {}
    cost_per_hour: Annotated[Money, Field(description="what one hour of one of them costs, busy or not")] = Quantity(
        0.0
    )
    first: Annotated[
        list[Expr],
        Field(
            max_length=MOST_CLASSES,
            description="who goes before all others, in this order: expressions over attributes, "
            'such as `holds("core")`',
        ),
    ] = []


def kinds_of(desk: Desk, service: Service) -> list[str]:
    """The kinds of tickets that a desk answers."""
    return list(service.tickets) if desk.serves is None else list(desk.serves)


def check_service(
    service: Service,
    desks: Mapping[str, Desk],
    people_per_agent: float,
    *,
    has_orders: bool,
) -> Iterator[Finding]:
    """Hours that are no partition, tickets of occasions that do not exist, that nobody answers, or two desks do."""
    yield from check_hours(("service", "hours"), service.hours)
    for name, kind in service.tickets.items():
        yield from _check_kind(("service", "tickets", name), kind, people_per_agent, has_orders=has_orders)
    yield from _check_skills(service, desks)


def _check_kind(path: Path, kind: TicketKind, people_per_agent: float, *, has_orders: bool) -> Iterator[Finding]:
    if kind.for_ == "order" and not has_orders:
        yield Finding((*path, "for"), "is `order`, and the scenario has no `orders`", allowed="`active day`, `sign up`")
    of_an_agent = kind.brings.largest * people_per_agent
    if of_an_agent > MOST_TICKETS:
        yield Finding(
            (*path, "brings"),
            f"comes to {of_an_agent:,.6g} tickets for the {people_per_agent:,.0f} persons of one agent at once",
            allowed=f"at most {MOST_TICKETS / people_per_agent:,.6g}",
            also=(("market", "people_per_agent"),),
        )


def _check_skills(service: Service, desks: Mapping[str, Desk]) -> Iterator[Finding]:
    """Each kind is answered by exactly one desk, where there are desks."""
    served: dict[str, str] = {}
    for name, desk in desks.items():
        path = ("policy", "desks", name)
        if not service.tickets:
            yield Finding(path, "has nothing to answer: the scenario has no `service.tickets`", at_key=True)
        for i, kind in enumerate(kinds_of(desk, service)):
            if kind in served:
                where = path if desk.serves is None else (*path, "serves", i)
                told = "twice" if served[kind] == name else f"by desk `{served[kind]}` as well"
                yield Finding(
                    where,
                    f"`{kind}` is answered {told}: one desk answers a kind",
                    also=(("policy", "desks", served[kind]),),
                    at_key=desk.serves is None,
                )
            served.setdefault(kind, name)
    for kind in service.tickets if desks else ():
        if kind not in served:
            yield Finding(
                ("service", "tickets", kind),
                f"nobody answers `{kind}`: no desk of `policy.desks` serves it",
                also=(("policy", "desks"),),
                at_key=True,
            )
