"""Tables with one row per day and name, as rooms give them to the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sim.systems.plan import Plan

I64 = npt.NDArray[np.int64]
Columns = dict[str, Any]
"""The columns of a table; names as (codes, labels)."""


def day_rows(plan: Plan, key: str, names: tuple[str, ...]) -> Columns:
    """The keys of such a table: `day`, counted from the first day of the run, and the names under `key`."""
    return {
        "day": np.repeat(np.arange(plan.n_run_days), len(names)),
        key: (np.tile(np.arange(len(names)), plan.n_run_days), names),
    }


def counts_by_day(of_names: Sequence[I64] | I64, columns: tuple[str, ...]) -> Columns:
    """The columns of such a table, from int64 (n_days, n_columns) of each name."""
    if not len(of_names):
        return dict.fromkeys(columns, np.zeros(0, np.int64))
    flat = np.stack(list(of_names), axis=1).reshape(-1, len(columns))
    return {column: np.ascontiguousarray(flat[:, i]) for i, column in enumerate(columns)}
