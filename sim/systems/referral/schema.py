"""`policy.referrals`: what the team gives to those who bring others by a channel of kind referral, and to these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.findings import Finding, Path
from sim.scenario.values import FixedPositiveCount, Money, Name, Section
from sim.systems.channels.schema import Channel, Referral
from sim.units import Quantity

HOME: Path = ("policy", "referrals")
FIRST_ORDER: Literal["first order"] = "first order"


class ReferralReward(Section):
    """What one side gets for one who was brought."""

    money: Annotated[Money, Field(description="money paid out")] = Quantity(0.0)
    points: Annotated[dict[Name, FixedPositiveCount], Field(description="units given, by points programme")] = {}
    worth: Annotated[Money | None, Field(description="what all of it is worth to who gets it; `money` when absent")] = (
        None
    )

    @property
    def value(self) -> Quantity:
        """What it is worth to who gets it."""
        return self.money if self.worth is None else self.worth

    @property
    def is_nothing(self) -> bool:
        """Whether nobody is ever given anything."""
        return self.money.largest == 0 and not self.points


class ReferralProgramme(Section):
    """Rewards to both sides, when they are paid, and how often."""

    referrer: Annotated[ReferralReward, Field(description="for who has brought somebody")] = ReferralReward()
    referred: Annotated[ReferralReward, Field(description="for who was brought")] = ReferralReward()
    pays: Annotated[
        Literal["sign up", "first order"], Field(description="when who was brought has signed up, or has ordered once")
    ] = "sign up"
    at_most: Annotated[FixedPositiveCount | None, Field(description="rewards of one referrer, ever")] = None


def check_referrals(
    referrals: Mapping[str, ReferralProgramme],
    channels: Mapping[str, Channel],
    *,
    has_orders: bool,
) -> Iterator[Finding]:
    """Programmes for channels by which nobody invites, and of orders that nobody places."""
    for name, programme in referrals.items():
        path, channel = (*HOME, name), channels.get(name)
        if channel is not None and not isinstance(channel, Referral):
            kind = getattr(channel, "kind", None)
            message = f"channel `{name}` is of kind {kind}, by which no user invites others"
            yield Finding(path, message, allowed="channels of kind referral", also=(("channels", name),), at_key=True)
        if programme.pays == FIRST_ORDER and not has_orders:
            message = "is `first order`, and the scenario has no `orders`"
            yield Finding((*path, "pays"), message, allowed="`sign up`")
    for name, channel in channels.items():
        if isinstance(channel, Referral) and channel.for_ == "order" and not has_orders:
            message = "is `order`, and the scenario has no `orders`"
            yield Finding(("channels", name, "for"), message, allowed="`active day`, `sign up`")
