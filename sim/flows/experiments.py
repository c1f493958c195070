"""Scenarios as functions of their numbers: variants, and what a metric is in each, all with the same luck."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypedDict

import numpy as np

from sim import pipeline
from sim.analysis.inputs import InputNumber
from sim.analysis.intervals import Floats
from sim.analysis.summary import metric_values
from sim.bounds import REPLICATES, SEED
from sim.errors import ScenarioError, UsageError
from sim.flows.trials import R, Trial, answers
from sim.metrics import Metric
from sim.scenario.contrasts import doubts_of_comparison
from sim.scenario.moving import values_at
from sim.scenario.ranges import Number, numbers
from sim.scenario.tree import TreePath
from sim.systems.books.metrics import metric_of
from sim.systems.pairing import refuse_unless_paired

if TYPE_CHECKING:
    from sim.store import MemoryRun

AnyScenario: TypeAlias = "str | os.PathLike[str] | pipeline.LoadedScenario"
BETWEEN_WHOLES = 0.41421356
"""Where in a range a value is tried that is no whole number."""
AS_WRITTEN = 1e-9
"""How near a number must be to what was asked for, read back from what was written."""
Values = Mapping[TreePath, float]
"""Numbers in base units, by path."""


class MeasureSettings(TypedDict, total=False):
    """The keywords of what measures many variants.

    seed, replicates, days, jobs as of `run`; `progress` and `warn` likewise; `announce` is called with how much is
    going to be simulated before it starts.
    """

    seed: int
    replicates: int
    days: int | None
    jobs: int | None
    progress: Callable[[int, int, str], None] | None
    warn: Callable[[str], None] | None
    announce: Callable[[str], None] | None


@dataclass(frozen=True)
class Movable:
    """A scenario and its numbers by path."""

    loaded: pipeline.LoadedScenario
    numbers: Mapping[TreePath, Number] = field(repr=False)

    @staticmethod
    def of(loaded: pipeline.LoadedScenario) -> Movable:
        """The scenario with the numbers that its files write."""
        return Movable(loaded, {one.path: one for one in numbers(loaded.scenario, loaded.tree)})

    def at(self, values: Values) -> pipeline.LoadedScenario:
        """The scenario with its numbers moved; paths that it does not have are left out.

        Raises:
            ScenarioError: it does not hold there.
            UsageError: a number cannot be written as that value.
        """
        wanted = values_at(values, self.numbers)
        if not wanted:
            return self.loaded
        edits = {path: self.numbers[path].written(value) for path, value in wanted.items()}
        moved = Movable.of(pipeline.variant(self.loaded, edits))
        for path, value in wanted.items():
            found = moved.numbers[path].value if path in moved.numbers else math.nan
            if not math.isclose(found, value, rel_tol=AS_WRITTEN, abs_tol=1e-3 * AS_WRITTEN):
                one = self.numbers[path]
                told = f"{one.name}: `{edits[path]}` is read as {found:g}, not {value:g}"
                raise UsageError(f"{told}; write `{one.text}` with its unit ({one.place})")
        return moved.loaded


@dataclass(frozen=True)
class Experiment:
    """A metric of a scenario, or its difference to a baseline, under other values of their numbers.

    Args:
        sides: the scenario, and the baseline if there is one.
        settings: of the measurement, with all keywords.
    """

    sides: tuple[Movable, ...]
    metric: Metric
    settings: MeasureSettings

    @property
    def label(self) -> str:
        """What the scenario is called: its file, as in `recall`."""
        return labels_of([side.loaded.tree.main for side in self.sides])[0]

    @property
    def against(self) -> str | None:
        """What the baseline is called; None without one."""
        labels = labels_of([side.loaded.tree.main for side in self.sides])
        return labels[1] if len(labels) > 1 else None

    def variants(self, values: Sequence[Values]) -> tuple[pipeline.LoadedScenario, ...]:
        """Each side at its values.

        Raises:
            ScenarioError: one of them does not hold there.
        """
        return tuple(side.at(own) for side, own in zip(self.sides, values, strict=True))

    def outcomes(self, points: Sequence[tuple[pipeline.LoadedScenario, ...]]) -> list[Floats]:
        """The metric at each point, float64 (n_replicates,), the baseline's subtracted; nan where undefined."""
        replicates = tuple(range(self.settings["replicates"]))
        values = answer_each(
            [(variant, replicates) for point in points for variant in point],
            partial(metric_values, metric=self.metric),
            self.settings,
            tables=(self.metric.table,),
        )
        n = len(self.sides)
        return [values[start] - values[start + 1] if n > 1 else values[start] for start in range(0, len(values), n)]


def labels_of(files: Sequence[Path]) -> list[str]:
    """The files without their suffix, with as many folders as tell them apart; the first one again is "itself"."""
    stems = [file.resolve().with_suffix("") for file in files]
    if len(set(stems)) < len(stems):
        return [files[0].stem, *("itself" for _ in files[1:])]
    tails = (["/".join(stem.parts[-n:]) for stem in stems] for n in range(1, max(len(stem.parts) for stem in stems)))
    return next((names for names in tails if len(set(names)) == len(names)), [str(stem) for stem in stems])


def experiment(
    scenario: AnyScenario, against: AnyScenario | None, metric: str, settings: MeasureSettings, *, replicates: int
) -> Experiment:
    """The experiment, all of it checked; what else than policies tells its sides apart is warned of.

    Args:
        replicates: when the settings do not say.
    Raises:
        ScenarioError, and UsageError for an unknown metric or numbers out of bounds.
    """
    whole = full_settings(settings, replicates=replicates)
    found = metric_of(metric)
    given = [scenario, against] if against is not None else [scenario]
    loaded = pipeline.load_all(given, whole["days"])
    if len(loaded) > 1:
        check_paired(list(reversed(loaded)), whole["warn"])
    return Experiment(tuple(Movable.of(one) for one in loaded), found, whole)


def check_paired(loaded: Sequence[pipeline.LoadedScenario], warn: Callable[[str], None] | None) -> None:
    """Refuse scenarios whose replicates are not the same worlds as the first's; warn of what else differs.

    Raises:
        UsageError: with what differs.
    """
    first, *others = loaded
    for other in others:
        names = (first.tree.main.stem, other.tree.main.stem)
        refuse_unless_paired(first.scenario, other.scenario, names)
    if warn is not None:
        for text in doubts_of_comparison(loaded):
            warn(text)


def full_settings(settings: MeasureSettings, *, replicates: int) -> MeasureSettings:
    """The settings with every keyword, within their bounds.

    Raises:
        UsageError: a number is out of bounds.
    """
    return {
        "seed": SEED.check("seed", settings.get("seed", 1)),
        "replicates": REPLICATES.check("replicates", settings.get("replicates", replicates)),
        "days": settings.get("days"),
        "jobs": pipeline.processes(settings.get("jobs")),
        "progress": settings.get("progress"),
        "warn": settings.get("warn"),
        "announce": settings.get("announce"),
    }


def answer_each(
    asked: Sequence[tuple[pipeline.LoadedScenario, tuple[int, ...]]],
    answer: Callable[[MemoryRun], R],
    settings: MeasureSettings,
    *,
    tables: Sequence[str],
) -> list[R]:
    """What follows from each variant in its replicates, in their order; equal ones are simulated once."""
    keys = [(variant.hash, replicates) for variant, replicates in asked]
    trials = [
        Trial(variant.scenario, settings["seed"], replicates, code)
        for (code, replicates), variant in dict(zip(keys, (variant for variant, _ in asked), strict=True)).items()
    ]
    n_runs = sum(len(trial.replicates) for trial in trials)
    if trials:
        announce_work(settings, len(trials), n_runs, trials[0].scenario.n_days)
    assert settings["jobs"] is not None
    found = answers(
        len(trials), trials.__getitem__, answer, jobs=settings["jobs"], tables=tables, progress=settings["progress"]
    )
    by_key = dict(zip(dict.fromkeys(keys), found, strict=True))
    return [by_key[key] for key in keys]


def announce_work(settings: MeasureSettings, n_variants: int, n_runs: int, days: int) -> None:
    """Say how much is going to be simulated."""
    if settings["announce"] is not None:
        settings["announce"](f"simulating {n_variants:,} variants, {n_runs:,} replicates of {days:,} days in all")


def whole_step(side: Movable, path: TreePath, between: tuple[float, float] | None = None) -> float | None:
    """What 1 is in base units where the number must be whole, as days often are; None where it need not.

    Args:
        between: where values are tried; the number's own range when None.
    """
    one = side.numbers[path]
    low, high = between or (one.low, one.high)
    if low is None or high is None:
        return None
    broken = low + BETWEEN_WHOLES * (high - low)
    near = round(broken / one.unit_size) * one.unit_size
    return one.unit_size if not _holds(side, path, broken) and _holds(side, path, near) else None


def _holds(side: Movable, path: TreePath, value: float) -> bool:
    try:
        side.at({path: value})
    except ScenarioError:
        return False
    return True


def ranged_numbers(sides: Sequence[Movable], nothing: str) -> dict[TreePath, Number]:
    """The numbers with a range, by path; those of several scenarios at the same path are one.

    Args:
        nothing: how the message begins where there are none.
    Raises:
        UsageError: there are none.
    """
    found: dict[TreePath, Number] = {}
    for side in sides:
        for path, one in side.numbers.items():
            if one.is_ranged:
                found.setdefault(path, one)
    if not found:
        advice = "give those that you are unsure of one, as in `{value: 6%, low: 3%, high: 9%, source: …}`"
        raise UsageError(f"{nothing} has a range: {advice}")
    return found


def input_number(one: Number) -> InputNumber:
    """A number as analysis and report know it."""
    is_ranged = one.low is not None and one.high is not None
    return InputNumber(
        name=one.name,
        text=one.text,
        low_text=one.written(one.low) if is_ranged and one.low is not None else None,
        high_text=one.written(one.high) if is_ranged and one.high is not None else None,
        source=one.source,
        file=Path(one.place.file).as_posix() if one.place.file else "",
        line=one.place.line,
    )


def undefined(values: Floats) -> bool:
    """Whether no replicate defines the metric."""
    return bool(np.isnan(values).all())
