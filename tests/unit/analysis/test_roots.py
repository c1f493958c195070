"""Roots and their intervals of answers whose closed form is known, with noise that is the same at every value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from sim.analysis.intervals import Interval, student_interval, student_quantile
from sim.analysis.roots import Evaluate, find_root

LUCK = np.array([-1.5, -0.5, 0.2, 0.6, 1.2])
HALF = student_quantile(LUCK.size) * float(LUCK.std(ddof=1)) / LUCK.size**0.5


def answers(mean: Callable[[float], float], luck: float = 1.0) -> tuple[Evaluate, list[float]]:
    asked: list[float] = []

    def evaluate(values: Sequence[float]) -> list[Interval]:
        asked.extend(values)
        return [student_interval(mean(value) + luck * (LUCK - LUCK.mean())) for value in values]

    return evaluate, asked


@pytest.mark.parametrize("slope", [3.0, -3.0])
def test_a_line_is_met_where_it_crosses_and_its_interval_is_the_closed_form(slope: float) -> None:
    evaluate, asked = answers(lambda value: slope * (value - 4))
    found = find_root(evaluate, 0.0, (0.0, 10.0), near=5.0)
    assert found.value == pytest.approx(4, abs=1e-6)
    assert found.low == pytest.approx(4 - HALF / 3, abs=0.02)
    assert found.high == pytest.approx(4 + HALF / 3, abs=0.02)
    assert found.low != pytest.approx(4 - 1.1 * HALF / 3, abs=0.02)
    assert len(asked) < 12


def test_a_bent_answer_is_met_within_a_ten_thousandth_of_the_bracket_without_luck() -> None:
    evaluate, _ = answers(lambda value: np.exp(value) - 50, luck=0.0)
    found = find_root(evaluate, 0.0, (0.0, 10.0), near=1.0)
    assert found.value == pytest.approx(np.log(50), abs=2e-3)
    assert found.low == pytest.approx(np.log(50), abs=2e-3)


def test_steps_do_not_mislead_it() -> None:
    evaluate, _ = answers(lambda value: np.floor(value * 7) / 7 - 6, luck=0.0)
    found = find_root(evaluate, 0.0, (0.0, 10.0), near=1.0)
    assert found.value is not None
    assert 6 - 2e-3 <= found.value <= 6 + 1 / 7  # the step on which the answer is the target


def test_whole_numbers_stay_whole() -> None:
    evaluate, asked = answers(lambda value: value - 6.3, luck=0.1)
    found = find_root(evaluate, 0.0, (1.0, 30.0), near=14.0, step=1.0)
    assert found.value == 6
    assert found.sides is not None
    assert [one.value for one in found.sides] == [6, 7]
    assert all(value == round(value) for value in asked)


def test_no_crossing_is_no_root_and_the_ends_were_tried() -> None:
    evaluate, _ = answers(lambda value: value + 1)
    found = find_root(evaluate, 0.0, (0.0, 10.0), near=5.0)
    assert (found.value, found.n_crossings) == (None, 0)
    assert [found.tried[0].value, found.tried[-1].value] == [0, 10]


def test_of_several_crossings_the_one_next_to_the_written_value() -> None:
    evaluate, _ = answers(lambda value: (value - 2) * (value - 8), luck=0.1)
    for near, root in ((1.0, 2.0), (9.0, 8.0)):
        found = find_root(evaluate, 0.0, (0.0, 10.0), near=near)
        assert found.value == pytest.approx(root, abs=0.01)
        assert found.n_crossings == 2


def test_an_interval_that_reaches_beyond_the_bracket_is_open() -> None:
    evaluate, _ = answers(lambda value: 0.1 * (value - 2))
    found = find_root(evaluate, 0.0, (0.0, 10.0), near=5.0)
    assert found.value == pytest.approx(2, abs=0.05)
    assert found.low is None
    assert found.high is None


@pytest.mark.parametrize("slope", [3.0, -3.0])
@pytest.mark.parametrize("luck", [0.0, 0.5])
@pytest.mark.parametrize("root", [0.0, 5.0, 10.0])
def test_a_value_that_hits_the_target_is_the_root_whatever_the_slope(slope: float, luck: float, root: float) -> None:
    evaluate, _ = answers(lambda value: slope * (value - root), luck=luck)
    found = find_root(evaluate, 0.0, (0.0, 10.0), near=5.0)
    assert (found.value, found.n_crossings, found.stretch) == (root, 1, None)
    if luck == 0:
        assert (found.low, found.high) == (root, root)
    else:
        assert found.low == (None if root == 0 else pytest.approx(root - HALF * luck / 3, abs=0.02))
        assert found.high == (None if root == 10 else pytest.approx(root + HALF * luck / 3, abs=0.02))


@pytest.mark.parametrize("slope", [3.0, -3.0])
@pytest.mark.parametrize("near", [1.2, 9.0])
def test_where_a_stretch_meets_the_target_its_ends_are_told(slope: float, near: float) -> None:
    """Up to 3 the rule does nothing; beyond, it does something, with luck."""

    def evaluate(values: Sequence[float]) -> list[Interval]:
        return [student_interval(slope * max(0.0, value - 3) * (1 + 0.1 * (LUCK - LUCK.mean()))) for value in values]

    found = find_root(evaluate, 0.0, (0.0, 10.0), near=near)
    assert found.stretch == pytest.approx((0.0, 3.0), abs=0.01)
    assert found.value == pytest.approx(min(near, 3), abs=0.01)
    assert (found.n_crossings, found.low) == (1, None)
    assert found.high == pytest.approx(3, abs=0.02)


def test_a_stretch_between_two_slopes_is_one_place_and_its_whole_numbers_are_exact() -> None:
    evaluate, asked = answers(lambda value: max(0.0, value - 7) - max(0.0, 4 - value), luck=0.0)
    found = find_root(evaluate, 0.0, (0.0, 20.0), near=5.0, step=1.0)
    assert (found.value, found.stretch, found.n_crossings) == (5, (4, 7), 1)
    assert (found.low, found.high) == (4, 7)
    assert all(value == round(value) for value in asked)
