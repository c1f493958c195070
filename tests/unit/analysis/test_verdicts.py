"""Verdicts at their edges, and how often they are mistaken where the truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from sim.analysis.intervals import Interval, difference_interval
from sim.analysis.verdicts import (
    MISTAKES,
    Bounds,
    CheckReport,
    Measure,
    Verdict,
    confidence_of,
    judged,
    measured_difference,
    measured_level,
    planned_looks,
)
from sim.errors import Place, Problem
from tests.unit.analysis.synthetic import METRICS

F64 = npt.NDArray[np.float64]
NAN = float("nan")


def floats(*values: float) -> F64:
    return np.array(values, np.float64)


@pytest.mark.parametrize(
    ("first", "most", "looks"),
    [
        (20, 160, (20, 40, 80, 160)),
        (20, 100, (20, 40, 80, 100)),
        (20, 20, (20,)),
        (20, 21, (20, 21)),
        (2, 3, (2, 3)),
        (10, 39, (10, 20, 39)),
    ],
)
def test_looks_double_up_to_the_most(first: int, most: int, looks: tuple[int, ...]) -> None:
    assert planned_looks(first, most) == looks


def test_looks_share_out_the_mistakes() -> None:
    assert confidence_of(1) == 0.95
    assert confidence_of(4) == 0.9875
    assert 4 * (1 - confidence_of(4)) == pytest.approx(MISTAKES)


BETWEEN = Bounds(-1.0, 2.0)


@pytest.mark.parametrize(
    ("low", "high", "bounds", "verdict"),
    [
        (-1.0, 2.0, BETWEEN, "pass"),  # both ends touch
        (-1.0000001, 2.0, BETWEEN, "inconclusive"),
        (-1.0, 2.0000001, BETWEEN, "inconclusive"),
        (-3.0, 5.0, BETWEEN, "inconclusive"),
        (2.0, 3.0, BETWEEN, "inconclusive"),  # one good value is left
        (2.0000001, 3.0, BETWEEN, "fail"),
        (-3.0, -1.0, BETWEEN, "inconclusive"),
        (-3.0, -1.0000001, BETWEEN, "fail"),
        (0.0, 1e9, Bounds(0.0, None), "pass"),
        (-1e-9, 1e9, Bounds(0.0, None), "inconclusive"),
        (-1e9, 0.0, Bounds(None, 0.0), "pass"),
        (1e-9, 1.0, Bounds(None, 0.0), "fail"),
        (0.0, 0.0, Bounds(0.0, 0.0), "pass"),  # exact
        (1e-9, 1e-9, Bounds(0.0, 0.0), "fail"),
        (None, None, BETWEEN, "inconclusive"),
    ],
)
def test_only_a_whole_interval_decides(low: float | None, high: float | None, bounds: Bounds, verdict: str) -> None:
    middle = None if low is None or high is None else (low + high) / 2
    found = Interval(middle, low, high, 20)
    assert judged(Measure(found), bounds) == verdict
    relative = replace(bounds, is_relative=True)
    assert judged(Measure(Interval(0.5, 0.4, 0.6, 20), found), relative) == verdict
    assert judged(Measure(found), relative) == "inconclusive"  # no level to be a share of


def test_equal_values_differ_by_nothing_at_all() -> None:
    values = floats(0.1, 0.2, 0.7)
    found = measured_difference(values, values.copy(), 0.95)
    assert found == Measure(Interval(0.0, 0.0, 0.0, 3), Interval(0.0, 0.0, 0.0, 3))


def test_a_constant_difference_is_exact_and_its_share_is_not() -> None:
    found = measured_difference(floats(11, 21, 31), floats(10, 20, 30), 0.95)
    assert found.own == Interval(1.0, 1.0, 1.0, 3)
    assert found.relative is not None
    assert found.relative.mean == pytest.approx(0.05)
    assert found.relative.low is not None
    assert found.relative.low < 0.05


def test_a_constant_share_is_exact_and_its_amount_is_not() -> None:
    others = floats(10, 20, 30, 45)
    found = measured_difference(others * 1.1, others, 0.95)
    assert found.relative is not None
    assert (found.relative.low, found.relative.high) == (found.relative.mean, found.relative.mean)
    assert found.relative.mean == pytest.approx(0.1)
    assert found.own.low != found.own.high


def test_a_share_of_a_loss_keeps_the_sign_of_the_difference() -> None:
    others = floats(-100, -90, -110)
    worse = measured_difference(others * 1.2, others, 0.95)
    assert worse.relative is not None
    assert worse.relative.mean == pytest.approx(-0.2)
    assert worse.relative.high == pytest.approx(-0.2)


def test_nothing_is_a_share_of_zero() -> None:
    found = measured_difference(floats(1, 2, 3), floats(0, 0, 0), 0.95)
    assert found.relative is None
    assert found.own.mean == 2
    unmoved = measured_difference(floats(0, 0), floats(0, 0), 0.95)
    assert unmoved.relative == Interval(0.0, 0.0, 0.0, 2)


def test_nothing_is_a_share_of_a_level_that_is_zero_on_average() -> None:
    """The difference is 0 on average as well, without being 0 in any replicate."""
    found = measured_difference(floats(1, -1), floats(-1, 1), 0.95)
    assert (found.own.mean, found.own.n, found.relative) == (0.0, 2, None)


def test_only_replicates_count_that_both_sides_define() -> None:
    found = measured_difference(floats(5, NAN, 7, 8), floats(4, 3, NAN, 6), 0.95)
    assert (found.own.mean, found.own.n) == (1.5, 2)
    assert found.relative is not None
    assert (found.relative.mean, found.relative.n) == (pytest.approx(0.3), 2)
    nothing = measured_difference(floats(NAN, NAN), floats(1, 2), 0.95)
    assert (nothing.own.mean, nothing.relative) == (None, None)


def test_one_replicate_decides_nothing() -> None:
    found = measured_difference(floats(5), floats(4), 0.95)
    assert (found.own.mean, found.own.low) == (1, None)
    assert judged(found, Bounds(0.0, None)) == "inconclusive"


def test_more_confidence_is_a_wider_interval() -> None:
    values = floats(3, 5, 8, 4, 6)
    narrow, wide = (measured_level(values, confidence).own for confidence in (0.95, 0.9875))
    assert narrow.mean == wide.mean
    assert wide.low is not None
    assert narrow.low is not None
    assert wide.low < narrow.low
    # t(4, 97.5%) and t(4, 99.375%), from tables
    assert (narrow.mean or 0) - narrow.low == pytest.approx(2.776445 * values.std(ddof=1) / 5**0.5, rel=1e-5)
    assert (wide.mean or 0) - wide.low == pytest.approx(4.314725 * values.std(ddof=1) / 5**0.5, rel=1e-3)


# ---------------------------------------------------------------------------------------------------------------------
# How often a check is mistaken


CHECKS = 1_500
LOOKS = planned_looks(20, 160)
SPREAD = 10.0


def verdicts(true_difference: float, margin: float, confidence: float, seed: int = 7) -> dict[str, float]:
    """The shares of verdicts over many checks of normal differences, each with all the looks that it takes."""
    generator = np.random.default_rng(seed)
    counts = {"pass": 0, "fail": 0, "inconclusive": 0}
    for _ in range(CHECKS):
        differences = generator.normal(true_difference, SPREAD, LOOKS[-1])
        for n in LOOKS:
            found = judged(Measure(difference_interval(differences[:n], confidence)), Bounds(-margin, margin))
            if found != "inconclusive":
                break
        counts[found] += 1
    return {verdict: n / CHECKS for verdict, n in counts.items()}


def test_a_difference_of_zero_fails_in_at_most_its_nominal_share() -> None:
    """Without any margin, where it is hardest: each interval that misses zero fails. Chance adds ± 1.1%."""
    assert verdicts(0.0, 0.0, confidence_of(len(LOOKS)))["fail"] <= MISTAKES


def test_a_difference_of_zero_that_looks_at_95_percent_each_time_fails_more_often() -> None:
    assert verdicts(0.0, 0.0, confidence_of(1))["fail"] > 1.5 * MISTAKES


def test_a_difference_on_the_margin_fails_in_at_most_its_nominal_share() -> None:
    found = verdicts(3.0, 3.0, confidence_of(len(LOOKS)))
    assert found["fail"] <= MISTAKES
    assert found["pass"] <= MISTAKES


def test_a_difference_of_twice_the_margin_is_found_where_the_replicates_can_tell_it() -> None:
    """The last look's interval is ± 2.52 · 10 / √160 = 2.0; a margin of 4 lies two of these off."""
    found = verdicts(8.0, 4.0, confidence_of(len(LOOKS)))
    assert found["fail"] >= 0.95
    assert found["pass"] == 0


def test_a_margin_that_the_replicates_cannot_tell_is_inconclusive_not_passed() -> None:
    found = verdicts(1.0, 0.5, confidence_of(len(LOOKS)))
    assert found["inconclusive"] >= 0.9
    assert found["pass"] <= MISTAKES


# ---------------------------------------------------------------------------------------------------------------------
# Reports

VERDICT = Verdict(
    "recall pays", "expectation", "pass", METRICS[7], "CNY", "recall", "today", 1.0, 0.5, 1.5, 0.1, 0.05, 0.15,
    "at least 0", 20, Place("expect.yaml", 5, 3), (), "",
)  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "status", "exit_code"),
    [
        ((), "pass", 0),
        (("pass", "pass"), "pass", 0),
        (("pass", "warn"), "warn", 0),
        (("inconclusive", "warn"), "inconclusive", 3),
        (("inconclusive", "fail", "warn"), "fail", 1),
    ],
)
def test_the_worst_verdict_makes_the_exit_code(statuses: tuple[str, ...], status: str, exit_code: int) -> None:
    report = CheckReport(tuple(replace(VERDICT, status=one) for one in statuses), (), "1")  # type: ignore[arg-type]
    assert (report.status, report.exit_code) == (status, exit_code)
    assert report.has_moved == (status != "pass")


def test_bad_input_is_told_from_a_failure_and_a_warning_is_none() -> None:
    warning = Problem("doubtful", None, severity="warning")
    assert CheckReport((), (Problem("wrong", None), warning), "1").exit_code == 2
    assert CheckReport((VERDICT,), (warning,), "1").exit_code == 0


@pytest.mark.parametrize(("low", "high", "has_moved"), [(0.0, 0.0, False), (-1.0, 1.0, False), (0.1, 0.2, True)])
def test_an_accepted_outcome_has_moved_where_zero_lies_outside(low: float, high: float, has_moved: bool) -> None:
    moved = replace(VERDICT, kind="baseline", against=None, low=low, high=high)
    assert moved.has_moved is has_moved
    assert moved.is_difference
    assert not replace(moved, kind="expectation").has_moved
