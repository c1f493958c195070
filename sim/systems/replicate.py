"""One replicate from plan to tables: the unit of work that processes share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.systems.books.order_log import OrderLog
from sim.systems.books.tables import Table, tables_of, users_of
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ReplicateTask:
    """What one worker needs to know."""

    plan: Plan
    seed: int
    replicate: int
    with_users: bool = False
    n_threads: int = 1


def run_replicate(task: ReplicateTask) -> dict[str, Table]:
    """The tables of one replicate; a pure function of the task."""
    world = open_world(task.plan, task.seed, task.replicate, task.n_threads)
    log = OrderLog(world) if task.with_users else None
    tables = tables_of(run_world(world, watch=log))
    if log is not None:
        tables |= {"users": users_of(world), "orders": log.table(world)}
    return {name: narrowed(table) for name, table in tables.items()}


def narrowed(table: Table) -> Table:
    """The table with each column in the narrowest type that holds it: what travels between processes, and waits."""
    return {
        name: (_narrow(column[0]), column[1]) if isinstance(column, tuple) else _narrow(column)
        for name, column in table.items()
    }


def _narrow(column: I64) -> I64:
    if not column.size:
        return column
    low, high = int(column.min()), int(column.max())
    # Signed types only: replicates may need different ones, and a signed and an unsigned meet in floats.
    narrow = (kind for kind in (np.int8, np.int16, np.int32) if np.iinfo(kind).min <= low <= high <= np.iinfo(kind).max)
    return column.astype(next(narrow, np.int64))
