"""Media, topics, hours and responses as arrays over days."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.scenario.expressions import Expression
from sim.systems.horizon import Horizon
from sim.systems.market.schema import Segment
from sim.systems.messages.hours import HOURS_PER_DAY, QuietHours
from sim.systems.messages.schema import Cap, Fatigue, Medium, Response, Topic
from sim.units import Quantity

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MediumPlan:
    """One medium: float64 (n_days,) shares, int64 (n_days,) price in 1/10,000 cents, and its draws' addresses.

    Attributes:
        open_by_hour: float64 (24,), factors on the odds of opening; `at_habit`: near the user's own hour.
        tires: what a delivered message adds to a user's fatigue.
    """

    name: str
    opt_in: float
    delivery: F64
    open: F64
    price_micro: npt.NDArray[np.int64]
    opt_in_purpose: int
    delivery_purpose: int
    open_purpose: int
    opt_out_purpose: int
    open_by_hour: F64
    at_habit: float
    tires: float


@dataclass(frozen=True)
class TopicPlan:
    """What a message is about.

    Attributes:
        fits: whom it fits, None for everybody.
        open, others_open: factors on the odds of opening.
        order: float64 (n_days,), probability of an order; by_hour: float64 (24,), factors on it.
    """

    fits: Expression | None
    open: float
    others_open: float
    order: F64
    by_hour: F64


@dataclass(frozen=True)
class HoursPlan:
    """When users have time.

    Attributes:
        cumulated: float64 (n_segments, 24), distribution function of habitual hours; None when none are stated.
        send_at: int64 (24,), when a message for each habitual hour is sent: outside of quiet hours.
    """

    cumulated: F64 | None
    send_at: npt.NDArray[np.int64]


@dataclass(frozen=True)
class CapPlan:
    """At most `messages` in any `days` days."""

    messages: int
    days: int


@dataclass(frozen=True)
class FatiguePlan:
    """What fatigue does: natural logarithms per unit of it, and the probability of opting out without any."""

    half_life_days: float
    log_open: float
    log_lapse: float
    opt_out: float
    log_opt_out_times: float


@dataclass(frozen=True)
class ResponsePlan:
    """What opened messages and coupons do.

    Attributes:
        brings_back: float64 (n_days,), probability on the first day away.
        halves_every_days: infinite when it does not fall.
        wakes: factor on the odds of activity of those still engaged.
        habituation: what each opened message leaves of that effect for the next.
        coupon_lift: float64 (n_days,), factor on the odds of returning per 10% off.
        coupon_orders: factor on the order rate while a coupon is held.
        gain: float64 (n_segments,), how strongly a coupon moves a segment.
        fatigue: None where nobody tires of messages.
    """

    brings_back: F64
    halves_every_days: float
    wakes: float
    wakes_half_life_days: float
    habituation: float
    coupon_lift: F64
    coupon_orders: float
    gain: F64
    fatigue: FatiguePlan | None


def compile_media(media: Mapping[str, Medium], horizon: Horizon) -> dict[str, MediumPlan]:
    """The plan of the checked `media` section."""
    return {
        name: MediumPlan(
            name=name,
            opt_in=medium.opt_in.value,
            delivery=horizon.of(medium.delivery),
            open=horizon.of(medium.open),
            price_micro=horizon.micro(medium.price),
            opt_in_purpose=purpose(f"opt in:{name}"),
            delivery_purpose=purpose(f"delivery:{name}"),
            open_purpose=purpose(f"open:{name}"),
            opt_out_purpose=purpose(f"opt out:{name}"),
            open_by_hour=_by_hour(medium.open_by_hour),
            at_habit=medium.at_habit.value,
            tires=medium.tires.value,
        )
        for name, medium in media.items()
    }


def _by_hour(factors: Mapping[int, Quantity]) -> F64:
    """The factors of all hours, 1 where none is stated, float64 (24,)."""
    return np.array([factors[hour].value if hour in factors else 1.0 for hour in range(HOURS_PER_DAY)])


def compile_topics(topics: Mapping[str, Topic], horizon: Horizon) -> dict[str, TopicPlan]:
    """The plan of the checked `topics` section."""
    return {
        name: TopicPlan(
            fits=topic.fits,
            open=topic.open.value,
            others_open=topic.others_open.value,
            order=horizon.of(topic.order),
            by_hour=_by_hour(topic.by_hour),
        )
        for name, topic in topics.items()
    }


def compile_hours(
    hours: Mapping[int, Quantity], segments: Mapping[str, Segment], quiet: QuietHours | None
) -> HoursPlan:
    """The plan of the checked `hours`, of the segments' own, and of the team's quiet hours."""
    send_at = [hour if quiet is None else quiet.nearest_allowed(hour) for hour in range(HOURS_PER_DAY)]
    of_segments = [segment.hours or hours for segment in segments.values()]
    cumulated = np.array([_cumulated(shares) for shares in of_segments]) if all(of_segments) else None
    return HoursPlan(cumulated, np.array(send_at, np.int64))


def _cumulated(shares: Mapping[int, Quantity]) -> F64:
    each = np.array([shares[hour].value if hour in shares else 0.0 for hour in range(HOURS_PER_DAY)])
    total: F64 = np.cumsum(each)
    return np.asarray(total / total[-1])


def compile_no_message(horizon: Horizon) -> MediumPlan:
    """The medium of a rule that sends nothing: it reaches everybody, costs nothing, and is never used."""
    return compile_media({"": Medium(open=Quantity(0.0))}, horizon)[""]


def compile_cap(cap: Cap | None) -> CapPlan | None:
    """The plan of a cap."""
    return None if cap is None else CapPlan(int(cap.messages.value), math.ceil(cap.per.value))


def _compile_fatigue(fatigue: Fatigue | None) -> FatiguePlan | None:
    if fatigue is None:
        return None
    return FatiguePlan(
        half_life_days=fatigue.half_life.value,
        log_open=math.log(fatigue.open.value),
        log_lapse=math.log(fatigue.lapse.value),
        opt_out=fatigue.opt_out.value,
        log_opt_out_times=math.log(fatigue.opt_out_times.value),
    )


def compile_response(response: Response, segments: Mapping[str, Segment], horizon: Horizon) -> ResponsePlan:
    """The plan of the checked `response` section."""
    message, coupon = response.message, response.coupon
    halves = message.falls_by_half_every
    return ResponsePlan(
        brings_back=horizon.of(message.brings_back),
        halves_every_days=np.inf if halves is None else halves.value,
        wakes=message.wakes.value,
        wakes_half_life_days=message.wakes_half_life.value,
        habituation=message.habituation.value,
        coupon_lift=horizon.of(coupon.lift_per_10_percent),
        coupon_orders=coupon.orders.value,
        gain=np.array([segment.weight("gain") for segment in segments.values()]),
        fatigue=_compile_fatigue(response.fatigue),
    )
