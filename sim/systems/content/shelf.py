"""What there is of each kind of content: the state that days change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.systems.content.plan import ContentPlan

if TYPE_CHECKING:
    from sim.systems.plan import Plan

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

MILLION = 1_000_000
CONTENT_COUNTS = ("creators", "makers", "created", "bad", "prompted", "reviewed", "removed", "seeded")
"""Of each kind's day: creators who were active, and those who made something; items that they made, the bad ones among
them, and those that no one would have made without the reward; items that were looked at and removed; and those that
the team made. All of persons."""
CREATORS, MAKERS, CREATED, BAD, PROMPTED, REVIEWED, REMOVED, SEEDED = range(len(CONTENT_COUNTS))
CONTENT_LEVELS = ("stock", "bad_stock", "appeal_millionths")
"""Fresh items at the end of the day, good and bad, and what the appeal was during the day."""
STOCK, BAD_STOCK, APPEAL = range(len(CONTENT_LEVELS))
CONTENT_COSTS = ("reward_cost", "moderation_cost", "seed_cost")
REWARD_COST, MODERATION_COST, SEED_COST = range(len(CONTENT_COSTS))


@dataclass
class Made:
    """What creators have made today: int64 (n_rows,) items of each that are good, and bad; of these, how many were
    removed; and how many of all were looked at. `prompted` are those that no one would have made without the reward."""

    rows: U32
    good: I64
    bad: I64
    removed: I64
    looked_at: I64
    prompted: int = 0

    @property
    def items(self) -> I64:
        """All that each of them made."""
        return self.good + self.bad

    @property
    def stays(self) -> I64:
        """What each of them made and nobody removed."""
        return self.items - self.removed

    @staticmethod
    def nothing() -> Made:
        """Before the first day."""
        none = np.empty(0, np.int64)
        return Made(np.empty(0, np.uint32), none, none, none, none)


@dataclass
class Shelf:
    """One kind of content.

    Attributes:
        is_creator: bool (capacity,), who has the talent.
        good, bad: fresh items of persons: each counts half after every half-life.
        counts: int64 (n_days, 8), the `CONTENT_COUNTS`; levels: int64 (n_days, 3); cost_cents: int64 (n_days, 3).
        made: by creators, today.
    """

    is_creator: npt.NDArray[np.bool_]
    good: float
    counts: I64
    levels: I64
    cost_cents: I64
    bad: float = 0.0
    made: Made = field(default_factory=Made.nothing)

    @staticmethod
    def of(kind: ContentPlan, capacity: int, n_days: int) -> Shelf:
        """What there is before the first day."""
        return Shelf(
            is_creator=np.zeros(capacity, np.bool_),
            good=kind.starts_with,
            counts=np.zeros((n_days, len(CONTENT_COUNTS)), np.int64),
            levels=np.zeros((n_days, len(CONTENT_LEVELS)), np.int64),
            cost_cents=np.zeros((n_days, len(CONTENT_COSTS)), np.int64),
        )


@dataclass
class Shelves:
    """All kinds; `n_asked`: so many users, the first, have been asked whether they have the talent."""

    of_kind: list[Shelf]
    n_asked: int = 0

    @staticmethod
    def of(plan: Plan) -> Shelves:
        """What there is before the first day."""
        return Shelves([Shelf.of(kind, plan.market.n_agents, plan.n_days) for kind in plan.content])
