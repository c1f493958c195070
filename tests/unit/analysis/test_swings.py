"""Swings: spans, marks, the order of a tornado, where a sign turns, and what is to be measured next."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.inputs import InputNumber
from sim.analysis.intervals import Floats, difference_interval
from sim.analysis.swings import Swing, Tornado, swing_of, widest_first
from sim.report.swing_tables import tornado_table
from sim.report.swing_words import headline, next_sentence, turn_sentences
from sim.systems.books.metrics import METRICS

PROFIT = next(metric for metric in METRICS if metric.name == "profit")
LUCK = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
WRITTEN = 100 + LUCK


def number(name: str, source: str | None = None) -> InputNumber:
    return InputNumber(name, "6%", "3%", "9%", source, "world.yaml", 7)


def swing(name: str, low: float, high: float, source: str | None = None, spread: float = 0.1) -> Swing:
    noise = spread * np.array([1.0, -1.0, 0.5, -0.5, 0.0])
    return swing_of(number(name, source), WRITTEN, WRITTEN + low + noise, WRITTEN + high - noise, "")


def tornado(*swings: Swing, written: Floats = WRITTEN) -> Tornado:
    return Tornado(
        PROFIT, "CNY", "recall", "today", difference_interval(written), widest_first(swings), 3, 1, 5, 60, "0"
    )


def test_the_span_reaches_from_the_lowest_to_the_highest_with_the_written_value() -> None:
    assert swing("a", -20, 30).width == pytest.approx(50, abs=0.1)
    assert swing("a", 10, 30).width == pytest.approx(30, abs=0.1)
    assert swing("a", -20, -30).span == pytest.approx((-30, 0), abs=0.1)


def test_what_luck_explains_is_not_marked_and_comes_last() -> None:
    noisy = swing("noisy", -60, 60, spread=200)
    assert not noisy.is_distinguishable
    assert swing("sure", -1, 1).is_distinguishable
    assert swing("turning back", 5, 5).is_distinguishable
    assert [one.number.name for one in widest_first([noisy, swing("small", 0, 2), swing("large", -9, 2)])] == [
        "large",
        "small",
        "noisy",
    ]


@pytest.mark.parametrize(("low", "turns"), [(-50, "no"), (-100, "perhaps"), (-150, "yes")])
def test_a_sign_turns_where_the_interval_lies_beyond_zero(low: float, turns: str) -> None:
    assert swing("a", low, 1).turns == turns


def test_no_sign_turns_where_luck_hides_the_first() -> None:
    written = 1 + LUCK
    found = swing_of(number("a"), written, written - 500, written + 1, "")
    assert found.turns == "no"
    assert turn_sentences(tornado(found, written=written))[0].startswith("All numbers as written, luck still hides")


def test_what_is_the_same_as_the_baseline_has_no_sign() -> None:
    nothing = np.zeros_like(WRITTEN)
    same = tornado(swing_of(number("a"), nothing, nothing, nothing, ""), written=nothing)
    assert turn_sentences(same) == [
        "All numbers as written, it is exactly 0 in every replicate: there is no sign to turn."
    ]
    assert headline(same).endswith("no number with a range moves it at all")


def test_a_missing_end_says_why_and_moves_nothing() -> None:
    found = swing_of(number("a"), WRITTEN, None, WRITTEN + 5, "must be below 3")
    assert found.low is None
    assert found.across is None
    assert found.is_distinguishable
    assert "a: one end is left out, it must be below 3" in tornado_table(tornado(found), colour=False)


def test_measure_next_what_moves_most_among_the_unmeasured() -> None:
    measured, guessed = swing("measured", -90, 9, "holdout of May"), swing("guessed", -9, 9, "Assumption: a guess")
    bare = swing("bare", -5, 5)
    assert tornado(measured, guessed, bare).measure_next == guessed
    assert next_sentence(tornado(measured, guessed, bare)) == (
        "Measure guessed next: it alone moves the difference in profit by 18.0 CNY (3% to 9%), "
        "and nobody has measured it (world.yaml:7)."
    )
    assert "and it has no source" in next_sentence(tornado(measured, bare))
    assert next_sentence(tornado(measured)) == "Nothing to measure first: every number that moves it has a source."
    noise = swing("noise", -9, 9, spread=300)
    assert next_sentence(tornado(noise)) == ("Nothing to measure first: none with a range moves it beyond luck.")


def test_the_table_says_what_turns_the_sign() -> None:
    told = tornado_table(tornado(swing("lift", -150, 50), swing("price", -100, 1)), width=100, colour=False)
    assert "Profit of recall against today, all numbers as written: +100 CNY" in told
    assert "lift moves it most, by 200 CNY" in told
    assert "The sign turns within the range of lift (−50.0 CNY, " in told
    assert "The sign may turn, since the answer's interval at an end holds 0: price (" in told
    assert "3 other numbers have no range" in told


def test_of_many_numbers_the_headline_says_what_luck_marks() -> None:
    many = [swing(f"n{index}", -index, index) for index in range(1, 41)]
    told = " ".join(tornado_table(tornado(*many), width=100, colour=False).split())
    assert "n40 moves it most" in told
    assert "Found among 40 numbers, each tested alone at 5%: luck alone marks about 2." in told
    assert "tested alone" not in tornado_table(tornado(*many[:19]), width=100, colour=False)
