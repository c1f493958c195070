"""Shapley values of games whose values are known, of random games, and along sampled orders."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis import shapley
from sim.analysis.shapley import Coalition, Game, alone, coalitions, entered, shapley_values, values_alone, values_along

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def glove(members: Coalition) -> Fraction:
    """Player 0 has a left glove, 1 and 2 a right one each; a pair is worth 1. Known: 2/3, 1/6, 1/6."""
    return Fraction(0 in members and bool(members & {1, 2}))


def additive(members: Coalition) -> Fraction:
    return Fraction(sum((3, -5, 11, 0)[player] for player in members)) + 7


def only_together(members: Coalition) -> Fraction:
    """Nothing but interaction: 12 when all four are there."""
    return Fraction(12 * (len(members) == 4))


def airport(members: Coalition) -> Fraction:
    """The runway that the largest needs costs 1, 2 or 4. Known: 1/3, 1/3 + 1/2, 1/3 + 1/2 + 2."""
    return Fraction(max(((1, 2, 4)[player] for player in members), default=0))


KNOWN: list[tuple[Game, list[Fraction]]] = [
    (glove, [Fraction(2, 3), Fraction(1, 6), Fraction(1, 6)]),
    (additive, [Fraction(3), Fraction(-5), Fraction(11), Fraction(0)]),
    (only_together, [Fraction(3)] * 4),
    (airport, [THIRD, THIRD + HALF, THIRD + HALF + 2]),
]


@pytest.mark.parametrize(("game", "known"), KNOWN, ids=lambda one: getattr(one, "__name__", ""))
def test_known_games(game: Game, known: list[Fraction]) -> None:
    assert shapley_values(len(known), game) == known


@pytest.mark.parametrize("size", [0, 1, 2])
def test_one_wrong_weight_is_found(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    right = shapley.factorial
    monkeypatch.setattr(shapley, "factorial", lambda n: right(n) + (n == size))
    assert [shapley_values(len(known), game) for game, known in KNOWN] != [known for _, known in KNOWN]


def test_what_players_make_alone_leaves_the_interaction() -> None:
    assert values_alone(4, additive) == KNOWN[1][1]
    assert values_alone(4, only_together) == [0, 0, 0, 0]
    assert values_alone(3, glove) == [0, 0, 0]


def test_the_sets_that_are_needed() -> None:
    assert alone(1) == [frozenset(), frozenset({0})]
    assert alone(3) == [frozenset(), *map(frozenset, ({0}, {1}, {2})), frozenset({0, 1, 2})]
    assert entered([2, 0, 1]) == [*map(frozenset, ((), {2}, {2, 0}, {0, 1, 2}))]
    assert len(set(coalitions(5))) == 2**5


def random_game(worths: dict[Coalition, Fraction]) -> Game:
    return worths.__getitem__


@st.composite
def games(draw: Callable[..., list[int]]) -> tuple[int, Game]:
    """Any game of one to five players, worth whole cents."""
    n = draw(st.integers(1, 5))
    sets = coalitions(n)  # type: ignore[arg-type]
    cents = draw(st.lists(st.integers(-(10**12), 10**12), min_size=len(sets), max_size=len(sets)))
    return n, random_game({members: Fraction(cent, 100) for members, cent in zip(sets, cents, strict=True)})  # type: ignore[return-value]


@given(games())
def test_parts_sum_to_the_difference_to_the_last_digit(found: tuple[int, Game]) -> None:
    n, game = found
    whole = game(frozenset(range(n))) - game(frozenset())
    assert sum(shapley_values(n, game)) == whole
    assert all(sum(values_along(order, game)) == whole for order in permutations(range(n)))


@given(games())
def test_the_mean_over_all_orders_is_the_exact_value(found: tuple[int, Game]) -> None:
    n, game = found
    along = [values_along(order, game) for order in permutations(range(n))]
    assert [sum(parts) / len(along) for parts in zip(*along, strict=True)] == shapley_values(n, game)


def test_an_order_without_its_reverse_is_told_apart() -> None:
    """Player 0 enters first and adds nothing; in the reverse it comes last and adds the pair."""
    assert values_along([0, 1, 2], glove) == [HALF, HALF, 0]
