"""The table of satisfaction: of each day's active users."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.systems.satisfaction.mood import ACTIVE, SUM_MILLIONTHS
from sim.systems.world import World


def satisfaction_table(world: World) -> dict[str, Any]:
    """One row per day; empty where nothing moves anybody."""
    mood, plan = world.mood, world.plan
    days = np.arange(plan.n_run_days if mood is not None else 0)
    counts = np.zeros((0, 2), np.int64) if mood is None else world.scaled(mood.counts[plan.first_day :])
    return {
        "day": days,
        "active": np.ascontiguousarray(counts[:, ACTIVE]),
        "sum_millionths": np.ascontiguousarray(counts[:, SUM_MILLIONTHS]),
    }
