"""From checked scenarios to stored runs: plan all, run what is not stored yet, save each run whole."""

from __future__ import annotations

import hashlib
import math
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.limits import MAX_AGENTS
from sim.engine.memory import memory_bytes
from sim.engine.pool import hand_over_tasks
from sim.errors import PlanError, ResultsError, shown_path
from sim.scenario.showing import resolved_hash, show
from sim.scenario.tree import Tree
from sim.store import RunIdentity, StoredRun, find_run, open_run, prepare_results, save_run
from sim.systems.books.accounts import ACCOUNTS
from sim.systems.books.metrics import METRICS, TABLES, user_tables
from sim.systems.books.tables import Table
from sim.systems.first_users.reading import STORED_AS, stored_tree
from sim.systems.plan import Plan, compile_plan
from sim.systems.profiles.schema import declared_kinds
from sim.systems.replicate import ReplicateTask, run_replicate
from sim.systems.scenario import Scenario

Progress = Callable[[int, int, str], None]
Tables = dict[str, Table]

MEMORY_SHARE = 0.8
"""The share of the machine's memory that a run may plan for."""
LIBRARIES = ("numpy", "numba", "scipy", "simpy", "pydantic", "pyarrow")


@dataclass(frozen=True)
class Request:
    """One scenario to run."""

    scenario: Scenario
    tree: Tree
    seed: int
    replicates: int
    users: bool

    def identity(self) -> RunIdentity:
        """What decides the run's data."""
        name, code = self.scenario.name, resolved_hash(self.tree)
        return RunIdentity(name, code, self.seed, self.replicates, self.scenario.n_days, package_version())


@dataclass(frozen=True)
class Measured:
    """A replicate's tables, and the most memory of the process that made them, where the system tells."""

    tables: Tables
    peak_bytes: int | None


def measured_replicate(task: ReplicateTask) -> Measured:
    """What a worker does."""
    return Measured(run_replicate(task), _peak_memory_bytes())


@dataclass
class _Job:
    """A request that is run, and those of its replicates that are in."""

    request: Request
    plan: Plan
    measured: dict[int, Measured] = field(default_factory=dict)

    def tasks(self, n_threads: int) -> list[ReplicateTask]:
        """Its replicates; the first one may keep users."""
        seed, users = self.request.seed, self.request.users
        return [
            ReplicateTask(self.plan, seed, replicate, users and replicate == 0, n_threads)
            for replicate in range(self.request.replicates)
        ]

    @property
    def is_complete(self) -> bool:
        """All replicates are in."""
        return len(self.measured) == self.request.replicates

    def replicates(self) -> list[Measured]:
        """All of them in order."""
        return [self.measured[replicate] for replicate in range(self.request.replicates)]


def execute(
    requests: Sequence[Request],
    *,
    jobs: int,
    out: Path,
    fresh: bool,
    progress: Progress | None = None,
    warn: Callable[[str], None] | None = None,
) -> list[StoredRun]:
    """The stored runs of all requests, in their order; what is stored already is not run again, unless `fresh`.

    All replicates of all requests share one set of workers. Each run is saved as soon as its replicates are in, so
    that an interrupt leaves the finished ones, and the memory needed does not grow with the number of requests.
    """
    prepare_results(out)
    stored: dict[int, StoredRun] = {}
    waiting: dict[int, _Job] = {}
    for i, request in enumerate(requests):
        tables = ["users", "orders"] if request.users else []
        found = None if fresh else find_run(out, request.identity(), tables=tables, warn=warn)
        if found is not None:
            stored[i] = found
        else:
            waiting[i] = _Job(request, compile_plan(request.scenario))
    n_tasks = sum(job.request.replicates for job in waiting.values())
    check_memory([job.plan for job in waiting.values()], min(jobs, n_tasks))
    tasks = [(i, task) for i, job in waiting.items() for task in job.tasks(max(jobs // max(n_tasks, 1), 1))]
    label, stopwatch, done = _label(list(waiting.values())), _Stopwatch(), count(1)

    def take(number: int, measured: Measured) -> None:
        i, task = tasks[number]
        waiting[i].measured[task.replicate] = measured
        if waiting[i].is_complete:
            stored[i] = _save(out, waiting.pop(i), *stopwatch.lap())
        if progress is not None:
            progress(next(done), n_tasks, label)

    hand_over_tasks(measured_replicate, [task for _, task in tasks], take, jobs=jobs)
    return [stored[i] for i in range(len(requests))]


def _label(jobs: Sequence[_Job]) -> str:
    """What a progress bar calls the work."""
    return jobs[0].request.scenario.name if len(jobs) == 1 else f"{len(jobs)} scenarios"


class _Stopwatch:
    """Laps, each from the end of the one before: saved runs share out the time of their workers."""

    def __init__(self) -> None:
        self._started, self._clock = datetime.now(UTC), time.perf_counter()

    def lap(self) -> tuple[datetime, float]:
        """When this lap began, and its seconds; the next one begins."""
        started, clock = self._started, self._clock
        self._started, self._clock = datetime.now(UTC), time.perf_counter()
        return started, self._clock - clock


def check_memory(plans: Sequence[Plan], processes: int = 1) -> None:
    """Refuse, before anything starts, what cannot fit into this machine's memory.

    Raises:
        PlanError: with the numbers, and what to change to which.
    """
    if not plans:
        return
    there = memory_bytes() or sys.maxsize  # what is not known refuses nothing
    largest = max(plans, key=lambda plan: plan.memory_bytes)
    needed, n_agents = largest.memory_bytes * processes, largest.market.n_agents
    if needed > MEMORY_SHARE * there:
        a_process = f"{largest.memory_bytes / 2**30:,.1f} GiB a process, " if processes > 1 else ""
        why = (
            f"{n_agents:,} agents over {largest.n_run_days:,} days need about {a_process}{needed / 2**30:,.1f} GiB "
            f"in all; this machine has {there / 2**30:,.1f} GiB, of which {MEMORY_SHARE:.0%} may be used"
        )
    elif n_agents > MAX_AGENTS:
        why = f"{n_agents:,} agents are more than a run can hold, {MAX_AGENTS:,}"
    else:
        return
    raise PlanError(f"{why}. {_what_to_change(largest, processes, there)}")


def _what_to_change(plan: Plan, processes: int, there: int) -> str:
    """The advice that makes the plan fit: larger agents, or fewer days where those alone are too many."""
    left = MEMORY_SHARE * there - plan.days_bytes * processes
    if left <= 0:
        advice = [f"Shorten `horizon` (now {plan.n_run_days:,} days)", "name fewer channels"]
    else:
        factor = max(plan.people_bytes * processes / left, plan.market.n_agents / MAX_AGENTS)
        per_agent = plan.market.people_per_agent
        wanted = math.ceil(per_agent * factor)
        step = 10 ** max(len(str(wanted)) - 2, 0)  # two digits are precise enough
        advice = [f"Raise `market.people_per_agent` to {-(-wanted // step) * step:,} (now {per_agent:,})"]
    return ", or ".join([*advice, "lower --jobs"] if processes > 1 else advice)


def _save(out: Path, job: _Job, started: datetime, seconds: float) -> StoredRun:
    request, replicates = job.request, job.replicates()
    path = save_run(
        out,
        request.identity(),
        tables=[each.tables for each in replicates],
        schemas=(*TABLES, *user_tables(declared_kinds(request.scenario.attributes))) if request.users else TABLES,
        scenario_yaml=show(stored_tree(request.tree)),
        beside=_files_beside(request.tree),
        facts=_facts(request, job.plan, replicates, started, seconds),
    )
    return open_run(path)


def _files_beside(tree: Tree) -> dict[str, bytes]:
    """The files that the stored scenario names, as they were when the run was loaded.

    Raises:
        ResultsError: one of them was edited during the run.
    """
    files = {}
    for attached in tree.attached.values():
        content = attached.path.read_bytes()
        if hashlib.sha256(content).hexdigest() != attached.sha256:
            raise ResultsError(f"{shown_path(attached.path)} was edited during the run; run the scenario again")
        files[STORED_AS] = content
    return files


def _facts(
    request: Request, plan: Plan, replicates: Sequence[Measured], started: datetime, seconds: float
) -> dict[str, Any]:
    """What run.json tells beside the identity: what the numbers mean, and what made them."""
    user_days = sum(_total(each.tables["daily"]["users"]) for each in replicates) // plan.market.people_per_agent
    peaks = [each.peak_bytes for each in replicates if each.peak_bytes is not None]
    return {
        "title": request.scenario.title,
        "file": request.tree.main.name,
        "currency": request.scenario.currency,
        "start": request.scenario.start.isoformat(),
        "persons": int(plan.market.persons.sum()),
        "agents": plan.market.n_agents,
        "people_per_agent": plan.market.people_per_agent,
        "metrics": [asdict(metric) for metric in METRICS],
        "accounts": {account.name: account.group for account in ACCOUNTS},
        "rules": [name for name, rule in request.scenario.policy.rules.items() if rule.do.is_about_users],
        "budget_rules": [name for name, rule in request.scenario.policy.rules.items() if not rule.do.is_about_users],
        "retention_fits": {
            f"retention.{path}": {
                "activity_mean": fit.activity_mean,
                "lapse_alpha": fit.alpha,
                "lapse_beta": fit.beta,
                "points": [{"day": day, "given": given, "model": model} for day, given, model in fit.points],
            }
            for path, fit in plan.retention.fits
        },
        "started": started.isoformat(timespec="seconds"),
        "wall_seconds": round(seconds, 3),
        "user_days_per_second": round(user_days / seconds) if seconds > 0 else None,
        "peak_memory_bytes": max(peaks, default=None),
        "libraries": {name: version(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git_commit": _git_commit(request.tree.main.parent),
    }


def _total(column: object) -> int:
    assert isinstance(column, np.ndarray)
    return int(column.sum())


def _peak_memory_bytes() -> int | None:
    """The largest resident size of this process so far; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _git_commit(folder: Path) -> str | None:
    """The commit of the scenarios, read from the repository's own files; None outside of one."""
    for parent in (folder, *folder.parents):
        head = parent / ".git" / "HEAD"
        if head.is_file():
            text = head.read_text(encoding="utf-8").strip()
            if not text.startswith("ref: "):
                return text
            reference = parent / ".git" / text.removeprefix("ref: ")
            return reference.read_text(encoding="utf-8").strip() if reference.is_file() else None
    return None


def package_version() -> str:
    """The version of this package."""
    try:
        return version("userops-sim")
    except PackageNotFoundError:
        return "0"
