"""Which uncertain numbers move an answer most: one at a time from the low to the high end of its range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Unpack

from sim.analysis.intervals import Floats, difference_interval
from sim.analysis.swings import Swing, Tornado, swing_of, widest_first
from sim.errors import ScenarioError, UsageError
from sim.execution import package_version
from sim.flows.experiments import (
    AnyScenario,
    Experiment,
    MeasureSettings,
    experiment,
    input_number,
    ranged_numbers,
    undefined,
)
from sim.scenario.ranges import Number
from sim.scenario.tree import TreePath

if TYPE_CHECKING:
    from sim.pipeline import LoadedScenario

REPLICATES = 12
"""When not said otherwise: enough that skewed differences get the same intervals as in a comparison."""

Side = Literal["low", "high"]
Point = tuple["LoadedScenario", ...]


def tornado(
    scenario: AnyScenario,
    *,
    against: AnyScenario | None = None,
    metric: str = "profit",
    **settings: Unpack[MeasureSettings],
) -> Tornado:
    """What each ranged number alone does to the metric, or to the difference in it to a baseline.

    Raises:
        ScenarioError, PlanError, WorkerError, and UsageError where no number has a range or a metric is unknown.
    """
    asked = experiment(scenario, against, metric, settings, replicates=REPLICATES)
    ranged = ranged_numbers(asked.sides, f"no number of {asked.label}")
    ends: dict[tuple[TreePath, Side], Point | str] = {
        (path, side): _at_end(asked, path, side) for path in ranged for side in ("low", "high")
    }
    written = asked.variants([{} for _ in asked.sides])
    there = [key for key, point in ends.items() if not isinstance(point, str)]
    points = [point for point in ends.values() if not isinstance(point, str)]
    base, *others = asked.outcomes([written, *points])
    if undefined(base):
        raise UsageError(f"{asked.metric.label} is undefined in every replicate of {asked.label}")
    outcomes = dict(zip(there, others, strict=True))
    swings = [_swing(one, path, base, outcomes, ends) for path, one in ranged.items()]
    scenario_days = asked.sides[0].loaded.scenario.n_days
    return Tornado(
        metric=asked.metric,
        currency=asked.sides[0].loaded.scenario.currency,
        label=asked.label,
        against=asked.against,
        written=difference_interval(base),
        swings=widest_first(swings),
        n_unranged=len({path for side in asked.sides for path in side.numbers} - set(ranged)),
        seed=asked.settings["seed"],
        replicates=asked.settings["replicates"],
        days=scenario_days,
        version=package_version(),
    )


def _at_end(asked: Experiment, path: TreePath, end: Side) -> Point | str:
    """Each side with the number at this end of its own range; or why it does not hold there."""
    values: list[Mapping[TreePath, float]] = []
    for side in asked.sides:
        own = side.numbers.get(path)
        wanted = None if own is None or not own.is_ranged else getattr(own, end)
        values.append({} if wanted is None else {path: wanted})
    try:
        return asked.variants(values)
    except ScenarioError as error:
        return error.problems[0].message


def _swing(
    number: Number,
    path: TreePath,
    written: Floats,
    outcomes: Mapping[tuple[TreePath, Side], Floats],
    ends: Mapping[tuple[TreePath, Side], Point | str],
) -> Swing:
    why = [reason for side in ("low", "high") if isinstance(reason := ends[path, side], str)]
    low, high = outcomes.get((path, "low")), outcomes.get((path, "high"))
    return swing_of(input_number(number), written, low, high, why[0] if why else "")
