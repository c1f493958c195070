"""An explanation in words, tables and a chart."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.comparing import Difference
from sim.analysis.explaining import Change, ChangedLine, Explanation, Part, Side
from sim.analysis.groups import amount_of
from sim.errors import Place
from sim.metrics import Metric
from sim.report.chart_waterfall import MOST_BARS, draw_explanation, steps_of
from sim.report.explanation_json import explanation_as_json
from sim.report.explanation_tables import explanation_text
from sim.report.explanation_words import from_to, headline, title
from sim.report.sums import column, rounded_to_sum
from sim.systems.books.metrics import METRICS

PROFIT, LTV, RETENTION = (
    next(one for one in METRICS if one.name == name) for name in ("profit", "ltv", "d30_retention")
)
FACTS = {"seed": 1, "replicates": 3, "days": 90, "currency": "CNY", "people_per_agent": 1, "version": "0"}


def line(
    path: str = "policy.rules.reminder.do.coupon.off", left: str | None = "20 CNY", right: str | None = "10 CNY"
) -> ChangedLine:
    return ChangedLine(path, left, right, Place("policies/recall.yaml", 14, 3))


def explained(
    parts: list[tuple[ChangedLine, list[int]]], alone: list[list[int]] | None = None, metric: Metric = PROFIT
) -> Explanation:
    """An explanation of three replicates of parts in the metric's unit, over a level of 1,000."""
    own = alone or [amounts for _, amounts in parts]
    totals = [Fraction(sum(ones)) for ones in zip(*(amounts for _, amounts in parts), strict=True)]
    left = [total - sum(ones) for total, ones in zip(totals, zip(*own, strict=True), strict=True)]
    total = amount_of(totals)
    found = total.interval
    low, high = found.low, found.high
    assert found.mean is not None
    difference = Difference(
        metric, 1000.0, 1000.0 + found.mean, found.mean, low, high,
        found.mean / 1000, None if low is None else low / 1000, None if high is None else high / 1000,
        3, found.excludes_zero, currency="CNY",
    )  # fmt: skip
    made = [
        Part(Change(one.path, (one,)), amount_of([*map(Fraction, other)]), amount_of([*map(Fraction, amounts)]))
        for (one, amounts), other in zip(parts, own, strict=True)
    ]
    return Explanation(
        Side("today", "shop today", "a"), Side("recall", "shop recall", "b"), metric, FACTS,
        difference, tuple(made), total, amount_of(left), by_segment=(("新手媽媽", total),), n_variants=4, n_runs=12,
    )  # fmt: skip


@given(st.lists(st.fractions(-(10**6), 10**6), min_size=1, max_size=8), st.integers(0, 3))
def test_rounded_numbers_sum_to_their_rounded_sum(values: list[Fraction], decimals: int) -> None:
    rounded = rounded_to_sum(values, decimals)
    unit = Fraction(1, 10**decimals)
    assert sum(rounded) == round(sum(values) / unit) * unit
    assert all(abs(was - now) < unit for was, now in zip(values, rounded, strict=True))
    assert all(now == 0 for was, now in zip(values, rounded, strict=True) if was == 0)


def test_a_column_sums_to_what_stands_below_it() -> None:
    third = Fraction(1000, 3)
    assert column(PROFIT, [third, third, third]) == ["+334", "+333", "+333", "+1,000"]
    assert column(PROFIT, [Fraction(-2), Fraction(1, 3), Fraction(0)]) == ["−2.00", "+0.33", "0", "−1.67"]
    assert column(PROFIT, [Fraction(500), Fraction(1, 3)]) == ["+500", "±0", "+500"]
    assert column(RETENTION, [Fraction(1, 100), Fraction(-3, 1000)]) == ["+1.00", "−0.30", "+0.70"]
    assert column(PROFIT, [None, Fraction(2)]) == ["–", "+2.00", "–"]


def test_the_sentence_names_the_change_its_line_and_the_interaction() -> None:
    found = explained(
        [(line(), [60, 61, 62]), (line("policy.budgets.ads", "300 CNY / day", None), [5, 6, 4])],
        alone=[[63, 65, 65], [8, 9, 7]],
    )
    assert headline(found) == (
        "recall: profit +6.6% (95% interval +6.4% to +6.8%); most of it, +61.0 CNY, is "
        "`policy.rules.reminder.do.coupon.off` 20 CNY → 10 CNY (policies/recall.yaml:14); "
        "together the changes come to 6.3 CNY less than one at a time"
    )
    assert "recall.yaml" not in headline(found, with_place=False)


def test_other_sentences() -> None:
    assert "all of it is `policy.rules" in headline(explained([(line(), [60, 61, 62])]))
    against = explained([(line(), [60, 61, 62]), (line("b"), [-50, -51, -54])])
    assert "the largest part, +61.0 CNY, is" in headline(against)
    assert headline(against).endswith("against −51.7 CNY of `b`")
    small = explained([(line(), [60, 61, 62]), (line("b"), [-5, -6, -4])])
    assert "the largest part, +61.0 CNY" in headline(small)
    assert "against" not in headline(small)
    torn = explained([(line(), [60, 61, 62]), (line("b"), [59, 61, 64]), (line("c"), [1, 3, 2])])
    assert "the largest part, +61 CNY, is" in headline(torn)
    noise = explained([(line(), [60, -61, 2]), (line("b"), [-9, 10, 0])])
    assert headline(noise).endswith("no change's part can be told from 0")
    nothing = explained([(line(), [0, 0, 0]), (line("b"), [0, 0, 0])])
    assert headline(nothing) == "recall: profit exactly as in the baseline"
    same = Explanation(Side("a", "a", "x"), Side("b", "b", "x"), PROFIT, {})
    assert headline(same) == "b says the same as a: no difference to explain"
    assert explanation_text(same, colour=False) == headline(same)


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ("1300", "{2026-01-01: 1300, 2026-06-01: 2600}", "1300 → {2026-01-01: 1300, 2026-06-01: 2600}"),
        ("1300 points", "{2026-01-01: 1300 CNY, 2026-06-01: 2600 CNY}", "1300 points → {…, 2026-06-01: 2600 CNY}"),
        (
            "{2026-01-01: 1300 CNY, 2026-06-01: 2600 CNY}",
            "{2026-01-01: 1700 CNY, 2026-06-01: 2600 CNY}",
            "{…, 2026-01-01: 1300 CNY} → {…, 2026-01-01: 1700 CNY}",
        ),
        ("{" + "a: 1, " * 12 + "b: 2}", "3", "{…, a: 1, a: 1, a: 1, a: 1, b: 2} → 3"),
    ],
)
def test_of_many_values_those_are_told_that_differ_and_the_last(left: str, right: str, told: str) -> None:
    assert from_to(line(left=left, right=right)) == told


def test_nested_values_are_cut_at_the_end() -> None:
    nested = "{a: {b: 1, c: 2}, d: [1, 2, 3], e: 2026-06-01}"
    assert from_to(line(left="1", right=nested)) == f"1 → {nested[:34]}…"


def test_the_title_of_the_waterfall_holds_whole_sentences() -> None:
    found = explained(
        [(line("policy." + "x" * 90), [60, 61, 62]), (line("b"), [5, 6, 4])], alone=[[63, 65, 65], [8, 9, 7]]
    )
    assert title(found, 1_000) == headline(found, with_place=False)
    assert title(found, 205) == "; ".join(headline(found, with_place=False).split("; ")[:2])
    shorter = "recall: profit +6.6% (95% interval +6.4% to +6.8%)"
    assert title(found, 190) == f"{shorter}; most of it, +61.0 CNY, is policy.{'x' * 90}"
    assert title(found, 139) == title(found, 10) == shorter


def test_what_is_undefined_has_no_table() -> None:
    found = explained([(line(), [1, 2, 3])])
    assert found.difference is not None
    undefined = replace(
        found,
        difference=replace(found.difference, difference=None),
        total=amount_of([]),
        parts=tuple(Part(part.change, amount_of([]), amount_of([])) for part in found.parts),
    )
    assert explanation_text(undefined, colour=False) == "recall: Profit is undefined in one of the two"


def test_what_is_added_or_removed_whole_is_not_spelt_out() -> None:
    assert from_to(line(left=None, right="{when: {every: 3 days}}")) == "added"
    assert from_to(line(left="{when: {every: 3 days}}", right=None)) == "removed"
    assert from_to(line(left=None, right="20 CNY")) == "nothing → 20 CNY"
    assert len(from_to(line(right="x" * 500))) < 60
    found = explained([(line(left=None, right="{a: 1}"), [1, 2, 3])])
    assert "(added, policies/recall.yaml:14)" in headline(found)


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal_and_columns_add_up(width: int) -> None:
    found = explained([(line(), [60, 61, 62]), (line("市場.渠道" * 9), [5, 6, 4]), (line("c"), [1, 0, 1])])
    text = explanation_text(found, width=width, colour=False)
    assert all(len(row) <= width for row in text.splitlines())
    assert text.count("+66.7") >= 2
    assert ("no room for the intervals" in text) == (text.count("95% interval") == 4)
    for number in ("+61.0", "+5.0", "+0.7"):
        assert number in text


def test_ratios_say_that_they_do_not_add_up() -> None:
    assert "ratios do not add up" in explanation_text(explained([(line(), [1, 2, 3])], metric=LTV), colour=False)
    assert "ratios do not add up" not in explanation_text(explained([(line(), [1, 2, 3])]), colour=False)


def test_json_holds_each_replicate() -> None:
    content = explanation_as_json(explained([(line(), [60, 61, 62]), (line("b"), [5, 6, 4])]))
    shares = [change["shapley"]["per_replicate"] for change in content["changes"]]
    assert [sum(ones) for ones in zip(*shares, strict=True)] == [65.0, 67.0, 66.0]
    assert content["changes"][0]["lines"][0]["place"] == "policies/recall.yaml:14:3"
    assert content["difference"]["difference"] == 66.0


def test_the_bars_of_the_waterfall_lead_to_the_whole(tmp_path: Path) -> None:
    many = explained([(line(f"policy.x{i}"), [40 - i, 41 - i, 45 - i]) for i in range(MOST_BARS + 6)])
    steps = steps_of(many)
    assert len(steps) == MOST_BARS + 1
    assert steps[-2].label == "7 other changes"
    ends = [step.start + float(step.amount.exact or 0) for step in steps]
    assert [step.start for step in steps[1:-1]] == pytest.approx(ends[:-2])
    assert ends[-2] == pytest.approx(ends[-1])
    (path,) = draw_explanation(many, tmp_path)
    assert path.name == "waterfall.png"
    assert path.read_bytes() == draw_explanation(many, tmp_path / "again")[0].read_bytes()
    same = Explanation(Side("a", "a", "x"), Side("b", "b", "x"), PROFIT, {})
    assert draw_explanation(same, tmp_path / "none") == []
