"""Who bears a cost that nobody in particular has caused: an amount over channels and segments, to the cent."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.ledger import split_cents
from sim.systems.world import World

I64 = npt.NDArray[np.int64]


def share_out(world: World, day: int, cents: int, weights: I64 | None = None) -> I64:
    """Whole cents int64 (n_cells,) in proportion to the weights; where there are none, to all users so far.

    Before there are any users, the segments of the first channel bear it alike.
    """
    if weights is None or not weights.any():
        weights = world.tallies.new[: day + 1].sum(axis=0)
    if not weights.any():
        weights = (world.plan.channel_of_cell == 0).astype(np.int64)
    return split_cents(cents, weights)
