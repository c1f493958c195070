"""What each person did within the horizon of one replicate, in a few numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.books.tables import persons_of
from sim.systems.day import Step, run_world
from sim.systems.world import World

I64 = npt.NDArray[np.int64]

COUNTED = ("spend", "orders", "active_days", "messages")
"""Columns of users that only grow."""


def run_counted(world: World, watch: Step | None = None) -> dict[str, I64]:
    """Run the world's horizon; the `COUNTED` of each agent within it, int64 (n_agents,), spend in cents.

    Who does not sign up has 0; what first users did before the first day does not count.
    """
    before = _so_far(world)
    after = _so_far(run_world(world, watch))
    return {name: after[name] - before[name] for name in COUNTED}


def _so_far(world: World) -> dict[str, I64]:
    found = {name: np.zeros(world.plan.market.n_agents, np.int64) for name in COUNTED}
    persons, n = persons_of(world), world.people.n
    for name, column in found.items():
        column[persons] = getattr(world.people, name)[:n]
    return found
