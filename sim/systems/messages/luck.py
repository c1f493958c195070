"""The luck of messages: a second one on a day has luck of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.people import gather
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
F64 = npt.NDArray[np.float64]


def luck_of_message(world: World, rows: U32, day: int, purpose: int, first_k: int = 0) -> F64:
    """A uniform for the message that each of these users has just got: at `first_k`, for a day's second one further."""
    luck = world.uniforms(rows, day, purpose, first_k)
    if len(world.plan.rules) > 1:
        turns = gather(world.people.messages_today, rows)
        for turn in np.unique(turns[turns > 0]):
            is_turn = turns == turn
            luck[is_turn] = world.uniforms(rows[is_turn], day, purpose, first_k + int(turn))
    return luck
