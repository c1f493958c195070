"""From `expect.yaml` to what is to be checked: its scenarios loaded, each bound in the unit of its metric."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from sim.errors import Place, Problem, ScenarioError, UsageError, shown_path, sort_problems
from sim.metrics import Metric
from sim.pipeline import AnyPath, LoadedScenario, load
from sim.scenario.amounts import Amount, check_unit
from sim.scenario.checking import check, problem_of
from sim.scenario.contrasts import doubts_of_comparison
from sim.scenario.expectations import FILE_NAMES, CheckSettings, Expectation, Expectations
from sim.scenario.files import file_trouble, scenario_files_below
from sim.scenario.findings import Finding, did_you_mean
from sim.scenario.findings import Path as TreePath
from sim.scenario.layering import load_layers, resolve_inside
from sim.scenario.refusals import SCENARIO_STARTS
from sim.scenario.tree import MappingNode, ScalarNode, Tree
from sim.systems.books.metrics import DEFINED_AFTER_DAYS, METRICS
from sim.systems.pairing import unequal_facts
from sim.units import UnitError

EXPECTATIONS_START = "name what is checked: expect, baselines, or both"
BY_NAME = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True)
class Expected:
    """One expectation, with its scenarios."""

    name: str
    place: Place
    bounds: Expectation
    metric: Metric
    scenario: LoadedScenario
    against: LoadedScenario | None


@dataclass(frozen=True)
class Held:
    """One scenario that is held to what was accepted, in each of these metrics."""

    place: Place
    scenario: LoadedScenario
    margins: tuple[tuple[Metric, Amount], ...]


@dataclass(frozen=True)
class CheckFile:
    """A checked `expect.yaml`."""

    file: str
    settings: CheckSettings
    expected: tuple[Expected, ...]
    held: tuple[Held, ...]
    warnings: tuple[Problem, ...]


def expect_files(paths: Sequence[AnyPath]) -> list[Path]:
    """The files that are meant: those named, and all `expect.yaml` below the folders named, each once.

    Raises:
        UsageError: a folder holds none, or a file has another name.
    """
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        if path.is_file() and not is_expect_file(path):
            raise UsageError(f"{shown_path(path)} is no {FILE_NAMES[0]}; name one, or a folder of them")
        files = scenario_files_below(path, FILE_NAMES) if path.is_dir() else [path]
        if not files:
            raise UsageError(f"{shown_path(path)}: no {FILE_NAMES[0]} in this folder or below")
        for file in files:
            found.setdefault(os.path.realpath(file), file)
    return list(found.values())


def is_expect_file(path: Path) -> bool:
    """Whether a file holds expectations and no scenario, by its name."""
    return path.name in FILE_NAMES


def read_check_file(path: AnyPath) -> CheckFile:
    """The checked content of an `expect.yaml`.

    Raises:
        ScenarioError: with every problem of the file and of its scenarios, each at its place.
    """
    try:
        tree = load_layers(path)
    except ScenarioError as error:
        starts = {SCENARIO_STARTS: EXPECTATIONS_START}
        problems = [replace(one, hint=starts.get(one.hint or "", one.hint)) for one in error.problems]
        raise ScenarioError(problems) from None
    content, _ = check(tree, Expectations, context={"metrics": tuple(BY_NAME)})
    reader = _Reader(tree, content)
    expected = tuple(found for name in content.expect if (found := reader.expected(name)) is not None)
    held = tuple(kept for i in range(len(content.baselines)) if (kept := reader.held(i)) is not None)
    if reader.problems:
        raise ScenarioError(sort_problems(reader.problems))
    return CheckFile(shown_path(tree.main), content.settings, expected, held, tuple(reader.warnings))


@dataclass(slots=True)
class _Reader:
    """The scenarios that a file names, loaded once, where the list names each first, and the problems so far."""

    tree: Tree
    content: Expectations
    problems: dict[Problem, None] = field(default_factory=dict)
    warnings: dict[Problem, None] = field(default_factory=dict)
    loaded: dict[Path, LoadedScenario | None] = field(default_factory=dict)
    first_places: dict[str, int] = field(default_factory=dict)

    def expected(self, name: str) -> Expected | None:
        """One expectation; None, with problems, where it cannot be used."""
        path, given = ("expect", name), self.content.expect[name]
        scenario = self._scenario((*path, "of"), given.of)
        against = self._scenario((*path, "against"), given.against) if given.against is not None else None
        metric = BY_NAME[given.metric]
        found = [*_wrong_amounts(given, metric, scenario)] if scenario else []
        for one in (scenario, against):
            told = {finding.path for finding in found}
            found += [other for other in _wrong_parts(given, one) if other.path not in told] if one else []
        found += _never_defined(given, scenario) if scenario and not found else []
        if scenario is not None and against is not None:
            wrong = list(_wrong_pair(scenario, against))
            found += wrong or _doubtful_pair(scenario, against)
        self._report(path, found)
        return None if scenario is None else Expected(name, self._place(path), given, metric, scenario, against)

    def held(self, index: int) -> Held | None:
        """One scenario of the list of baselines, likewise."""
        path = ("baselines", index)
        scenario = self._scenario(path, self.content.baselines[index])
        if scenario is None:
            return None
        first = self.first_places.setdefault(self.content.baselines[index], index)
        if first != index:
            self._report((), [Finding(path, "repeats a scenario of the list", also=(("baselines", first),))])
        margins = self.content.margin
        for name, amount in margins.by_metric.items():
            if not amount.is_relative:
                self._report((), _wrong_amount(("margin", name), amount, BY_NAME[name], scenario, is_difference=True))
        named = margins.by_metric or dict.fromkeys(BY_NAME, margins.every or Amount(0.0))
        kept = tuple((metric, named[metric.name]) for metric in METRICS if metric.name in named)
        return Held(self._place(path), scenario, kept)

    def _report(self, path: TreePath, findings: Sequence[Finding]) -> None:
        for finding in findings:
            also = tuple((*path, *other) for other in finding.also)
            whole = replace(finding, path=(*path, *finding.path), also=also)
            told = self.warnings if finding.severity == "warning" else self.problems
            told[problem_of(whole, self.tree)] = None

    def _place(self, path: TreePath) -> Place:
        """Where an expectation's name, or an item of a list, stands."""
        around = self.tree.node_at(path[:-1])
        if isinstance(around, MappingNode):
            return around.entries[str(path[-1])].key_span.place
        node = self.tree.node_at(path)
        assert node is not None
        return node.span.place

    def _scenario(self, path: TreePath, named: str) -> LoadedScenario | None:
        """The scenario that a text names, over the days of the settings; None, with problems, if it cannot be used."""
        node = self.tree.node_at(path)
        assert isinstance(node, ScalarNode)
        span = node.span
        try:
            folder = self.tree.files.get(span.place.file, self.tree.main).parent
            target = resolve_inside(named, span, folder, self.tree.project_root)
            trouble = file_trouble(target)
            if trouble is None and is_expect_file(target):
                trouble = (f"{shown_path(target)} holds expectations, no scenario", None)
            if trouble is not None:
                raise ScenarioError([Problem(trouble[0], span.place, span.length, hint=trouble[1])])
        except ScenarioError as error:
            self.problems.update(dict.fromkeys(error.problems))
            return None
        if target not in self.loaded:
            self.loaded[target] = self._load(target)
        return self.loaded[target]

    def _load(self, target: Path) -> LoadedScenario | None:
        try:
            scenario = load(target)
            self.warnings.update(dict.fromkeys(scenario.warnings))  # not those that a shorter horizon makes
            return scenario.for_days(self.content.settings.n_days)
        except ScenarioError as error:
            self.problems.update(dict.fromkeys(error.problems))
            return None


def _wrong_amounts(given: Expectation, metric: Metric, scenario: LoadedScenario) -> Iterator[Finding]:
    """Amounts that are no bounds of this metric, or that contradict each other."""
    is_difference = given.against is not None
    amounts = given.amounts
    found = [
        finding
        for key, amount in amounts.items()
        for finding in _wrong_amount((key,), amount, metric, scenario, is_difference=is_difference)
    ]
    yield from found
    if found:
        return
    other = [key for key, amount in amounts.items() if amount.number and not amount.is_relative]
    per_cent = [key for key, amount in amounts.items() if amount.number and amount.is_relative]
    if is_difference and other and per_cent:
        message = "is an amount, beside per cent of the other side: use one of them"
        yield Finding((other[0],), message, also=((per_cent[0],),))
        return
    low, high = amounts.get("at_least"), amounts.get("at_most")
    if low is not None and high is not None and low.value > high.value:
        yield Finding(("at_least",), "lies above `at_most`: nothing can meet both", also=(("at_most",),))


def _wrong_amount(
    path: TreePath, amount: Amount, metric: Metric, scenario: LoadedScenario, *, is_difference: bool
) -> list[Finding]:
    try:
        check_unit(amount, metric.unit, scenario.scenario.currency, is_difference=is_difference)
    except UnitError as error:
        return [Finding(path, error.message, error.allowed, error.hint)]
    return []


def _wrong_parts(given: Expectation, loaded: LoadedScenario) -> Iterator[Finding]:
    """A segment or channel that the scenario does not have, a date that it does not reach."""
    scenario = loaded.scenario
    parts = (("segment", given.segment, tuple(scenario.market.segments)), ("channel", given.channel, scenario.channels))
    for key, name, there in parts:
        if name is not None and name not in there:
            message = f"is {name!r}, which is no {key} of {loaded.name}".replace("'", "`")
            yield Finding((key,), message, ", ".join(there), did_you_mean(name, list(there)))
    if given.on is not None and not scenario.start <= given.on <= scenario.last_day:
        yield Finding(("on",), f"is {given.on}; must lie in the horizon, {_span(scenario.start, scenario.last_day)}")


def _never_defined(given: Expectation, loaded: LoadedScenario) -> Iterator[Finding]:
    """A metric on a day on which no run can define it yet."""
    first = loaded.scenario.start + timedelta(days=DEFINED_AFTER_DAYS.get(given.metric, 0))
    day = given.on or loaded.scenario.last_day
    if day < first:
        key, what = ("on", f"is {day}") if given.on else ("metric", f"is {given.metric} on the last day, {day}")
        yield Finding((key,), f"{what}; {given.metric} is defined from {first} on, and by no run before")


def _span(first: date, last: date) -> str:
    return f"from {first} to {last}"


def _wrong_pair(scenario: LoadedScenario, against: LoadedScenario) -> Iterator[Finding]:
    """Scenarios whose replicates are not the same worlds."""
    if scenario.hash == against.hash:
        yield Finding(("against",), "is the scenario itself: the difference is always 0", also=(("of",),))
        return
    unequal = unequal_facts(scenario.scenario, against.scenario)
    if unequal:
        name, ours, theirs = unequal[0]
        yield Finding(("against",), f"cannot be subtracted: its `{name}` is {theirs}, that of `of` {ours}")


def _doubtful_pair(scenario: LoadedScenario, against: LoadedScenario) -> list[Finding]:
    """What makes the difference other than that of the policies."""
    return [Finding(("against",), text, severity="warning") for text in doubts_of_comparison([against, scenario])]
