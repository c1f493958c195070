"""How narrow an interval is, what is asked for, how many replicates that takes; and how it is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.analysis.comparing import compare_runs
from sim.analysis.precision import (
    Aim,
    Precision,
    decisive,
    next_replicates,
    precision_of_comparison,
    precision_of_run,
)
from sim.analysis.summary import estimate
from sim.errors import UsageError
from sim.flows.stopping import read_aims
from sim.report.precision_notes import precision_note, precision_notes, rounded_up
from sim.systems.books.metrics import METRICS
from tests.unit.analysis.synthetic import Policy, make_run

BY_NAME = {metric.name: metric for metric in METRICS}
ONE_PER_CENT = Aim(BY_NAME["revenue"], 0.01, is_relative=True, asked="1%")
AMOUNT = Aim(BY_NAME["revenue"], 500.0, is_relative=False, asked="500 CNY")


def found(aim: Aim = ONE_PER_CENT, **changes: Any) -> Precision:
    """± 2,000 CNY around 100,000 CNY after 20 replicates."""
    values: dict[str, Any] = {"level": 100_000.0, "half_width": 2_000.0, "n": 20, "replicates": 20, "currency": "CNY"}
    return Precision(aim, **(values | changes))


def test_a_share_is_of_the_level_and_an_amount_of_nothing() -> None:
    assert (found().wanted, found(level=-100_000.0).wanted, found(AMOUNT).wanted) == (1_000.0, 1_000.0, 500.0)
    assert (found().ratio, found(AMOUNT).ratio) == (2.0, 4.0)


@pytest.mark.parametrize(
    ("half_width", "needed"), [(1_001.0, 30), (2_000.0, 90), (4_000.0, 360), (20_000.0, 8_800)], ids=str
)
def test_needed_grows_with_the_square_and_is_rounded_up_to_tens(half_width: float, needed: int) -> None:
    one = found(half_width=half_width)
    assert not one.reached
    assert one.needed == needed


@pytest.mark.parametrize("half_width", [1_000.0, 999.0, 0.0])
def test_what_is_narrow_enough_needs_nothing(half_width: float) -> None:
    one = found(half_width=half_width)
    assert one.reached
    assert (one.needed, next_replicates([one], 400)) == (None, None)


@pytest.mark.parametrize("changes", [{"half_width": None, "n": 1}, {"level": 0.0}, {"level": None}], ids=str)
def test_what_is_undefined_is_never_reached_and_asks_for_nothing(changes: dict[str, Any]) -> None:
    one = found(**changes)
    assert not one.reached
    assert (one.needed, next_replicates([one], 400)) == (None, None)


def test_no_spread_is_narrow_enough_even_of_nothing() -> None:
    assert found(level=0.0, half_width=0.0).reached


def test_the_next_look_is_at_most_four_times_as_many_and_at_most_what_is_allowed() -> None:
    assert next_replicates([found(half_width=1_500.0)], 400) == 50
    assert next_replicates([found(half_width=20_000.0)], 400) == 80
    assert next_replicates([found(half_width=20_000.0)], 70) == 70
    assert next_replicates([found(replicates=400)], 400) is None
    assert next_replicates([], 400) is None


def test_the_farthest_decides_how_many_are_needed() -> None:
    several = [found(half_width=1_100.0), found(half_width=1_900.0), found(half_width=900.0), found(level=0.0)]
    assert next_replicates(several, 400) == several[1].needed == 80


def test_of_each_metric_the_farthest_policy_is_told() -> None:
    near, far, other = found(policy="a"), found(policy="b", half_width=3_000.0), found(AMOUNT, policy="a")
    assert decisive([near, far, other]) == (far, other)
    assert decisive([near, replace(near, policy="c"), other]) == (near, other)
    assert decisive([far, found(policy="d", half_width=None)])[0].policy == "d"


def test_the_level_of_a_run() -> None:
    run = make_run(days=20)
    aims = [Aim(metric, 0.01, is_relative=True, asked="1%") for metric in run.metrics if metric.name == "revenue"]
    (one,) = precision_of_run(run, aims)
    revenue = estimate(run, aims[0].metric)
    assert revenue.low is not None
    assert revenue.mean is not None
    assert one.half_width == pytest.approx(revenue.mean - revenue.low)
    assert (one.level, one.n, one.replicates, one.policy) == (revenue.mean, revenue.n, revenue.n, None)


def test_the_differences_of_a_comparison() -> None:
    comparison = compare_runs(make_run(days=20), [make_run(Policy("recall", activity=1.05), days=20)])
    (policy,) = comparison.policies
    metric = next(one.metric for one in policy.differences if one.metric.name == "revenue")
    (one,) = precision_of_comparison(comparison, [Aim(metric, 0.01, is_relative=True, asked="1%")])
    difference = policy.of("revenue")
    assert difference is not None
    assert difference.low is not None
    assert difference.high is not None
    assert one.half_width == (difference.high - difference.low) / 2
    assert (one.level, one.policy) == (difference.baseline_mean, policy.label)


@pytest.mark.parametrize(
    ("metric", "asked", "width", "is_relative"),
    [
        ("revenue", "1%", 0.01, True),
        ("revenue", " 0.5 % ", 0.005, True),
        ("revenue", "500 CNY", 500.0, False),
        ("d30_retention", "5%", 0.05, True),
        ("d30_retention", "0.2pp", 0.002, False),
        ("d30_retention", "0.2 pp", 0.002, False),
        ("dau", "30", 30.0, False),
        ("dau", 12.5, 12.5, False),
        ("dau", "30 persons", 30.0, False),
        ("orders", "1e3", 1_000.0, False),
    ],
)
def test_widths_are_read_in_the_unit_of_the_metric(
    metric: str, asked: str | float, width: float, is_relative: bool
) -> None:
    (aim,) = read_aims({metric: asked}, "CNY")
    assert (aim.metric.name, aim.is_relative) == (metric, is_relative)
    assert aim.width == pytest.approx(width)


@pytest.mark.parametrize(
    ("metric", "asked", "message"),
    [
        ("revenu", "1%", r"there is no metric `revenu`; did you mean: revenue\? \(users, dau, .*, cac\)"),
        ("revenue", "500", "precision of revenue is 500, without a currency; .*; did you mean: 500 CNY"),
        ("revenue", "500 USD", "the scenario's currency is CNY; allowed: .* such as 1% or 500 CNY"),
        ("revenue", 0.01, "is 0.01, without a currency"),
        ("revenue", "0%", "is 0%; must be above 0"),
        ("revenue", "0 CNY", "is 0 CNY; must be above 0"),
        ("revenue", "-1%", "is -1%; must lie in"),
        ("revenue", "narrow", "is `narrow`; must be a number"),
        ("d30_retention", "0.002", r"is 0.002, of the level or in percentage points; .*; did you mean: 0.2pp\?"),
        ("d30_retention", 0.002, r"did you mean: 0.2pp\?"),
        ("dau", "30 CNY", "is `CNY`|is 30 CNY; `CNY` does not belong here; allowed: .* such as 1% or 30"),
        ("dau", "-3", "must be above 0"),
    ],
)
def test_a_width_that_is_none_is_refused(metric: str, asked: str | float, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_aims({metric: asked}, "CNY")


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (found(half_width=994.0), "revenue ± 0.994% after 20 replicates, within the 1% asked for"),
        (
            found(half_width=1_000.4, replicates=400),
            "revenue ± 1.01% after 400 replicates, wider than the 1% asked for: about 450 would do (--max-replicates)",
        ),
        (
            found(AMOUNT, policy="recall"),
            "difference in revenue (recall) ± 2,000 CNY after 20 replicates, wider than the 500 CNY asked for: "
            "about 360 would do (--max-replicates)",
        ),
        (
            found(half_width=None, n=1),
            "no interval for revenue: 1 of 20 replicates defines it, and more would not change that",
        ),
        (
            found(level=0.0),
            "revenue ± 2,000 CNY after 20 replicates; 1% of a level of 0 is no width: ask for one in CNY",
        ),
        (
            found(Aim(BY_NAME["d30_retention"], 0.002, is_relative=False, asked="0.2pp"), half_width=0.0012, level=0.1),
            "D30 retention ± 0.120 pp after 20 replicates, within the 0.2pp asked for",
        ),
    ],
)
def test_each_outcome_has_its_words(one: Precision, told: str) -> None:
    assert precision_note(one) == told


def test_each_width_has_a_line() -> None:
    lines = precision_notes([found(), found(AMOUNT)], width=160).splitlines()
    assert [line.startswith("precision: revenue ± ") for line in lines] == [True, True]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (1.0004, "1.01"),
        (0.123, "0.123"),
        (0.12301, "0.124"),
        (45_231.0, "45,300"),
        (9.999, "10.00"),
    ],
)
def test_half_widths_are_rounded_up(value: float, text: str) -> None:
    assert rounded_up(value) == text
