"""Who holds what: the state that days change, and what any system may read of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.systems.statuses.plan import HoldingsPlan

if TYPE_CHECKING:
    from sim.systems.world import World

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

STATUS_COUNTS = ("holders", "entered", "left", "active", "orders", "spend", "cost", "content")
"""Of each giver's day: agents, their orders, cents that they paid; then cents of persons, as booked."""
HOLDERS, ENTERED, LEFT, ACTIVE, ORDERED, SPENT, COST, CONTENT_VALUE = range(len(STATUS_COUNTS))

FOR_GOOD = np.iinfo(np.int32).max
BITS = 8


@dataclass
class Granted:
    """Who holds what one rule, step or membership gives, in ascending rows, and the last day of each."""

    rows: U32 = field(default_factory=lambda: np.empty(0, np.uint32))
    until: I32 = field(default_factory=lambda: np.empty(0, np.int32))


@dataclass
class Holdings:
    """All holders of one replicate, by the position of who gives.

    Attributes:
        held: uint8 (n_bytes, capacity): bit `position % BITS` of byte `position // BITS` of those whom this giver
            gives something.
        n_holders: int64 (n_givers,).
        charged: int32 (n_charges, n_days, n_cells), holders by day of sign-up and cell, of each giver and privilege
            that costs by the day, in the order of the plan's `charges`: who holds a privilege of several givers is
            charged to the first.
        granted: of the rules, steps and memberships.
        granted_tonight: (position of the giver, rows, last day) of what they have given today.
        changed_tonight: who holds other things from tomorrow on.
        extra_active, extra_users: active users and users by whom word of mouth acts as if there were more of them.
    """

    held: U8
    n_holders: I64
    charged: I32
    granted: dict[int, Granted]
    granted_tonight: list[tuple[int, U32, int]] = field(default_factory=list)
    changed_tonight: list[U32] = field(default_factory=list)
    extra_active: float = 0.0
    extra_users: float = 0.0

    @staticmethod
    def of(plan: HoldingsPlan, capacity: int, n_days: int, n_cells: int) -> Holdings:
        """Nobody holds anything; memory that is not touched costs nothing."""
        n = len(plan.givers)
        return Holdings(
            held=np.zeros((-(-n // BITS), capacity), np.uint8),
            n_holders=np.zeros(n, np.int64),
            charged=np.zeros((len(plan.charges), n_days, n_cells), np.int32),
            granted={position: Granted() for position in range(len(plan.statuses), n)},
        )

    def holds(self, position: int, rows: U32 | slice) -> Bools:
        """Whether this giver gives each of these users something today."""
        byte, bit = divmod(position, BITS)
        found: Bools = (self.held[byte, rows] >> np.uint8(bit)) & np.uint8(1) != 0
        return found

    def rows(self, position: int, n: int) -> U32:
        """Whom of the first `n` users this giver gives something, in ascending rows."""
        return np.flatnonzero(self.holds(position, slice(0, n))).astype(np.uint32)


def grant(world: World, giver: int, rows: U32, last_day: int) -> None:
    """Give these users what a giver but a status gives, from tomorrow to `last_day`; who has it, has it longer."""
    if rows.size:
        world.holdings.granted_tonight.append((giver, rows, last_day))


def holds(world: World, rows: U32 | slice, name: str) -> Bools:
    """Whether each of these users holds the status, membership or privilege of that name, whoever gave it."""
    plan, holdings = world.plan.holdings, world.holdings
    n = rows.stop - rows.start if isinstance(rows, slice) else rows.size
    found = np.zeros(n, np.bool_)
    for position, giver in enumerate(plan.givers):
        names = [plan.privileges[index].name for index in giver.privileges]
        if name in names or (giver.name == name and not giver.is_rule and not giver.is_step):
            found |= holdings.holds(position, rows)
    return found
