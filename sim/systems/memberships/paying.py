"""Paying: cash comes in at once, revenue day by day, and what is held runs until the period ends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.systems.books.accounts import MEMBERSHIPS
from sim.systems.memberships.roll import (
    ASKING,
    CASH,
    ON_TRIAL,
    OWING,
    PAID,
    PAUSED,
    REFUNDS,
    Steps,
    spread_over,
    taken_back,
)
from sim.systems.statuses.holders import FOR_GOOD, grant
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

REFUND = purpose("refund of a membership")
ASK, ON_DAY = range(2)
"""The k of the day of a first payment: whether it is asked back, and on which day."""


def begin_trial(world: World, day: int, position: int, rows: U32) -> None:
    """These users try a membership from tomorrow on."""
    roll, trial = world.roll, world.plan.memberships.plans[position].trial
    assert trial is not None
    roll.plan[rows], roll.standing[rows] = position + 1, ON_TRIAL
    roll.since[rows], roll.periods[rows] = day, 0
    cents = int(trial.price_cents[day])
    _pay(world, day, position, rows, cents=cents, steps=spread_over(cents, day, trial.n_days))
    _hold_until(world, day, position, rows, day + trial.n_days)


def begin_membership(world: World, day: int, position: int, rows: U32) -> None:
    """These users pay for their first period of a membership; some will ask for the payment back.

    Draws: two uniforms per user, purpose "refund of a membership", k = ASK and ON_DAY, where there are refunds.
    """
    plan, share = world.plan.memberships.plans[position], world.plan.memberships.asks_refund
    if not plan.refund_days or not share or not rows.size:
        begin_periods(world, day, position, rows)
        return
    asks = world.uniforms(rows, day, REFUND, ASK) < share
    begin_periods(world, day, position, rows[~asks])
    asking = rows[asks]
    world.roll.since[asking], world.roll.periods[asking] = day, 0
    _charge(world, day, position, asking)
    world.roll.standing[asking] = ASKING
    n_days = min(plan.refund_days, plan.first_days)
    on_day = day + 1 + (world.uniforms(asking, day, REFUND, ON_DAY) * n_days).astype(np.int64)
    for last_day in np.unique(on_day).tolist():
        _hold_until(world, day, position, asking[on_day == last_day], last_day)


def begin_periods(world: World, day: int, position: int, rows: U32) -> None:
    """These users pay for a first period, which begins tomorrow."""
    world.roll.since[rows], world.roll.periods[rows] = day, 0
    pay_period(world, day, position, rows)


def pay_period(world: World, day: int, position: int, rows: U32) -> None:
    """These users pay for the period that begins tomorrow: the first, or the next after the one that ends today."""
    plan = world.plan.memberships.plans[position]
    last = _charge(world, day, position, rows)
    world.roll.standing[rows] = PAID
    if plan.is_lifetime:
        grant(world, plan.giver, rows, FOR_GOOD)
        return
    for last_day in np.unique(last).tolist():
        _hold_until(world, day, position, rows[last == last_day], last_day)


def price_now(world: World, day: int, position: int, rows: U32) -> I64:
    """What a period that is paid today costs each of these users, in cents."""
    plan = world.plan.memberships.plans[position]
    price: I64 = np.full(rows.size, plan.price_cents[day])
    if plan.intro is not None:
        price[world.roll.intro_left[rows] > 0] = plan.intro.price_cents[day]
    return price


def _charge(world: World, day: int, position: int, rows: U32) -> I64:
    """Take the price of the period that begins tomorrow; returns its last day for each of these users."""
    plan, roll = world.plan.memberships.plans[position], world.roll
    roll.plan[rows] = position + 1
    cents = price_now(world, day, position, rows)
    if not plan.is_lifetime:
        roll.periods[rows] += 1
        last = roll.since[rows] + plan.ends[roll.periods[rows]]
    else:
        last = np.full(rows.size, day + plan.recognised_days)
    for amount, last_day, pays in _alike(cents, last):
        _pay(world, day, position, rows[pays], cents=amount, steps=spread_over(amount, day, last_day - day))
    roll.paid[rows] = cents
    roll.intro_left[rows] -= roll.intro_left[rows] > 0
    return last


def try_again_later(world: World, day: int, position: int, rows: U32) -> None:
    """A payment of these users has failed; they keep what they hold until it is tried again."""
    world.roll.standing[rows] = OWING
    _hold_until(world, day, position, rows, day + world.plan.memberships.plans[position].every_days)


def pause(world: World, day: int, position: int, rows: U32) -> None:
    """These members pay nothing and hold nothing until the pause ends."""
    world.roll.standing[rows] = PAUSED
    until = day + world.plan.memberships.plans[position].pause_days
    world.roll.due.enter(rows, np.full(rows.size, until, np.int64), day)


def pay_back(world: World, day: int, position: int, rows: U32) -> None:
    """These users get their first payment back: as if it had never been made, but for the days that it was held."""
    plan, roll = world.plan.memberships.plans[position], world.roll
    since, cents = roll.since[rows].astype(np.int64), roll.paid[rows]
    for amount, paid_on, paid in _alike(cents, since):
        payers = rows[paid]
        roll.counts[position, day, REFUNDS] += amount * payers.size
        back = taken_back(amount, paid_on, plan.first_days, day)
        _pay(world, day, position, payers, cents=-amount, steps=back)


def _alike(one: I64, other: I64) -> Iterator[tuple[int, int, Flags]]:
    """Each pair of values that these users have, and who has it; there are few."""
    for a in np.unique(one).tolist():
        has_a = one == a
        for b in np.unique(other[has_a]).tolist():
            yield a, b, has_a & (other == b)


def _hold_until(world: World, day: int, position: int, rows: U32, last_day: int) -> None:
    """What the membership gives is held until that day, at whose end there is something to decide."""
    world.roll.due.enter(rows, np.full(rows.size, last_day, np.int64), day)
    grant(world, world.plan.memberships.plans[position].giver, rows, last_day)


def _pay(world: World, day: int, position: int, rows: U32, *, cents: int, steps: Steps) -> None:
    """Each of these users pays so much today, which steps revenue in these steps."""
    if not cents or not rows.size:
        return
    people, plan, roll = world.people, world.plan, world.roll
    by_cell = np.bincount(people.cell[rows], minlength=plan.n_cells)
    roll.counts[position, day, CASH] += cents * rows.size
    roll.ahead[position].change(by_cell, steps)
    signup = people.signup_day[rows].astype(np.int64)
    cohort, channel = plan.cohort_of_day[signup], plan.channel_of_cell[people.cell[rows]]
    for at, micro in steps:
        # Ages beyond the horizon are nobody's: earlier members of the same week may reach them.
        np.add.at(roll.cohort_changes, (cohort, min(at, plan.n_days) - signup, channel), micro)


def book_memberships(world: World, day: int) -> None:
    """Book what of the payments is today's."""
    for position, plan in enumerate(world.plan.memberships.plans):
        cents = world.roll.ahead[position].recognise(day, world.plan.market.people_per_agent)
        if cents.any():
            world.ledger.book(day, MEMBERSHIPS, plan.index, cents)
            world.roll.recognised[position, day] = cents.sum()
