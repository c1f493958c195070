"""Programmes on a day: what users earn, who takes which reward, and what expires at its end."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.points.farming import BY_ACCOUNT, lose, stays_away, times_accounts, visitors
from sim.systems.points.plan import EarningPlan
from sim.systems.points.redeeming import LOOK, chance_to_look, redeem
from sim.systems.points.transfers import transfer
from sim.systems.points.wallets import EXPIRED, Wallet, credit, forget_earned
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


def run_points(world: World, day: int) -> None:
    """Earn, redeem, give to others, expire, for each programme in the order of the file."""
    if not world.wallets:
        return
    active = world.today.present
    only_earn = visitors(world, day)
    earners = np.union1d(active, only_earn) if only_earn.size else active
    for wallet in world.wallets.values():
        wallet.open_day(day)
        forget_earned(world, day, wallet)
        _earn(world, day, wallet, earners)
        redeem(world, day, wallet, _lookers(world, day, wallet, active, only_earn))
        transfer(world, day, wallet, wallet.unblocked(day, active))
        _expire(world, day, wallet)


# --- earning


def _earn(world: World, day: int, wallet: Wallet, active: U32) -> None:
    """What today's acts give; each user's ways add up to one entry in its lots."""
    farming = world.plan.farming
    total, in_a_row = np.zeros(active.size, np.int64), _count_streaks(wallet, day, active)
    for position, earning in enumerate(wallet.plan.earnings):
        rows, times = _occasions(world, day, earning, active, in_a_row)
        amounts = np.floor(times * earning.gives[day] + 1e-9).astype(np.int64)
        amounts = _limited(wallet, position, rows, amounts)
        if farming is not None and earning.occasion in BY_ACCOUNT:
            amounts = times_accounts(world, farming, rows, amounts)
        total[np.searchsorted(active, rows)] += amounts  # who earns is among them
    gets = total > 0
    credit(world, day, wallet.plan.name, active[gets], total[gets])


def _limited(wallet: Wallet, position: int, rows: U32, amounts: I64) -> I64:
    """What the limits of a way to earn leave of these amounts: of the day, of the month, of all time."""
    earning = wallet.plan.earnings[position]
    if earning.per_day:
        amounts = np.minimum(amounts, earning.per_day)
    limits = [
        (limit, given[position])
        for limit, given in ((earning.per_month, wallet.in_month), (earning.ever, wallet.in_all))
        if limit
    ]
    for limit, given in limits:
        amounts = np.minimum(amounts, limit - given[rows])
    for _, given in limits:
        given[rows] += amounts.astype(np.int32)
    return amounts


def _count_streaks(wallet: Wallet, day: int, active: U32) -> I64:
    """Active days in a row of today's active users, int64 (n_active,); empty where no streak counts."""
    if not wallet.streak.size:
        return np.empty(0, np.int64)
    follows = wallet.streak_day[active] == np.uint16(day)  # days are kept plus one: 0 is never
    wallet.streak[active] = np.where(follows, wallet.streak[active] + 1, 1)
    wallet.streak_day[active] = day + 1
    return wallet.streak[active].astype(np.int64)


def _occasions(world: World, day: int, earning: EarningPlan, active: U32, in_a_row: I64) -> tuple[U32, F64]:
    """Who does today what the earning is for, and how often: orders, or units of money."""
    if earning.occasion == "active day":
        return active, np.ones(active.size)
    if earning.occasion == "streak":
        rows = active[in_a_row % earning.days == 0]
        return rows, np.ones(rows.size)
    if earning.occasion == "sign up":
        rows = np.sort(world.today.new_rows)
        return rows, np.ones(rows.size)
    return _paid(world, in_money=earning.occasion == "money")


def _paid(world: World, *, in_money: bool) -> tuple[U32, F64]:
    """Today's buyers, each once, with their orders or with what they paid in units of money."""
    paid = world.today.paid
    if not paid:
        return np.empty(0, np.uint32), np.empty(0)
    rows = np.concatenate([rows for rows, _, _ in paid])
    amounts = np.concatenate([cents if in_money else orders for _, orders, cents in paid])
    unique, position_of = np.unique(rows, return_inverse=True)
    total = np.zeros(unique.size, np.int64)
    np.add.at(total, position_of, amounts)
    return unique, total / 100.0 if in_money else total.astype(np.float64)


# --- redeeming


def _lookers(world: World, day: int, wallet: Wallet, active: U32, only_earn: U32) -> U32:
    """Who looks at the rewards, of those who could pay for one: some of the active, and all who only come to earn.

    Draws: one uniform per user and day, purpose "rewards:NAME", k = LOOK.
    """
    plan, prices = wallet.plan, wallet.plan.rewards.price[day]
    if not prices.size or (plan.habits.looks == 0 and not only_earn.size):
        return active[:0]
    rows = active[wallet.lots.balance[active] >= prices.min()]
    chance = chance_to_look(wallet, day, rows)
    looking: U32 = rows[world.uniforms(rows, day, plan.look_purpose, LOOK) < chance]
    if only_earn.size:
        looking = np.union1d(looking, only_earn[wallet.lots.balance[only_earn] >= prices.min()])
    return looking


# --- expiring


def _expire(world: World, day: int, wallet: Wallet) -> None:
    """End the batches of today, or what those have who have been away for too long."""
    plan, people = wallet.plan, world.people
    if plan.inactive_days:
        gone = np.flatnonzero(people.last_active[: people.n] == day - plan.inactive_days).astype(np.uint32)
        rows = gone[wallet.lots.balance[gone] > 0] if day >= plan.inactive_days else gone[:0]
        rows = rows[stays_away(world, rows)]
        _end(world, day, wallet, rows, wallet.lots.forfeit(rows, *wallet.live(day), counted=wallet.lots.expired))
        return
    oldest = wallet.live(day)[0]
    if plan.batches.last_day[oldest] == day:
        _end(world, day, wallet, *wallet.lots.expire(oldest, people.n))


def _end(world: World, day: int, wallet: Wallet, rows: U32, amounts: I64) -> None:
    """These users have lost so much to expiry."""
    lose(world, day, wallet, rows, amounts, EXPIRED)
    world.events.note("expiry", rows)
