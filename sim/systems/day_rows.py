"""Tables with one row per day and name, as rooms give them to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sim.systems.plan import Plan

Columns = dict[str, Any]
"""The columns of a table; names as (codes, labels)."""


def day_rows(plan: Plan, key: str, names: tuple[str, ...]) -> Columns:
    """The keys of such a table: `day`, counted from the first day of the run, and the names under `key`."""
    return {
        "day": np.repeat(np.arange(plan.n_run_days), len(names)),
        key: (np.tile(np.arange(len(names)), plan.n_run_days), names),
    }
