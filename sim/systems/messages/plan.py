"""Media and responses as arrays over days."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.engine.ledger import MICRO
from sim.systems.market.schema import Segment
from sim.systems.messages.schema import Cap, Medium, Response

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MediumPlan:
    """One medium: float64 (n_days,) shares, int64 (n_days,) price in 1/10,000 cents, and its draws' addresses."""

    name: str
    opt_in: float
    delivery: F64
    open: F64
    price_micro: npt.NDArray[np.int64]
    opt_in_purpose: int
    delivery_purpose: int
    open_purpose: int


@dataclass(frozen=True)
class CapPlan:
    """At most `messages` in any `days` days."""

    messages: int
    days: int


@dataclass(frozen=True)
class ResponsePlan:
    """What opened messages and coupons do.

    Attributes:
        brings_back: float64 (n_days,), probability on the first day away.
        halves_every_days: infinite when it does not fall.
        wakes: factor on the odds of activity of those still engaged.
        coupon_lift: float64 (n_days,), factor on the odds of returning per 10% off.
        coupon_orders: factor on the order rate while a coupon is held.
        gain: float64 (n_segments,), how strongly a coupon moves a segment.
    """

    brings_back: F64
    halves_every_days: float
    wakes: float
    wakes_half_life_days: float
    coupon_lift: F64
    coupon_orders: float
    gain: F64


def compile_media(media: Mapping[str, Medium], start: date, n_days: int) -> dict[str, MediumPlan]:
    """The plan of the checked `media` section."""
    return {
        name: MediumPlan(
            name=name,
            opt_in=medium.opt_in.value,
            delivery=medium.delivery.each_day(start, n_days),
            open=medium.open.each_day(start, n_days),
            price_micro=np.rint(medium.price.each_day(start, n_days) * 100 * MICRO).astype(np.int64),
            opt_in_purpose=purpose(f"opt in:{name}"),
            delivery_purpose=purpose(f"delivery:{name}"),
            open_purpose=purpose(f"open:{name}"),
        )
        for name, medium in media.items()
    }


def compile_cap(cap: Cap | None) -> CapPlan | None:
    """The plan of a cap."""
    return None if cap is None else CapPlan(int(cap.messages.value), math.ceil(cap.per.value))


def compile_response(response: Response, segments: Mapping[str, Segment], start: date, n_days: int) -> ResponsePlan:
    """The plan of the checked `response` section."""
    message, coupon = response.message, response.coupon
    halves = message.falls_by_half_every
    return ResponsePlan(
        brings_back=message.brings_back.each_day(start, n_days),
        halves_every_days=np.inf if halves is None else halves.value,
        wakes=message.wakes.value,
        wakes_half_life_days=message.wakes_half_life.value,
        coupon_lift=coupon.lift_per_10_percent.each_day(start, n_days),
        coupon_orders=coupon.orders.value,
        gain=np.array([segment.gain.value for segment in segments.values()]),
    )
