"""Many variants of scenarios, measured and let go: what explanations, sensitivities and solutions are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from sim.engine.pool import hand_over_tasks
from sim.execution import check_memory, package_version
from sim.store import MemoryRun
from sim.store.columns import Columns
from sim.systems.books.metrics import METRICS, TABLES
from sim.systems.plan import compile_plan
from sim.systems.replicate import ReplicateTask, run_replicate
from sim.systems.scenario import Scenario

Progress = Callable[[int, int, str], None]
Kept = Mapping[str, Columns]

ENOUGH_TRIALS = 4
"""Trials per process from which each is measured by one worker: fewer are shared out by their replicates."""


@dataclass(frozen=True)
class Trial:
    """Some replicates of one scenario, of which only answers are wanted."""

    scenario: Scenario
    seed: int
    replicates: tuple[int, ...]


@dataclass(frozen=True)
class _TrialTask:
    """Some of a trial's replicates, by their positions."""

    trial: int
    positions: tuple[int, ...]
    request: Trial
    tables: tuple[str, ...]


def measure(
    trials: Sequence[Trial],
    *,
    jobs: int,
    tables: Sequence[str] = ("daily",),
    progress: Progress | None = None,
) -> list[MemoryRun]:
    """What each trial measured, in their order; nothing is stored.

    Plans are compiled by the workers, each for its own part of a trial.

    Args:
        tables: the tables that are kept, by name.
    Raises:
        PlanError: a trial does not fit into this machine's memory, or WorkerError.
    """
    largest = max(trials, key=lambda trial: trial.scenario.market.size.value, default=None)
    if largest is not None:
        check_memory([compile_plan(largest.scenario)], jobs)
    n_parts = 1 if len(trials) >= ENOUGH_TRIALS * jobs else jobs
    tasks = [
        _TrialTask(i, tuple(range(len(trial.replicates)))[part::n_parts], trial, tuple(tables))
        for i, trial in enumerate(trials)
        for part in range(min(n_parts, len(trial.replicates)))
    ]
    parts: list[dict[int, Kept]] = [{} for _ in trials]
    done = count(1)

    def take(number: int, measured: dict[int, Kept]) -> None:
        parts[tasks[number].trial].update(measured)
        if progress is not None:
            progress(next(done), len(tasks), f"{len(trials)} variants")

    hand_over_tasks(measured_trial, tasks, take, jobs=jobs)
    return [_memory_run(trial, measured) for trial, measured in zip(trials, parts, strict=True)]


def measured_trial(task: _TrialTask) -> dict[int, Kept]:
    """What a worker does with a part of a trial: the kept tables by position."""
    plan = compile_plan(task.request.scenario)
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
