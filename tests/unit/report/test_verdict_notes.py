"""The words of a verdict."""

from __future__ import annotations

import pytest

from sim.analysis.intervals import NOTHING, Interval
from sim.analysis.verdicts import Bounds, Measure
from sim.metrics import Metric
from sim.report.verdict_notes import accepted_text, ended_text, note_text, replicates_needed
from sim.scenario.amounts import Amount
from sim.scenario.expectations import Expectation

PROFIT = Metric("profit", "Profit", "currency", "Revenue less cost.", "sum", "profit", better="higher")
SHARE = Metric("d30_retention", "D30 retention", "share", "Active on day 30.", "ratio", "d30_active", "d30_size")
AT_LEAST_0 = Bounds(0.0, None)


@pytest.mark.parametrize(
    ("judgement", "interval", "note"),
    [
        ("pass", Interval(2, 1, 3, 20), "All of the interval is allowed."),
        ("fail", Interval(-2, -3, -1, 20), "Nothing of the interval is allowed."),
        ("pass", Interval(0, 0, 0, 20), "All replicates agree, so the number is exact; it is allowed."),
        ("fail", Interval(-1, -1, -1, 20), "All replicates agree, so the number is exact; it is not allowed."),
        (
            "inconclusive",
            Interval(1, None, None, 1),
            "One replicate gives no interval, and without one nothing is decided.",
        ),
        ("inconclusive", NOTHING, "No replicate defines it, so that it can be held to nothing."),
        (
            "inconclusive",
            Interval(1, -1, 3, 20),
            "A part of the interval is allowed and a part is not, after 20 replicates; about 80 replicates would tell.",
        ),
        (
            "inconclusive",
            Interval(0, -1, 1, 20),
            "A part of the interval is allowed and a part is not, after 20 replicates.",
        ),
    ],
)  # fmt: skip
def test_a_note_says_why(judgement: str, interval: Interval, note: str) -> None:
    assert note_text(judgement, Measure(interval), AT_LEAST_0) == note
    assert note_text(judgement, Measure(NOTHING, interval), Bounds(0.0, None, is_relative=True)) == note


@pytest.mark.parametrize(
    ("low", "high", "n", "needed"),
    [
        (-1.0, 3.0, 20, 80),  # half 2, distance 1: four times as many
        (-1.0, 1.5, 20, 500),
        (-0.1, 3.0, 160, 190),
        (-1.0, 1.0, 20, None),  # on the bound
        (-1.0, 1.0001, 20, None),  # more than anybody runs
    ],
)
def test_replicates_that_would_tell(low: float, high: float, n: int, needed: int | None) -> None:
    assert replicates_needed(low, high, n, AT_LEAST_0) == needed


def test_what_was_accepted_is_told_in_its_unit() -> None:
    assert accepted_text(PROFIT, "CNY", 5_812_000.4, "1%") == "within ±1% of the accepted 5,812,000 CNY"
    assert accepted_text(SHARE, "CNY", 0.1234, "0.5 pp") == "within ±0.5 pp of the accepted 12.3%"
    assert accepted_text(SHARE, "CNY", None, "1%") == "undefined, as accepted"
    assert ended_text("2026-06-30") == "It was accepted until 2026-06-30: look at it again, then accept it anew."


@pytest.mark.parametrize(
    ("amount", "text", "signed"),
    [
        (Amount(0.3, "%"), "0.3%", "+0.3%"),
        (Amount(-0.5, "pp"), "−0.5 pp", "−0.5 pp"),
        (Amount(20_000, "CNY"), "20,000 CNY", "+20,000 CNY"),
        (Amount(0), "0", "0"),
        (Amount(1234.5), "1,234.5", "+1,234.5"),
        (Amount(0.1 + 0.2, "%"), "0.3%", "+0.3%"),
    ],
)
def test_an_amount_is_told_as_it_was_written(amount: Amount, text: str, signed: str) -> None:
    assert (amount.text(), amount.text(is_signed=True)) == (text, signed)


def test_bounds_are_told_in_words() -> None:
    context = {"metrics": ("profit",)}
    given = {"metric": "profit", "of": "a.yaml", "at_least": "0.3%", "margin": "0.1%"}
    level = Expectation.model_validate({**given, "at_most": "2%"}, context=context)
    assert level.allowed == "at least 0.3% and at most 2%, margin 0.1%"
    difference = Expectation.model_validate({**given, "against": "b.yaml"}, context=context)
    assert difference.allowed == "at least +0.3%, margin 0.1%"
    assert (level.is_in_per_cent, difference.is_in_per_cent) == (False, True)
