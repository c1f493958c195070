"""The table of content: what was made, removed and paid for, and what there was, day by day."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.systems.content.shelf import CONTENT_COSTS, CONTENT_COUNTS, CONTENT_LEVELS
from sim.systems.world import World

Columns = dict[str, Any]


def content_table(world: World) -> Columns:
    """One row per day and kind; names as (codes, labels), money in cents; items and creators are persons'."""
    plan, shelves = world.plan, world.shelves.of_kind
    names = tuple(kind.name for kind in plan.content)
    table: Columns = {
        "day": np.repeat(np.arange(plan.n_run_days), len(names)),
        "kind": (np.tile(np.arange(len(names)), plan.n_run_days), names),
    }

    def by_day(columns: tuple[str, ...], of_kind: list[npt.NDArray[np.int64]]) -> Columns:
        """The columns of each kind's days, int64 (n_days, n_columns), day by day."""
        days = [values[plan.first_day :] for values in of_kind]
        flat = np.stack(days, axis=1).reshape(-1, len(columns)) if days else np.zeros((0, len(columns)), np.int64)
        return {name: np.ascontiguousarray(flat[:, i]) for i, name in enumerate(columns)}

    table |= by_day(CONTENT_COUNTS, [shelf.counts for shelf in shelves])
    table |= by_day(CONTENT_LEVELS, [shelf.levels for shelf in shelves])
    return table | by_day(CONTENT_COSTS, [shelf.cost_cents for shelf in shelves])
