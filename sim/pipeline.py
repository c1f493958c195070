"""The flow, from file to answer: load → plan → run → save → compare → draw. The command line and Python stand on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from sim.bounds import DAYS, JOBS, REPLICATES, SEED
from sim.errors import Problem, ScenarioError, UsageError
from sim.flows import explain as explain
from sim.flows import screening as screening
from sim.flows import sensitivity as sensitivity
from sim.flows import solve as solve
from sim.flows import uncertainty as uncertainty
from sim.flows.tracing import TraceSettings as TraceSettings
from sim.flows.tracing import compare_lives as compare_lives
from sim.flows.tracing import first_reached as first_reached
from sim.flows.tracing import most_changed as most_changed
from sim.flows.tracing import trace as trace
from sim.scenario.changes import Changes, read_changes
from sim.scenario.checking import check
from sim.scenario.contrasts import doubts_of_comparison
from sim.scenario.editing import Edits, with_values
from sim.scenario.expectations import refuse_expectations
from sim.scenario.inlining import inline_files
from sim.scenario.layering import load_layers
from sim.scenario.naming import with_name
from sim.scenario.showing import resolved_hash
from sim.scenario.showing import show as show_tree
from sim.scenario.tree import Tree
from sim.systems.attributes import expression_attributes
from sim.systems.doubts import doubts
from sim.systems.first_users.reading import PATH as FIRST_USERS
from sim.systems.first_users.reading import read_first_users
from sim.systems.magnitudes import check_magnitudes
from sim.systems.names import check_names
from sim.systems.networks.reading import edge_lists, read_networks
from sim.systems.scenario import Scenario, cross_check, series_files

if TYPE_CHECKING:
    from sim.analysis.comparing import Comparison
    from sim.analysis.diffs import Diff
    from sim.analysis.precision import Precision
    from sim.analysis.summary import Estimate
    from sim.execution import Request
    from sim.flows.stopping import Asked
    from sim.store import StoredRun
    from sim.systems.plan import Plan
    from sim.systems.trace import Event

Progress = Callable[[int, int, str], None]
Warn = Callable[[str], None]
AnyPath = str | os.PathLike[str]


class RunSettings(TypedDict, total=False):
    """The keywords of `run`, which says what they mean."""

    seed: int
    replicates: int
    days: int | None
    jobs: int | None
    out: AnyPath
    fresh: bool
    users: bool
    precision: Asked | None
    max_replicates: int | None
    progress: Progress | None
    warn: Warn | None


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario that has passed the gate: checked values, and the tree that says where each comes from."""

    scenario: Scenario
    tree: Tree
    warnings: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """The name of the results' folder."""
        return self.scenario.name

    @property
    def title(self) -> str:
        """One line for people; the name where none is given."""
        return self.scenario.title or self.scenario.name

    @property
    def hash(self) -> str:
        """Of the resolved scenario."""
        return resolved_hash(self.tree)

    def for_days(self, days: int | None) -> LoadedScenario:
        """The scenario over another horizon, checked again; itself when `days` is None or its own horizon.

        Raises:
            ScenarioError: it does not hold over that horizon.
            UsageError: `days` is not within 1 to 36,500.
        """
        if days is None or DAYS.check("days", days) == self.scenario.n_days:
            return self
        try:
            return variant(self, {("horizon",): f"{days} days"})
        except ScenarioError as error:
            asked = f"`horizon` is {days:,} days here, as asked for, not what the file says"
            raise ScenarioError(replace(problem, hint=problem.hint or asked) for problem in error.problems) from None

    def run(self, **settings: Unpack[RunSettings]) -> StoredRun:
        """As `sim.run`, of this scenario."""
        return run(self, **settings)

    def first_reached(self, rule: str, **settings: Unpack[TraceSettings]) -> int | None:
        """The person on whom a rule acts first, to be traced with the same settings; None if it acts on nobody."""
        return first_reached(self, rule, **settings)

    def trace(self, person: int, **settings: Unpack[TraceSettings]) -> list[Event]:
        """As `sim.trace`, of this scenario."""
        return trace(self, person, **settings)


def load(path: AnyPath, changes: Changes = ()) -> LoadedScenario:
    """The checked scenario of a file.

    Args:
        changes: values to lay over it, by path, such as `{"response.message.brings_back": "9%"}`; a key with a dot
            stands in double quotes, None removes. They are checked as a file is, and part of the scenario's name.
    Raises:
        ScenarioError: with every problem, each at its file, line and column.
    """
    read = read_changes(changes)
    refuse_expectations(path)
    tree = read_networks(read_first_users(inline_files(load_layers(path, read), series_files())))
    return checked(with_name(tree, read))


def checked(tree: Tree) -> LoadedScenario:
    """The scenario of a resolved tree.

    Raises:
        ScenarioError: it does not hold.
    """
    attributes, first_users = expression_attributes(tree.plain()), tree.attached.get(FIRST_USERS)
    scenario, warnings = check(
        tree,
        Scenario,
        context={
            "attributes": attributes,
            "first_users": first_users.content if first_users else None,
            "edge_lists": edge_lists(tree),
        },
        cross_checks=(cross_check, check_magnitudes, doubts),
        name_check=partial(check_names, attributes=attributes),
    )
    return LoadedScenario(scenario, tree, warnings)


def variant(loaded: LoadedScenario, edits: Edits) -> LoadedScenario:
    """The scenario with other values at some paths, checked again; its name stays.

    Raises:
        ScenarioError: it does not hold with them.
    """
    return checked(with_values(loaded.tree, edits))


def validate(paths: Sequence[AnyPath], changes: Changes = ()) -> list[Problem]:
    """Every problem of these files, and of all YAML files in these folders, with the changes; each problem once.

    Files that claim a name which another of them has are warned of. `expect.yaml` is checked with the scenarios that
    it names, without the changes.

    Raises:
        UsageError: a folder without scenarios.
    """
    from sim.flows import validating

    return validating.validate(paths, changes)


def show(scenario: AnyPath | LoadedScenario) -> str:
    """The resolved scenario as YAML, each value with its file and line; it runs to the same bytes."""
    return show_tree(_loaded(scenario).tree, places=True)


def diff(left: AnyPath | LoadedScenario, right: AnyPath | LoadedScenario) -> Diff:
    """What differs in meaning between two scenarios, or two folders of them; see `sim.flows.differing`."""
    from sim.flows import differing

    return differing.diff(left, right)


def diff_revisions(path: AnyPath, left: str, right: str | None = None) -> Diff:
    """The same of one path between two git revisions, or one and the working tree; see `sim.flows.differing`."""
    from sim.flows import differing

    return differing.diff_revisions(path, left, right)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of scenario files, for editors."""
    from sim.scenario.editor_schema import json_schema_of

    return json_schema_of(Scenario, "sim scenario")


def run(
    scenario: AnyPath | LoadedScenario,
    *,
    seed: int = 1,
    replicates: int = 20,
    days: int | None = None,
    jobs: int | None = None,
    out: AnyPath = Path("results"),
    fresh: bool = False,
    users: bool = False,
    precision: Asked | None = None,
    max_replicates: int | None = None,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> StoredRun:
    """The stored run of a scenario; one that is stored already is not run again, unless `fresh`.

    Args:
        replicates: repetitions with other luck, for the intervals.
        days: the horizon, when not the scenario's.
        jobs: processes; the number of cores when None.
        out: the results folder.
        users: also store each user's final state and orders, of replicate 0.
        precision: the half-width that the interval of a metric is to have at most, such as `{"revenue": "1%"}` of the
            level, "500 CNY", or "0.2pp" of a share; `replicates` (20 at least) are then the first of as many as needed.
        max_replicates: at which number to stop all the same; 400 when None. `precision_of` tells what was reached.
        progress: called with (replicates done, replicates in all, the scenario's name).
        warn: called with a text for each stored run that is damaged, and therefore run again.
    Raises:
        ScenarioError, PlanError, ResultsError, WorkerError, and UsageError for numbers out of bounds.
    """
    from sim.flows.stopping import Work, execute_until

    requests = _requests([scenario], seed=seed, replicates=replicates, days=days, users=users)
    work = Work(jobs=processes(jobs), out=Path(out), fresh=fresh, progress=progress, warn=warn)
    return execute_until(requests, precision, max_replicates, work)[0]


def compare(
    scenarios: Sequence[AnyPath | LoadedScenario],
    *,
    seed: int = 1,
    replicates: int = 20,
    days: int | None = None,
    jobs: int | None = None,
    out: AnyPath = Path("results"),
    fresh: bool = False,
    precision: Asked | None = None,
    max_replicates: int | None = None,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> Comparison:
    """The paired differences of all scenarios to the first, over the same people with the same luck.

    Its `warnings` say where the scenarios differ outside `policy`, where changes lie over the baseline too, and which
    rules selected nobody; `warn` is called with each of them. `precision` is as in `run`, of the metric's differences:
    the policy farthest from what is asked for decides for all, and "1%" is of the baseline's level.

    Raises:
        ScenarioError, PlanError, ResultsError, WorkerError, and UsageError for fewer than two scenarios or
            numbers out of bounds.
    """
    from sim.analysis.comparing import compare_runs
    from sim.flows.stopping import Work, execute_until
    from sim.systems.pairing import refuse_unless_paired

    if len(scenarios) < 2:
        raise UsageError("a comparison needs a baseline and at least one other scenario")
    loaded = load_all(scenarios, days)
    for other in loaded[1:]:
        refuse_unless_paired(loaded[0].scenario, other.scenario, (loaded[0].name, other.name))
    requests = _requests(loaded, seed=seed, replicates=replicates, days=None)
    doubted = doubts_of_comparison(requests)
    _warn_each(warn, doubted)
    work = Work(jobs=processes(jobs), out=Path(out), fresh=fresh, progress=progress, warn=warn)
    runs = execute_until(requests, precision, max_replicates, work)
    comparison = compare_runs(runs[0], runs[1:])
    _warn_each(warn, comparison.warnings)
    return replace(comparison, warnings=(*doubted, *comparison.warnings))


def _warn_each(warn: Warn | None, texts: Sequence[str]) -> None:
    if warn is not None:
        for text in texts:
            warn(text)


def _requests(
    scenarios: Sequence[AnyPath | LoadedScenario],
    *,
    seed: int,
    replicates: int,
    days: int | None,
    users: bool = False,
) -> list[Request]:
    """What to run, all of it checked."""
    from sim.execution import Request

    seed, replicates = SEED.check("seed", seed), REPLICATES.check("replicates", replicates)
    return [Request(entry.scenario, entry.tree, seed, replicates, users) for entry in load_all(scenarios, days)]


def processes(jobs: int | None) -> int:
    """How many there may be; the number of cores, unless said otherwise."""
    return _cores() if jobs is None else JOBS.check("jobs", jobs)


def _loaded(scenario: AnyPath | LoadedScenario, changes: Changes = ()) -> LoadedScenario:
    return scenario if isinstance(scenario, LoadedScenario) else load(scenario, changes)


def load_all(
    scenarios: Sequence[AnyPath | LoadedScenario], days: int | None = None, changes: Changes = ()
) -> list[LoadedScenario]:
    """All scenarios, over `days` days if given; files with the changes laid over each.

    Raises:
        ScenarioError: with the problems of all of them.
    """
    loaded, problems = [], {}
    for entry in scenarios:
        try:
            loaded.append(_loaded(entry, changes).for_days(days))
        except ScenarioError as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        raise ScenarioError(tuple(problems))
    return loaded


def summarise(stored: StoredRun) -> tuple[Estimate, ...]:
    """The metrics of a run, each with its interval."""
    from sim.analysis.summary import summarise as summarise_run

    return summarise_run(stored)


def precision_of(result: StoredRun | Comparison, precision: Asked) -> tuple[Precision, ...]:
    """Of each metric that is asked for: how narrow the interval is, of a run's level or of the farthest difference."""
    from sim.flows.stopping import precision_of as find

    return find(result, precision)


def open_run(path: AnyPath) -> StoredRun:
    """A stored run by its folder.

    Raises:
        ResultsError: it is damaged, edited or of another schema version.
    """
    from sim.store import open_run as open_stored

    return open_stored(Path(path))


def plan_of(scenario: Scenario) -> Plan:
    """The compiled plan."""
    from sim.systems.plan import compile_plan

    return compile_plan(scenario)


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
