"""Many variants of scenarios, measured and let go: what explanations, sensitivities and solutions are made of."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import TypeVar

from sim.engine.memory import memory_bytes
from sim.engine.pool import hand_over_tasks
from sim.errors import PlanError
from sim.execution import MEMORY_SHARE, check_memory, package_version
from sim.store import MemoryRun
from sim.store.columns import Columns
from sim.systems.books.metrics import METRICS, TABLES
from sim.systems.plan import Plan, compile_plan
from sim.systems.replicate import ReplicateTask, run_replicate
from sim.systems.scenario import Scenario

Progress = Callable[[int, int, str], None]
Kept = Mapping[str, Columns]
R = TypeVar("R")

ENOUGH_TRIALS = 4
"""Trials per process from which each is measured by one worker: fewer are shared out by their replicates."""
AT_ONCE = 256
AT_ONCE_BYTES = 128 << 20
"""How many trials, and about how much of their tables, are held before they become answers."""
PLANS_KEPT = 4
BYTES_PER_CELL = 8


@dataclass(frozen=True)
class Trial:
    """Some replicates of one scenario, of which only answers are wanted.

    Args:
        hash: of the scenario, by which its plan is compiled once; "" where that is not known.
    """

    scenario: Scenario
    seed: int
    replicates: tuple[int, ...]
    hash: str = ""


@dataclass(frozen=True)
class _TrialTask:
    """Some of a trial's replicates, by their positions."""

    trial: int
    positions: tuple[int, ...]
    request: Trial
    tables: tuple[str, ...]


@dataclass(frozen=True)
class _Variant:
    """A scenario that is told from others by its hash."""

    hash: str
    scenario: Scenario = field(compare=False)


def measure(
    trials: Sequence[Trial],
    *,
    jobs: int,
    tables: Sequence[str] = ("daily",),
    progress: Progress | None = None,
) -> list[MemoryRun]:
    """What each of a few trials measured, in their order; nothing is stored, all is held at once.

    Args:
        tables: the tables that are kept, by name.
    Raises:
        PlanError: a trial, or what is kept, does not fit into this machine's memory, or WorkerError.
    """
    return answers(len(trials), trials.__getitem__, _itself, jobs=jobs, tables=tables, progress=progress)


def answers(
    n: int,
    trial: Callable[[int], Trial],
    answer: Callable[[MemoryRun], R],
    *,
    jobs: int,
    tables: Sequence[str] = ("daily",),
    progress: Progress | None = None,
) -> list[R]:
    """What follows from each of n trials, in their order; some at a time are made, measured and let go.

    Plans are compiled by the workers, each for its own part of a trial.

    Args:
        trial: makes one by its number.
        answer: what is kept of a trial.
        tables: those that `answer` reads.
    Raises:
        PlanError: a trial, or what is held at once, does not fit into this machine's memory, or WorkerError.
    """
    done, n_parts = count(1), 1 if n >= ENOUGH_TRIALS * jobs else jobs

    def tick(n_tasks: int) -> None:
        if progress is not None:
            progress(next(done), max(n, n_tasks), f"{n} variants")

    batches = _batches(n, trial, jobs, tables)
    return [answer(run) for trials in batches for run in _runs(trials, n_parts, jobs, tables, tick)]


def _runs(
    trials: Sequence[Trial], n_parts: int, jobs: int, tables: Sequence[str], tick: Callable[[int], None]
) -> list[MemoryRun]:
    """What these trials measured; `tick` is called after each part with how many parts there are."""
    tasks = [
        _TrialTask(i, tuple(range(len(one.replicates)))[part::n_parts], one, tuple(tables))
        for i, one in enumerate(trials)
        for part in range(min(n_parts, len(one.replicates)))
    ]
    parts: list[dict[int, Kept]] = [{} for _ in trials]

    def take(number: int, measured: dict[int, Kept]) -> None:
        parts[tasks[number].trial].update(measured)
        tick(len(tasks))

    hand_over_tasks(measured_trial, tasks, take, jobs=jobs)
    return [_memory_run(one, measured) for one, measured in zip(trials, parts, strict=True)]


def _itself(run: MemoryRun) -> MemoryRun:
    return run


def _batches(n: int, trial: Callable[[int], Trial], jobs: int, tables: Sequence[str]) -> Iterator[list[Trial]]:
    """The trials, as many at a time as are held at once."""
    start = 0
    while start < n:
        trials = [trial(start)]
        n_replicates = max(1, AT_ONCE_BYTES // kept_bytes(plan_of(trials[0]), tables))
        most = min(AT_ONCE, max(ENOUGH_TRIALS * jobs, n_replicates // max(1, len(trials[0].replicates))))
        trials += [trial(i) for i in range(start + 1, min(n, start + most))]
        _check_memory(trials, jobs, tables)
        yield trials
        start += len(trials)


def _check_memory(trials: Sequence[Trial], jobs: int, tables: Sequence[str]) -> None:
    """Refuse what does not fit: the largest of the trials in each process, and what is kept of all of them.

    Raises:
        PlanError: with the numbers.
    """
    markets = [one.scenario.market for one in trials]
    agents = [market.size.value / market.people_per_agent.value for market in markets]
    days = [float(one.scenario.n_days) for one in trials]
    plans = [plan_of(trials[sizes.index(max(sizes))]) for sizes in (agents, days)]
    check_memory(plans, jobs)
    n_runs, there = sum(len(one.replicates) for one in trials), memory_bytes() or sys.maxsize
    kept = n_runs * max(kept_bytes(plan, tables) for plan in plans)
    if kept > MEMORY_SHARE * there:
        raise PlanError(
            f"{n_runs:,} replicates over {plans[1].n_run_days:,} days keep about {kept / 2**30:,.1f} GiB at once; "
            f"this machine has {there / 2**30:,.1f} GiB, of which {MEMORY_SHARE:.0%} may be used. "
            "Lower --replicates or --days"
        )


def kept_bytes(plan: Plan, tables: Sequence[str]) -> int:
    """About how much of a replicate the tables are, at most."""
    sizes = {"segment": len(plan.market.segments), "channel": len(plan.channels.names)}
    cells = 0
    for one in TABLES:
        n_columns = sum(map(len, (one.keys, one.texts, one.dates, one.counts, one.money)))
        n_rows = plan.n_run_days ** len(one.keys) * math.prod(sizes.get(text, 1) for text in one.texts)
        cells += n_rows * n_columns if one.name in tables else 0
    return cells * BYTES_PER_CELL


def plan_of(trial: Trial) -> Plan:
    """The compiled plan, one of the last few if it is among them."""
    return _compiled(_Variant(trial.hash, trial.scenario)) if trial.hash else compile_plan(trial.scenario)


@lru_cache(maxsize=PLANS_KEPT)
def _compiled(variant: _Variant) -> Plan:
    return compile_plan(variant.scenario)


def measured_trial(task: _TrialTask) -> dict[int, Kept]:
    """What a worker does with a part of a trial: the kept tables by position."""
    plan = plan_of(task.request)
    measured: dict[int, Kept] = {}
    for position in task.positions:
        tables = run_replicate(ReplicateTask(plan, task.request.seed, task.request.replicates[position]))
        measured[position] = {name: tables[name] for name in task.tables}
    return measured


def _memory_run(trial: Trial, measured: Mapping[int, Kept]) -> MemoryRun:
    scenario = trial.scenario
    parts = [measured[position] for position in range(len(trial.replicates))]
    kept = set().union(*parts)
    facts = {
        "scenario": scenario.name,
        "title": scenario.title,
        "seed": trial.seed,
        "replicates": len(parts),
        "days": scenario.n_days,
        "currency": scenario.currency,
        "people_per_agent": int(scenario.market.people_per_agent.value),
        "version": package_version(),
    }
    return MemoryRun(scenario.name, facts, METRICS, {one.name: one for one in TABLES if one.name in kept}, parts)
