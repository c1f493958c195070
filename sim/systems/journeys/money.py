"""What journeys cost and bring: orders at a fixed price, commissions, what eases a step, days and visits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.ledger import MICRO, round_micro
from sim.systems.books.accounts import ACQUISITION, GOODS, JOURNEYS, SALES
from sim.systems.books.sharing import share_out
from sim.systems.journeys.plan import OrderPlan
from sim.systems.journeys.roads import COMMISSION_PAID, COST, ORDERED, TOUCHPOINT_COST, Journeys
from sim.systems.presence import orders_of_today, record_active
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]


def pay_for(world: World, day: int, journeys: Journeys, step: int, rows: U32, passed: U32) -> None:
    """Spend what eases the step on all whose turn it is, pay commissions for who passes, and place orders."""
    plan, counts = world.plan.journeys.steps[step], journeys.steps[step, day]
    index = world.plan.journeys.journeys[plan.journey].index
    if plan.cost_micro[day]:
        by_cell = _persons(world, rows)
        counts[COST] += _book(world, day, JOURNEYS, index, by_cell * plan.cost_micro[day])
    if plan.commission_micro[day].any():
        micro = plan.commission_micro[day][world.plan.channel_of_cell]
        counts[COMMISSION_PAID] += _book(world, day, ACQUISITION, index, _persons(world, passed) * micro)
    if plan.order is not None and passed.size:
        counts[ORDERED] += passed.size
        _order(world, day, plan.order, index, passed)


def _persons(world: World, rows: U32) -> I64:
    """How many persons of each cell these agents are."""
    return world.scaled(np.bincount(world.people.cell[rows], minlength=world.plan.n_cells))


def _book(world: World, day: int, account: int, index: int, micro: I64) -> int:
    """Book a cost; returns it in cents."""
    cents = round_micro(micro)
    world.ledger.book(day, account, index, -cents)
    return int(cents.sum())


# --- orders


def _order(world: World, day: int, order: OrderPlan, index: int, rows: U32) -> None:
    """Each of these users places one order today, which counts as any other."""
    people, tallies, plan = world.people, world.tallies, world.plan
    record_active(world, day, rows[people.last_active[rows] != day])
    price, goods = int(order.cents[day]), int(order.goods[day])
    is_first = people.orders[rows] == 0
    by_cell = np.bincount(people.cell[rows], minlength=plan.n_cells)
    tallies.orders[day] += by_cell
    tallies.gmv[day] += by_cell * price
    for counted, who in ((tallies.buyers, people.last_order[rows] != day), (tallies.first_buyers, is_first)):
        counted[day] += np.bincount(people.cell[rows[who]], minlength=plan.n_cells)
    people.orders[rows] += 1
    people.spend[rows] += price
    people.last_order[rows] = day
    signup = people.signup_day[rows].astype(np.int64)
    cohort = (plan.cohort_of_day[signup], day - signup, plan.channel_of_cell[people.cell[rows]])
    np.add.at(tallies.cohort_order_micro, cohort, (price - goods) * MICRO)
    world.ledger.book(day, SALES, index, world.scaled(by_cell * price))
    world.ledger.book(day, GOODS, index, -world.scaled(by_cell * goods))
    _tell(world, day, rows, rows[is_first], price)


def _tell(world: World, day: int, rows: U32, first: U32, price: int) -> None:
    """Let all who ask know that these users have ordered."""
    world.events.note("order", rows)
    world.events.note("first_order", first)
    ones, cents = np.ones(rows.size, np.int64), np.full(rows.size, price, np.int64)
    world.note(day, "orders", rows, ones)
    world.note(day, "spend", rows, cents)
    if world.plan.serves_active_users:
        world.today.paid.append((rows, ones, cents))


def add_up_orders(world: World, day: int, journeys: Journeys) -> None:
    """Let each of today's buyers stand once, also those who have ordered beside their step, or at two of them."""
    if not (world.today.paid and journeys.steps[:, day, ORDERED].any()):
        return
    rows, orders, cents = orders_of_today(world)
    buyers, at = np.unique(rows, return_inverse=True)
    times, spent = np.zeros(buyers.size, np.int64), np.zeros(buyers.size, np.int64)
    np.add.at(times, at, orders)
    np.add.at(spent, at, cents)
    world.today.paid[:] = [(buyers, times, spent)]


# --- touchpoints


def book_day(world: World, day: int, journeys: Journeys) -> None:
    """Book each touchpoint's day and visits, on those who have come today; else on all users."""
    for position, touchpoint in enumerate(world.plan.journeys.touchpoints):
        visits = journeys.visits[position]
        micro = world.scaled(visits) * touchpoint.visit_micro[day]
        fixed = int(round_micro(touchpoint.cost_micro[day]))
        cents = round_micro(micro) + share_out(world, day, fixed, visits)
        if cents.any():
            world.ledger.book(day, JOURNEYS, touchpoint.index, -cents)
            journeys.touchpoints[position, day, TOUCHPOINT_COST] = cents.sum()
