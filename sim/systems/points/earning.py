"""Earning: what today's acts give, each way within its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.lots import MOST_UNITS
from sim.systems.points.farming import BY_ACCOUNT, times_accounts
from sim.systems.points.plan import EarningPlan
from sim.systems.points.wallets import Wallet, credit
from sim.systems.presence import orders_of_today
from sim.systems.world import World

u32 = np.uint32
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
Times = npt.NDArray[Any]
"""How often each user did something: a count, or money."""
ONCE = np.array(1)

ROUNDING = 1e-9
"""So that 100 units for 0.29 are 29."""


def earn(world: World, day: int, wallet: Wallet, active: U32) -> None:
    """What today's acts give: coming to all who came, at once; signing up and paying to those who did."""
    in_a_row = _count_streaks(wallet, day, active)
    _earn_by_act(world, day, wallet, active, {"active day": ONCE, "streak": in_a_row})
    _earn_by_act(world, day, wallet, world.today.new_rows, {"sign up": ONCE})
    buyers, orders, cents = orders_of_today(world)
    _earn_by_act(world, day, wallet, buyers, {"order": orders, "money": cents / 100.0})


def _earn_by_act(world: World, day: int, wallet: Wallet, rows: U32, acts: Mapping[str, Times]) -> None:
    """Give these users (each once) what all ways for these acts add up to, as one entry in their lots.

    What is refused to who is blocked uses up no limit.

    Args:
        acts: by occasion, how often each user did it, `ONCE` where all did, or the active days in a row.
    """
    ways = [(position, one) for position, one in enumerate(wallet.plan.earnings) if one.occasion in acts]
    if not ways:
        return
    if wallet.blocked_until.size:
        may = wallet.may(day, rows)
        acts = {act: times if times is ONCE or not times.size else times[may] for act, times in acts.items()}
        rows = rows[may]
    farming, total = world.plan.farming, np.zeros(rows.size, np.int64)
    for position, earning in ways:
        units = _limited(wallet, position, rows, _units(earning, day, acts[earning.occasion]))
        if farming is not None and earning.occasion in BY_ACCOUNT:
            units = times_accounts(world, farming, rows, units)
        total += units
    if total.min(initial=1) == 0:
        rows, total = rows[total > 0], total[total > 0]
    credit(world, day, wallet.plan.name, rows, total)


def _units(earning: EarningPlan, day: int, times: Times) -> I64:
    """Whole units for what was done so often, int64, at most what one can hold: parts of a unit are dropped."""
    if earning.occasion == "streak":
        by_length = np.zeros(times.max(initial=0) + 1, np.int64)
        by_length[earning.days :: earning.days] = np.floor(earning.gives[day] + ROUNDING)
        return by_length.take(times)
    units: I64 = np.floor(np.minimum(times * earning.gives[day] + ROUNDING, MOST_UNITS)).astype(np.int64)
    return units


@compiled
def _limit(rows, amounts, most, given):  # type: ignore[no-untyped-def]
    """Cut each amount down to what is left of `most`."""
    for i in range(rows.size):
        amounts[i] = min(amounts[i], most - given[rows[i]])


@compiled
def _remember(rows, amounts, given):  # type: ignore[no-untyped-def]
    for i in range(rows.size):
        given[rows[i]] += amounts[i]


def _limited(wallet: Wallet, position: int, rows: U32, amounts: I64) -> I64:
    """What the limits of a way to earn leave of these amounts: of the day, of the month, of all time."""
    earning = wallet.plan.earnings[position]
    if earning.per_month or earning.ever:
        amounts = np.broadcast_to(amounts, rows.shape).copy()
    if earning.per_day:
        amounts = np.minimum(amounts, earning.per_day)
    limits = [
        (limit, given[position])
        for limit, given in ((earning.per_month, wallet.in_month), (earning.ever, wallet.in_all))
        if limit
    ]
    for limit, given in limits:
        _limit(rows, amounts, limit, given)
    for _, given in limits:
        _remember(rows, amounts, given)
    return amounts


@compiled
def _continue_streaks(rows, day, streaks, out):  # type: ignore[no-untyped-def]
    """Lengthen the streak of who was active yesterday, begin all others anew.

    A streak is 2**16 times 1 + its last day (0 is never), plus its length.
    """
    for i in range(rows.size):
        streak = streaks[rows[i]]
        length = (streak & u32(0xFFFF)) + u32(1) if streak >> u32(16) == u32(day) else u32(1)
        streaks[rows[i]] = u32(day + 1) << u32(16) | length
        out[i] = length


def _count_streaks(wallet: Wallet, day: int, active: U32) -> I64:
    """Active days in a row of today's active users, int64 (n_active,); empty where no streak counts."""
    in_a_row = np.empty(active.size if wallet.streaks.size else 0, np.int64)
    if wallet.streaks.size:
        _continue_streaks(active, day, wallet.streaks, in_a_row)
    return in_a_row
