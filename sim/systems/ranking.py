"""Who goes first where not all can be served."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.audiences.columns import AttributeColumns
from sim.systems.rules.choice import CHANCE
from sim.systems.world import World


def first_rows(
    world: World, day: int, rows: npt.NDArray[np.uint32], n: int, *, choose_by: str, purpose: int
) -> npt.NDArray[np.uint32]:
    """The `n` of these users who go first, in the order of `rows`: largest value first, ties by an addressed draw.

    Draws: two uniforms per user and day, at `purpose`: of a million 32-bit uniforms about a hundred pairs are equal.
    """
    if rows.size <= n:
        return rows
    keys = [world.uniforms(rows, day, purpose, k) for k in (1, 0)]
    if choose_by != CHANCE:
        keys.append(-np.asarray(AttributeColumns(world, rows, day)[choose_by], np.float64))
    return rows[np.sort(np.lexsort(keys)[:n])]
