"""Expiring: units whose date has come, and those of users who have been away for too long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.points.wallets import EXPIRED, Wallet, lose, stays_away
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]


def expire(world: World, day: int, wallet: Wallet) -> None:
    """End the batches of today, or what those have who have been away for too long."""
    if wallet.plan.inactive_days:
        _expire_of_the_absent(world, day, wallet)
        return
    oldest = wallet.live(day)[0]
    if wallet.plan.batches.last_day[oldest] == day:
        _end(world, day, wallet, *wallet.lots.expire(oldest, world.people.n))


def _expire_of_the_absent(world: World, day: int, wallet: Wallet) -> None:
    """End what those have who have been away for just so long, and what was given so long ago to who was away longer.

    What has been given since then stays for as many days.
    """
    people, since = world.people, day - wallet.plan.inactive_days
    if since < 0:
        return
    rows = np.flatnonzero(people.last_active[: people.n] == since).astype(np.uint32)
    given = wallet.given_to_absent.due(since)
    if given.size:
        rows = np.union1d(rows, given[people.last_active[given] < since])
    rows = rows[wallet.lots.balance[rows] > 0]
    rows = rows[stays_away(world, rows)]
    amounts = wallet.lots.balance[rows] - wallet.given_to_absent.of(rows)
    rows, amounts = rows[amounts > 0], amounts[amounts > 0]
    wallet.lots.spend(rows, amounts, *wallet.live(day), counted=wallet.lots.expired)
    _end(world, day, wallet, rows, amounts)


def _end(world: World, day: int, wallet: Wallet, rows: U32, amounts: I64) -> None:
    """These users have lost so much to expiry."""
    lose(world, day, wallet, rows, amounts, EXPIRED)
    world.events.note("expiry", rows)
