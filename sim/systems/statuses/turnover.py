"""Who begins and ceases to hold what: the bits of each user, whom its cost is charged to, and what stands for it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled, inlined
from sim.systems.statuses.holders import BITS, ENTERED, LEFT
from sim.systems.world import World

u8 = np.uint8
U32 = npt.NDArray[np.uint32]
F64 = npt.NDArray[np.float64]


@inlined
def is_held(held, giver, row):  # type: ignore[no-untyped-def]
    """Whether a user holds what a giver gives."""
    return held[giver // BITS, row] >> u8(giver % BITS) & u8(1) != 0


@inlined
def first_giver(held, givers, row):  # type: ignore[no-untyped-def]
    """The first of `givers` (ascending, then -1) of whom a user holds something; -1 for none."""
    found = -1
    for giver in givers:
        if giver >= 0 and found < 0 and is_held(held, giver, row):
            found = giver
    return found


@compiled
def _turn(rows, giver, gives, givers_of, charge_of, cell, signup_day, held, charged):  # type: ignore[no-untyped-def]
    """Turn these users' bit of a giver, and move them to whom their privileges are charged from now on."""
    for i in range(rows.size):
        row = rows[i]
        c, signup = cell[row], signup_day[row]
        for privilege in gives[giver]:
            before = first_giver(held, givers_of[privilege], row) if privilege >= 0 else -1
            if before >= 0 and charge_of[before, privilege] >= 0:
                charged[charge_of[before, privilege], signup, c] -= 1
        held[giver // BITS, row] ^= u8(1) << u8(giver % BITS)
        for privilege in gives[giver]:
            after = first_giver(held, givers_of[privilege], row) if privilege >= 0 else -1
            if after >= 0 and charge_of[after, privilege] >= 0:
                charged[charge_of[after, privilege], signup, c] += 1


@compiled
def _add_lifts(rows, held, givers_of, lifts, cell, out):  # type: ignore[no-untyped-def]
    """What all that each of these users holds adds up to, each privilege once: float64 (3, n_rows)."""
    for i in range(rows.size):
        row = rows[i]
        segment = cell[row] % lifts.shape[2]
        for privilege in range(givers_of.shape[0]):
            if first_giver(held, givers_of[privilege], row) >= 0:
                for target in range(out.shape[0]):
                    out[target, i] += lifts[privilege, target, segment]


def turn_over(world: World, day: int, position: int, entered: U32, left: U32) -> None:
    """These users begin and cease to hold what a giver gives, from tomorrow on."""
    people, plan, holdings = world.people, world.plan.holdings, world.holdings
    counts = world.tallies.statuses[position, day]
    counts[ENTERED], counts[LEFT] = entered.size, left.size
    holdings.n_holders[position] += entered.size - left.size
    for rows in (entered, left):
        _turn(
            rows, position, plan.gives, plan.givers_of, plan.charge_of, people.cell, people.signup_day, holdings.held,
            holdings.charged,
        )  # fmt: skip
    if plan.givers[position].privileges:
        holdings.changed_tonight += [entered, left]


def let_stand(world: World) -> None:
    """What those hold whose holdings have changed tonight stands from tomorrow on, and nothing else of it."""
    holdings, plan = world.holdings, world.plan.holdings
    if world.people.lifted:
        for rows in holdings.changed_tonight:
            lifts = np.zeros(plan.lifts.shape[1:2] + rows.shape)
            _add_lifts(rows, holdings.held, plan.givers_of, plan.lifts, world.people.cell, lifts)
            highest = world.effects.stand(world.people, rows, lifts)
            world.highest_order_rate = max(world.highest_order_rate, highest)
    holdings.changed_tonight.clear()


def begin_without_privileges(world: World, day: int) -> None:
    """Today's newcomers hold nothing yet."""
    world.people.hold_nothing(world.today.new_rows)
