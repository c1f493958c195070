"""Rewards as frozen plans: what they cost, how they pull, how many there are, and what is announced of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.systems.horizon import Horizon
from sim.systems.market.plan import MarketPlan
from sim.systems.motives import Motive
from sim.systems.points.schema import PointsResponse, Programme, Reward
from sim.units import Quantity

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

NO_STOCK = np.iinfo(np.int64).max


@dataclass(frozen=True)
class RewardsPlan:
    """The rewards of one programme, in the order of the file.

    Attributes:
        price: int64 (n_days, n_rewards), units.
        cheapest: int64 (n_days,), the smallest price of those that cost units; 0 where none does.
        cost_micro, paid_micro: int64 (n_days, n_rewards), what one costs and what is paid for it in money, in 1/10,000
            cents.
        appeal: float64 (n_rewards, n_segments).
        wanted: float64 (n_rewards,), mean of the appeal over the persons of the market.
        log_by_price: float64 (n_days, n_rewards), natural logarithm of what the price in money makes of the appeal.
        stock, limited: int64 (n_rewards,), agents in a calendar month; in all.
        rush: float64 (n_days, n_rewards), factor on the odds of looking at it, and of taking it, by what is announced.
        motives: what each appeals to; the appeal is weighted by it already.
    """

    names: tuple[str, ...]
    price: I64
    cheapest: I64
    cost_micro: I64
    paid_micro: I64
    appeal: F64
    wanted: F64
    log_by_price: F64
    stock: I64
    limited: I64
    rush: F64
    motives: tuple[Motive | None, ...]


def compile_rewards(
    programme: Programme, response: PointsResponse, market: MarketPlan, horizon: Horizon
) -> RewardsPlan:
    """The plan of the rewards of one checked programme."""
    rewards = programme.rewards
    shape = (horizon.n_days, len(rewards))
    price, cost, paid = (np.zeros(shape, np.int64) for _ in range(3))
    appeal, log_by_price = np.zeros((len(rewards), len(market.segments))), np.zeros(shape)
    for i, reward in enumerate(rewards.values()):
        price[:, i] = np.ceil(horizon.of(reward.price))
        cost[:, i], paid[:, i] = horizon.micro(reward.cost), horizon.micro(reward.price_in_money)
        appeal[i] = _appeal(reward, market)
        if reward.worth is not None:
            log_ratio = np.log(horizon.of(reward.price_in_money)) - math.log(reward.worth.value)
            log_by_price[:, i] = -response.price_sensitivity.value * log_ratio
    told_days = 0 if programme.announced is None else int(programme.announced.value)
    return RewardsPlan(
        names=tuple(rewards),
        price=price,
        cheapest=_cheapest(price),
        cost_micro=cost,
        paid_micro=paid,
        appeal=appeal,
        wanted=appeal @ (market.agents / market.agents.sum()),
        log_by_price=log_by_price,
        stock=_agents([reward.stock for reward in rewards.values()], market),
        limited=_agents([reward.limited for reward in rewards.values()], market),
        rush=response.rush.value ** _announced(price, told_days),
        motives=tuple(reward.motive for reward in rewards.values()),
    )


def _appeal(reward: Reward, market: MarketPlan) -> F64:
    """Of each segment, float64 (n_segments,)."""
    segments, named = market.segments, reward.by_segment
    factors = np.array([named[segment].value if segment in named else 1.0 for segment in segments])
    weighted: F64 = reward.appeal.value * factors * (1.0 if reward.motive is None else market.weights[reward.motive])
    return weighted


def _cheapest(price: I64) -> I64:
    """The smallest price above 0 of each day; 0 where there is none."""
    none = np.iinfo(np.int64).max
    smallest = np.where(price > 0, price, none).min(axis=1, initial=none)
    cheapest: I64 = np.where(smallest == none, 0, smallest)
    return cheapest


def _agents(limits: list[Quantity | None], market: MarketPlan) -> I64:
    """How many agents may take each."""
    per_agent = market.people_per_agent
    return np.array([NO_STOCK if of is None else int(of.value) // per_agent for of in limits], np.int64)


def _announced(price: I64, days: int) -> F64:
    """What is known of each price: 1 within so many days before it rises, -1 before it falls, 0 else.

    Args:
        price: int64 (n_days, n_rewards); the nearest change counts, and none beyond the horizon.
    """
    known = np.zeros(price.shape)
    changed, reward = np.nonzero(np.diff(price, axis=0))
    for day, r in zip(changed[::-1] + 1, reward[::-1], strict=True):
        known[max(day - days, 0) : day, r] = np.sign(price[day, r] - price[day - 1, r])
    return known
