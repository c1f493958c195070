"""The `media` and `response` sections (the world's) and `policy.contact` (the team's)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sim.scenario.values import Duration, Factor, FixedCount, FixedFactor, FixedShare, Money, Section, Share, problem
from sim.units import Quantity


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
        Duration | None, Field(description="days away after which that probability has halved; never when absent")
    ] = None
    wakes: Annotated[
        FixedFactor, Field(description="multiplies the odds of being active of a user who still has the habit")
    ] = Quantity(1.0)
    wakes_half_life: Annotated[Duration, Field(description="half-life of that effect")] = Quantity(7.0)

    @model_validator(mode="after")
    def _check(self) -> MessageResponse:
        if self.wakes.value <= 0:
            raise problem(f"is {self.wakes.value:g}; must be above 0", at=("wakes",))
        for name in ("falls_by_half_every", "wakes_half_life"):
            duration = getattr(self, name)
            if duration is not None and duration.value <= 0:
                raise problem(f"is {duration.value:g} days; must be above 0", at=(name,))
        return self


class CouponResponse(Section):
    """What a coupon adds to the message that carries it."""

    lift_per_10_percent: Annotated[
        Factor, Field(description="multiplies the odds of returning for each 10% off the user's own mean basket")
    ] = Quantity(1.0)
    orders: Annotated[
        FixedFactor, Field(description="multiplies the order rate of a user who holds a valid coupon")
    ] = Quantity(1.0)

    @model_validator(mode="after")
    def _check(self) -> CouponResponse:
        if self.orders.value <= 0:
            raise problem(f"is {self.orders.value:g}; must be above 0", at=("orders",))
        return self


class Response(Section):
    """How people respond; nobody observes it directly, so give ranges and sources."""

    message: MessageResponse = MessageResponse()
    coupon: CouponResponse = CouponResponse()


class Cap(Section):
    """At most so many messages in so many days."""

    messages: Annotated[FixedCount, Field(description="messages to one user")]
    per: Annotated[Duration, Field(description="in any window of this length")]

    @model_validator(mode="after")
    def _check(self) -> Cap:
        if self.messages.value < 1 or self.messages.value % 1 or self.messages.value > 64:
            raise problem(f"is {self.messages.value:g}; must be a whole number from 1 to 64", at=("messages",))
        if self.per.value < 1:
            raise problem(f"is {self.per.value:g} days; must be 1 day or more", at=("per",))
        return self
