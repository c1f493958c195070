"""The table of desks: what came, who was answered and how late, who worked and what it cost, day by day."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.systems.service.desk import SERVICE_COUNTS
from sim.systems.world import World

Columns = dict[str, Any]


def service_table(world: World) -> Columns:
    """One row per day and desk; names as (codes, labels), money in cents; tickets are persons'."""
    plan = world.plan
    names = tuple(desk.name for desk in plan.service.desks)
    days = np.repeat(np.arange(plan.n_run_days), len(names))
    shape = (plan.n_run_days * len(names), len(SERVICE_COUNTS))
    counts = np.zeros(shape, np.int64)
    for position, desk in enumerate(world.service.desks):
        counts[position :: len(names)] = desk.counts[plan.first_day :]
    table: Columns = {"day": days, "desk": (np.tile(np.arange(len(names)), plan.n_run_days), names)}
    return table | {name: np.ascontiguousarray(counts[:, i]) for i, name in enumerate(SERVICE_COUNTS)}
