"""What users' satisfaction is: the columns that days change, and what any system may read of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sim.systems.plan import Plan
    from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

MILLION = 1_000_000
ACTIVE, SUM_MILLIONTHS = range(2)


@dataclass
class Mood:
    """Each user's satisfaction as it was on the day on which it was last moved.

    Attributes:
        level: float32 (capacity,), from -1 to 1; since: uint16 (capacity,), that day.
        keeps: float32 (n_days + 1,), what so many days leave of a level.
        counts: int64 (n_days, 2), agents who were active, and the sum of their levels in millionths.
        glad, sad: sums over all users of what is above 0, and of what is below it, as it is now.
    """

    level: F32
    since: npt.NDArray[np.uint16]
    keeps: F32
    counts: I64
    glad: float = 0.0
    sad: float = 0.0

    @staticmethod
    def of(plan: Plan) -> Mood | None:
        """Everybody is neutral; None where nothing moves anybody."""
        if plan.satisfaction is None:
            return None
        capacity, days = plan.market.n_agents, np.arange(plan.n_days + 1)
        return Mood(
            level=np.zeros(capacity, np.float32),
            since=np.zeros(capacity, np.uint16),
            keeps=(0.5 ** (days / plan.satisfaction.half_life_days)).astype(np.float32),
            counts=np.zeros((plan.n_days, 2), np.int64),
        )


def satisfaction_of(world: World, rows: U32 | slice, day: int) -> F32:
    """The satisfaction of each of these users, float32 (n_rows,), from -1 to 1; 0 where nothing moves anybody."""
    mood = world.mood
    if mood is None:
        return np.zeros(rows.stop - rows.start if isinstance(rows, slice) else rows.size, np.float32)
    faded: F32 = mood.level[rows] * mood.keeps.take(day - mood.since[rows].astype(np.int64))
    return faded


def sums_of_active(world: World, day: int) -> tuple[float, float]:
    """What of satisfaction is above 0, and what is below it, summed over those who were active on `day`, the last."""
    millionths = np.rint(satisfaction_of(world, world.today.present, day).astype(np.float64) * MILLION).astype(np.int64)
    above = int(np.maximum(millionths, 0).sum())
    return above / MILLION, (above - int(millionths.sum())) / MILLION


def sums_of_all(mood: Mood) -> tuple[float, float]:
    """The same over all users."""
    return mood.glad, mood.sad
