"""The value of a number at which a metric, or a difference in it, meets a target: which lift pays for the coupon?"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

from sim import pipeline
from sim.analysis.intervals import Interval, student_interval
from sim.analysis.roots import Root, Tried, find_root
from sim.analysis.solutions import Answer, Solution
from sim.errors import ScenarioError, UsageError
from sim.execution import package_version
from sim.flows.experiments import (
    AnyScenario,
    Experiment,
    MeasureSettings,
    Movable,
    experiment,
    input_number,
    whole_step,
)
from sim.metrics import Metric
from sim.scenario.amounts import read_amount
from sim.scenario.findings import did_you_mean
from sim.scenario.ranges import Number
from sim.units import UnitError

REPLICATES = 10
"""When not said otherwise."""
LEVERS = "policy"
TARGET = re.compile(r"\s*([a-z0-9_]+)\s*=\s*([+-]?[0-9].*)")
BARE = re.compile(r"[+-]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
End = tuple[str, float]
"""An end of where to look: as it is written, and in base units."""
DIGITS = 2
"""Of the interval's width: so many digits of the answer are worth writing."""


@dataclass(frozen=True)
class Varied:
    """A number that is varied, and in which sides of an experiment it is."""

    asked: Experiment
    number: Number
    sides: tuple[bool, ...]

    def in_words_of(self, text: str, value: float) -> Varied:
        """The same; a number of 0 that says no unit is written in these words."""

        def told(one: Number) -> Number:
            return one if one.value or one.other else replace(one, other=(text, value))

        path = self.number.path
        sides = tuple(
            replace(side, numbers={**side.numbers, path: told(side.numbers[path])}) if path in side.numbers else side
            for side in self.asked.sides
        )
        return replace(self, asked=replace(self.asked, sides=sides), number=told(self.number))

    def answers(self, values: Sequence[float]) -> list[Interval]:
        """The answer at each value.

        Raises:
            UsageError: the scenario does not hold at one of them, or the metric is undefined there.
        """
        outcomes = self.asked.outcomes([self.point(value) for value in values])
        found = [student_interval(one) for one in outcomes]
        for value, one in zip(values, found, strict=True):
            if one.mean is None:
                where = f"{self.number.name} = {self.number.written(value)}"
                raise UsageError(f"{self.asked.metric.label} is undefined at {where}; give --between another range")
        return found

    def point(self, value: float) -> tuple[pipeline.LoadedScenario, ...]:
        """The sides with the number at this value.

        Raises:
            UsageError: a side does not hold there.
        """
        try:
            return self.asked.variants([{self.number.path: value} if is_in else {} for is_in in self.sides])
        except ScenarioError as error:
            where = f"{self.number.name} = {self.number.written(value)}"
            raise UsageError(f"{where}: {error.problems[0].message}; give --between another range") from None


def solve(
    scenario: AnyScenario,
    vary: str,
    target: str,
    *,
    against: AnyScenario | None = None,
    between: tuple[str | float, str | float] | None = None,
    **settings: Unpack[MeasureSettings],
) -> Solution:
    """Where the metric of `target` meets its value; the words are `pipeline.solve`'s."""
    name, wanted, unit = read_target(target)
    settings["announce"] = _once(settings.get("announce"))
    asked = experiment(scenario, against, name, settings, replicates=REPLICATES)
    currency = asked.sides[0].loaded.scenario.currency
    goal = in_metric_unit(asked.metric, wanted, unit, currency, is_difference=against is not None)
    varied = _varied(asked, vary)
    (_, low), (words, high) = _bracket(varied, between)
    varied = varied.in_words_of(words, high)
    step = whole_step(varied.asked.sides[varied.sides.index(True)], varied.number.path, (low, high))
    root = find_root(varied.answers, goal, (low, high), near=varied.number.value, step=step)
    return _solution(varied, root, goal, is_whole=step is not None)


def _once(announce: Callable[[str], None] | None) -> Callable[[str], None] | None:
    """Announces the first values alone: how many follow is not known before."""
    left = [announce] if announce is not None else []

    def say(text: str) -> None:
        if left:
            left.pop()(f"{text}, then a few values at a time")

    return say


def read_target(text: str) -> tuple[str, float, str]:
    """(metric, number, unit) of `profit=0`, `d30_retention=12%`, `revenue=500_000 CNY`.

    Raises:
        UsageError: it is none.
    """
    match = TARGET.fullmatch(text.replace("\N{MINUS SIGN}", "-"))
    if match is None:
        raise UsageError(f"the target {text!r} is no METRIC=VALUE, such as profit=0 or d30_retention=12%")
    try:
        amount = read_amount(match[2])
    except UnitError as error:
        hint = f"; {error.hint}" if error.hint else ""
        raise UsageError(f"the target of {match[1]} {error.message}{hint}") from None
    return match[1], amount.number, amount.unit


def in_metric_unit(metric: Metric, number: float, unit: str, currency: str, *, is_difference: bool) -> float:
    """The target in the metric's unit: a share of 1 from `12%`, or from `2pp` for a difference.

    Raises:
        UsageError: the metric does not have that unit.
    """
    if metric.unit == "share":
        if unit in ("%", "pp") and (unit == "pp") <= is_difference:
            return number / 100
        if unit == "" and abs(number) <= 1:
            return number
        example = f"{metric.name}=2pp" if is_difference else f"{metric.name}=12%"
        raise UsageError(f"the target of {metric.name} is a share, such as {example}")
    known = currency if metric.unit == "currency" else metric.unit
    if unit not in ("", known):
        raise UsageError(f"the target of {metric.name} is in {known}, not in {unit}: {metric.name}={number:g} {known}")
    return number


def _varied(asked: Experiment, vary: str) -> Varied:
    """The number of that path, in the scenario or in what it is compared with.

    A number of the world is varied on both sides, a lever below `policy` only in the scenario.

    Raises:
        UsageError: there is no such number.
    """
    found: dict[str, Number] = {}
    for side in asked.sides:
        for one in side.numbers.values():
            found.setdefault(one.name, one)
    number = found.get(vary.strip())
    if number is None:
        hint = did_you_mean(vary.strip(), list(found)) or "`sim show SCENARIO` prints all paths"
        message = f"no number of {asked.label} stands at `{vary}`; {hint}"
        raise UsageError(f"{message} (one that is not written must be set first: --set {vary}=…)")
    is_in = [number.path in side.numbers for side in asked.sides]
    if number.path[0] == LEVERS and is_in[0]:
        is_in = [True, *(False for _ in is_in[1:])]
    return Varied(asked, number, tuple(is_in))


def _bracket(varied: Varied, between: tuple[str | float, str | float] | None) -> tuple[End, End]:
    """Where to look: the ends that are asked for, or of the number's own range.

    Raises:
        UsageError: there is none, or it is empty or cannot be read.
    """
    number = varied.number
    if between is None:
        if number.low is None or number.high is None or not number.is_ranged:
            example = f"--between {number.with_number('LOW')},{number.with_number('HIGH')}"
            raise UsageError(f"{number.name} has no range: say where to look, {example}")
        return (number.written(number.low), number.low), (number.written(number.high), number.high)
    low, high = (_read_end(varied, str(end)) for end in between)
    if low[1] >= high[1]:
        raise UsageError(f"--between {between[0]},{between[1]}: the first must be below the second")
    return low, high


def _read_end(varied: Varied, text: str) -> End:
    """An end that is written in the words of the file or as a bare number of them."""
    number, text = varied.number, text.strip()
    side = varied.asked.sides[varied.sides.index(True)]
    words = number.with_number(text) if BARE.fullmatch(text) else text
    try:
        moved = Movable.of(pipeline.variant(side.loaded, {number.path: words}))
    except ScenarioError as error:
        raise UsageError(f"--between: {number.name} = {words}: {error.problems[0].message}") from None
    if number.path not in moved.numbers:
        raise UsageError(f"--between: {number.name} = {words} is no number")
    return words, moved.numbers[number.path].value


def _solution(varied: Varied, root: Root, goal: float, *, is_whole: bool) -> Solution:
    asked, number = varied.asked, varied.number
    first, last = root.tried[0].value, root.tried[-1].value
    ends = [end for end in (root.low, root.high) if end is not None]
    scale = max((abs(end - root.value) for end in ends), default=0.0) if root.value is not None else 0.0
    places = _places(max(scale, 1e-3 * (last - first)) / number.unit_size)

    def words(value: float | None, more: int = 0) -> str | None:
        if value is None:
            return None
        return number.written(round(value / number.unit_size, places + more) * number.unit_size)

    def answer(one: Tried) -> Answer:
        exact = any(abs(one.value - end) < 1e-12 * (abs(end) + 1) for end in (first, last, number.value))
        return Answer(one.value, number.written(one.value) if exact else words(one.value, 1) or "", one.answer)

    return Solution(
        number=input_number(number),
        metric=asked.metric,
        currency=asked.sides[0].loaded.scenario.currency,
        target=goal,
        label=asked.label,
        against=asked.against,
        value=root.value,
        text=words(root.value),
        low=root.low,
        low_text=words(root.low),
        high=root.high,
        high_text=words(root.high),
        is_whole=is_whole,
        n_crossings=root.n_crossings,
        sides=None if root.sides is None else (answer(root.sides[0]), answer(root.sides[1])),
        stretch=None if root.stretch is None else (words(root.stretch[0]) or "", words(root.stretch[1]) or ""),
        tried=tuple(answer(one) for one in root.tried),
        scanned=tuple(answer(one) for one in root.scanned),
        seed=asked.settings["seed"],
        replicates=asked.settings["replicates"],
        days=asked.sides[0].loaded.scenario.n_days,
        version=package_version(),
    )


def _places(scale: float) -> int:
    """The decimals that show DIGITS digits of a width."""
    return max(0, DIGITS - 1 - math.floor(math.log10(scale))) if scale > 0 else 6
