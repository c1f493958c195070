"""`privileges` (the world's: what each does and costs) and `policy.statuses` (the team's: who gets them)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from sim.scenario.findings import Finding
from sim.scenario.values import (
    Days,
    Expr,
    FixedFactor,
    FixedPositiveCount,
    FixedPositiveFactor,
    Money,
    MoneyRate,
    Name,
    Quantity,
    Section,
    price_per,
)
from sim.systems.motives import Motive
from sim.systems.rules.choice import CHANCE, check_choice


class Privilege(Section):
    """Something that is granted for as long as a status is held: what it does to its holder, and what it costs."""

    cost: Annotated[MoneyRate, Field(description="cost of one holder, for instance 12 CNY / month")] = Quantity(0.0)
    cost_per_order: Annotated[Money, Field(description="cost of each order of a holder")] = Quantity(0.0)
    orders: Annotated[FixedPositiveFactor, Field(description="multiplies the order rate while it is held")] = Quantity(
        1.0
    )
    activity: Annotated[
        FixedPositiveFactor,
        Field(
            description="multiplies the odds of being active while it is held "
            "(the order rate, where orders are the only activity)"
        ),
    ] = Quantity(1.0)
    lapse: Annotated[
        FixedPositiveFactor, Field(description="multiplies the hazard of losing the habit while it is held")
    ] = Quantity(1.0)
    motive: Annotated[
        Motive | None,
        Field(description="what it appeals to: a segment's weight is the power of these three multipliers"),
    ] = None


class Status(Section):
    """A standing that users are given at each review: who enters, who stays, what they get and what they bring."""

    enters: Annotated[Expr, Field(description="who gets the status at a review")]
    stays: Annotated[Expr | None, Field(description="who of its holders keeps it; as `enters` when absent")] = None
    review: Annotated[Days, Field(description="every so many days, from the first day on")]
    capacity: Annotated[FixedPositiveCount | None, Field(description="holders at most")] = None
    choose_by: Annotated[
        str, Field(description="who goes first when more qualify: an attribute or measure, largest first, or `chance`")
    ] = CHANCE
    privileges: Annotated[list[Name], Field(description="what its holders get")] = []
    advocacy: Annotated[
        FixedFactor, Field(description="multiplies a holder's contacts in channels of kind word_of_mouth")
    ] = Quantity(1.0)
    content: Annotated[
        Quantity | None,
        price_per("active day", may_be_zero=True),
        Field(description="what a holder's content is worth, for instance 0.3 CNY / active day"),
    ] = None


def check_statuses(
    statuses: Mapping[str, Status],
    privileges: Mapping[str, Privilege],
    attributes: Mapping[str, str],
) -> Iterator[Finding]:
    """Choices by what has no order, and names that `holds` could not tell apart."""
    for name, status in statuses.items():
        path = ("policy", "statuses", name)
        yield from check_choice((*path, "choose_by"), status.choose_by, attributes)
        for i, privilege in enumerate(status.privileges):
            if privilege in status.privileges[:i]:
                yield Finding((*path, "privileges", i), f"repeats `{privilege}`: a privilege is held once")
        if name in privileges:
            message = f'`{name}` is also a privilege; `holds("{name}")` needs two names'
            yield Finding(path, message, also=(("privileges", name),), at_key=True)
