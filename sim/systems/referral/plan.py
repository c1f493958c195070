"""Referral programmes as frozen plans: who shares how readily, who accepts, and what both get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.systems.channels.schema import Channel, Referral
from sim.systems.horizon import Horizon
from sim.systems.market.plan import MarketPlan
from sim.systems.referral.schema import FIRST_ORDER, ReferralProgramme
from sim.systems.reward_schema import DeedReward
from sim.units import Quantity

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

BYTES_PER_USER = 8
"""Who brought each user, and how many it has brought."""
BYTES_PER_LIMIT = 4
"""How often each referrer has been rewarded, where that is limited."""


@dataclass(frozen=True)
class RewardPlan:
    """What one side gets.

    Attributes:
        micro: int64 (n_days,), 1/10,000 cents.
        units: by points programme.
    """

    micro: I64
    units: Mapping[str, int]

    @property
    def is_something(self) -> bool:
        """Whether anybody is ever given anything."""
        return bool(self.units) or bool(self.micro.any())


@dataclass(frozen=True)
class ReferralPlan:
    """One programme, and the channel by which its people come.

    Attributes:
        index: of its name in the ledger.
        channel: position of its channel.
        occasion: on which users may share.
        shares: float64 (n_days, n_segments), probability that a user does.
        signups: float64 (n_days, n_segments), whom one who shares brings in an untouched market of such a segment.
        at_most: rewards of one referrer; 0 for no limit.
    """

    name: str
    index: int
    channel: int
    occasion: str
    shares: F64
    signups: F64
    referrer: RewardPlan
    referred: RewardPlan
    pays_on_order: bool
    at_most: int
    share_purpose: int

    @property
    def can_be_farmed(self) -> bool:
        """Whether an account that is never used is worth anything to who opens it."""
        return not self.pays_on_order and (self.referrer.is_something or self.referred.is_something)

    @property
    def bytes_per_row(self) -> int:
        """What each user's rewards take."""
        return BYTES_PER_LIMIT if self.at_most else 0


def compile_referrals(
    referrals: Mapping[str, ReferralProgramme],
    channels: Mapping[str, Channel],
    market: MarketPlan,
    horizon: Horizon,
    *,
    first_index: int,
) -> tuple[ReferralPlan, ...]:
    """The plans of the checked `policy.referrals`, in their order.

    Args:
        first_index: of their names in the ledger.
    """
    names = tuple(channels)
    plans = []
    for index, (name, programme) in enumerate(referrals.items(), start=first_index):
        channel = channels[name]
        assert isinstance(channel, Referral)
        moved = _moved(channel, programme, market, horizon)
        plans.append(
            ReferralPlan(
                name=name,
                index=index,
                channel=names.index(name),
                occasion=channel.for_,
                shares=_at_most_one(horizon.of(channel.shares)[:, None] * moved[0]),
                signups=horizon.of(channel.invites)[:, None]
                * _at_most_one(horizon.of(channel.accepts)[:, None] * moved[1]),
                referrer=_compile_reward(programme.referrer, horizon),
                referred=_compile_reward(programme.referred, horizon),
                pays_on_order=programme.pays == FIRST_ORDER,
                at_most=0 if programme.at_most is None else int(programme.at_most.value),
                share_purpose=purpose(f"referral:{name}"),
            )
        )
    return tuple(plans)


def _moved(channel: Referral, programme: ReferralProgramme, market: MarketPlan, horizon: Horizon) -> tuple[F64, F64]:
    """What the rewards make of sharing and of accepting: factors, float64 (n_days, n_segments)."""
    gain, reward = market.weights["gain"], channel.reward
    if reward is None:
        nothing = np.ones((horizon.n_days, len(market.segments)))
        return nothing, nothing

    def factor(most: Quantity, worth: Quantity) -> F64:
        value = horizon.of(worth)
        reached = 1.0 + (most.value - 1.0) * value / (value + reward.half_at.value)
        powers: F64 = reached[:, None] ** gain
        return powers

    return factor(reward.shares, programme.referrer.value), factor(reward.accepts, programme.referred.value)


def _at_most_one(probability: F64) -> F64:
    return np.minimum(probability, 1.0)


def _compile_reward(reward: DeedReward, horizon: Horizon) -> RewardPlan:
    return RewardPlan(horizon.micro(reward.money), {name: int(units.value) for name, units in reward.points.items()})
