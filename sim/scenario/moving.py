"""The numbers of a scenario moved to other values, in the words of its file; shares of a whole stay a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.scenario.ranges import Number
from sim.scenario.tree import TreePath

WHOLE_TOLERANCE = 1e-6


def values_at(values: Mapping[TreePath, float], numbers: Mapping[TreePath, Number]) -> dict[TreePath, float]:
    """What the numbers are, in base units, when these have been moved; paths without a number are left out.

    Shares of a whole, as the schema declares them (segments, adopters, an attribute's values, hours), go on to sum to
    100%: those that are not moved take up the rest in proportion; where all are moved, all are scaled.
    """
    wanted = {path: value for path, value in values.items() if path in numbers}
    for whole in _wholes(numbers.values()):
        moved = {one.path: wanted[one.path] for one in whole if one.path in wanted}
        if moved:
            wanted |= _closed(moved, whole)
    return wanted


def _wholes(numbers: Iterable[Number]) -> list[list[Number]]:
    """The shares that belong together, where all of them are written: one alone cannot move."""
    groups: dict[TreePath, list[Number]] = {}
    for one in numbers:
        if one.whole is not None:
            groups.setdefault(one.whole, []).append(one)
    whole = (group for group in groups.values() if abs(sum(one.value for one in group) - 1) < WHOLE_TOLERANCE)
    return [group for group in whole if len(group) > 1]


def _closed(moved: Mapping[TreePath, float], whole: list[Number]) -> dict[TreePath, float]:
    """The shares of a whole, some of them moved, summing to 1; below 0 where the moved ones leave no room."""
    total = sum(moved.values())
    others = [one for one in whole if one.path not in moved]
    theirs = sum(one.value for one in others)
    if theirs > 0:
        return dict(moved) | {one.path: one.value * (1 - total) / theirs for one in others}
    return {path: value / total for path, value in moved.items()} if total > 0 else dict(moved)
