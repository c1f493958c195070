"""One replicate from plan to tables: the unit of work that processes share."""

from __future__ import annotations

from dataclasses import dataclass

from sim.systems.books.tables import Table, tables_of, users_of
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan


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
    world = run_world(open_world(task.plan, task.seed, task.replicate, task.n_threads))
    tables = tables_of(world)
    if task.with_users:
        tables["users"] = users_of(world)
    return tables
