"""The `media`, `topics` and `response` sections (the world's) and `policy.contact` (the team's)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sim.scenario.values import (
    Expr,
    Factor,
    Finding,
    FixedFactor,
    FixedPositiveFactor,
    FixedShare,
    Money,
    PositiveDuration,
    Section,
    Share,
    count_from,
    duration_from,
    problem,
    problems,
)
from sim.systems.memberships.schema import MembershipsResponse
from sim.systems.messages.hours import Hour, QuietStretch
from sim.systems.points.schema import PointsResponse
from sim.systems.satisfaction.schema import Satisfaction
from sim.units import Quantity

LARGEST_CAP = 64
"""Messages that a cap may allow: each takes memory for every user."""


class Medium(Section):
    """A way to send a message: whom it can reach, how many open it, what it costs."""

    opt_in: Annotated[FixedShare, Field(description="share of users who may be messaged")] = Quantity(1.0)
    delivery: Annotated[Share, Field(description="share of messages that arrive")] = Quantity(1.0)
    open: Annotated[Share, Field(description="share of delivered messages that are opened")]
    price: Annotated[Money, Field(description="price of a message, arrived or not")] = Quantity(0.0)
    open_by_hour: Annotated[
        dict[Hour, FixedFactor],
        Field(description="multiplies the odds of opening by the hour of sending; 1 at every other hour"),
    ] = {}
    at_habit: Annotated[
        FixedFactor,
        Field(description="multiplies the odds of opening within one hour of the user's own habitual hour"),
    ] = Quantity(1.0)
    tires: Annotated[FixedFactor, Field(description="what one delivered message adds to the user's fatigue")] = (
        Quantity(1.0)
    )


class Topic(Section):
    """What a message is about: whom it fits, how readily it is opened, which orders it brings."""

    fits: Annotated[
        Expr | None, Field(description="whom it fits: an expression over attributes; everybody when absent")
    ] = None
    open: Annotated[FixedFactor, Field(description="multiplies the odds of opening of those whom it fits")] = Quantity(
        1.0
    )
    others_open: Annotated[FixedFactor, Field(description="multiplies the odds of opening of all others")] = Quantity(
        1.0
    )
    order: Annotated[
        Share,
        Field(
            description="probability that a user who opens it and has the habit orders on the same day because of it"
        ),
    ] = Quantity(0.0)
    by_hour: Annotated[
        dict[Hour, FixedFactor],
        Field(description="multiplies that probability by the hour of sending; 1 at every other hour"),
    ] = {}

    @model_validator(mode="after")
    def _check(self) -> Topic:
        if self.fits is None and "others_open" in self.model_fields_set:
            raise problem("is about those whom the topic does not fit; without `fits` it fits everybody",
                          at=("others_open",))  # fmt: skip
        highest = self.order.largest
        if self.by_hour and highest == 0:
            raise problem("needs `order`: it multiplies the probability of ordering, which is 0", at=("by_hour",))
        for hour, factor in self.by_hour.items():
            if factor.value * highest > 1:
                product = f"times `order` it is {factor.value * highest:.6g}"
                message = f"is {factor.value:.6g}: {product}, and a probability is at most 1"
                raise problem(message, at=("by_hour", str(hour)), also=("order",))
        return self


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
    habituation: Annotated[
        FixedShare, Field(description="what each opened message leaves of `wakes`, on the log scale, for the next one")
    ] = Quantity(1.0)


class CouponResponse(Section):
    """What a coupon adds to the message that carries it."""

    lift_per_10_percent: Annotated[
        Factor, Field(description="multiplies the odds of returning for each 10% off the user's own mean basket")
    ] = Quantity(1.0)
    orders: Annotated[
        FixedPositiveFactor, Field(description="multiplies the order rate of a user who holds a valid coupon")
    ] = Quantity(1.0)


class Fatigue(Section):
    """What many messages do to a user: each delivered one adds to a fatigue that fades."""

    half_life: Annotated[PositiveDuration, Field(description="after which a message has left half of its fatigue")]
    open: Annotated[
        FixedPositiveFactor, Field(description="multiplies the odds of opening, to the power of the fatigue")
    ] = Quantity(1.0)
    lapse: Annotated[
        FixedPositiveFactor, Field(description="multiplies the hazard of lapsing, to the power of the fatigue")
    ] = Quantity(1.0)
    opt_out: Annotated[
        FixedShare,
        Field(description="probability that a delivered message makes an untired user opt out of its medium"),
    ] = Quantity(0.0)
    opt_out_times: Annotated[
        FixedPositiveFactor, Field(description="multiplies the odds of that, to the power of the fatigue")
    ] = Quantity(1.0)


class Response(Section):
    """How people respond; nobody observes it directly, so give ranges and sources."""

    message: MessageResponse = MessageResponse()
    coupon: CouponResponse = CouponResponse()
    fatigue: Fatigue | None = None
    points: PointsResponse = PointsResponse()
    memberships: MembershipsResponse = MembershipsResponse()
    satisfaction: Satisfaction | None = None


class Cap(Section):
    """At most so many messages in so many days."""

    messages: Annotated[Quantity, count_from(1, LARGEST_CAP), Field(description="messages to one user")]
    per: Annotated[Quantity, duration_from(1), Field(description="in any window of this length")]


class Contact(Section):
    """What holds for messages of all rules together."""

    messages: Annotated[
        Quantity | None, count_from(1, LARGEST_CAP), Field(description="messages to one user over all rules")
    ] = None
    per: Annotated[Quantity | None, duration_from(1), Field(description="in any window of this length")] = None
    quiet_hours: Annotated[
        QuietStretch | None, Field(description="no message is sent from the first time of the day until the second")
    ] = None

    @model_validator(mode="after")
    def _check(self) -> Contact:
        if (self.messages is None) != (self.per is None):
            missing = "per" if self.per is None else "messages"
            raise problems(Finding((), f"missing `{missing}` in `contact`", at_key=True))
        return self

    @property
    def cap(self) -> Cap | None:
        """The cap on messages, if there is one."""
        if self.messages is None or self.per is None:
            return None
        return Cap(messages=self.messages, per=self.per)
