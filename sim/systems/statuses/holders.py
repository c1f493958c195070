"""Who holds what: the state that days change, and what any system may read of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

STATUS_COUNTS = ("holders", "entered", "left", "active", "orders", "spend", "cost", "content")
"""Of each giver's day: agents, their orders, cents that they paid; then cents of persons, as booked."""
HOLDERS, ENTERED, LEFT, ACTIVE, ORDERED, SPENT, COST, CONTENT_VALUE = range(len(STATUS_COUNTS))

FOR_GOOD = np.iinfo(np.int32).max


@dataclass
class Holders:
    """The holders of what one giver gives, in ascending rows.

    Attributes:
        until: their last day; a status has none but its reviews.
        orders, spend: what each had ordered, and paid in cents, by last evening.
    """

    rows: U32 = field(default_factory=lambda: np.empty(0, np.uint32))
    until: I32 = field(default_factory=lambda: np.empty(0, np.int32))
    orders: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    spend: I64 = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass
class Holdings:
    """All holders of one replicate, by the position of who gives.

    Attributes:
        granted_tonight: (position of the giver, rows, last day) of what rules have given today.
        extra_active, extra_users: active users and users by whom word of mouth acts as if there were more of them.
    """

    holders: list[Holders]
    granted_tonight: list[tuple[int, U32, int]] = field(default_factory=list)
    extra_active: float = 0.0
    extra_users: float = 0.0


def grant(world: World, giver: int, rows: U32, last_day: int) -> None:
    """Give these users what a rule or membership gives, from tomorrow to `last_day`; who has it, has it longer."""
    if rows.size:
        world.holdings.granted_tonight.append((giver, rows, last_day))


def is_among(rows: U32, held: U32) -> npt.NDArray[np.bool_]:
    """Whether each of these users is among the ascending `held`."""
    if not held.size:
        return np.zeros(rows.size, np.bool_)
    found: npt.NDArray[np.bool_] = held.take(np.searchsorted(held, rows), mode="clip") == rows
    return found


def holders_of(world: World, name: str) -> list[U32]:
    """Who holds the status, membership or privilege of that name today: the rows of each giver, ascending."""
    plan, holdings = world.plan.holdings, world.holdings
    return [
        holdings.holders[position].rows
        for position, giver in enumerate(plan.givers)
        if (not giver.is_rule and giver.name == name)
        or name in [plan.privileges[index].name for index in giver.privileges]
    ]
