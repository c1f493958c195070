"""Numbers moved to other values: in the words of the file, and shares that make up a whole go on to do so."""

from __future__ import annotations

import pytest

from sim.errors import Place
from sim.scenario.moving import edits_to
from sim.scenario.ranges import Number


def number(path: str, value: float, text: str) -> Number:
    return Number(tuple(path.split(".")), value, None, None, text, None, Place("world.yaml", 1, 1))


SEGMENTS = [
    number("market.segments.a.share", 0.2, "20%"),
    number("market.segments.b.share", 0.3, "30%"),
    number("market.segments.c.share", 0.5, "0.5"),
]
NUMBERS = {one.path: one for one in [*SEGMENTS, number("orders.margin", 0.24, "24%")]}


def values_of(edits: dict[tuple[str | int, ...], str]) -> dict[str, float]:
    return {
        ".".join(map(str, path)): float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
        for path, text in edits.items()
    }


def test_a_number_is_written_in_the_words_of_its_file() -> None:
    assert edits_to({("orders", "margin"): 0.3, ("orders", "gone"): 1.0}, NUMBERS) == {("orders", "margin"): "30%"}


def test_the_other_shares_of_a_whole_take_up_the_rest_in_proportion() -> None:
    found = values_of(edits_to({SEGMENTS[0].path: 0.36}, NUMBERS))
    assert found == pytest.approx(
        {"market.segments.a.share": 0.36, "market.segments.b.share": 0.24, "market.segments.c.share": 0.4}
    )


def test_where_all_shares_move_all_are_scaled() -> None:
    found = values_of(edits_to({one.path: 2 * one.value if i else 0.5 for i, one in enumerate(SEGMENTS)}, NUMBERS))
    assert sum(found.values()) == pytest.approx(1, abs=1e-9)
    assert found["market.segments.a.share"] == pytest.approx(0.5 / 2.1)


def test_shares_that_are_no_whole_are_left_alone() -> None:
    two = {one.path: one for one in SEGMENTS[:2]}
    assert edits_to({SEGMENTS[0].path: 0.36}, two) == {SEGMENTS[0].path: "36%"}


def test_thousands_stay_parted() -> None:
    assert number("market.size", 1e6, "1_000_000 persons").written(2_500_000.0) == "2_500_000 persons"
