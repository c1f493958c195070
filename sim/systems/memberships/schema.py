"""`policy.memberships` (what is offered, at which price) and `response.memberships` (how people take it, and leave)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from sim import units
from sim.engine.limits import MAX_HORIZON_DAYS
from sim.scenario.findings import Finding, Path, closest
from sim.scenario.values import (
    FixedFactor,
    FixedPositiveFactor,
    FixedShare,
    Flag,
    Money,
    Name,
    PositiveMoneyRate,
    Section,
    count_from,
    duration_from,
    problem,
    whole_days,
)
from sim.scenario.words import ValueRule
from sim.systems.retention.schema import Beta
from sim.units import DAYS_PER_UNIT, Quantity, UnitError, describe

LIFETIME = "lifetime"
PERIODS = {"week": "weekly", "month": "monthly", "quarter": "quarterly", "year": "yearly"}
"""How long a member pays for at once, and the key under `cancels` that says who leaves at its end."""
SAID_PERIODS = {
    **dict.fromkeys(("week", "weekly", "周", "週", "星期"), "1 week"),
    **dict.fromkeys(("month", "monthly", "月", "个月", "個月"), "1 month"),
    **dict.fromkeys(("quarter", "quarterly", "季", "季度", "三个月", "三個月"), "3 months"),
    **dict.fromkeys(("year", "yearly", "annual", "annually", "年"), "1 year"),
    **dict.fromkeys((LIFETIME, "forever", "终身", "終身", "永久"), LIFETIME),
}
"""What people call the periods, and how a file says it."""
MOST_TRIES = 30
MOST_INTRO_PERIODS = 200


def _meant_period(word: str) -> str | None:
    """The period that a word was meant to name."""
    plain = re.sub(r"^[每一]|[付卡费費]$", "", word.strip().lower())
    meant = SAID_PERIODS.get(plain) or SAID_PERIODS.get(closest(plain, list(SAID_PERIODS)) or "")
    return f"did you mean: {meant}?" if meant else None


def _read_period(raw: object, context: Mapping[str, Any]) -> str:
    """The unit of time that the period is one of; `lifetime` for no end."""
    if raw == LIFETIME:
        return LIFETIME
    allowed = "1 week, 1 month, 3 months, 1 year or lifetime"
    try:
        days = units.parse_duration(raw)
    except UnitError as error:
        is_word = isinstance(raw, str) and not re.match(r"[+-]?[0-9.]", raw)
        message = f"is {describe(raw)}; members pay for one of a few periods" if is_word else error.message
        raise problem(message, allowed=allowed, hint=_meant_period(str(raw)) if is_word else None) from None
    for unit in PERIODS:
        if abs(days - DAYS_PER_UNIT[unit]) < 1e-9:
            return unit
    raise problem(f"is {describe(raw)}; members pay for one of a few periods", allowed=allowed)


Term = Annotated[Quantity, whole_days(MAX_HORIZON_DAYS)]
"""How long something of a membership lasts."""
Period = Annotated[
    str,
    ValueRule(
        _read_period,
        {"enum": ["1 week", "1 month", "3 months", "1 quarter", "1 year", LIFETIME], "examples": ["1 month"]},
    ),
]


class Trial(Section):
    """What a new member may try before the first price is due."""

    for_: Annotated[Term, Field(alias="for", description="how long it is tried")]
    card: Annotated[
        Flag, Field(description="a card is given at its start, and who does nothing pays at its end; true when absent")
    ] = True
    price: Annotated[Money, Field(description="of the trial itself")] = Quantity(0.0)


class Intro(Section):
    """A lower price at the beginning, for who was never a member; the full price after it is a price rise."""

    price: Annotated[Money, Field(description="of one of the first periods; never more than the full price")]
    periods: Annotated[
        Quantity, count_from(1, MOST_INTRO_PERIODS), Field(description="how many periods are paid at it")
    ]


class Pause(Section):
    """What who wants to cancel is offered instead: a while in which nothing is paid and nothing held."""

    for_: Annotated[
        Quantity, duration_from(1, MAX_HORIZON_DAYS), Field(alias="for", description="how long, for instance 1 month")
    ]


class Dunning(Section):
    """What becomes of a payment that has failed."""

    tries: Annotated[
        Quantity, count_from(0, MOST_TRIES), Field(description="further tries; the last one ends the membership")
    ] = Quantity(3.0)
    every: Annotated[Term, Field(description="days from one try to the next")] = Quantity(3.0, text="3 days")


class Membership(Section):
    """A paid plan: what members pay for which period, and what they hold while it runs."""

    period: Annotated[Period, Field(description="`1 week`, `1 month`, `3 months`, `1 year` or `lifetime`")]
    price: Annotated[Money, Field(description="of one period, paid before it")]
    recognised_over: Annotated[
        Term | None, Field(description="with `lifetime`: days over which the price becomes revenue")
    ] = None
    privileges: Annotated[list[Name], Field(description="what members and those on trial hold")] = []
    trial: Annotated[Trial | None, Field(description="for who was never a member; none when absent")] = None
    appeal: Annotated[
        FixedFactor, Field(description="odds that who looks joins, at a price equal to `worth`; 1 is as good as not")
    ] = Quantity(1.0)
    by_segment: Annotated[
        dict[Name, FixedFactor], Field(description="multiplies the appeal for a segment; 1 for the others")
    ] = {}
    intro: Annotated[Intro | None, Field(description="a lower price of the first periods; none when absent")] = None
    pause: Annotated[Pause | None, Field(description="offered to who wants to cancel; none when absent")] = None
    refund_within: Annotated[
        Term | None, Field(description="days after a first payment in which it is paid back to who asks for it")
    ] = None
    dunning: Dunning = Dunning()

    @model_validator(mode="after")
    def _check(self) -> Membership:
        if self.price.smallest <= 0:
            raise problem("must be above 0 at any time: what is free is a status", at=("price",))
        if self.recognised_over is not None and self.period != LIFETIME:
            raise problem("goes with `period: lifetime`", at=("recognised_over",), also=("period",))
        if self.recognised_over is None and self.period == LIFETIME:
            hint = "write: recognised_over: 3 years"
            message = "needs `recognised_over`: it has no end over which to spread the price"
            raise problem(message, at=("period",), hint=hint)
        for key in ("trial", "intro", "pause", "dunning"):
            if key in self.model_fields_set and self.period == LIFETIME:
                raise problem("goes with a period that is renewed, and this is `lifetime`", at=(key,), also=("period",))
        self._check_intro()
        return self

    def _check_intro(self) -> None:
        """An introductory price is a price, and a lower one."""
        if self.intro is None:
            return
        at = ("intro", "price")
        if self.intro.price.smallest <= 0:
            raise problem("must be above 0 at any time: what is free is a trial", at=at)
        if self.intro.price.smallest >= self.price.largest:
            raise problem("is never below the full price", at=at, also=("price",))

    @property
    def period_days(self) -> float:
        """Days of one period, on the mean; of a lifetime those over which its price is recognised."""
        if self.recognised_over is not None:
            return self.recognised_over.value
        return DAYS_PER_UNIT[self.period]


class TrialResponse(Section):
    """What a trial changes."""

    appeal: Annotated[FixedFactor, Field(description="multiplies the appeal of a plan that may be tried first")] = (
        Quantity(1.0)
    )
    converts: Annotated[FixedShare, Field(description="share of trials at whose end the first price is paid")]


def _beta(a: float, b: float) -> Beta:
    return Beta(a=Quantity(a), b=Quantity(b))


class Cancels(Section):
    """How users differ in their probability of cancelling at the end of a period, by how long periods are."""

    weekly: Annotated[Beta, Field(description="of periods of a week")] = _beta(0.88, 1.04)
    monthly: Annotated[Beta, Field(description="of a month")] = _beta(0.88, 1.12)
    quarterly: Annotated[Beta, Field(description="of three months")] = _beta(0.88, 0.7)
    yearly: Annotated[Beta, Field(description="of a year")] = _beta(0.88, 0.33)


class MembershipsResponse(Section):
    """How people take to paid plans; nobody observes it directly, so give ranges and sources."""

    looks: Annotated[
        FixedShare, Field(description="share of active days on which a user without a plan looks at the plans")
    ] = Quantity(0.02)
    worth: Annotated[
        PositiveMoneyRate | None,
        Field(description="the price at which `appeal` holds, for instance 20 CNY / month"),
    ] = None
    price_sensitivity: Annotated[
        FixedFactor, Field(description="appeal is multiplied by (price / worth) to the power of minus this")
    ] = Quantity(0.0)
    trial_with_card: Annotated[TrialResponse, Field(description="what a trial with a card changes")] = TrialResponse(
        converts=Quantity(0.488)
    )
    trial_without_card: Annotated[TrialResponse, Field(description="what a trial without a card changes")] = (
        TrialResponse(converts=Quantity(0.182))
    )
    cancels: Annotated[Cancels, Field(description="who does not want another period")] = Cancels()
    lapsed_members: Annotated[
        FixedPositiveFactor,
        Field(description="multiplies the odds of cancelling of a member who has lost the habit"),
    ] = Quantity(1.0)
    former_members: Annotated[
        FixedFactor, Field(description="multiplies the appeal of all plans for who was a member before")
    ] = Quantity(1.0)
    price_rise: Annotated[
        FixedFactor,
        Field(description="odds of cancelling at a price above the last are multiplied by (new / last) to this power"),
    ] = Quantity(0.0)
    pauses: Annotated[
        FixedShare, Field(description="share of those who want to cancel that pauses instead, where that is offered")
    ] = Quantity(0.0)
    resumes: Annotated[
        FixedShare, Field(description="share of pauses at whose end the member pays again; the others leave")
    ] = Quantity(0.0)
    asks_refund: Annotated[
        FixedShare, Field(description="share of first payments that is asked back, where that is possible")
    ] = Quantity(0.0)
    reconsiders: Annotated[
        FixedShare, Field(description="share of renewals at which a member compares all plans anew, and may switch")
    ] = Quantity(0.0)
    payment_fails: Annotated[FixedShare, Field(description="share of renewals whose payment fails at first")] = (
        Quantity(0.04)
    )
    recovers: Annotated[FixedShare, Field(description="share of each further try that succeeds")] = Quantity(0.3)

    @model_validator(mode="after")
    def _check(self) -> MembershipsResponse:
        if self.price_sensitivity.value > 0 and self.worth is None:
            message = "needs `worth`: the price at which `appeal` holds"
            raise problem(message, at=("price_sensitivity",), hint="write: worth: 20 CNY / month")
        return self


Membership.elsewhere = dict.fromkeys(MembershipsResponse.keys(), "response.memberships")


def check_memberships(
    memberships: Mapping[str, Membership],
    privileges: Mapping[str, object],
) -> Iterator[Finding]:
    """Privileges that stand twice, and names that `holds` could not tell apart."""
    for name, membership in memberships.items():
        path: Path = ("policy", "memberships", name)
        for i, privilege in enumerate(membership.privileges):
            if privilege in membership.privileges[:i]:
                yield Finding((*path, "privileges", i), f"repeats `{privilege}`: a privilege is held once")
        if name in privileges:
            message = f'`{name}` is also a privilege; `holds("{name}")` needs two names'
            yield Finding(path, message, also=(("privileges", name),), at_key=True)
