"""`policy.points` (what users earn and what they get for it) and `response.points` (how people take it)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.findings import Finding, Path
from sim.scenario.values import (
    Count,
    Days,
    Factor,
    FixedFactor,
    FixedPositiveCount,
    FixedPositiveFactor,
    FixedPositiveMoney,
    FixedShare,
    Money,
    Name,
    PositiveDuration,
    Section,
    problem,
)
from sim.systems.motives import Motive
from sim.systems.points.expiry import MONTH_DAYS, Expiry, whole_months
from sim.units import Quantity, describe

MOST_ACCOUNTS = 10_000
MOST_POSTPONED = 120
"""Months, or years, by which a rule lets units expire later."""
LARGEST_AMOUNT = 1_000_000_000
"""Of one act of earning, and of a reward's price: balances are whole numbers below 2**31."""

Occasion = Literal["active day", "order", "money", "sign up", "streak"]


class Earning(Section):
    """What users do, and how many units it gives them."""

    for_: Annotated[
        Occasion,
        Field(
            alias="for",
            description="`active day`, `order`, `money` (each unit of the scenario's currency paid for orders), "
            "`sign up`, or `streak` (every `days` active days in a row)",
        ),
    ]
    gives: Annotated[Count, Field(description="units for one of them; parts of a unit are dropped")]
    days: Annotated[FixedPositiveCount | None, Field(description="with `streak`: active days in a row")] = None
    at_most: Annotated[
        FixedPositiveCount | None,
        Field(description="units that this gives one user in all: as many as `gives`, and it is a task done once"),
    ] = None
    at_most_per_day: Annotated[FixedPositiveCount | None, Field(description="units that this gives one user a day")] = (
        None
    )
    at_most_per_month: Annotated[
        FixedPositiveCount | None, Field(description="units that this gives one user in a calendar month")
    ] = None

    @model_validator(mode="after")
    def _check(self) -> Earning:
        if self.for_ == "streak" and self.days is None:
            raise problem("needs `days`, 2 or more: how many active days in a row", at=("for",))
        if self.for_ == "streak" and self.days is not None and self.days.value < 2:
            message = f"is {describe(self.days.text)}; must be at least 2: a streak is of active days in a row"
            raise problem(message, at=("days",), also=("for",))
        if self.days is not None and self.for_ != "streak":
            raise problem("goes with `for: streak`", at=("days",), also=("for",))
        if self.gives.largest > LARGEST_AMOUNT:
            raise problem(f"is more than {LARGEST_AMOUNT:,} units", at=("gives",))
        return self


class Reward(Section):
    """What a user can get for units, for units and money, or for money."""

    price: Annotated[Count, Field(description="units; may be 0 where there is a price in money")]
    price_in_money: Annotated[Money, Field(description="what a user pays for one in money, beside the units")] = (
        Quantity(0.0)
    )
    worth: Annotated[
        FixedPositiveMoney | None,
        Field(description="the price in money at which `appeal` holds, for `price_sensitivity`"),
    ] = None
    cost: Annotated[Money, Field(description="what one costs the team")] = Quantity(0.0)
    appeal: Annotated[
        FixedFactor,
        Field(description="odds that a user who looks and can pay takes it now; 1 is as good as keeping the units"),
    ] = Quantity(1.0)
    by_segment: Annotated[
        dict[Name, FixedFactor], Field(description="multiplies the appeal for a segment; 1 for the others")
    ] = {}
    stock: Annotated[FixedPositiveCount | None, Field(description="how many there are in a calendar month")] = None
    limited: Annotated[FixedPositiveCount | None, Field(description="how many there are in all")] = None
    motive: Annotated[
        Motive | None,
        Field(
            description="what it appeals to: a segment's weight multiplies the appeal, and is the power of what it does"
        ),
    ] = None

    @model_validator(mode="after")
    def _check(self) -> Reward:
        self._check_prices()
        if self.price.largest > LARGEST_AMOUNT:
            raise problem(f"is more than {LARGEST_AMOUNT:,} units", at=("price",))
        return self

    def _check_prices(self) -> None:
        """Something is paid at any time; and what is worth money has a price in it at any time."""
        in_money = self.price_in_money.smallest
        if self.price.smallest < 1 and in_money == 0:
            message = "must be at least 1 at any time: what is free is no reward to save for"
            hint = "for money alone write: price_in_money: 30 CNY"
            raise problem(message, at=("price",), also=self._given("price_in_money"), hint=hint)
        if self.worth is not None and in_money == 0:
            message = "needs a `price_in_money` above 0 at any time: the appeal goes by price_in_money / worth"
            raise problem(message, at=("worth",), also=self._given("price_in_money"))

    def _given(self, key: str) -> tuple[str, ...]:
        return (key,) if key in self.model_fields_set else ()


class Transfers(Section):
    """Giving units to other users."""

    at_most_per_month: Annotated[
        FixedPositiveCount | None, Field(description="units that one user can give away in a calendar month")
    ] = None
    fee: Annotated[
        FixedShare, Field(description="share of what is given that the programme keeps; it counts as redeemed")
    ] = Quantity(0.0)

    @model_validator(mode="after")
    def _check(self) -> Transfers:
        if self.fee.value == 1:
            raise problem("must be less than 100%: nothing would arrive", at=("fee",))
        return self


class Programme(Section):
    """Points, coins, miles: how users earn them, when they expire, and what they buy."""

    earns: Annotated[dict[Name, Earning], Field(description="named ways to earn")] = {}
    expires: Annotated[Expiry | None, Field(description="when units are lost; never when absent")] = None
    rewards: Annotated[dict[Name, Reward], Field(description="named rewards and their prices")] = {}
    steps: Annotated[
        FixedPositiveCount, Field(description="pages from the first to a reward; each after the first loses some users")
    ] = Quantity(1.0)
    notice: Annotated[
        Days | None, Field(description="so many days before units expire on a date the product shows it")
    ] = None
    announced: Annotated[
        Days | None, Field(description="so many days before the price of a reward changes users are told")
    ] = None
    transfers: Annotated[Transfers | None, Field(description="users may give units to each other; not when absent")] = (
        None
    )
    expected_redemption: Annotated[
        FixedShare, Field(description="share of the units that users hold that will be redeemed; for the liability")
    ] = Quantity(1.0)

    @property
    def has_dates(self) -> bool:
        """Whether its units expire on dates."""
        return self.expires is not None and self.expires.has_dates


class Gift(Section):
    """Units that a rule gives."""

    units: Annotated[FixedPositiveCount, Field(description="how many each user is given")]
    expire_after: Annotated[
        PositiveDuration | None,
        Field(description="whole months after this one, at its end, instead of the programme's own; rolling only"),
    ] = None

    @property
    def months(self) -> int | None:
        """Whole months until the end; None for those of the programme."""
        return None if self.expire_after is None else round(self.expire_after.value / MONTH_DAYS)


class Nearness(Section):
    """Pull of a reward that comes near: Kivetz, Urminsky, Zheng 2006, the goal gradient."""

    activity: Annotated[
        FixedPositiveFactor,
        Field(description="multiplies the odds of being active of a user who has saved the cheapest reward's price"),
    ]
    power: Annotated[
        FixedPositiveFactor,
        Field(description="of the saved share of the price: 2 lets half of it give a quarter of the pull"),
    ] = Quantity(2.0)
    half_life: Annotated[PositiveDuration, Field(description="half-life of the pull once nothing more is earned")] = (
        Quantity(14.0, text="14 days")
    )


class Aftermath(Section):
    """What getting a reward, or losing units, does to a user for a while."""

    activity: Annotated[FixedPositiveFactor, Field(description="multiplies the odds of being active")] = Quantity(1.0)
    lapse: Annotated[FixedPositiveFactor, Field(description="multiplies the hazard of losing the habit")] = Quantity(
        1.0
    )
    half_life: Annotated[PositiveDuration, Field(description="half-life of that effect")] = Quantity(
        14.0, text="14 days"
    )
    habituation: Annotated[
        FixedShare, Field(description="what each time leaves of that effect, on the log scale, for the next one")
    ] = Quantity(1.0)


class Giving(Section):
    """How users give units to each other, where a programme lets them."""

    of_active_days: Annotated[
        FixedShare, Field(description="share of active days on which a user who holds units gives some away")
    ]
    of_balance: Annotated[FixedShare, Field(description="share of its balance that it gives, parts of a unit dropped")]


class Farming(Section):
    """How a segment earns without use: bargain hunters, accounts in bulk."""

    per_idle_day: Annotated[
        FixedShare, Field(description="probability of coming to earn, and for nothing else, on a day without use")
    ]
    accounts: Annotated[
        FixedPositiveCount,
        Field(description="accounts of each, at most 10,000: what an act gives is given so many times"),
    ] = Quantity(1.0)

    @model_validator(mode="after")
    def _check(self) -> Farming:
        if self.accounts.value > MOST_ACCOUNTS:
            raise problem(f"is more than {MOST_ACCOUNTS:,} accounts of one user", at=("accounts",))
        return self

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.per_idle_day.value > 0 or self.accounts.value > 1


class PointsResponse(Section):
    """How people take to points; nobody observes it directly, so give ranges and sources."""

    looks: Annotated[FixedShare, Field(description="share of active days on which a user looks at the rewards")] = (
        Quantity(0.05)
    )
    per_step: Annotated[FixedShare, Field(description="share of users who take each step after the first")] = Quantity(
        0.8
    )
    nearness_power: Annotated[
        Factor, Field(description="how steeply a reward out of reach pulls towards saving, by the saved share of it")
    ] = Quantity(2.0)
    price_sensitivity: Annotated[
        FixedFactor,
        Field(description="the appeal of a reward with a `worth` is multiplied by (price_in_money / worth) ^ −this"),
    ] = Quantity(0.0)
    expiring: Annotated[
        FixedPositiveFactor,
        Field(description="multiplies the odds of looking, and of taking, of a user who knows that units expire"),
    ] = Quantity(1.0)
    rush: Annotated[
        FixedPositiveFactor,
        Field(
            description="multiplies the odds of looking, and of taking, once a rise of the price is announced; "
            "divides them once a fall is"
        ),
    ] = Quantity(1.0)
    transfers: Annotated[Giving | None, Field(description="how users give units to each other")] = None
    farming: Annotated[dict[Name, Farming], Field(description="segments that earn without use")] = {}
    nearness: Annotated[Nearness | None, Field(description="what a near reward does to activity")] = None
    reward: Annotated[Aftermath | None, Field(description="what getting a reward does")] = None
    loss: Annotated[
        Aftermath | None,
        Field(description="what losing at least the cheapest reward's price does, to expiry or to a `forfeit`"),
    ] = None


Programme.elsewhere = dict.fromkeys(PointsResponse.keys(), "response.points")


def check_points(programmes: Mapping[str, Programme], *, has_orders: bool) -> Iterator[Finding]:
    """Earning for orders where there are none."""
    for name, programme in programmes.items():
        path: Path = ("policy", "points", name)
        for way, earning in programme.earns.items():
            if earning.for_ in ("order", "money") and not has_orders:
                yield Finding((*path, "earns", way, "for"), "needs orders, and the scenario has no `orders`")


def check_gifts(programmes: Mapping[str, Programme], gifts: Mapping[str, Gift], path: Path) -> Iterator[Finding]:
    """Gifts with an end of their own: whole months, no longer than the programme's, and only where it is rolling."""
    for name, gift in gifts.items():
        if gift.months is None or gift.expire_after is None or name not in programmes:
            continue
        expires, at = programmes[name].expires, (*path, name, "expire_after")
        also: tuple[Path, ...] = (("policy", "points", name),)
        if expires is None or expires.after is None:
            yield Finding(at, f"needs `expires: {{after: …}}`, and `{name}` expires in another way", also=also)
        elif gift.expire_after.value != gift.months * MONTH_DAYS:
            yield Finding(
                at,
                f"is {describe(gift.expire_after.text)}; must be whole months",
                hint=f"write: {whole_months(gift.expire_after)}",
            )
        elif gift.months > expires.months:
            yield Finding(at, f"is longer than units of `{name}` live, {expires.months} months", also=also)


def check_postponed(
    programmes: Mapping[str, Programme], postponed: Mapping[str, Quantity], path: Path
) -> Iterator[Finding]:
    """Postponing where units end by the month or by the year."""
    for name in postponed:
        programme = programmes.get(name)
        if programme is not None and not programme.has_dates:
            message = "has no date on which its units expire: there is nothing to postpone"
            yield Finding((*path, name), message, also=(("policy", "points", name),), at_key=True)
