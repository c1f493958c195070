"""Paying: cash comes in at once, revenue day by day, and what is held runs until the period ends."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.ledger import MICRO
from sim.systems.books.accounts import MEMBERSHIPS
from sim.systems.memberships.roll import CASH, ON_TRIAL, OWING, PAID
from sim.systems.statuses.holders import FOR_GOOD, grant
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]


def begin_trial(world: World, day: int, position: int, rows: U32) -> None:
    """These users try a membership from tomorrow on."""
    roll, trial = world.roll, world.plan.memberships.plans[position].trial
    assert trial is not None
    roll.plan[rows], roll.standing[rows] = position + 1, ON_TRIAL
    roll.since[rows], roll.periods[rows] = day, 0
    _pay(world, day, position, rows, int(trial.price_cents[day]), trial.n_days)
    _hold_until(world, day, position, rows, day + trial.n_days)


def begin_periods(world: World, day: int, position: int, rows: U32) -> None:
    """These users pay for a first period, which begins tomorrow."""
    world.roll.since[rows], world.roll.periods[rows] = day, 0
    pay_period(world, day, position, rows)


def pay_period(world: World, day: int, position: int, rows: U32) -> None:
    """These users pay for the period that begins tomorrow: the first, or the next after the one that ends today."""
    plan, roll = world.plan.memberships.plans[position], world.roll
    roll.plan[rows], roll.standing[rows] = position + 1, PAID
    price = int(plan.price_cents[day])
    if plan.is_lifetime:
        _pay(world, day, position, rows, price, plan.recognised_days)
        grant(world, plan.giver, rows, FOR_GOOD)
        return
    roll.periods[rows] += 1
    last = roll.since[rows] + plan.ends[roll.periods[rows]]
    for last_day in np.unique(last).tolist():
        payers = rows[last == last_day]
        _pay(world, day, position, payers, price, last_day - day)
        _hold_until(world, day, position, payers, last_day)


def try_again_later(world: World, day: int, position: int, rows: U32) -> None:
    """A payment of these users has failed; they keep what they hold until it is tried again."""
    world.roll.standing[rows] = OWING
    _hold_until(world, day, position, rows, day + world.plan.memberships.plans[position].every_days)


def _hold_until(world: World, day: int, position: int, rows: U32, last_day: int) -> None:
    """What the membership gives is held until that day, at whose end there is something to decide."""
    world.roll.due.enter(rows, np.full(rows.size, last_day, np.int64), day)
    grant(world, world.plan.memberships.plans[position].giver, rows, last_day)


def _pay(world: World, day: int, position: int, rows: U32, cents: int, n_days: int) -> None:
    """Each of these users pays so much for the `n_days` after today."""
    if not cents or not rows.size:
        return
    people, plan, roll = world.people, world.plan, world.roll
    by_cell = np.bincount(people.cell[rows], minlength=plan.n_cells)
    roll.counts[position, day, CASH] += cents * rows.size
    roll.ahead[position].spread(by_cell, cents, day, n_days)
    signup = people.signup_day[rows].astype(np.int64)
    cohort, channel = plan.cohort_of_day[signup], plan.channel_of_cell[people.cell[rows]]
    share, rest = divmod(cents * MICRO, n_days)
    for at, micro in ((day + 1, share + rest), (day + 2, -rest), (day + 1 + n_days, -share)):
        # Ages beyond the horizon are nobody's: earlier members of the same week may reach them.
        np.add.at(roll.cohort_changes, (cohort, min(at, plan.n_days) - signup, channel), micro)


def book_memberships(world: World, day: int) -> None:
    """Book what of the payments is today's."""
    for position, plan in enumerate(world.plan.memberships.plans):
        cents = world.roll.ahead[position].recognise(day, world.plan.market.people_per_agent)
        if cents.any():
            world.ledger.book(day, MEMBERSHIPS, plan.index, cents)
            world.roll.recognised[position, day] = cents.sum()
