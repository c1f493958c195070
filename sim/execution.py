"""From checked scenarios to stored runs: plan all, run the replicates that are not stored yet, save each run whole."""

from __future__ import annotations

import contextlib
import hashlib
import math
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
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
from sim.metrics import TableSchema
from sim.scenario.attaching import stored_names, stored_tree
from sim.scenario.showing import resolved_hash, show
from sim.scenario.tree import Tree
from sim.store import (
    RunIdentity,
    StoredRun,
    find_donor,
    find_run,
    open_run,
    parts_of,
    prepare_results,
    save_run,
    taken_over,
)
from sim.systems.books.accounts import ACCOUNTS
from sim.systems.books.metrics import METRICS, TABLES, user_tables
from sim.systems.books.tables import Table
from sim.systems.plan import Plan, compile_plan
from sim.systems.points.facts import programme_facts
from sim.systems.profiles.schema import declared_kinds
from sim.systems.replicate import ReplicateTask, narrowed, run_replicate
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
    """A request that is run, those of its replicates that are in, and the stored run that gives the others."""

    request: Request
    plan: Plan
    donor: StoredRun | None = None
    measured: dict[int, Measured] = field(default_factory=dict)

    @property
    def taken_over(self) -> range:
        """The replicates that are not run."""
        if self.donor is None:
            return range(0)
        return taken_over(self.donor, self.request.replicates, wants_users=self.request.users)

    def tasks(self, n_threads: int) -> list[ReplicateTask]:
        """The replicates to run; the first one may keep users."""
        seed, users = self.request.seed, self.request.users
        return [
            ReplicateTask(self.plan, seed, replicate, users and replicate == 0, n_threads)
            for replicate in range(self.request.replicates)
            if replicate not in self.taken_over
        ]

    @property
    def n_missing(self) -> int:
        """How many replicates are not in yet."""
        return self.request.replicates - len(self.measured) - len(self.taken_over)

    @property
    def schemas(self) -> tuple[TableSchema, ...]:
        """The tables to store."""
        of_users = user_tables(declared_kinds(self.request.scenario.attributes)) if self.request.users else ()
        return (*TABLES, *of_users)

    def all_tables(self) -> list[Tables]:
        """Those of all replicates in order; a table at a time is read whole from the donor."""
        tables: list[Tables] = [{} for _ in range(self.request.replicates)]
        for schema in self.schemas:
            if self.donor is not None and schema.name in self.donor.tables:
                parts = parts_of(self.donor, schema, self.taken_over.stop)
                for replicate in self.taken_over:
                    tables[replicate][schema.name] = narrowed(dict(parts[replicate]))
        for replicate, measured in self.measured.items():
            tables[replicate] = measured.tables
        return tables


def execute(
    requests: Sequence[Request],
    *,
    jobs: int,
    out: Path,
    fresh: bool,
    scratch: Path | None = None,
    progress: Progress | None = None,
    warn: Callable[[str], None] | None = None,
) -> list[StoredRun]:
    """The stored runs of all requests, in their order; what is stored already is not run again, unless `fresh`.

    A run that is not stored takes over the replicates of one that differs in their number alone. All other replicates
    of all requests share one set of workers. Each run is saved as soon as its replicates are in, so that the memory
    needed does not grow with the number of requests; an interrupt leaves these runs, and the first replicates that the
    others have, each as a run of so many.

    Args:
        scratch: a folder for new runs, instead of `out`; its runs give their replicates also when `fresh`.
    """
    prepare_results(out)
    stored, waiting = _looked_up(requests, out, fresh, scratch, warn)
    n_tasks = sum(job.n_missing for job in waiting.values())
    check_memory([job.plan for job in waiting.values()], min(jobs, n_tasks))
    tasks = [(i, task) for i, job in waiting.items() for task in job.tasks(max(jobs // max(n_tasks, 1), 1))]
    label, stopwatch, done = _label(list(waiting.values())), _Stopwatch(), count(1)

    def save_if_complete(i: int) -> None:
        if not waiting[i].n_missing:
            stored[i] = _save(scratch or out, waiting.pop(i), *stopwatch.lap())

    def take(number: int, measured: Measured) -> None:
        i, task = tasks[number]
        waiting[i].measured[task.replicate] = measured
        save_if_complete(i)
        if progress is not None:
            progress(next(done), n_tasks, label)

    for i in list(waiting):
        save_if_complete(i)
    try:
        hand_over_tasks(measured_replicate, [task for _, task in tasks], take, jobs=jobs)
    except KeyboardInterrupt:
        for job in waiting.values():
            _save_first(out, job, stopwatch, warn)
        raise
    return [stored[i] for i in range(len(requests))]


def _looked_up(
    requests: Sequence[Request], out: Path, fresh: bool, scratch: Path | None, warn: Callable[[str], None] | None
) -> tuple[dict[int, StoredRun], dict[int, _Job]]:
    """The runs that are stored already, and a job for each other request, by the request's number."""
    stored: dict[int, StoredRun] = {}
    waiting: dict[int, _Job] = {}
    places = [*([] if fresh else [out]), *([] if scratch is None else [scratch])]
    for i, request in enumerate(requests):
        tables = ["users", "orders"] if request.users else []
        found = None if fresh else find_run(out, request.identity(), tables=tables, warn=warn)
        if found is not None:
            stored[i] = found
        else:
            donor = find_donor(places, request.identity(), wants_users=request.users, warn=warn)
            waiting[i] = _Job(request, compile_plan(request.scenario), donor)
    return stored, waiting


def _save_first(out: Path, job: _Job, stopwatch: _Stopwatch, warn: Callable[[str], None] | None) -> None:
    """Store the first replicates of an interrupted run, where they are more than are stored already."""
    known = {*job.taken_over, *job.measured}
    n_first = next(replicate for replicate in count() if replicate not in known)
    if n_first <= job.taken_over.stop:
        return
    measured = {replicate: one for replicate, one in job.measured.items() if replicate < n_first}
    request = replace(job.request, replicates=n_first)
    with contextlib.suppress(ResultsError):  # the interrupt is what is to be told
        _save(out, _Job(request, job.plan, job.donor, measured), *stopwatch.lap())
        if warn is not None:
            warn(f"{n_first} finished replicates of {request.scenario.name} are stored; the same command goes on there")


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
    path = save_run(
        out,
        job.request.identity(),
        tables=job.all_tables(),
        schemas=job.schemas,
        scenario_yaml=show(stored_tree(job.request.tree)),
        beside=_files_beside(job.request.tree),
        facts=_facts(job, started, seconds),
    )
    return open_run(path)


def _files_beside(tree: Tree) -> dict[str, bytes]:
    """The files that the stored scenario names, as they were when the run was loaded.

    Raises:
        ResultsError: one of them was edited during the run.
    """
    files = {}
    names = stored_names(tree)
    for path, attached in tree.attached.items():
        content = attached.path.read_bytes()
        if hashlib.sha256(content).hexdigest() != attached.sha256:
            raise ResultsError(f"{shown_path(attached.path)} was edited during the run; run the scenario again")
        files[names[path]] = content
    return files


def _facts(job: _Job, started: datetime, seconds: float) -> dict[str, Any]:
    """What run.json tells beside the identity: what the numbers mean, and what made them."""
    request, plan, measured = job.request, job.plan, job.measured.values()
    user_days = sum(_total(each.tables["daily"]["users"]) for each in measured) // plan.market.people_per_agent
    peaks = [each.peak_bytes for each in measured if each.peak_bytes is not None]
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
        "farming": [name for name, one in request.scenario.response.points.farming.items() if one.acts],
        "programmes": programme_facts(request.scenario.policy.points),
        "detections": [name for name, rule in request.scenario.policy.rules.items() if rule.do.takes_away],
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
        "replicates_taken_over": len(job.taken_over),
        "wall_seconds": round(seconds, 3),
        "user_days_per_second": round(user_days / seconds) if measured and seconds > 0 else None,
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
