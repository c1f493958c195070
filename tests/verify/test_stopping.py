"""Stopping when an interval is narrow enough: it still holds the true mean about as often as it says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import count

import numpy as np
import pytest

from sim.analysis.intervals import Floats, student_interval
from sim.analysis.precision import Aim, Precision, next_replicates
from sim.flows.stopping import FEWEST_TO_START, MOST_REPLICATES
from sim.systems.books.metrics import METRICS

N_REPEATS = 2_000
Draw = Callable[[np.random.Generator], Floats]
Looks = Callable[[Floats, float], int]


def normal(generator: np.random.Generator) -> Floats:
    return generator.normal(0.0, 1.0, MOST_REPLICATES)


def skewed(generator: np.random.Generator) -> Floats:
    """Lognormal, skewness 1.75: more than any metric of the cases."""
    return generator.lognormal(0.0, 0.5, MOST_REPLICATES) - math.exp(0.125)


def half_width(values: Floats) -> float:
    found = student_interval(values)
    assert found.low is not None
    assert found.high is not None
    return (found.high - found.low) / 2


def as_sim_does(values: Floats, wanted: float) -> int:
    """The replicates after which it stops."""
    n: int | None = FEWEST_TO_START
    while n is not None:
        last = n
        aim = Aim(METRICS[0], wanted, is_relative=False, asked="")
        n = next_replicates([Precision(aim, 1.0, half_width(values[:n]), n, n)], MOST_REPLICATES)
    return last


def after_each(values: Floats, wanted: float) -> int:
    """The twin: a look after every single replicate, from the second on."""
    looks: Iterable[int] = (n for n in count(2) if n >= values.size or half_width(values[:n]) <= wanted)
    return next(iter(looks))


def coverage(draw: Draw, wanted: float, looks: Looks) -> tuple[float, float]:
    """In how many of the repeats the last interval holds the true mean, 0; and the replicates that it took."""
    generator = np.random.default_rng(20_261_122)
    held, taken = [], []
    for _ in range(N_REPEATS):
        values = draw(generator)
        n = looks(values, wanted)
        held.append(abs(float(values[:n].mean())) <= half_width(values[:n]))
        taken.append(n)
    return float(np.mean(held)), float(np.mean(taken))


@pytest.mark.parametrize("wanted", [0.5, 0.4, 0.3, 0.2, 0.12])
def test_intervals_of_normal_values_cover_as_they_say(wanted: float) -> None:
    covered, taken = coverage(normal, wanted, as_sim_does)
    assert 0.93 <= covered <= 0.97
    enough = (1.96 / wanted) ** 2  # were the spread known
    assert taken <= 1.25 * enough + 10


@pytest.mark.parametrize("wanted", [0.3, 0.2, 0.12])
def test_intervals_of_skewed_values_lose_little(wanted: float) -> None:
    covered, _ = coverage(skewed, wanted, as_sim_does)
    assert covered >= 0.90


def test_looking_after_every_replicate_would_cover_too_little() -> None:
    covered, _ = coverage(normal, 0.5, after_each)
    assert covered < 0.92
