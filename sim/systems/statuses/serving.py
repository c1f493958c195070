"""What holders cost and bring on a day: by the days held, by orders, by active days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.ledger import round_micro
from sim.systems.books.accounts import CONTENT, PRIVILEGES
from sim.systems.presence import orders_of_today
from sim.systems.statuses.holders import ACTIVE, BITS, CONTENT_VALUE, COST, HOLDERS, ORDERED, SPENT
from sim.systems.statuses.turnover import first_giver, is_held
from sim.systems.world import World

I64 = npt.NDArray[np.int64]

BYTES = np.arange(1 << BITS, dtype=np.uint8)


def book_statuses(world: World, day: int) -> None:
    """Book what today's holders cost and bring, each privilege once, and count what they do."""
    plan, holdings = world.plan.holdings, world.holdings
    if not plan.givers:
        return
    found = _Found.of(len(plan.givers), world.plan.n_cells)
    found.counts[:, HOLDERS] = holdings.n_holders
    _add_days(world, day, found)
    _add_orders(world, day, found)
    _add_activity(world, day, found)
    _book(world, day, found)
    world.tallies.statuses[:, day, :] += found.counts
    extra = np.array([giver.advocacy - 1.0 for giver in plan.givers])
    holdings.extra_active = float(extra @ found.counts[:, ACTIVE])
    holdings.extra_users = float(extra @ holdings.n_holders)


@dataclass(frozen=True)
class _Found:
    """Of a day, by giver: int64 (n_givers, n_counts); 1/10,000 cents of agents, int64 (n_givers, n_cells)."""

    counts: I64
    cost: I64
    content: I64

    @staticmethod
    def of(n_givers: int, n_cells: int) -> _Found:
        micro = np.zeros((n_givers, n_cells), np.int64)
        return _Found(np.zeros((n_givers, CONTENT_VALUE + 1), np.int64), micro, micro.copy())


# --- days


@compiled
def _charge_days(charged, micro, day, cost, cohort_of_day, channel_of_cell, cohort_micro):  # type: ignore[no-untyped-def]
    """Charge the day of holders, counted by day of sign-up and cell, to their cells and cohorts."""
    for signup in range(day + 1):
        cohort, age = cohort_of_day[signup], day - signup
        for c in range(charged.shape[1]):
            of_day = micro * charged[signup, c]
            cost[c] += of_day
            cohort_micro[cohort, age, channel_of_cell[c]] -= of_day


def _add_days(world: World, day: int, found: _Found) -> None:
    plan = world.plan
    for at, (position, index) in enumerate(plan.holdings.charges):
        micro = plan.holdings.privileges[index].holding_micro[day]
        if micro and world.holdings.n_holders[position]:
            _charge_days(
                world.holdings.charged[at], micro, day, found.cost[position], plan.cohort_of_day, plan.channel_of_cell,
                world.tallies.cohort_micro,
            )  # fmt: skip


# --- orders


@compiled
def _charge_orders(  # type: ignore[no-untyped-def]
    rows, orders, cents, day, held, gives, givers_of, order_micro, cell, signup_day, counts, cost, cohort_of_day,
    channel_of_cell, cohort_micro,
):  # fmt: skip
    """Count the orders of holders, and charge what each privilege costs by the order to the first who gives it."""
    for i in range(rows.size):
        row = rows[i]
        c, signup = cell[row], np.int64(signup_day[row])
        for giver in range(gives.shape[0]):
            if not is_held(held, giver, row):
                continue
            counts[giver, ORDERED] += orders[i]
            counts[giver, SPENT] += cents[i]
            micro = np.int64(0)
            for privilege in gives[giver]:
                if privilege >= 0 and order_micro[privilege] and first_giver(held, givers_of[privilege], row) == giver:
                    micro += order_micro[privilege] * orders[i]
            if micro:
                cost[giver, c] += micro
                cohort_micro[cohort_of_day[signup], day - signup, channel_of_cell[c]] -= micro


def _add_orders(world: World, day: int, found: _Found) -> None:
    plan, people, holdings = world.plan, world.people, world.plan.holdings
    order_micro = np.array([privilege.order_micro[day] for privilege in holdings.privileges], np.int64)
    _charge_orders(
        *orders_of_today(world), day, world.holdings.held, holdings.gives, holdings.givers_of, order_micro, people.cell,
        people.signup_day, found.counts, found.cost, plan.cohort_of_day, plan.channel_of_cell,
        world.tallies.cohort_micro,
    )  # fmt: skip


# --- activity


@compiled
def _tally(rows, held, tally):  # type: ignore[no-untyped-def]
    """Count these users by the byte of what they hold."""
    for i in range(rows.size):
        tally[held[rows[i]]] += 1


@compiled
def _credit_content(  # type: ignore[no-untyped-def]
    rows, day, held, bit, micro, cell, signup_day, content, cohort_of_day, channel_of_cell, cohort_micro
):
    """Book what the day of each active holder brings in content."""
    for i in range(rows.size):
        row = rows[i]
        if held[row] & bit != 0:
            c, signup = cell[row], np.int64(signup_day[row])
            content[c] += micro
            cohort_micro[cohort_of_day[signup], day - signup, channel_of_cell[c]] += micro


def _add_activity(world: World, day: int, found: _Found) -> None:
    plan, people, present = world.plan, world.people, world.today.present
    tallies = np.zeros((len(world.holdings.held), 1 << BITS), np.int64)
    for held, tally in zip(world.holdings.held, tallies, strict=True):
        _tally(present, held, tally)
    for position, giver in enumerate(plan.holdings.givers):
        byte, bit = position // BITS, np.uint8(1 << position % BITS)
        found.counts[position, ACTIVE] = tallies[byte][BYTES & bit != 0].sum()
        if giver.content_micro[day]:
            _credit_content(
                present, day, world.holdings.held[byte], bit, giver.content_micro[day], people.cell, people.signup_day,
                found.content[position], plan.cohort_of_day, plan.channel_of_cell, world.tallies.cohort_micro,
            )  # fmt: skip


# --- books


def _book(world: World, day: int, found: _Found) -> None:
    for position, giver in enumerate(world.plan.holdings.givers):
        for account, column, micro in (
            (PRIVILEGES, COST, -found.cost[position]),
            (CONTENT, CONTENT_VALUE, found.content[position]),
        ):
            if micro.any():
                cents = round_micro(world.scaled(micro))
                world.ledger.book(day, account, giver.index, cents)
                found.counts[position, column] = np.abs(cents.sum())
