"""Accepted outcomes: found for each scenario that is held to them, and renewed by `sim check --accept`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.analysis.outcomes import Outcome
from sim.analysis.verdicts import BaselineFacts, CheckReport
from sim.checks.bench import Bench, Sample
from sim.checks.reading import CheckFile, Held
from sim.errors import Place, Problem, ResultsError, ScenarioError, shown_path
from sim.execution import package_version
from sim.metrics import Metric
from sim.pipeline import AnyPath, LoadedScenario, load
from sim.report.wording import unit_of, value_text
from sim.scenario.expectations import CheckSettings
from sim.scenario.layering import find_project_root
from sim.store import baselines
from sim.store.baselines import Baseline, baseline_folder, open_baseline, save_baseline
from sim.systems.books.metrics import metric_of

if TYPE_CHECKING:
    from sim.analysis.intervals import Floats
    from sim.store import StoredRun

COMPARED = 20
"""The replicates of `sim compare`, unless it is told otherwise."""
ACCEPT = "accept its outcomes: sim check --accept --reason …"


@dataclass(frozen=True)
class Standing:
    """A scenario that is held to what was accepted.

    Args:
        settings: of the file that holds it.
        held: the scenario as it is now.
        baseline: what was accepted.
        accepted: the scenario as it was then; None where this version of sim cannot read it any more.
        is_expired: whether its last day is past.
        unreadable: why it cannot be read.
    """

    settings: CheckSettings
    held: Held
    baseline: Baseline
    accepted: LoadedScenario | None
    is_expired: bool
    unreadable: str = ""

    def outcomes(self, metric: Metric) -> Floats:
        """The accepted values, float64 (n_replicates,), nan where undefined."""
        return np.array([np.nan if value is None else value for value in self.baseline.outcomes[metric.name]])

    def options(self) -> str:
        """What `sim compare` of the file and of what was accepted needs, so that it measures what the check does."""
        one, first = self.baseline, self.settings.first
        days = f"--days {one.days}" if self.settings.n_days or self.held.scenario.scenario.n_days != one.days else ""
        seed = f"--seed {one.seed}" if one.seed != 1 else ""
        replicates = f"--replicates {first}" if first != COMPARED else ""
        return " ".join(option for option in (days, seed, replicates) if option)

    def facts(self) -> BaselineFacts:
        """Who accepted what, for the report."""
        one = self.baseline
        return BaselineFacts(
            scenario=self.held.scenario.name,
            author=one.author,
            reason=one.reason,
            date=one.date,
            expires=one.expires,
            is_expired=self.is_expired,
            version=one.version,
            place=self.held.place,
            file=next(iter(self.held.scenario.tree.files)),
            accepted_file="" if self.accepted is None else next(iter(self.accepted.tree.files)),
            options=self.options(),
        )


@dataclass(frozen=True)
class Acceptance:
    """What `--accept` did with one scenario; `levels` says what is accepted, as "users 335 → 260 persons"."""

    scenario: str
    folder: Path
    change: Literal["new", "changed", "unchanged"]
    levels: tuple[str, ...] = ()


def find_standings(files: Sequence[CheckFile], out: Path, today: date) -> list[Standing]:
    """The scenarios of all files that are held to accepted outcomes, with these.

    Raises:
        ScenarioError: nothing was accepted of one of them, or under other settings; each at its place.
    """
    found, problems = [], []
    for file in files:
        for held in file.held:
            try:
                found.append(_standing(file, held, out, today))
            except ResultsError as error:
                problems.append(Problem(str(error), held.place))
    if problems:
        raise ScenarioError(problems)
    return found


def _standing(file: CheckFile, held: Held, out: Path, today: date) -> Standing:
    folder = baseline_folder(out, held.scenario.name)
    baseline = open_baseline(folder)
    if baseline is None:
        above = _accepted_above(folder)
        if above is not None:
            raise ResultsError(
                f"`{held.scenario.name}` was accepted in {above}: run sim check there, or name its --out"
            )
        raise ResultsError(f"nothing was accepted of `{held.scenario.name}` ({shown_path(folder)}); {ACCEPT}")
    settings = file.settings
    if baseline.seed != settings.seed:
        raise ResultsError(f"was accepted with seed {baseline.seed}, `settings` say {settings.seed}; {ACCEPT}")
    if settings.n_days is not None and baseline.days != settings.n_days:
        raise ResultsError(f"was accepted over {baseline.days} days, `settings` say {settings.n_days}; {ACCEPT}")
    if baseline.currency != held.scenario.scenario.currency:
        now = held.scenario.scenario.currency
        raise ResultsError(f"was accepted in {baseline.currency}, the scenario is in {now} now; {ACCEPT}")
    missing = [metric.name for metric, _ in held.margins if metric.name not in baseline.outcomes]
    if missing:
        raise ResultsError(f"no {', '.join(missing)} was accepted of `{held.scenario.name}`; {ACCEPT}")
    try:
        accepted = load(folder / baselines.SCENARIO)
    except ScenarioError as error:
        return Standing(settings, held, baseline, None, baseline.is_expired(today), error.problems[0].message)
    if accepted.hash != baseline.scenario_hash:
        raise ResultsError(f"{shown_path(folder / baselines.SCENARIO)} was edited; restore it, or {ACCEPT}")
    return Standing(settings, held, baseline, accepted, baseline.is_expired(today))


def _accepted_above(folder: Path) -> Path | None:
    """The folder above the current one, within the project, below which a scenario was accepted."""
    here = Path.cwd()
    above = [one for one in here.parents if one.is_relative_to(find_project_root(here / "expect.yaml"))]
    return next((one for one in above if (one / folder / baselines.BASELINE).is_file()), None)


def accept_outcomes(
    files: Sequence[CheckFile], bench: Bench, *, reason: str, author: str, expires: date | None, today: date
) -> list[Acceptance]:
    """Measure the scenarios that are held, and store their outcomes as accepted; what did not change stays as it is."""
    samples = [Sample(held.scenario, file.settings.seed, file.settings.first) for file in files for held in file.held]
    bench.measure(samples)
    done = []
    for sample, held in zip(samples, (held for file in files for held in file.held), strict=True):
        run = bench.runs[sample.identity]
        outcomes = {
            metric.name: baselines.per_replicate(bench.values(sample, Outcome(metric)).tolist())
            for metric, _ in held.margins
        }
        baseline = Baseline(
            scenario=held.scenario.name,
            scenario_hash=held.scenario.hash,
            seed=sample.seed,
            days=held.scenario.scenario.n_days,
            currency=held.scenario.scenario.currency,
            version=package_version(),
            author=author,
            reason=reason,
            date=today.isoformat(),
            expires=expires.isoformat() if expires else None,
            outcomes=outcomes,
        )
        done.append(_stored(baseline, run, bench.out))
    return done


def is_whole_project(paths: Sequence[AnyPath], out: Path) -> bool:
    """Whether a folder that is checked holds the results folder too, so that no list of `baselines` is left out."""
    place = Path(os.path.realpath(out))
    return any(Path(os.path.realpath(path)) in place.parents for path in paths)


def orphans(report: CheckReport, out: Path) -> list[Problem]:
    """A warning for each accepted scenario that no list of `baselines` names, so that nothing holds it any more."""
    held = {baseline_folder(out, facts.scenario).name for facts in report.baselines}
    files = sorted((out / baselines.BASELINES).glob(f"*/{baselines.BASELINE}"))
    message = "is held by no list of `baselines`: name its scenario there, or remove this folder"
    return [
        Problem(message, Place(shown_path(file), 1, 1), severity="warning")
        for file in files
        if file.parent.name not in held
    ]


def _stored(baseline: Baseline, run: StoredRun, out: Path) -> Acceptance:
    folder = baseline_folder(out, baseline.scenario)
    try:
        before = open_baseline(folder)
    except ResultsError:
        before = None
    about = {key: getattr(baseline, key) for key in ("author", "reason", "date", "version")}
    if before is not None and replace(before, **about) == baseline:
        return Acceptance(baseline.scenario, folder, "unchanged")
    save_baseline(out, baseline, run.files_of_scenario())
    return Acceptance(baseline.scenario, folder, "new" if before is None else "changed", _levels(before, baseline))


def _levels(before: Baseline | None, now: Baseline) -> tuple[str, ...]:
    """Each metric with its accepted level, behind the one that was accepted before where that is another."""
    told = []
    for name, values in now.outcomes.items():
        metric, was = metric_of(name), before.outcomes.get(name) if before is not None else None
        levels = [value_text(metric, _mean(side)) for side in (was, values) if side is not None]
        unit = "" if metric.unit == "share" else f" {unit_of(metric, now.currency)}"
        told.append(f"{name} {' → '.join(dict.fromkeys(levels))}{unit}")
    return tuple(told)


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None
