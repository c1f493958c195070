"""Changes that only hold together are joined, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.shapley import alone, coalitions
from sim.scenario.joining import Chosen, joined


def groups_of(
    n: int, holds: Callable[[Chosen], bool], visited: Callable[[int], Iterable[Chosen]] = coalitions
) -> list[list[int]]:
    return [sorted(group) for group in joined(n, visited, lambda chosen: len(chosen) in (0, n) or holds(chosen))]


def needs(pairs: dict[int, set[int]]) -> Callable[[Chosen], bool]:
    """Whether each change has what it needs."""
    return lambda chosen: all(wanted <= chosen for change, wanted in pairs.items() if change in chosen)


def test_what_holds_alone_stays_alone() -> None:
    assert groups_of(4, lambda _: True) == [[0], [1], [2], [3]]


@pytest.mark.parametrize("visited", [coalitions, alone], ids=["all sets", "each alone"])
def test_a_rule_is_joined_with_the_audience_that_it_reads(visited: Callable[[int], Iterable[Chosen]]) -> None:
    assert groups_of(4, needs({3: {1}}), visited) == [[0], [1, 3], [2]]
    assert groups_of(4, needs({3: {1}, 1: {0}}), visited) == [[0, 1, 3], [2]]


def test_shares_that_sum_to_one_become_one_change() -> None:
    moved = (5, -3, -2, 0)
    assert groups_of(4, lambda chosen: sum(moved[one] for one in chosen) == 0) == [[0, 1, 2], [3]]


def test_either_of_two_helpers_is_enough_and_the_fewest_are_taken() -> None:
    holds: Callable[[Chosen], bool] = lambda chosen: 0 not in chosen or 3 in chosen or {1, 2} <= chosen  # noqa: E731
    assert groups_of(5, holds, alone) == [[0, 3], [1], [2], [4]]


def test_two_that_exclude_each_other_without_a_third() -> None:
    assert groups_of(4, lambda chosen: not {0, 2} <= chosen or 3 in chosen) == [[0, 2, 3], [1]]
    assert groups_of(4, lambda chosen: not {0, 2} <= chosen or 3 in chosen, alone) == [[0], [1], [2], [3]]


@given(st.integers(1, 6), st.dictionaries(st.integers(0, 5), st.sets(st.integers(0, 5), max_size=3)))
def test_every_visited_set_of_groups_holds(n: int, pairs: dict[int, set[int]]) -> None:
    wanted = {change: {one for one in needed if one < n} for change, needed in pairs.items() if change < n}
    holds = needs(wanted)
    groups = groups_of(n, holds)
    assert sorted(change for group in groups for change in group) == list(range(n))
    for members in coalitions(len(groups)):
        assert holds(frozenset(change for member in members for change in groups[member]))
