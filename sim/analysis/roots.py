"""At which value of a number an answer meets a target: a bracket, then interpolation guarded by bisection.

With common luck the mean over replicates is nearly smooth in the number, but never quite: counts and cents are whole,
and a person may act or not. So only signs and brackets are trusted, and no slope.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from sim.analysis.intervals import Interval

FIRST_POINTS = 5
ROUNDS = 16
BISECT_EVERY = 2
FINE_ENOUGH = 1e-4
"""Of the bracket's width: where luck leaves less than that, brackets are not parted further."""
FINE_BESIDE_LUCK = 0.02
"""Of the interval's width, likewise."""
OF_LUCK = 0.02
"""Of half the interval of the answer: what misses the target by less is as good as met."""

ROUNDING = 1e-12
"""Of half the interval, or of the target: what parts a mean from a target that it hits."""
FINE_EDGE = 1e-3
"""Of the bracket's width: how near the ends of a stretch are found on which the answer is the target."""

Evaluate = Callable[[Sequence[float]], Sequence[Interval]]


@dataclass(frozen=True)
class Tried:
    """An answer with its interval at one value of the number."""

    value: float
    answer: Interval

    def miss(self, target: float) -> float:
        """The mean minus the target; 0 where rounding alone parts them."""
        miss = (self.answer.mean or 0.0) - target
        return 0.0 if abs(miss) <= ROUNDING * max(self.half, abs(target)) else miss

    def outside(self, target: float) -> float:
        """How far the target lies outside the interval; below 0 inside. Without an interval, from the mean."""
        mean = self.answer.mean or 0.0
        low, high = (mean if end is None else end for end in (self.answer.low, self.answer.high))
        return max(low - target, target - high)

    @property
    def half(self) -> float:
        """Half the width of the interval."""
        if self.answer.low is None or self.answer.high is None:
            return 0.0
        return (self.answer.high - self.answer.low) / 2


@dataclass(frozen=True)
class Root:
    """Where an answer meets its target.

    Args:
        value: the number; None where the answer meets the target nowhere in the bracket.
        low: the lower end of the values at which the 95% interval of the answer holds the target; None where that
            reaches beyond the bracket.
        high: the upper end, likewise.
        n_crossings: how often the mean crosses or meets the target among the values that were tried first.
        tried: all values that were tried, in ascending order.
        scanned: those of the first round: the bracket's ends, values between them, and the written one.
        sides: the tried values on both sides of the root; the same twice where one hits the target exactly.
        stretch: the first and last of several neighbours that all hit the target exactly, as where a rule does nothing.
    """

    value: float | None
    low: float | None
    high: float | None
    n_crossings: int
    tried: tuple[Tried, ...]
    scanned: tuple[Tried, ...]
    sides: tuple[Tried, Tried] | None = None
    stretch: tuple[float, float] | None = None


def find_root(
    evaluate: Evaluate, target: float, bracket: tuple[float, float], *, near: float, step: float | None = None
) -> Root:
    """Where the mean of the answer meets the target, and where its interval holds it.

    Args:
        evaluate: the answers at some values; they are asked for together, to be simulated at once.
        bracket: where to look.
        near: of several crossings the one next to this value is taken.
        step: only multiples of this are values, where it is given.
    """
    low, high = bracket
    first = [low + (high - low) * i / (FIRST_POINTS - 1) for i in range(FIRST_POINTS)]
    wanted = sorted({_on_grid(value, step) for value in [*first, *([near] if low <= near <= high else [])]})
    tried = scanned = _tried(evaluate, wanted)
    places = _places(tried, target)
    if not places:
        return Root(None, None, None, 0, tuple(tried), tuple(scanned))
    for turn in range(ROUNDS):
        is_bisecting = turn % BISECT_EVERY == BISECT_EVERY - 1
        wanted = _next_values(tried, target, near, (high - low, step), is_bisecting=is_bisecting)
        if not wanted:
            break
        tried = sorted([*tried, *_tried(evaluate, wanted)], key=lambda one: one.value)
    here = left, right = _nearest(_places(tried, target), near)
    value = _value_in(here, target, near, step)
    is_hit = left.miss(target) == 0
    if _is_certain(tried if is_hit else here):  # no luck, or one replicate: the root alone
        ends: tuple[float | None, float | None] = (left.value, right.value) if is_hit else (value, value)
    else:
        below, above = _ends(tried, target, value)
        ends = (_interpolated(below, target, step), _interpolated(above, target, step))
    stretch = (left.value, right.value) if is_hit and left is not right else None
    return Root(value, *ends, len(places), tuple(tried), tuple(scanned), here, stretch)


def _tried(evaluate: Evaluate, values: Sequence[float]) -> list[Tried]:
    return [Tried(value, answer) for value, answer in zip(values, evaluate(values), strict=True)]


def _is_certain(tried: Sequence[Tried]) -> bool:
    """Whether no luck is in these answers, but for rounding."""
    largest = max(abs(one.answer.mean or 0.0) for one in tried)
    return all(one.half <= ROUNDING * largest for one in tried)


def _on_grid(value: float, step: float | None) -> float:
    return value if step is None else round(value / step) * step


Measure = Callable[[Tried], float]
Pair = tuple[Tried, Tried]


def _places(tried: Sequence[Tried], target: float) -> list[Pair]:
    """Where the mean meets the target: the neighbours on both sides, and the ends of each stretch of exact hits."""
    crossed = [pair for pair in pairwise(tried) if pair[0].miss(target) * pair[1].miss(target) < 0]
    runs = [list(run) for is_hit, run in groupby(tried, lambda one: one.miss(target) == 0) if is_hit]
    return sorted([*crossed, *((run[0], run[-1]) for run in runs)], key=lambda pair: pair[0].value)


def _value_in(here: Pair, target: float, near: float, step: float | None) -> float:
    """The root at a place: on a stretch the value next to `near`, else where the line between both sides crosses."""
    left, right = here
    if left.miss(target) == 0:
        return min(max(_on_grid(near, step), left.value), right.value)
    if step is not None:
        return min(here, key=lambda one: abs(one.miss(target))).value
    return _between(left, right, lambda one: one.miss(target))


def _nearest(pairs: Sequence[Pair], near: float) -> Pair:
    return min(pairs, key=lambda pair: max(pair[0].value - near, near - pair[1].value, 0.0))


def _ends(tried: Sequence[Tried], target: float, root: float) -> tuple[Pair | None, Pair | None]:
    """The neighbours between which the target leaves the interval, below the root and above it."""
    pairs = [pair for pair in pairwise(tried) if (pair[0].outside(target) > 0) != (pair[1].outside(target) > 0)]
    below = [pair for pair in pairs if pair[0].outside(target) > 0 and pair[0].value <= root]
    above = [pair for pair in pairs if pair[1].outside(target) > 0 and pair[1].value >= root]
    return (below[-1] if below else None), (above[0] if above else None)


def _next_values(
    tried: Sequence[Tried], target: float, near: float, scale: tuple[float, float | None], *, is_bisecting: bool
) -> list[float]:
    """Values to try next: within the bracket of the root and those of both ends, as far as these are too wide."""
    whole, step = scale
    here = _nearest(_places(tried, target), near)
    is_hit = here[0].miss(target) == 0
    below, above = _ends(tried, target, _value_in(here, target, near, step))
    asked: list[tuple[Pair, Measure]] = [] if is_hit else [(here, lambda one: one.miss(target))]
    asked += [(pair, lambda one: one.outside(target)) for pair in (below, above) if pair is not None]
    interval = (above[0] if above else tried[-1]).value - (below[1] if below else tried[0]).value
    luck = FINE_BESIDE_LUCK * interval if here[0].half or here[1].half else 0.0
    fine = max(FINE_ENOUGH * whole, luck) if step is None else 1.5 * step
    wanted = set(_beside_stretch(tried, here, scale)) if is_hit else set()
    for (left, right), measure in asked:
        best = min(abs(measure(left)), abs(measure(right)))
        is_met = best <= OF_LUCK * max(left.half, right.half) and step is None
        if is_met or right.value - left.value <= fine:
            continue
        value = (left.value + right.value) / 2 if is_bisecting else _between(left, right, measure)
        room = 0.02 * (right.value - left.value)
        value = _on_grid(min(max(value, left.value + room), right.value - room), step)
        if step is not None:
            value = min(max(value, left.value + step), right.value - step)
        wanted.add(value)
    return sorted(wanted)


def _beside_stretch(tried: Sequence[Tried], here: Pair, scale: tuple[float, float | None]) -> list[float]:
    """Values to try next to find how far a stretch of exact hits reaches; none beside one hit with luck around it."""
    whole, step = scale
    first, last = here
    if first is last and first.half > 0:
        return []
    fine = FINE_EDGE * whole if step is None else step
    before = [(first.value, one.value) for one in tried if one.value < first.value][-1:]
    after = [(last.value, one.value) for one in tried if one.value > last.value][:1]
    gaps = [(edge, beyond - edge) for edge, beyond in (*before, *after) if abs(beyond - edge) > 1.000001 * fine]
    return [_on_grid(edge + (math.copysign(fine, gap) if first is last else gap / 2), step) for edge, gap in gaps]


def _between(left: Tried, right: Tried, measure: Measure) -> float:
    """Where the line between two tried values crosses 0."""
    below, above = measure(left), measure(right)
    if below == above or not math.isfinite(above - below):
        return (left.value + right.value) / 2
    return left.value - below * (right.value - left.value) / (above - below)


def _interpolated(pair: Pair | None, target: float, step: float | None) -> float | None:
    """The end of the interval between two tried values; of whole numbers the one at which the target is inside."""
    if pair is None:
        return None
    if step is not None:
        return min(pair, key=lambda one: one.outside(target)).value
    return _between(*pair, lambda one: one.outside(target))
