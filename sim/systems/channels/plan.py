"""Channels as arrays: expected sign-ups and cost per day, and whom each reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.systems.channels.reach import Purchase, Reach, compile_channel, has_network
from sim.systems.channels.schema import BudgetChange, Channel, Referral, WordOfMouth
from sim.systems.horizon import Horizon
from sim.systems.market.plan import MarketPlan, split_whole
from sim.units import Quantity

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BudgetChangePlan:
    """What a rule makes of one channel's budget.

    Attributes:
        to: float64 (n_days,), currency units a day; None where `times` multiplies what is in force.
        at_most: float64 (n_days,), currency units a day; None without a bound.
    """

    channel: int
    times: float
    to: F64 | None
    at_most: F64 | None


@dataclass(frozen=True)
class ChannelsPlan:
    """All channels of one scenario.

    Attributes:
        names: in the order of the file.
        purposes: uint32 (n_channels,), the addresses of each person's luck with each channel.
        reach_of_person: float64 (n_channels, n_segments), hazard of one person per expected sign-up of the channel.
        share_of_segment: float64 (n_channels, n_segments), of those whom the channel reaches; rows sum to 1.
        signups, cost_per_signup, per_active, per_user: float64 (n_days, n_channels).
        cost_cents: int64 (n_days, n_channels, n_segments), what channels cost whatever they bring.
        history: (channel index, int64 (n_days, n_segments) agents) of each channel with exact sign-ups.
        quality: float64 (n_channels,).
        moods: float64 (2, n_channels), contacts of so many more users that a satisfaction of 1 adds, and one of -1
            takes off.
        budgets: float64 (n_days, n_channels), currency units; what they buy is in `signups` and `cost_cents`.
        has_referrals: whether users invite others by any channel; has_networks: whether they talk along ties.
        purchases: by channel index, what a budget buys, so that it may be changed during a run.
    """

    names: tuple[str, ...]
    purposes: npt.NDArray[np.uint32]
    reach_of_person: F64
    share_of_segment: F64
    signups: F64
    cost_per_signup: F64
    per_active: F64
    per_user: F64
    cost_cents: I64
    history: tuple[tuple[int, I64], ...]
    quality: F64
    moods: F64
    budgets: F64
    has_referrals: bool
    has_networks: bool
    purchases: Mapping[int, Purchase]

    @property
    def has_pressure(self) -> bool:
        """Whether any channel presses people to sign up, beside exact history, or would if it got a budget."""
        return bool(self.signups.any()) or self._depends_on_users or bool(self.purchases)

    @property
    def _depends_on_users(self) -> bool:
        return self.has_word_of_mouth or self.has_referrals or self.has_networks

    @property
    def has_word_of_mouth(self) -> bool:
        """Whether users bring users, wherever these are."""
        return bool(self.per_active.any() or self.per_user.any())

    def with_budget(self, channel: int, budget: F64, first_day: int) -> ChannelsPlan:
        """The same channels, where `channel` has another budget, float64 (n_days,), from `first_day` on."""
        later = slice(first_day, None)
        signups, cost = self.purchases[channel].under(budget)
        cents = _split_costs(cost[:, None], self.share_of_segment[channel][None])
        copies = {name: getattr(self, name).copy() for name in ("signups", "cost_cents", "budgets")}
        copies["signups"][later, channel] = signups[later]
        copies["cost_cents"][later, channel] = cents[later, 0]
        copies["budgets"][later, channel] = budget[later]
        return replace(self, **copies)


def weights_of(channel: Channel, segments: tuple[str, ...]) -> F64:
    """The weight of a person of each segment, float64 (n_segments,)."""
    if channel.audience is None:
        return np.ones(len(segments))
    return np.array([channel.audience[name].value if name in channel.audience else 0.0 for name in segments])


def moods_of(channel: Channel) -> tuple[float, float]:
    """What a talker's satisfaction of 1 adds to its contacts, and what one of -1 takes off, as shares of them."""
    if not isinstance(channel, WordOfMouth):
        return 0.0, 0.0
    strength = channel.by_satisfaction.value
    return strength, strength * channel.asymmetry.value


def _split_costs(cost: F64, shares: F64) -> I64:
    """Whole cents int64 (n_days, n_channels, n_segments) that sum to each day's and channel's cost exactly."""
    cents = np.rint(cost * 100)
    edges = np.rint(np.cumsum(shares, axis=1) * cents[:, :, None]).astype(np.int64)
    edges[:, :, -1] = cents.astype(np.int64)
    return np.diff(edges, axis=2, prepend=0)


def _schedules(reaches: Sequence[Reach], shares: F64, market: MarketPlan) -> tuple[tuple[int, I64], ...]:
    """Exact sign-ups as agents by day and segment, segments in proportion to whom each channel reaches."""
    left = market.agents.copy()
    schedules = []
    for channel, reach in enumerate(reaches):
        if reach.exact is None:
            continue
        agents = np.diff(np.cumsum(reach.exact) // market.people_per_agent, prepend=0)
        schedule = np.zeros((agents.size, left.size), np.int64)
        done = np.zeros(left.size, np.int64)
        for day in np.flatnonzero(agents):
            wanted = np.maximum(shares[channel] * (done.sum() + agents[day]) - done, 0.0)
            # Where whole agents do not go round, a segment may end a little before its recorded sign-ups.
            schedule[day] = np.minimum(split_whole(int(agents[day]), wanted / wanted.sum()), left)
            done += schedule[day]
            left -= schedule[day]
        schedules.append((channel, schedule))
    return tuple(schedules)


def compile_changes(
    changes: Mapping[str, BudgetChange], channels: Sequence[str], horizon: Horizon
) -> tuple[BudgetChangePlan, ...]:
    """The plans of a rule's checked `do.budgets`."""

    def daily(budget: Quantity | None) -> F64 | None:
        return None if budget is None else horizon.of(budget)

    return tuple(
        BudgetChangePlan(
            channel=channels.index(name),
            times=1.0 if change.times is None else change.times.value,
            to=daily(change.to),
            at_most=daily(change.at_most),
        )
        for name, change in changes.items()
    )


def compile_channels(
    channels: Mapping[str, Channel], budgets: Mapping[str, Quantity], market: MarketPlan, horizon: Horizon
) -> ChannelsPlan:
    """The plan of the checked `channels` section under the policy's budgets."""
    weights = np.stack([weights_of(channel, market.segments) for channel in channels.values()])
    weighted_persons = (weights * market.persons).sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        reach_of_person = np.nan_to_num(weights / weighted_persons, posinf=0.0)
        share_of_segment = np.nan_to_num(weights * market.persons / weighted_persons)
    share_of_segment[share_of_segment.sum(axis=1) == 0, 0] = 1.0
    zero = np.zeros(horizon.n_days)
    in_force = [horizon.of(budgets[name]) if name in budgets else zero for name in channels]
    reaches = [
        compile_channel(channel, horizon).under(budget)
        for channel, budget in zip(channels.values(), in_force, strict=True)
    ]
    return ChannelsPlan(
        names=tuple(channels),
        purposes=np.array([purpose(f"channel:{name}") for name in channels], np.uint32),
        reach_of_person=reach_of_person,
        share_of_segment=share_of_segment,
        signups=np.stack([reach.signups for reach in reaches], axis=1),
        cost_per_signup=np.stack([reach.cost_per_signup for reach in reaches], axis=1),
        per_active=np.stack([reach.per_active for reach in reaches], axis=1),
        per_user=np.stack([reach.per_user for reach in reaches], axis=1),
        cost_cents=_split_costs(np.stack([reach.cost for reach in reaches], axis=1), share_of_segment),
        history=_schedules(reaches, share_of_segment, market),
        quality=np.array([channel.quality.value for channel in channels.values()]),
        moods=np.array([moods_of(channel) for channel in channels.values()]).T,
        budgets=np.stack(in_force, axis=1),
        has_referrals=any(isinstance(channel, Referral) for channel in channels.values()),
        has_networks=any(has_network(channel) for channel in channels.values()),
        purchases={i: reach.purchase for i, reach in enumerate(reaches) if reach.purchase is not None},
    )


def preceded_by(plan: ChannelsPlan, past_days: int) -> ChannelsPlan:
    """The same channels after so many days on which they did nothing: what they add up, they add up from the start."""

    def padded(by_day: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.pad(by_day, [(past_days, 0)] + [(0, 0)] * (by_day.ndim - 1))

    return replace(
        plan,
        signups=padded(plan.signups),
        cost_per_signup=padded(plan.cost_per_signup),
        per_active=padded(plan.per_active),
        per_user=padded(plan.per_user),
        cost_cents=padded(plan.cost_cents),
        budgets=padded(plan.budgets),
        purchases={
            channel: replace(
                purchase,
                price=padded(purchase.price),
                half=None if purchase.half is None else padded(purchase.half),
                rate=padded(purchase.rate),
                signups=padded(purchase.signups),
                cost=padded(purchase.cost),
            )
            for channel, purchase in plan.purchases.items()
        },
        history=tuple((channel, padded(schedule)) for channel, schedule in plan.history),
    )
