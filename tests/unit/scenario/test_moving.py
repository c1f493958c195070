"""Numbers moved to other values: in the words of the file, and shares that make up a whole go on to do so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.errors import Place, ScenarioError, UsageError
from sim.flows.experiments import Movable
from sim.scenario.moving import values_at
from sim.scenario.ranges import Number, numbers
from sim.scenario.tree import TreePath
from tests.verify.worlds import document, load_text, text_of


def number(path: str, value: float, text: str, whole: TreePath | None = None) -> Number:
    return Number(tuple(path.split(".")), value, None, None, text, None, Place("world.yaml", 1, 1), whole=whole)


WHOLE = ("market", "segments")
SEGMENTS = [
    number("market.segments.a.share", 0.2, "20%", WHOLE),
    number("market.segments.b.share", 0.3, "30%", WHOLE),
    number("market.segments.c.share", 0.5, "0.5", WHOLE),
]
NUMBERS = {one.path: one for one in [*SEGMENTS, number("orders.margin", 0.24, "24%")]}


def named(values: dict[TreePath, float]) -> dict[str, float]:
    return {".".join(map(str, path)): value for path, value in values.items()}


def test_a_number_is_written_in_the_words_of_its_file() -> None:
    path = ("orders", "margin")
    assert values_at({path: 0.3, ("orders", "gone"): 1.0}, NUMBERS) == {path: 0.3}
    assert NUMBERS[path].written(0.3) == "30%"


def test_the_other_shares_of_a_whole_take_up_the_rest_in_proportion() -> None:
    found = named(values_at({SEGMENTS[0].path: 0.36}, NUMBERS))
    assert found == pytest.approx(
        {"market.segments.a.share": 0.36, "market.segments.b.share": 0.24, "market.segments.c.share": 0.4}
    )


def test_where_all_shares_move_all_are_scaled() -> None:
    found = named(values_at({one.path: 2 * one.value if i else 0.5 for i, one in enumerate(SEGMENTS)}, NUMBERS))
    assert sum(found.values()) == pytest.approx(1, abs=1e-9)
    assert found["market.segments.a.share"] == pytest.approx(0.5 / 2.1)


def test_shares_that_are_no_whole_are_left_alone() -> None:
    two = {one.path: one for one in SEGMENTS[:2]}
    assert values_at({SEGMENTS[0].path: 0.36}, two) == {SEGMENTS[0].path: 0.36}


def test_thousands_stay_parted() -> None:
    assert number("market.size", 1e6, "1_000_000 persons").written(2_500_000.0) == "2_500_000 persons"


def test_small_numbers_keep_their_digits() -> None:
    assert number("channels.a.q", 0.03, "0.03 / day").written(1.23456789e-9) == "0.00000000123456789 / day"


ZEROS = {"value": "0% / week", "low": "0% / week", "high": "7% / week"}
CAMPAIGN = {"from": "2026-01-05", "for": "3 days", "orders": 1.5, "cost": {"value": 0, "low": 0, "high": "90 CNY"}}
PULLED = {"share": {"value": "100%", "low": "20%", "high": "100%"}, "over": "7 days"}
WORLD = document(
    market={"size": 1000, "segments": {"a": {"share": "40%"}, "b": {"share": "60%"}}},
    channels={
        "monthly": {"kind": "organic", "signups": {"value": "0 / month", "low": "0 / month", "high": "90 / month"}},
        "bare": {"kind": "organic", "signups": {"value": 0, "low": 0, "high": "730 / year"}},
    },
    retention={"default": {"visits": {"a": 1, "b": 3}, "lapse": {"a": 1, "b": 30}}, "natural_return": ZEROS},
    orders={"per_active_day": 0.1, "basket": {"mean": "100 CNY", "spread": 0.4}, "margin": "24%"},
    hours={"9": "30%", "21": "70%"},
    attributes={"city": {"values": {"x": {"share": "25%"}, "y": {"share": "75%"}}}},
    policy={"campaigns": {"fair": CAMPAIGN | {"pull_forward": PULLED}}},
)


@pytest.mark.parametrize(
    ("name", "high", "text"),
    [
        ("retention.natural_return", 0.01, "7% / week"),
        ("channels.monthly.signups", 90 * 12 / 365, "90 / month"),
        ("channels.bare.signups", 2, "730 / year"),
        ("policy.campaigns.fair.cost", 90, "90 CNY"),
    ],
)
def test_a_zero_takes_its_unit_from_the_ends_of_its_range(name: str, high: float, text: str) -> None:
    side = Movable.of(load_text(text_of(WORLD)))
    (one,) = (one for one in side.numbers.values() if one.name == name)
    assert one.value == 0
    assert one.high == pytest.approx(high)
    assert one.written(high) == text
    assert Movable.of(side.at({one.path: high})).numbers[one.path].value == pytest.approx(high, rel=1e-12)


def test_what_does_not_read_back_is_refused() -> None:
    side = Movable.of(load_text(text_of(WORLD)))
    path = ("retention", "natural_return")
    blind = replace(side, numbers={**side.numbers, path: replace(side.numbers[path], other=None)})
    with pytest.raises(UsageError, match=r"`0.005% / week` is read as 7.14286e-06, not 0.005; write `0% / week` with"):
        blind.at({path: 0.005})


def test_only_what_the_schema_calls_a_whole_is_one() -> None:
    side = Movable.of(load_text(text_of(WORLD)))
    wholes = {one.whole for one in side.numbers.values()} - {None}
    assert wholes == {("market", "segments"), ("hours",), ("attributes", "city", "values")}
    path = ("policy", "campaigns", "fair", "pull_forward", "share")
    assert values_at({path: 0.2}, side.numbers) == {path: 0.2}
    assert Movable.of(side.at({path: 0.2})).numbers[path].value == 0.2
    moved = values_at({("hours", "9"): 0.6}, side.numbers)
    assert named(moved) == pytest.approx({"hours.9": 0.6, "hours.21": 0.4})


def test_a_whole_of_one_share_stays_where_it_is() -> None:
    loaded = load_text(text_of(WORLD | {"market": {"size": 1000, "segments": {"all": {"share": "100%"}}}}))
    found = {one.path: one for one in numbers(loaded.scenario, loaded.tree)}
    path = ("market", "segments", "all", "share")
    assert values_at({path: 0.2}, found) == {path: 0.2}  # which the schema refuses, so that its end is left out
    with pytest.raises(ScenarioError, match="must sum to 100%"):
        Movable.of(loaded).at({path: 0.2})
