"""How strongly an effect moves each user: by what its segment minds, and by how often it has moved the user before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.systems.motives import Motive

if TYPE_CHECKING:
    from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
F64 = npt.NDArray[np.float64]

MOST_TIMES = np.iinfo(np.uint16).max


def strength(
    world: World,
    rows: U32,
    *,
    motive: Motive | None = None,
    effect: str = "",
    habituation: float = 1.0,
) -> F64:
    """What multiplies the logarithm of an effect on these users (each once), float64 (n_rows,); 1 is all of it.

    Args:
        motive: what the effect appeals to: the weight of each user's segment.
        effect: the name under which its times are counted, where it fades with them.
        habituation: what each time leaves of it for the next; this time is counted.
    """
    found = np.ones(rows.size)
    if motive is not None:
        found *= world.plan.market.weights[motive][world.plan.segment_of_cell[world.people.cell[rows]]]
    if habituation < 1.0:
        found *= habituation ** _count(world, rows, effect)
    return found


def _count(world: World, rows: U32, effect: str) -> F64:
    """How often the effect has moved each of these users before."""
    if effect not in world.repetitions:
        world.repetitions[effect] = np.zeros(world.people.capacity, np.uint16)
    times = world.repetitions[effect]
    before = times[rows]
    times[rows] = np.minimum(before, MOST_TIMES - 1) + 1
    return before.astype(np.float64)
