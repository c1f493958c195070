"""The `channels` section: one entry per way by which persons become users; `kind` says how it works."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.findings import Finding, closest, did_you_mean
from sim.scenario.series import FromFile
from sim.scenario.values import (
    Count,
    Date,
    Days,
    Factor,
    FixedCount,
    FixedFactor,
    FixedPositiveFactor,
    FixedPositiveMoney,
    Money,
    MoneyRate,
    Name,
    PositiveMoneyRate,
    Rate,
    Section,
    Share,
    factor_up_to,
    price_per,
    problem,
    problems,
)
from sim.systems.market.schema import Segment
from sim.systems.networks.schema import Network
from sim.units import Quantity

REGISTER = "register"
"""The step of a channel's funnel at which a visitor becomes a user."""
MOST_BY_TIES = 10
"""The largest power of a talker's ties: with 100,000 ties, what it says is still a number."""


class Diminishing(Section):
    """How a budget buys less the larger it is: bought = (budget / price) x half / (half + budget)."""

    half_of_reach_at: Annotated[
        PositiveMoneyRate, Field(description="the budget that reaches half of all whom any budget could reach")
    ]


class Channel(Section):
    """What every kind of channel has."""

    audience: Annotated[
        dict[Name, FixedFactor] | None,
        Field(description="weight of a person of each segment; segments that are not named are not reached"),
    ] = None
    quality: Annotated[
        FixedPositiveFactor,
        Field(description="multiplies the odds of being active and divides the hazard of lapsing of its users"),
    ] = Quantity(1.0)
    onboarding: Annotated[
        dict[Name, Share], Field(description="pass rates of onboarding steps that differ for users of this channel")
    ] = {}
    cost: Annotated[MoneyRate, Field(description="what running the channel costs, whatever it brings")] = Quantity(0.0)

    @model_validator(mode="after")
    def _reaches_somebody(self) -> Channel:
        if self.audience is not None and not any(weight.value > 0 for weight in self.audience.values()):
            raise problem("reaches nobody: no segment has a weight above 0", at=("audience",))
        return self


def _check_funnel(funnel: Mapping[str, Quantity]) -> None:
    steps = list(funnel)
    if REGISTER not in funnel:
        meant = next((step for step in steps if closest(step, [REGISTER])), None)
        message = f"has no step `{REGISTER}`, at which a visitor becomes a user"
        raise problem(message, at=("funnel",), hint=f"did you mean: {REGISTER}, not {meant}?" if meant else None)
    after = steps[steps.index(REGISTER) + 1 :]
    if after:
        message = f"step `{after[0]}` comes after `{REGISTER}`; steps of users belong under `onboarding`"
        raise problems(Finding(("funnel", after[0]), message, also=(("funnel", REGISTER),), at_key=True))


class Paid(Channel):
    """Bought views, clicks or sign-ups; the budget is the policy's (`policy.budgets`)."""

    kind: Literal["paid"]
    price: Annotated[
        Quantity,
        price_per("view", "click", "sign-up"),
        Field(
            description="price of a view, a click or a sign-up; per sign-up the budget is met on average, not each day"
        ),
    ]
    funnel: Annotated[
        dict[Name, Share] | None,
        Field(description="from what is bought to `register`; not used when sign-ups are bought"),
    ] = None
    diminishing: Diminishing | None = None

    @model_validator(mode="after")
    def _check(self) -> Paid:
        if self.price.per != "sign-up" and self.funnel is None:
            raise problem(
                f"missing `funnel`: a price per {self.price.per} needs the steps from {self.price.per} to `{REGISTER}`",
                hint=f"write: funnel: {{landing page: 60%, {REGISTER}: 15%}}",
                also=("price",),
            )
        if self.price.per == "sign-up" and self.funnel is not None:
            raise problem("is not used when the price is per sign-up", at=("funnel",), also=("price",))
        if self.funnel is not None:
            _check_funnel(self.funnel)
        return self


class Organic(Channel):
    """Persons who come by themselves, at a rate that the untouched market would show."""

    kind: Literal["organic"]
    signups: Annotated[Rate, Field(description="sign-ups while nobody has signed up yet")]


class Window(Section):
    """A stretch of days on which a listing draws more."""

    from_: Annotated[Date, Field(alias="from", description="its first day")]
    for_: Annotated[Days, Field(alias="for", description="how long it lasts")]
    times: Annotated[FixedFactor, Field(description="multiplies the sign-ups while it lasts")]


class Store(Channel):
    """A store listing: a base rate and windows of first launch, featured slot or topic."""

    kind: Literal["store"]
    signups: Annotated[Rate, Field(description="sign-ups while nobody has signed up yet")]
    windows: Annotated[dict[Name, Window], Field(description="launch, featured slot, topic")] = {}


class Partner(Channel):
    """Traffic exchange: visits that another product sends, with a fee per sign-up where agreed."""

    kind: Literal["partner"]
    visits: Annotated[Rate, Field(description="visits that the partner sends")]
    funnel: Annotated[dict[Name, Share], Field(description="from visit to `register`")]
    fee: Annotated[Money, Field(description="fee per sign-up")] = Quantity(0.0)

    @model_validator(mode="after")
    def _check(self) -> Partner:
        _check_funnel(self.funnel)
        return self


class Offline(Channel):
    """Events: so many a month, each reaches so many persons and costs so much."""

    kind: Literal["offline"]
    events: Annotated[Rate, Field(description="events, spread evenly over the days")]
    reach: Annotated[Count, Field(description="persons whom an event reaches")]
    register_: Annotated[Share, Field(alias="register", description="share of those reached who sign up")]
    event_cost: Annotated[Money, Field(description="cost of one event")] = Quantity(0.0)


class Community(Channel):
    """A community that the team runs: it grows by itself, and by hosts whom the policy's budget pays."""

    kind: Literal["community"]
    signups: Annotated[Rate, Field(description="sign-ups without any budget")]
    price: Annotated[
        Quantity, price_per("sign-up"), Field(description="what a further sign-up costs as long as the budget is small")
    ]
    diminishing: Diminishing | None = None


class WordOfMouth(Channel):
    """Users tell others: pressure = contacts x users / market, so that Bass comes out."""

    kind: Literal["word_of_mouth"]
    contacts_per_active_day: Annotated[
        Factor | None, Field(description="sign-ups that one active user causes a day in an untouched market")
    ] = None
    contacts_per_user_day: Annotated[
        Factor | None, Field(description="the same per user, active or not: Bass's q per day")
    ] = None
    by_satisfaction: Annotated[
        FixedFactor,
        Field(description="how much more a user talks whose `satisfaction` is 1"),
    ] = Quantity(0.0)
    asymmetry: Annotated[
        FixedFactor, Field(description="how much more a satisfaction of -1 takes off than one of 1 adds")
    ] = Quantity(1.0)

    network: Annotated[
        Network | None, Field(description="who is tied to whom; everybody meets everybody when absent")
    ] = None
    by_ties: Annotated[
        Quantity,
        factor_up_to(MOST_BY_TIES, may_be_dated=False),
        Field(description="power of a user's ties, over their mean, in its contacts: 0 all talk alike, 1 ties do"),
    ] = Quantity(0.0)

    @model_validator(mode="after")
    def _check(self) -> WordOfMouth:
        if self.contacts_per_active_day is None and self.contacts_per_user_day is None:
            choices = "`contacts_per_active_day` or `contacts_per_user_day`"
            raise problem(f"does not say how many others users bring: give {choices}")
        if self.contacts_per_active_day is not None and self.contacts_per_user_day is not None:
            message = "says how many sign-ups users cause, and so does `contacts_per_active_day`; give one"
            raise problem(message, at=("contacts_per_user_day",), also=("contacts_per_active_day",))
        if self.by_ties.value > 0 and self.network is None:
            raise problem("needs a `network`: without one nobody has ties", at=("by_ties",))
        return self


class Incentive(Section):
    """How rewards move people: each factor is 1 + (most - 1) x worth / (worth + half_at), to the power of `gain`."""

    shares: Annotated[
        FixedPositiveFactor, Field(description="what an endless reward to who invites multiplies `shares` by")
    ] = Quantity(1.0)
    accepts: Annotated[
        FixedPositiveFactor, Field(description="what an endless reward to who is invited multiplies `accepts` by")
    ] = Quantity(1.0)
    half_at: Annotated[FixedPositiveMoney, Field(description="the worth that reaches half of that")]


class Referral(Channel):
    """Users invite others under a programme of the policy (`policy.referrals`)."""

    kind: Literal["referral"]
    for_: Annotated[
        Literal["active day", "order", "sign up"],
        Field(alias="for", description="on which occasion users may invite others: `active day`, `order` or `sign up`"),
    ]
    shares: Annotated[Share, Field(description="share of users who do so on one of them, without a reward")]
    invites: Annotated[Factor, Field(description="persons whom each of them invites, on the mean")] = Quantity(1.0)
    accepts: Annotated[
        Share, Field(description="share of those invited who sign up in an untouched market, without a reward")
    ]
    reward: Annotated[Incentive | None, Field(description="what rewards do to both")] = None


class History(Channel):
    """Exact sign-ups per day, from a CSV with columns date and signups."""

    kind: Literal["history"]
    signups: Annotated[
        dict[Date, FixedCount],
        FromFile(),
        Field(description="sign-ups by date; `{file: name.csv}` reads columns date, signups"),
    ]


class BudgetChange(Section):
    """What a rule makes of a channel's budget, from the next day on."""

    times: Annotated[FixedFactor | None, Field(description="multiplies the budget in force")] = None
    to: Annotated[MoneyRate | None, Field(description="the new budget")] = None
    at_most: Annotated[MoneyRate | None, Field(description="the most that `times` may raise it to")] = None

    @model_validator(mode="after")
    def _check(self) -> BudgetChange:
        if self.times is None and self.to is None:
            raise problem("does not say what becomes of the budget: give `times` (a factor) or `to` (an amount)")
        if self.times is not None and self.to is not None:
            raise problem("`to` sets the budget, and `times` multiplies it; give one", at=("to",), also=("times",))
        if self.at_most is not None and self.to is not None:
            raise problem("limits what `times` may raise; this change gives an amount", at=("at_most",), also=("to",))
        return self


AnyChannel = Annotated[
    Paid | Organic | Store | Partner | Offline | Community | WordOfMouth | Referral | History,
    Field(discriminator="kind"),
]
BUDGETED_KINDS = ("paid", "community")


def check_channels(
    channels: Mapping[str, Channel], segments: Mapping[str, Segment], budgets: Mapping[str, Quantity]
) -> Iterator[Finding]:
    """Audiences of nobody, and budgets that move nothing."""
    for name, channel in channels.items():
        yield from _check_audience(name, channel.audience or {}, segments)
    yield from check_budgets(channels, budgets, ("policy", "budgets"))


def _check_audience(name: str, audience: Mapping[str, Quantity], segments: Mapping[str, Segment]) -> Iterator[Finding]:
    path = ("channels", name, "audience")
    reached = [segment for segment, weight in audience.items() if weight.value > 0]
    is_known = audience.keys() <= segments.keys()
    if audience and is_known and not any(segments[segment].share.value > 0 for segment in reached):
        also = tuple(("market", "segments", segment, "share") for segment in reached)
        yield Finding(path, "reaches nobody: its segments hold no persons", also=also)


def check_budgets(
    channels: Mapping[str, Channel], budgets: Mapping[str, object], path: tuple[str | int, ...]
) -> Iterator[Finding]:
    """Budgets, written at `path`, for channels that take none."""
    for name in budgets:
        kind = getattr(channels.get(name), "kind", None)
        if kind is not None and kind not in BUDGETED_KINDS:
            message = f"channel `{name}` is of kind {kind}, which no budget moves"
            yield Finding((*path, name), message, allowed="channels of kind paid or community", at_key=True)


def unknown_name(path: tuple[str | int, ...], what: str, name: str, known: Collection[str]) -> Finding:
    """A finding for a name that is not among the known ones, with the nearest as advice."""
    allowed = ", ".join(known) or f"none: the scenario has no {what}"
    is_key = isinstance(path[-1], str) and path[-1] == name
    return Finding(
        path, f"unknown {what} `{name}`", allowed=allowed, hint=did_you_mean(name, list(known)), at_key=is_key
    )
