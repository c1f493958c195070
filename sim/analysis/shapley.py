"""Shapley values: what each player contributes to a game's worth, exactly, or along orders in which they enter.

Source: Shapley 1953, A value for n-person games, Annals of Mathematics Studies 28, 307-317; along sampled orders:
Castro, Gómez and Tejada 2009, Computers & Operations Research 36, 1726-1730; an order with its reverse: Mitchell,
Cooper, Frank and Holmes 2022, J. Machine Learning Research 23(43).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial

Coalition = frozenset[int]
Game = Callable[[Coalition], Fraction]
"""What a set of players is worth; that of nobody need not be 0."""


def coalitions(n_players: int) -> list[Coalition]:
    """All sets of players, the smallest first."""
    return [frozenset(chosen) for size in range(n_players + 1) for chosen in combinations(range(n_players), size)]


def entered(order: Sequence[int]) -> list[Coalition]:
    """The sets that come about as players enter in this order, from nobody to all."""
    return [frozenset(order[:size]) for size in range(len(order) + 1)]


def alone(n_players: int) -> list[Coalition]:
    """Nobody, each player alone, and all."""
    return list(dict.fromkeys([frozenset(), *(frozenset((player,)) for player in range(n_players)), _all(n_players)]))


def shapley_values(n_players: int, worth: Game) -> list[Fraction]:
    """The mean over all orders of what a player adds to those who entered before; they sum to what all are worth."""
    parts = [Fraction(0)] * n_players
    for before in coalitions(n_players)[:-1]:
        weight = Fraction(factorial(len(before)) * factorial(n_players - len(before) - 1), factorial(n_players))
        for player in _all(n_players) - before:
            parts[player] += weight * (worth(before | {player}) - worth(before))
    return parts


def values_along(order: Sequence[int], worth: Game) -> list[Fraction]:
    """What each player adds along an order and along its reverse, on average; they sum to what all are worth."""
    parts = [Fraction(0)] * len(order)
    for way in (list(order), list(reversed(order))):
        steps = [worth(members) for members in entered(way)]
        for place, player in enumerate(way):
            parts[player] += (steps[place + 1] - steps[place]) / 2
    return parts


def values_alone(n_players: int, worth: Game) -> list[Fraction]:
    """What each player adds to nobody; what these leave of the whole is interaction."""
    nobody = worth(frozenset())
    return [worth(frozenset((player,))) - nobody for player in range(n_players)]


def _all(n_players: int) -> Coalition:
    return frozenset(range(n_players))
