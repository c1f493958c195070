"""Statuses on a day: what holders cost and bring is booked, then reviews, grants and their ends take effect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.ledger import round_micro
from sim.systems.audiences.columns import select
from sim.systems.books.accounts import CONTENT, PRIVILEGES
from sim.systems.ranking import first_rows
from sim.systems.statuses.holders import (
    ACTIVE,
    CONTENT_VALUE,
    COST,
    ENTERED,
    FOR_GOOD,
    HOLDERS,
    LEFT,
    ORDERED,
    SPENT,
    Holders,
    is_among,
)
from sim.systems.statuses.plan import GiverPlan, StatusPlan
from sim.systems.strength import strength
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]


def book_statuses(world: World, day: int) -> None:
    """Book what today's holders cost and bring, each privilege once, and count what they do."""
    holdings, charged = world.holdings, dict[int, U32]()
    holdings.extra_active = holdings.extra_users = 0.0
    for position, giver in enumerate(world.plan.holdings.givers):
        held = holdings.holders[position]
        if held.rows.size:
            _book_giver(world, day, position, giver, held, charged)


def _book_giver(
    world: World, day: int, position: int, giver: GiverPlan, held: Holders, charged: dict[int, U32]
) -> None:
    people, plan, counts = world.people, world.plan, world.tallies.statuses[position, day]
    holding, per_order = _unit_costs(world, day, giver, held.rows, charged)
    cost, content = np.zeros(plan.n_cells, np.int64), np.zeros(plan.n_cells, np.int64)
    counts[HOLDERS] = held.rows.size
    counts[ACTIVE], counts[ORDERED], counts[SPENT] = _serve(
        held.rows, day, holding, per_order, giver.content_micro[day], people.cell, people.signup_day,
        people.last_active, people.orders, people.spend, held.orders, held.spend, cost, content, plan.cohort_of_day,
        plan.channel_of_cell, world.tallies.cohort_micro,
    )  # fmt: skip
    for account, column, micro in ((PRIVILEGES, COST, -cost), (CONTENT, CONTENT_VALUE, content)):
        if micro.any():
            cents = round_micro(world.scaled(micro))
            world.ledger.book(day, account, giver.index, cents)
            counts[column] = np.abs(cents.sum())
    world.holdings.extra_active += (giver.advocacy - 1.0) * float(counts[ACTIVE])
    world.holdings.extra_users += (giver.advocacy - 1.0) * held.rows.size


@compiled
def _serve(  # type: ignore[no-untyped-def]
    rows, day, holding, per_order, content_micro, cell, signup_day, last_active, orders, spend, seen_orders, seen_spend,
    cost, content, cohort_of_day, channel_of_cell, cohort_micro,
):  # fmt: skip
    """Add up by cell, and book to cohorts, what each holder costs and brings; returns (active, orders, cents paid).

    Args:
        holding, per_order: int64 (n_rows,), 1/10,000 cents of a day and of an order of each holder.
        seen_orders, seen_spend: what each had by last evening; they are brought up to date.
    """
    n_active = n_orders = spent = np.int64(0)
    for i in range(rows.size):
        row = rows[i]
        c = cell[row]
        is_active = last_active[row] == day
        new_orders = orders[row] - seen_orders[i]
        n_active += is_active
        n_orders += new_orders
        spent += spend[row] - seen_spend[i]
        seen_orders[i], seen_spend[i] = orders[row], spend[row]
        of_cost = holding[i] + per_order[i] * new_orders
        of_content = content_micro if is_active else np.int64(0)
        cost[c] += of_cost
        content[c] += of_content
        signup = np.int64(signup_day[row])
        cohort_micro[cohort_of_day[signup], day - signup, channel_of_cell[c]] += of_content - of_cost
    return n_active, n_orders, spent


def _unit_costs(world: World, day: int, giver: GiverPlan, rows: U32, charged: dict[int, U32]) -> tuple[I64, I64]:
    """What a day and an order of each holder cost, in 1/10,000 cents: who holds a privilege twice costs once."""
    holding, per_order = np.zeros(rows.size, np.int64), np.zeros(rows.size, np.int64)
    for index in giver.privileges:
        privilege = world.plan.holdings.privileges[index]
        is_first = np.ones(rows.size, np.int64)
        if index in world.plan.holdings.shared:
            before = charged.get(index, rows[:0])
            is_new = ~is_among(rows, before)
            is_first = is_new.astype(np.int64)
            charged[index] = np.sort(np.concatenate([before, rows[is_new]]), kind="stable")
        holding += is_first * privilege.holding_micro[day]
        per_order += is_first * privilege.order_micro[day]
    return holding, per_order


def review_statuses(world: World, day: int) -> None:
    """Settle who holds what from tomorrow on: what ends today, what rules and memberships have given, and reviews."""
    holdings, plan = world.holdings, world.plan.holdings
    for position, status in enumerate(plan.statuses):
        if status.reviews_on[day]:
            rows = _qualified(world, day, status, holdings.holders[position].rows)
            _settle(world, day, position, rows)
    for position in range(len(plan.statuses), len(plan.givers)):
        _settle_grants(world, day, position)
    holdings.granted_tonight.clear()


def _qualified(world: World, day: int, status: StatusPlan, held: U32) -> U32:
    """Who holds the status until the next review, in ascending rows.

    Draws: two uniforms per user and day, purpose "status:NAME", where more qualify than may hold it.
    """
    selected = select(world, status.enters, day)
    if status.stays is not None and held.size:
        selected[held] = select(world, status.stays, day, held)
    rows = np.flatnonzero(selected).astype(np.uint32)
    return first_rows(world, day, rows, status.capacity, choose_by=status.choose_by, purpose=status.choice_purpose)


def _settle_grants(world: World, day: int, position: int) -> None:
    """End what ends today, begin what has been given today; who is given more holds until the later end.

    Whoever holds on is left alone: this costs by what changes.
    """
    people, held = world.people, world.holdings.holders[position]
    rows, until = _granted(world, position)
    is_held = is_among(rows, held.rows)
    at = np.searchsorted(held.rows, rows[is_held])
    held.until[at] = np.maximum(held.until[at], until[is_held])
    stays, entered = held.until > day, rows[~is_held]
    if not entered.size and stays.all():
        return
    left, kept = held.rows[~stays], held.rows[stays]
    places = np.searchsorted(kept, entered)
    world.holdings.holders[position] = Holders(
        rows=np.insert(kept, places, entered),
        until=np.insert(held.until[stays], places, until[~is_held]),
        orders=np.insert(held.orders[stays], places, people.orders[entered]),
        spend=np.insert(held.spend[stays], places, people.spend[entered]),
    )
    _turn_over(world, day, position, entered, left)


def _granted(world: World, position: int) -> tuple[U32, I32]:
    """Whom a giver has given something today, in ascending rows, each once, and until when at the latest."""
    granted = [(rows, last) for giver, rows, last in world.holdings.granted_tonight if giver == position]
    if not granted:
        return np.empty(0, np.uint32), np.empty(0, np.int32)
    rows = np.concatenate([rows for rows, _ in granted])
    until = np.concatenate([np.full(rows.size, last, np.int32) for rows, last in granted])
    order = np.lexsort((-until, rows))
    unique, first = np.unique(rows[order], return_index=True)
    return unique, until[order][first]


def _settle(world: World, day: int, position: int, rows: U32) -> None:
    """Let these users, in ascending rows, and nobody else hold a status from tomorrow on."""
    people, before = world.people, world.holdings.holders[position].rows
    world.holdings.holders[position] = Holders(
        rows=rows,
        until=np.full(rows.size, FOR_GOOD, np.int32),
        orders=people.orders[rows].astype(np.int64),
        spend=people.spend[rows].astype(np.int64),
    )
    _turn_over(world, day, position, rows[~is_among(rows, before)], before[~is_among(before, rows)])


def _turn_over(world: World, day: int, position: int, entered: U32, left: U32) -> None:
    """Count who begins and ceases to hold what a giver gives, and let it act, or act no longer, from tomorrow on."""
    counts = world.tallies.statuses[position, day]
    counts[ENTERED], counts[LEFT] = entered.size, left.size
    for index in world.plan.holdings.givers[position].privileges:
        _lift(world, day, position, index, entered, left)


def _lift(world: World, day: int, position: int, index: int, entered: U32, left: U32) -> None:
    """Begin and end the effects of a privilege; who holds it of another giver as well keeps them as they are."""
    privilege = world.plan.holdings.privileges[index]
    for others in _others(world, position, index):
        entered, left = entered[~is_among(entered, others)], left[~is_among(left, others)]
    for target, log_lift in privilege.lifts:
        if left.size:
            world.effects.end(left, target, day, source=privilege.source)
        lifts = log_lift * strength(world, entered, motive=privilege.motive)
        world.effects.hold(entered, target, lifts, day=day, days=FOR_GOOD, source=privilege.source)


def _others(world: World, position: int, index: int) -> list[U32]:
    """Who holds the privilege of each other giver, as far as today's changes have come."""
    return [
        world.holdings.holders[other].rows
        for other, giver in enumerate(world.plan.holdings.givers)
        if other != position and index in giver.privileges
    ]
