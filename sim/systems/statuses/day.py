"""Statuses in the evening: reviews, grants and their ends settle who holds what from tomorrow on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.systems.audiences.columns import select
from sim.systems.ranking import first_rows
from sim.systems.statuses.holders import BITS, Granted
from sim.systems.statuses.plan import StatusPlan
from sim.systems.statuses.turnover import let_stand, turn_over
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


def review_statuses(world: World, day: int) -> None:
    """Settle who holds what from tomorrow on: what ends today, what rules and memberships have given, and reviews."""
    holdings, plan = world.holdings, world.plan.holdings
    for position, status in enumerate(plan.statuses):
        if status.reviews_on[day]:
            byte, bit = divmod(position, BITS)
            is_in, found = _qualify(world, day, position, status), world.buffers.found_rows
            changed = found[: _differ(is_in, holdings.held[byte], np.uint8(1 << bit), found)]
            enters = is_in[changed]
            turn_over(world, day, position, changed[enters], changed[~enters])
    for position in holdings.granted:
        _settle_grants(world, day, position)
    holdings.granted_tonight.clear()
    let_stand(world)


@compiled
def _differ(is_in, held, bit, found):  # type: ignore[no-untyped-def]
    """How many are in and do not hold the bit, or hold it and are not in; their rows are written to `found`."""
    n = np.uint64(0)
    for row in range(is_in.size):
        found[n] = row
        n += np.uint64(is_in[row] != (held[row] & bit != 0))
    return np.int64(n)


def _qualify(world: World, day: int, position: int, status: StatusPlan) -> Bools:
    """Whether each user holds the status until the next review.

    Draws: two uniforms per user and day, purpose "status:NAME", where more qualify than may hold it.
    """
    selected = select(world, status.enters, day)
    if status.stays is not None and world.holdings.n_holders[position]:
        held = world.holdings.rows(position, selected.size)
        selected[held] = select(world, status.stays, day, held)
    if status.capacity < selected.size and np.count_nonzero(selected) > status.capacity:
        rows = np.flatnonzero(selected).astype(np.uint32)
        chosen = first_rows(
            world, day, rows, status.capacity, choose_by=status.choose_by, purpose=status.choice_purpose
        )
        selected[:] = False
        selected[chosen] = True
    return selected


def _settle_grants(world: World, day: int, position: int) -> None:
    """End what ends today, begin what has been given today; who is given more holds until the later end.

    Whoever holds on is left alone: this costs by what changes.
    """
    held = world.holdings.granted[position]
    rows, until = _granted_tonight(world, position)
    is_held = world.holdings.holds(position, rows)
    at = np.searchsorted(held.rows, rows[is_held])
    held.until[at] = np.maximum(held.until[at], until[is_held])
    stays, entered = held.until > day, rows[~is_held]
    if not entered.size and stays.all():
        return
    left, kept = held.rows[~stays], held.rows[stays]
    places = np.searchsorted(kept, entered)
    world.holdings.granted[position] = Granted(
        rows=np.insert(kept, places, entered), until=np.insert(held.until[stays], places, until[~is_held])
    )
    turn_over(world, day, position, entered, left)


def _granted_tonight(world: World, position: int) -> tuple[U32, I32]:
    """Whom a giver has given something today, in ascending rows, each once, and until when at the latest."""
    granted = [(rows, last) for giver, rows, last in world.holdings.granted_tonight if giver == position]
    if not granted:
        return np.empty(0, np.uint32), np.empty(0, np.int32)
    rows = np.concatenate([rows for rows, _ in granted])
    until = np.concatenate([np.full(rows.size, last, np.int32) for rows, last in granted])
    order = np.lexsort((-until, rows))
    unique, first = np.unique(rows[order], return_index=True)
    return unique, until[order][first]
