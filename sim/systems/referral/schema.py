"""`policy.referrals`: what the team gives to those who bring others by a channel of kind referral, and to these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.findings import Finding, Path
from sim.scenario.values import FixedPositiveCount, Section
from sim.systems.channels.schema import Channel, Referral
from sim.systems.reward_schema import DeedReward

HOME: Path = ("policy", "referrals")
FIRST_ORDER: Literal["first order"] = "first order"


class ReferralProgramme(Section):
    """Rewards to both sides, when they are paid, and how often."""

    referrer: Annotated[DeedReward, Field(description="for who has brought somebody")] = DeedReward()
    referred: Annotated[DeedReward, Field(description="for who was brought")] = DeedReward()
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
