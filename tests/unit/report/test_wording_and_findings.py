"""Numbers and findings in words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sim.analysis import Comparison, channel_economics, compare_runs
from sim.analysis.intervals import Interval
from sim.report.findings import changed, channels_headline, headline, lower_first
from sim.report.wording import (
    difference_text,
    over_days,
    per_cent_range,
    per_cent_text,
    plus_minus,
    range_text,
    short_number,
    value_text,
)
from tests.unit.analysis.synthetic import METRICS, Policy, make_run

BY_NAME = {metric.name: metric for metric in METRICS}


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("users", 20102.45, "20,102"),
        ("users", 12.34, "12.3"),
        ("d30_retention", 0.0957, "9.6%"),
        ("profit", -1234.5, "−1,234"),
        ("ltv", 47.456, "47.46"),
        ("cac", None, "–"),
    ],
)
def test_values(metric: str, value: float | None, text: str) -> None:
    assert value_text(BY_NAME[metric], value) == text


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("users", 1123.2, "+1,123"),
        ("dau", -5.987, "−5.99"),
        ("d30_retention", 0.00424, "+0.42 pp"),
        ("profit", 0.0, "0"),
        ("profit", None, "–"),
        ("ltv", 0.001, "+0.001"),
        ("ltv", 1e-12, "0.00"),
    ],
)
def test_differences_carry_their_sign(metric: str, value: float | None, text: str) -> None:
    assert difference_text(BY_NAME[metric], value) == text


def test_both_ends_have_the_same_decimals() -> None:
    assert range_text(BY_NAME["dau"], -4.6, 120.25) == "−5 to +120"
    assert range_text(BY_NAME["dau"], 9.87, 12.34) == "+9.9 to +12.3"
    assert range_text(BY_NAME["d30_retention"], -0.001, 0.002) == "−0.10 to +0.20 pp"
    assert per_cent_range(-0.001, 0.0125) == "−0.1% to +1.2%"
    assert per_cent_range(None, None) == "–"


def test_an_end_that_is_not_zero_never_reads_as_zero() -> None:
    """Beside a mark, an interval from "0.0%" would look as if it held zero."""
    assert per_cent_range(0.0004, 0.082) == "+0.04% to +8.2%"
    assert per_cent_range(-0.082, -0.0000099) == "−8.2% to −0.001%"
    assert range_text(BY_NAME["profit"], 0.3, 12_345) == "+0.3 to +12,345"
    assert range_text(BY_NAME["d30_retention"], 0.00001, 0.2) == "+0.001 to +20.0 pp"


@pytest.mark.parametrize(
    ("share", "text"), [(0.1234, "+12.3%"), (-0.00123, "−0.12%"), (2.5, "+250%"), (0.0, "0%"), (None, "–")]
)
def test_per_cent(share: float | None, text: str) -> None:
    assert per_cent_text(share) == text


def test_margins_are_written_to_the_decimals_of_their_mean() -> None:
    assert (
        plus_minus(Interval(74716.0, 74000.0, 75432.0, 5), "money") == "74,716\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}716"
    )
    assert plus_minus(Interval(0.098, 0.095, 0.101, 5), "share") == "9.8%\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}0.3"
    assert plus_minus(Interval(3.0, 3.0, 3.0, 5)) == "3"
    assert plus_minus(Interval(3.5, None, None, 1)) == "3.5"
    assert plus_minus(Interval(None, None, None, 0)) == "–"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (12345.0, "12.35k"), (-2e6, "−2M"), (10.25, "10.25"), (3e9, "3bn")]
)
def test_numbers_on_axes(value: float, text: str) -> None:
    assert short_number(value) == text


def compared(*policies: Policy, replicates: int = 4) -> Comparison:
    return compare_runs(
        make_run(replicates=replicates), [make_run(policy, replicates=replicates) for policy in policies]
    )


def test_the_best_of_several_is_named_with_its_interval() -> None:
    found = headline(compared(Policy("a", activity=1.02), Policy("b", activity=1.10)), "dau")
    assert found is not None
    assert found.startswith("Best daily active users: b, +10.0% (95% interval +")


def test_where_none_beats_the_baseline_it_says_so() -> None:
    worse = (Policy("a", recall_cents_per_day=20_000), Policy("b", recall_cents_per_day=90_000))
    found = headline(compared(*worse), "profit")
    assert found is not None
    assert found.startswith("Profit: every policy does worse than the baseline; a least so, −")
    assert (
        headline(compared(Policy("same"), Policy("again")), "profit") == "Profit: no policy clearly beats the baseline"
    )


def test_the_lowest_cost_is_the_best() -> None:
    found = headline(compared(Policy("dear", paid=2.0), Policy("cheap", paid=0.5)), "cac")
    assert found is not None
    assert found.startswith("Lowest CAC: cheap, −")


def test_one_policy_alone() -> None:
    assert headline(compared(Policy("same")), "users") == "same: users exactly as in the baseline"
    single = headline(compared(Policy("more", activity=1.1), replicates=1), "dau")
    assert single is not None
    assert single.endswith("(one replicate: no interval)")


def test_an_unknown_metric_has_no_headline() -> None:
    assert headline(compared(Policy("same")), "satisfaction") is None


def test_the_last_channel_to_pay_back_is_named() -> None:
    assert channels_headline("today", channel_economics(make_run(days=120))).startswith(
        "today: every channel pays back its sign-ups; paid search last, after 7"
    )
    short = channels_headline("today", channel_economics(make_run(days=40)))
    assert short == "today: paid search does not pay back a sign-up within the horizon"


def test_abbreviations_keep_their_capitals() -> None:
    assert (lower_first("Daily active"), lower_first("LTV"), lower_first("D30")) == ("daily active", "LTV", "D30")


def test_a_difference_beyond_all_proportion_is_told_in_the_unit_itself() -> None:
    huge = replace(compared(Policy("a", activity=1.1)).policies[0].differences[7], relative=43.0)
    assert changed(huge) == f"{difference_text(huge.metric, huge.difference)} CNY"


def test_a_share_is_told_in_percentage_points() -> None:
    found = headline(compared(Policy("more", activity=1.2)), "d30_retention")
    assert found is not None
    assert re.search(r"more: .*D30 retention,? \S+ pp \(95% interval \S+ to \S+ pp\)$", found)
    assert found.count("%") == 1  # of "95%"


@pytest.mark.parametrize(
    ("metric", "n_days", "word"),
    [("users", 60, "end"), ("dau", 60, "mean"), ("mau", 28, "last 28 days"), ("mau", 27, "mean"), ("ltv", 60, "")],
)
def test_the_word_for_the_days(metric: str, n_days: int, word: str) -> None:
    assert over_days(BY_NAME[metric], n_days) == word
