"""Transfers: users who are active give some of their units to another, and the programme may keep a fee."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.points.transfers_plan import TransfersPlan
from sim.systems.points.wallets import FEES, REDEEMED, TRANSFERRED, Wallet, pull
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

GIVE, TO_WHOM, PLACE = range(3)
"""The k of the draws of one programme."""


def transfer(world: World, day: int, wallet: Wallet, active: U32) -> None:
    """Let some of today's active users give units to others of them; the units keep the day on which they expire.

    All give of what they held before anybody receives.

    Draws: one uniform per user and day each, purpose "transfers:NAME": whether a user gives (k = GIVE), to whom
    (k = TO_WHOM), and of the active users the place at which they are found (k = PLACE).
    """
    plan = wallet.plan.transfers
    if plan is None or active.size < 2:
        return
    holders = active[wallet.lots.balance[active] > 0]
    givers = holders[world.uniforms(holders, day, plan.purpose, GIVE) < plan.of_active_days]
    amounts = _amounts(wallet, plan, givers)
    arriving = np.floor(amounts * (1.0 - plan.fee) + 1e-9).astype(np.int64)
    givers, amounts, arriving = (each[arriving > 0] for each in (givers, amounts, arriving))
    if givers.size:
        _hand_over(world, day, wallet, givers, _receivers(world, day, plan, givers, active), amounts, arriving)


def _amounts(wallet: Wallet, plan: TransfersPlan, givers: U32) -> I64:
    """What each gives, the fee included: a share of its balance, and no more than the limit of the month leaves."""
    amounts: I64 = np.floor(wallet.lots.balance[givers] * plan.of_balance + 1e-9).astype(np.int64)
    if plan.per_month:
        amounts = np.minimum(amounts, plan.per_month - wallet.given[givers])
    return amounts


def _receivers(world: World, day: int, plan: TransfersPlan, givers: U32, active: U32) -> U32:
    """For each giver another active user, each alike: the next one on a ring on which everybody has a place.

    One active user more or less changes the receivers of its neighbours on the ring, and of nobody else.
    """
    places = world.uniforms(active, day, plan.purpose, PLACE)
    order = np.argsort(places, kind="stable")
    at = np.searchsorted(places[order], world.uniforms(givers, day, plan.purpose, TO_WHOM)) % active.size
    at = np.where(active[order[at]] == givers, (at + 1) % active.size, at)
    receivers: U32 = active[order[at]]
    return receivers


def _hand_over(
    world: World, day: int, wallet: Wallet, givers: U32, receivers: U32, amounts: I64, arriving: I64
) -> None:
    """Move the units, keep the fee, count both, and let the cheapest reward pull as near as it now is."""
    fees = amounts - arriving
    fits = wallet.lots.transfer(givers, receivers, amounts, fees, *wallet.live(day))
    if wallet.given.size:
        wallet.given[givers[fits]] += amounts[fits].astype(np.int32)
    wallet.gave.append((givers[fits], receivers[fits], arriving[fits], fees[fits]))
    wallet.counts[day, TRANSFERRED] += arriving[fits].sum()
    wallet.counts[day, FEES] += fees[fits].sum()
    wallet.counts[day, REDEEMED] += fees[fits].sum()
    pull(world, day, wallet, np.unique(np.concatenate([givers[fits], receivers[fits]])))
