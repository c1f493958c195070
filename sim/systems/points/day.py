"""Programmes on a day: what users earn, who takes which reward, and what expires at its end."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.points.earning import earn
from sim.systems.points.expiring import expire
from sim.systems.points.farming import visitors
from sim.systems.points.redeeming import LOOK, chance_to_look, redeem, who_can_pay
from sim.systems.points.transfers import transfer
from sim.systems.points.wallets import Wallet, forget_earned
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]


def run_points(world: World, day: int) -> None:
    """Earn, redeem, give to others, expire, for each programme in the order of the file."""
    if not world.wallets:
        return
    active = world.today.present
    only_earn = visitors(world, day)
    earners = np.concatenate([active, only_earn])
    for wallet in world.wallets.values():
        wallet.open_day(day)
        forget_earned(world, day, wallet)
        earn(world, day, wallet, earners)
        redeem(world, day, wallet, _lookers(world, day, wallet, active, only_earn))
        transfer(world, day, wallet, wallet.unblocked(day, active))
        expire(world, day, wallet)


# --- redeeming


def _lookers(world: World, day: int, wallet: Wallet, active: U32, only_earn: U32) -> U32:
    """Who looks at the rewards, of those who could pay for one: some of the active, and all who only come to earn.

    Draws: one uniform per user and day, purpose "rewards:NAME", k = LOOK.
    """
    plan, prices = wallet.plan, wallet.plan.rewards.price[day]
    if not prices.size or (plan.habits.looks == 0 and not only_earn.size):
        return active[:0]
    cheapest = int(prices.min())
    rows = who_can_pay(wallet, active, cheapest)
    chance = chance_to_look(wallet, day, rows)
    looking = rows[world.uniforms(rows, day, plan.look_purpose, LOOK) < chance]
    return np.concatenate([looking, who_can_pay(wallet, only_earn, cheapest)])
