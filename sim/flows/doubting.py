"""Answers under drawn inputs: each number with a range is drawn, once for all policies, and all is measured anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np

from sim import pipeline
from sim.analysis.comparing import without_common_beginning
from sim.analysis.doubt import Doubt, PolicyDoubts, Uncertainty, doubt_of
from sim.analysis.intervals import Floats
from sim.analysis.summary import metric_values
from sim.bounds import DRAWS
from sim.errors import ScenarioError, UsageError
from sim.execution import package_version
from sim.flows.experiments import (
    AnyScenario,
    MeasureSettings,
    Movable,
    announce_work,
    check_paired,
    full_settings,
    input_number,
    ranged_numbers,
    whole_step,
)
from sim.flows.sampling import strata, triangular
from sim.flows.trials import Trial, answers
from sim.scenario.ranges import Number
from sim.scenario.tree import TreePath
from sim.systems.books.metrics import METRICS

PER_DRAW = 2
"""Replicates of a draw: the fewest that tell luck from doubt."""


def uncertainty(
    scenarios: Sequence[AnyScenario], *, draws: int = 50, **settings: Unpack[MeasureSettings]
) -> Uncertainty:
    """What is unknown of the answers because inputs are; the words are `pipeline.uncertainty`'s."""
    DRAWS.check("draws", draws)
    whole = full_settings(settings, replicates=PER_DRAW)
    loaded = pipeline.load_all(scenarios, whole["days"])
    if not loaded:
        raise UsageError("name a scenario")
    check_paired(loaded, None)
    sides = [Movable.of(one) for one in loaded]
    ranged = ranged_numbers(sides, "--uncertainty: no number")
    drawn = _Drawn.of(sides, ranged, draws, whole["seed"])
    kept, left_out = drawn.parted()
    values = _measured(drawn, kept, whole)
    labels = without_common_beginning([one.tree.main.stem for one in loaded])
    levels = [_by_metric(values[side :: len(sides)]) for side in range(len(sides))]
    currency = loaded[0].scenario.currency
    return Uncertainty(
        label=labels[0],
        levels=_doubts(levels[0], currency, is_difference=False),
        policies=tuple(
            PolicyDoubts(label, _doubts(_minus(own, levels[0]), currency, is_difference=True))
            for label, own in zip(labels[1:], levels[1:], strict=True)
        ),
        numbers=tuple(input_number(one) for one in ranged.values()),
        n_draws=draws,
        left_out=tuple(left_out),
        seed=whole["seed"],
        days=loaded[0].scenario.n_days,
        version=package_version(),
    )


def _minus(policy: Mapping[str, Floats], baseline: Mapping[str, Floats]) -> dict[str, Floats]:
    """The paired differences of each metric."""
    return {name: policy[name] - baseline[name] for name in policy}


def replicates_of(draw: int) -> tuple[int, ...]:
    """The replicates of a draw: no two draws share their luck, all policies of a draw do."""
    return tuple(range(PER_DRAW * draw, PER_DRAW * (draw + 1)))


@dataclass(frozen=True)
class _Drawn:
    """Scenarios whose numbers are drawn; each is made when it is asked for, since all of them are too many to hold.

    Args:
        columns: where in the distribution of each number its draws lie, float64 (n_draws,).
        steps: of each side, what 1 is for numbers that must be whole.
    """

    sides: Sequence[Movable]
    n: int
    columns: Mapping[TreePath, Floats]
    steps: Sequence[Mapping[TreePath, float | None]]

    @staticmethod
    def of(sides: Sequence[Movable], ranged: Mapping[TreePath, Number], n: int, seed: int) -> _Drawn:
        """All draws of the numbers with a range."""
        columns = {path: strata(seed, one.name, n) for path, one in ranged.items()}
        steps = [{path: whole_step(side, path) for path in ranged if path in side.numbers} for side in sides]
        return _Drawn(sides, n, columns, steps)

    def at(self, draw: int, side: int) -> pipeline.LoadedScenario:
        """A scenario in a draw.

        Raises:
            ScenarioError: it does not hold.
        """
        uniforms = {path: float(column[draw]) for path, column in self.columns.items()}
        return self.sides[side].at(drawn_values(self.sides[side], uniforms, self.steps[side]))

    def parted(self) -> tuple[list[int], list[tuple[int, str]]]:
        """(the draws that hold, those that do not with their reasons).

        Raises:
            UsageError: fewer than two draws hold.
        """
        kept: list[int] = []
        left_out: list[tuple[int, str]] = []
        for i in range(self.n):
            try:
                for side in range(len(self.sides)):
                    self.at(i, side)
                kept.append(i)
            except ScenarioError as error:
                problem = error.problems[0]
                where = f"{problem.place.of_line}: " if problem.place else ""
                left_out.append((i, f"{where}{problem.message}"))
        if len(kept) < 2:
            told = f"of {self.n} draws {len(kept)} hold together; the first: {left_out[0][1]}"
            raise UsageError(f"--uncertainty: {told}")
        return kept, left_out


def _measured(drawn: _Drawn, kept: Sequence[int], settings: MeasureSettings) -> list[Floats]:
    """All metrics, float64 (n_metrics, n_replicates), of each draw that holds and in it of each side."""
    n_sides = len(drawn.sides)

    def trial(number: int) -> Trial:
        draw, side = kept[number // n_sides], number % n_sides
        variant = drawn.at(draw, side)
        return Trial(variant.scenario, settings["seed"], replicates_of(draw), variant.hash)

    n = len(kept) * n_sides
    announce_work(settings, n, n * PER_DRAW, drawn.sides[0].loaded.scenario.n_days)
    assert settings["jobs"] is not None
    return answers(
        n,
        trial,
        lambda run: np.array([metric_values(run, metric) for metric in METRICS]),
        jobs=settings["jobs"],
        tables=sorted({metric.table for metric in METRICS}),
        progress=settings["progress"],
    )


def drawn_values(
    side: Movable, uniforms: Mapping[TreePath, float], steps: Mapping[TreePath, float | None]
) -> dict[TreePath, float]:
    """What the numbers of a scenario are at these places of their distributions; those without a range stay."""
    values = {}
    for path, uniform in uniforms.items():
        one = side.numbers.get(path)
        if one is None or not one.is_ranged or one.low is None or one.high is None:
            continue
        value, step = triangular(uniform, one.low, one.value, one.high), steps[path]
        values[path] = value if step is None else round(value / step) * step
    return values


def _by_metric(values: Sequence[Floats]) -> dict[str, Floats]:
    """Each metric, float64 (n_draws, n_replicates)."""
    return {metric.name: np.array([one[i] for one in values]) for i, metric in enumerate(METRICS)}


def _doubts(values: Mapping[str, Floats], currency: str, *, is_difference: bool) -> tuple[Doubt, ...]:
    found = (
        doubt_of(
            metric, currency if metric.unit == "currency" else "", values[metric.name], is_difference=is_difference
        )
        for metric in METRICS
    )
    return tuple(one for one in found if one is not None)
