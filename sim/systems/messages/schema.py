"""The `media` and `response` sections (the world's) and `policy.contact` (the team's)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.values import (
    Factor,
    FixedPositiveFactor,
    FixedShare,
    Money,
    PositiveDuration,
    Section,
    Share,
    count_from,
    duration_from,
)
from sim.units import Quantity

LARGEST_CAP = 64
"""Messages that a cap may allow: each takes memory for every user."""


class Medium(Section):
    """A way to send a message: whom it can reach, how many open it, what it costs."""

    opt_in: Annotated[FixedShare, Field(description="share of users who may be messaged")] = Quantity(1.0)
    delivery: Annotated[Share, Field(description="share of messages that arrive")] = Quantity(1.0)
    open: Annotated[Share, Field(description="share of delivered messages that are opened")]
    price: Annotated[Money, Field(description="price of a message, arrived or not")] = Quantity(0.0)


class MessageResponse(Section):
    """What an opened message does."""

    brings_back: Annotated[
        Share, Field(description="probability that a lapsed user who opens it on the first day away takes up the habit")
    ] = Quantity(0.0)
    falls_by_half_every: Annotated[
        PositiveDuration | None,
        Field(description="days away after which that probability has halved; never when absent"),
    ] = None
    wakes: Annotated[
        FixedPositiveFactor,
        Field(
            description="multiplies the odds of being active of a user who still has the habit "
            "(the order rate, where orders are the only activity)"
        ),
    ] = Quantity(1.0)
    wakes_half_life: Annotated[PositiveDuration, Field(description="half-life of that effect")] = Quantity(
        7.0, text="7 days"
    )


class CouponResponse(Section):
    """What a coupon adds to the message that carries it."""

    lift_per_10_percent: Annotated[
        Factor, Field(description="multiplies the odds of returning for each 10% off the user's own mean basket")
    ] = Quantity(1.0)
    orders: Annotated[
        FixedPositiveFactor, Field(description="multiplies the order rate of a user who holds a valid coupon")
    ] = Quantity(1.0)


class Response(Section):
    """How people respond; nobody observes it directly, so give ranges and sources."""

    message: MessageResponse = MessageResponse()
    coupon: CouponResponse = CouponResponse()


class Cap(Section):
    """At most so many messages in so many days."""

    messages: Annotated[Quantity, count_from(1, LARGEST_CAP), Field(description="messages to one user")]
    per: Annotated[Quantity, duration_from(1), Field(description="in any window of this length")]
