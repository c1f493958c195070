"""What one channel of each kind does per day, whoever is left: sign-ups in an untouched market, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np
import numpy.typing as npt

from sim.systems.channels.schema import (
    REGISTER,
    Channel,
    Community,
    Diminishing,
    History,
    Offline,
    Organic,
    Paid,
    Partner,
    Referral,
    Store,
    WordOfMouth,
)
from sim.systems.horizon import Horizon
from sim.units import Quantity

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reach:
    """What one channel does per day, before it is known who is left.

    Attributes:
        signups: float64 (n_days,), persons who would sign up in an untouched market.
        cost: float64 (n_days,), currency units that it costs whatever it brings.
        cost_per_signup: float64 (n_days,), currency units for each person who signs up.
        per_active, per_user: float64 (n_days,), sign-ups caused by one active user's day, by one user's day.
        exact: int64 (n_days,), sign-ups that happened, for `history`; None for every other kind.
        purchase: what a budget buys, for channels that have one; `signups` and `cost` follow from it.
    """

    signups: F64
    cost: F64
    cost_per_signup: F64
    per_active: F64
    per_user: F64
    exact: I64 | None = None
    purchase: Purchase | None = None

    def under(self, budget: F64) -> Reach:
        """The same under a daily budget, float64 (n_days,)."""
        if self.purchase is None:
            return self
        signups, cost = self.purchase.under(budget)
        return replace(self, signups=signups, cost=cost)


@dataclass(frozen=True)
class Purchase:
    """What money buys from one channel: arrays over days, float64 (n_days,).

    Attributes:
        price: of a unit (view, click, sign-up).
        half: the budget that reaches half of all whom any budget could reach; None where nothing diminishes.
        rate: sign-ups per unit.
        signups, cost: without any budget.
        is_spent: whether the budget is spent whatever it brings; else each sign-up is paid for.
    """

    price: F64
    half: F64 | None
    rate: F64
    signups: F64
    cost: F64
    is_spent: bool

    def under(self, budget: F64) -> tuple[F64, F64]:
        """Sign-ups and cost per day under a daily budget: units = (budget / price) x half / (half + budget)."""
        units = np.divide(budget, self.price, out=np.zeros_like(budget), where=self.price > 0)
        if self.half is not None:
            both = self.half + budget
            units = np.divide(units * self.half, both, out=np.zeros_like(units), where=both > 0)
        return self.signups + units * self.rate, self.cost + budget if self.is_spent else self.cost


def funnel_rate(funnel: Mapping[str, Quantity], horizon: Horizon) -> F64:
    """Share of those who enter the funnel who register, float64 (n_days,)."""
    rate = np.ones(horizon.n_days)
    for name, share in funnel.items():
        rate = rate * horizon.of(share)
        if name == REGISTER:
            break
    return rate


def _half(diminishing: Diminishing | None, horizon: Horizon) -> F64 | None:
    return None if diminishing is None else horizon.of(diminishing.half_of_reach_at)


def _reach(horizon: Horizon, **given: F64 | I64 | Purchase) -> Reach:
    zero = np.zeros(horizon.n_days)
    arrays = {"signups": zero, "cost": zero, "cost_per_signup": zero, "per_active": zero, "per_user": zero}
    return Reach(**(arrays | given))  # type: ignore[arg-type]


def has_network(channel: Channel) -> bool:
    return isinstance(channel, WordOfMouth) and channel.network is not None


@singledispatch
def compile_channel(channel: Channel, horizon: Horizon) -> Reach:
    """What a channel of this kind does per day; where budgets buy, without any."""
    raise TypeError(f"no plan for channels of type {type(channel).__name__}")


@compile_channel.register
def _(channel: Organic, horizon: Horizon) -> Reach:
    return _reach(horizon, signups=horizon.of(channel.signups), cost=horizon.of(channel.cost))


@compile_channel.register
def _(channel: Store, horizon: Horizon) -> Reach:
    signups = horizon.of(channel.signups)
    for window in channel.windows.values():
        first = horizon.day_of(window.from_)
        last = first + int(window.for_.value)
        signups[max(first, 0) : max(last, 0)] *= window.times.value
    return _reach(horizon, signups=signups, cost=horizon.of(channel.cost))


@compile_channel.register
def _(channel: Paid, horizon: Horizon) -> Reach:
    price, is_per_signup = horizon.of(channel.price), channel.price.per == "sign-up"
    purchase = Purchase(
        price=price,
        half=_half(channel.diminishing, horizon),
        rate=funnel_rate(channel.funnel or {}, horizon),
        signups=np.zeros(horizon.n_days),
        cost=horizon.of(channel.cost),
        is_spent=not is_per_signup,
    )
    return _reach(horizon, purchase=purchase, **({"cost_per_signup": price} if is_per_signup else {}))


@compile_channel.register
def _(channel: Community, horizon: Horizon) -> Reach:
    purchase = Purchase(
        price=horizon.of(channel.price),
        half=_half(channel.diminishing, horizon),
        rate=np.ones(horizon.n_days),
        signups=horizon.of(channel.signups),
        cost=horizon.of(channel.cost),
        is_spent=True,
    )
    return _reach(horizon, purchase=purchase)


@compile_channel.register
def _(channel: Partner, horizon: Horizon) -> Reach:
    signups = horizon.of(channel.visits) * funnel_rate(channel.funnel, horizon)
    return _reach(horizon, signups=signups, cost=horizon.of(channel.cost), cost_per_signup=horizon.of(channel.fee))


@compile_channel.register
def _(channel: Offline, horizon: Horizon) -> Reach:
    # Rounded before the floor: 12 months of 1 event a month are 12 events, not 11.999999999.
    events = np.diff(np.floor(np.round(np.cumsum(horizon.of(channel.events)), 9)), prepend=0.0)
    signups = events * horizon.of(channel.reach) * horizon.of(channel.register_)
    return _reach(horizon, signups=signups, cost=horizon.of(channel.cost) + events * horizon.of(channel.event_cost))


@compile_channel.register
def _(channel: WordOfMouth, horizon: Horizon) -> Reach:
    zero = np.zeros(horizon.n_days)
    if has_network(channel):  # the pressure is each person's own
        return _reach(horizon, cost=horizon.of(channel.cost))
    per_active = zero if channel.contacts_per_active_day is None else horizon.of(channel.contacts_per_active_day)
    per_user = zero if channel.contacts_per_user_day is None else horizon.of(channel.contacts_per_user_day)
    return _reach(horizon, cost=horizon.of(channel.cost), per_active=per_active, per_user=per_user)


@compile_channel.register
def _(channel: Referral, horizon: Horizon) -> Reach:
    return _reach(horizon, cost=horizon.of(channel.cost))


@compile_channel.register
def _(channel: History, horizon: Horizon) -> Reach:
    exact = np.zeros(horizon.n_days, np.int64)
    for day, count in channel.signups.items():
        index = horizon.day_of(day)
        if 0 <= index < horizon.n_days:
            exact[index] += int(count.value)
    return _reach(horizon, cost=horizon.of(channel.cost), exact=exact)
