"""Sensitivities with all numbers moving at once, through SALib: the methods of Morris and of Sobol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from sim.analysis.intervals import Floats, student_interval
from sim.analysis.screening import Screened, Screening, ScreeningMethod
from sim.errors import MissingExtra, ScenarioError, UsageError
from sim.execution import package_version
from sim.flows.experiments import (
    AnyScenario,
    Experiment,
    MeasureSettings,
    experiment,
    input_number,
    ranged_numbers,
    undefined,
    whole_step,
)
from sim.flows.sampling import triangular
from sim.flows.sensitivities import REPLICATES
from sim.scenario.ranges import Number
from sim.scenario.tree import TreePath

if TYPE_CHECKING:
    from sim.pipeline import LoadedScenario

LEVELS = 4
SAMPLES: dict[ScreeningMethod, int] = {"morris": 10, "sobol": 64}
"""Trajectories, and rows of the base sample (a power of two), when not said otherwise."""


def screening(
    scenario: AnyScenario,
    method: ScreeningMethod,
    *,
    against: AnyScenario | None = None,
    metric: str = "profit",
    samples: int | None = None,
    **settings: Unpack[MeasureSettings],
) -> Screening:
    """The strength of each ranged number while all move; the words are `pipeline.screening`'s."""
    tools = _salib(method)
    n = _n_samples(method, samples)
    asked = experiment(scenario, against, metric, settings, replicates=REPLICATES)
    ranged = ranged_numbers(asked.sides, f"no number of {asked.label}")
    names = [one.name for one in ranged.values()]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0, 1]] * len(names)}
    seed = asked.settings["seed"] % 2**32
    unit, block = _sample(tools[0], method, problem, n, seed)
    points, kept = _points(asked, ranged, unit, block, is_even=method == "morris")
    base, answers = _answers(asked, points)
    rows = _analysed(tools[1], method, problem, unit[kept], answers, seed)
    screened = [Screened(input_number(one), *row) for one, row in zip(ranged.values(), rows, strict=True)]
    loaded = asked.sides[0].loaded
    return Screening(
        method=method,
        metric=asked.metric,
        currency=loaded.scenario.currency,
        label=asked.label,
        against=asked.against,
        written=student_interval(base),
        screened=tuple(sorted(screened, key=lambda one: (-one.strength, one.number.name))),
        n_points=len(points),
        n_left_out=(len(unit) - int(kept.sum())) // block,
        samples=n,
        n_unranged=len({path for side in asked.sides for path in side.numbers} - set(ranged)),
        seed=asked.settings["seed"],
        replicates=asked.settings["replicates"],
        days=loaded.scenario.n_days,
        version=package_version(),
    )


def _n_samples(method: ScreeningMethod, samples: int | None) -> int:
    """How many trajectories, or rows of the base sample.

    Raises:
        UsageError: too few, or no power of two for Sobol.
    """
    n = SAMPLES[method] if samples is None else samples
    if n < 2 or (method == "sobol" and n & (n - 1)):
        raise UsageError(f"samples is {n}; must be at least 2" + (", a power of two" if method == "sobol" else ""))
    return n


def _answers(asked: Experiment, points: Sequence[tuple[LoadedScenario, ...]]) -> tuple[Floats, Floats]:
    """(the answer at the written values in each replicate, the mean answer at each point).

    Raises:
        UsageError: it is undefined somewhere.
    """
    base, *found = asked.outcomes([asked.variants([{} for _ in asked.sides]), *points])
    if any(undefined(one) for one in found):
        advice = "narrow the ranges, or take more replicates"
        raise UsageError(f"{asked.metric.label} is undefined at some points: {advice}")
    return base, np.array([np.nanmean(one) for one in found])


def _salib(method: ScreeningMethod) -> tuple[Any, Any]:
    """SALib's (sampler, analysis) of the method.

    Raises:
        MissingExtra: it is not installed.
    """
    from importlib import import_module

    try:
        return import_module(f"SALib.sample.{method}"), import_module(f"SALib.analyze.{method}")
    except ImportError:
        raise MissingExtra("SALib", f"for --method {method}", "sensitivity") from None


def _sample(sampler: Any, method: str, problem: dict[str, Any], n: int, seed: int) -> tuple[Floats, int]:
    """(points of the unit cube, how many of them belong together and are left out together)."""
    if method == "morris":
        return sampler.sample(problem, n, num_levels=LEVELS, seed=seed), problem["num_vars"] + 1
    return sampler.sample(problem, n, calc_second_order=False, seed=seed), problem["num_vars"] + 2


def _points(
    asked: Experiment, ranged: dict[TreePath, Number], unit: Floats, block: int, *, is_even: bool
) -> tuple[list[tuple[LoadedScenario, ...]], np.ndarray]:
    """(the scenarios at each point that is kept, which points these are).

    Args:
        is_even: values lie evenly over the range, as Morris's levels do; else they are triangular, as those of
            `--uncertainty`.
    Raises:
        UsageError: fewer than two blocks hold.
    """
    steps = {path: _step(asked, path) for path in ranged}
    kept = np.zeros(len(unit), bool)
    points: list[tuple[LoadedScenario, ...]] = []
    for start in range(0, len(unit), block):
        try:
            held = [_variant(asked, ranged, steps, row, is_even=is_even) for row in unit[start : start + block]]
        except ScenarioError as error:
            reason = error.problems[0].message
            continue
        points += held
        kept[start : start + block] = True
    if kept.sum() < 2 * block:
        raise UsageError(f"fewer than two samples hold together; the last that does not: {reason}")
    return points, kept


def _step(asked: Experiment, path: TreePath) -> float | None:
    return next((whole_step(side, path) for side in asked.sides if path in side.numbers), None)


def _variant(
    asked: Experiment,
    ranged: dict[TreePath, Number],
    steps: dict[TreePath, float | None],
    row: Sequence[float] | Floats,
    *,
    is_even: bool,
) -> tuple[LoadedScenario, ...]:
    """The sides at a point of the unit cube; each number between the ends of its own range."""
    values = []
    for side in asked.sides:
        own = {}
        for path, place in zip(ranged, row, strict=True):
            one = side.numbers.get(path)
            if one is None or not one.is_ranged or one.low is None or one.high is None:
                continue
            inner = min(max(float(place), 1e-9), 1 - 1e-9)
            value = one.low + (one.high - one.low) * float(place)
            value = value if is_even else triangular(inner, one.low, one.value, one.high)
            step = steps[path]
            own[path] = value if step is None else round(value / step) * step
        values.append(own)
    return asked.variants(values)


def _analysed(
    analysis: Any, method: str, problem: dict[str, Any], unit: Floats, answers: Floats, seed: int
) -> list[tuple[float, float, float, float | None]]:
    """(strength, half its interval, spread, half its interval) of each number, in their order."""
    n = problem["num_vars"]
    if np.ptp(answers) == 0:
        return [(0.0, 0.0, 0.0, None if method == "morris" else 0.0)] * n
    if method == "morris":
        found = analysis.analyze(problem, unit, answers, num_levels=LEVELS, seed=seed)
        return [
            (float(found["mu_star"][i]), float(found["mu_star_conf"][i]), float(found["sigma"][i]), None)
            for i in range(n)
        ]
    found = analysis.analyze(problem, answers, calc_second_order=False, seed=seed)
    return [tuple(float(found[key][i]) for key in ("ST", "ST_conf", "S1", "S1_conf")) for i in range(n)]  # type: ignore[misc]
