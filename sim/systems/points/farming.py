"""Farming: who earns without use, and what a team may do about it: take units away, and block earning and redeeming."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.engine.lots import MOST_UNITS
from sim.systems.points.plan import FarmingPlan
from sim.systems.points.wallets import FORFEITED, lose
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

FARMING = purpose("farming")
BY_ACCOUNT = ("active day", "streak", "sign up")
"""What each further account does as well; orders and money are paid for once."""
LONGEST_BLOCK_DAYS = np.iinfo(np.uint16).max


def visitors(world: World, day: int) -> U32:
    """Users who are not active today and come to earn all the same, in their order.

    Draws: one uniform per user and day without use, of the segments that farm, purpose "farming".
    """
    farming, people = world.plan.farming, world.people
    if farming is None or not farming.per_idle_day.any():
        return np.empty(0, np.uint32)
    chance = farming.per_idle_day[world.plan.segment_of_cell]
    rows = world.idle_earners.until_now(people, chance > 0)
    rows = rows[people.last_active[rows] != day]
    coming: U32 = rows[world.uniforms(rows, day, FARMING) < chance[people.cell[rows]]]
    return coming


def times_accounts(world: World, farming: FarmingPlan, rows: U32, amounts: I64) -> I64:
    """What these users get on all their accounts for an act that gives one account so much; at most what one holds."""
    on_all: I64 = amounts * farming.accounts[world.plan.segment_of_cell[world.people.cell[rows]]]
    return np.minimum(on_all, MOST_UNITS)


# --- what a team does about it


def forfeit(world: World, day: int, programme: str, rows: U32) -> None:
    """Take all their units from these users; who loses a reward's worth minds it as a loss."""
    wallet = world.wallets[programme]
    wallet.open_day(day)
    rows = rows[wallet.lots.balance[rows] > 0]
    amounts = wallet.lots.forfeit(rows, *wallet.live(day), counted=wallet.lots.forfeited)
    lose(world, day, wallet, rows, amounts, FORFEITED)


def block(world: World, day: int, programme: str, rows: U32, days: int) -> None:
    """Let these users neither earn nor redeem for so many days, today among them; a longer block holds."""
    wallet = world.wallets[programme]
    if not wallet.blocked_until.size:
        wallet.blocked_until = np.zeros(world.people.capacity, np.uint16)
    until = min(day + days, LONGEST_BLOCK_DAYS)
    wallet.blocked_until[rows] = np.maximum(wallet.blocked_until[rows], until)
