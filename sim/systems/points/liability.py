"""What a unit that users hold is expected to cost: by what they take, and before that by what they could."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sim.engine.ledger import MICRO
from sim.systems.points.rewards_plan import RewardsPlan
from sim.systems.points.wallets import Wallet
from sim.systems.pulls import NOTHING, log_of, pulls_of

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


def unit_costs(wallet: Wallet) -> F64:
    """Cents that a unit costs on each day, float64 (n_days,): mean over the rewards by the units spent on each so far.

    Until anything is spent, by the appeal of those that somebody could have paid by then; until then, of all.
    """
    rewards = wallet.plan.rewards
    per_unit = _of_each(rewards)
    spent = np.cumsum(wallet.taken * rewards.price, axis=0).astype(np.float64)
    for_units = rewards.price > 0
    within_reach = for_units & (rewards.price <= np.maximum.accumulate(wallet.largest)[:, None])
    weights = _first_of(
        [spent, *(_wanted(rewards, among) for among in (within_reach, for_units)), for_units.astype(np.float64)]
    )
    total = weights.sum(axis=1)
    each_day: F64 = np.divide((per_unit * weights).sum(axis=1), total, out=np.zeros(total.size), where=total > 0)
    return each_day


def _wanted(rewards: RewardsPlan, among: npt.NDArray[np.bool_]) -> F64:
    """How these rewards pull the persons of the market, beside each other, float64 (n_days, n_rewards)."""
    logs = np.where(among & (rewards.wanted > 0), log_of(rewards.wanted) + rewards.log_by_price, NOTHING)
    return pulls_of(logs.T, NOTHING)[0].T


def _of_each(rewards: RewardsPlan) -> F64:
    """Cents by unit of the price, less what is paid in money, float64 (n_days, n_rewards); what earns costs nothing."""
    cents = np.maximum((rewards.cost_micro - rewards.paid_micro) / MICRO, 0.0)
    each: F64 = np.divide(cents, rewards.price, out=np.zeros(cents.shape), where=rewards.price > 0)
    return each


def _first_of(weights: Sequence[F64]) -> F64:
    """On each day the first of these weights, each (n_days, n_rewards), in which any reward has some."""
    found = weights[-1]
    for before in reversed(weights[:-1]):
        found = np.where(before.any(axis=1, keepdims=True), before, found)
    return found
