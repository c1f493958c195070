"""Two lives of one person: what happens under both, what under one only, and whose lives part most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest

from sim.analysis.lives import Life, MostChanged, TwoLives, differing, find_most_changed, timeline_of, two_labels
from sim.report.as_json import lives_as_json
from sim.report.lives import first_difference_text, lives_text, most_changed_text


@dataclass(frozen=True)
class Event:
    """As a trace tells it."""

    day: int
    date: date
    what: str
    detail: str


def life(*told: str) -> list[Event]:
    """Events from texts such as "3 ordered: 1 order, 30.00 paid"."""
    events = []
    for text in told:
        day, _, rest = text.partition(" ")
        what, _, detail = rest.partition(": ")
        events.append(Event(int(day), date(2026, 1, 1) + timedelta(int(day)), what, detail))
    return events


def told(baseline: list[Event], other: list[Event]) -> list[tuple[int, str, str, bool]]:
    return [(one.event.day, one.event.what, one.under, one.is_same) for one in timeline_of(baseline, other)]


def two_lives(baseline: list[Event], other: list[Event]) -> TwoLives:
    none = dict.fromkeys(("spend", "orders", "active_days", "messages"), 0)
    lives = Life("today", tuple(baseline), none), Life("召回", tuple(other), none | {"spend": 123_456, "messages": 1})
    return TwoLives(7, *lives, timeline_of(baseline, other), seed=1, replicate=0, days=30, currency="CNY")


def test_what_happens_under_both_is_one_moment() -> None:
    baseline = life("0 signed up: by ads", "3 active", "9 lapsed: latent")
    other = life("0 signed up: by ads", "3 active", "5 messaged", "11 active: after 8 days away")
    assert told(baseline, other) == [
        (0, "signed up", "both", True),
        (3, "active", "both", True),
        (5, "messaged", "other", False),
        (9, "lapsed", "baseline", False),
        (11, "active", "other", False),
    ]


def test_a_day_keeps_the_order_of_both_lives() -> None:
    baseline = life("4 active", "4 ordered: 1 order, 30.00 paid")
    other = life("4 messaged", "4 active: after 9 days away", "4 ordered: 1 order, 20.00 paid", "4 used coupon: of a")
    assert told(baseline, other) == [
        (4, "messaged", "other", False),
        (4, "active", "both", False),
        (4, "ordered", "both", False),
        (4, "used coupon", "other", False),
    ]


def test_the_same_is_found_before_what_is_of_one_kind() -> None:
    baseline = life("2 opted out: of push", "2 opted out: of sms")
    assert told(baseline, life("2 opted out: of sms")) == [
        (2, "opted out", "baseline", False),
        (2, "opted out", "both", True),
    ]


@pytest.mark.parametrize("swapped", [False, True])
def test_no_event_is_lost_and_none_comes_twice(swapped: bool) -> None:
    lives = [
        life("1 active", "1 messaged", "1 got coupon: of a"),
        life("1 messaged", "1 active", "1 messaged: 2 messages"),
    ]
    baseline, other = lives[::-1] if swapped else lives
    timeline = timeline_of(baseline, other)
    assert [one.baseline for one in timeline if one.baseline is not None] == baseline
    assert [one.other for one in timeline if one.other is not None] == other


def test_the_first_difference_is_told_in_a_sentence() -> None:
    same = life("0 signed up: by ads", "3 active")
    first = "the lives of person 7 first differ on"
    assert first_difference_text(two_lives(same, same)) == "person 7 lives the same life under today and under 召回"
    assert first_difference_text(two_lives([], [])).startswith("person 7 signs up neither under today nor under 召回")
    more = [*same, *life("5 messaged")]
    assert first_difference_text(two_lives(same, more)) == f"{first} 2026-01-06 (day 5): messaged, under 召回 only"
    assert first_difference_text(two_lives(more, same)) == f"{first} 2026-01-06 (day 5): messaged, under today only"
    dear, cheap = ([*same, *life(f"3 ordered: 1 order, {paid} paid")] for paid in ("30.00", "20.00"))
    assert first_difference_text(two_lives(dear, cheap)) == (
        f"{first} 2026-01-04 (day 3): ordered under both, 1 order, 30.00 paid under today, "
        "1 order, 20.00 paid under 召回"
    )


def test_both_lives_stand_in_one_table_with_what_they_come_to() -> None:
    same = life("0 signed up: by ads", "3 active")
    text = lives_text(two_lives(same, [*same, *life("5 messaged")]), width=80, colour=False)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0].startswith("the lives of person 7 first differ on")
    assert "date day today 召回" in lines
    assert lines.index("2026-01-01 0 signed up (by ads) =") < lines.index("2026-01-06 5 messaged")
    assert lines[-4:] == ["spend, CNY 0.00 1,234.56 +1,234.56", "orders 0 0 0", "active days 0 0 0", "messages 0 1 +1"]
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_life_that_loses_is_told_with_a_minus() -> None:
    lives = two_lives(life("0 signed up: by ads"), [])
    turned = TwoLives(7, lives.other, lives.baseline, lives.timeline, seed=1, replicate=0, days=30, currency="CNY")
    assert "1,234.56    0.00    −1,234.56" in lives_text(turned, width=80, colour=False)


def test_json_has_null_where_an_event_does_not_happen() -> None:
    same = life("0 signed up: by ads", "3 active")
    content = lives_as_json(two_lives(same, [*same, *life("5 messaged")]), MostChanged(7, "spend", 0, 123_456))
    assert content["first_difference"] == {
        "day": 5, "date": "2026-01-06", "what": "messaged", "under": "other", "is_same": False,
        "baseline": None, "other": "",
    }  # fmt: skip
    assert [one["baseline"] for one in content["timeline"]] == ["by ads", "", None]
    assert content["totals"]["spend"] == {"baseline": 0.0, "other": 1234.56}
    assert (content["most_changed"], content["baseline"], content["other"]) == ("spend", "today", "召回")


def columns(**values: list[int]) -> dict[str, np.ndarray]:
    return {name: np.array(column, np.int64) for name, column in values.items()}


def test_the_largest_difference_counts_in_either_direction_and_of_several_the_first() -> None:
    baseline = columns(spend=[0, 900, 0, 50, 10], orders=[1, 1, 1, 1, 1])
    other = columns(spend=[100, 100, 800, 850, 10], orders=[1, 1, 1, 1, 1])
    assert find_most_changed(baseline, other, "spend") == MostChanged(1, "spend", 900, 100)
    assert find_most_changed(baseline, other, "orders") is None
    assert differing(baseline, other) == ["spend"]


def test_whom_the_largest_difference_is_at_is_told_with_both_values() -> None:
    lives = two_lives([], [])
    found = MostChanged(7, "spend", 0, 123_456)
    assert (
        most_changed_text(found, lives)
        == "person 7, whose spend differs most: 0.00 CNY under today, 1,234.56 CNY under 召回"
    )
    found = MostChanged(7, "active_days", 12, 3)
    assert most_changed_text(found, lives) == "person 7, whose active days differ most: 12 under today, 3 under 召回"


@pytest.mark.parametrize(
    ("names", "files", "labels"),
    [
        (("shop today", "shop recall"), ("today", "recall"), ["today", "recall"]),
        (("shop", "shop"), ("today", "recall"), ["today", "recall"]),
        (("shop", "shop"), ("today", "today"), ["shop", "shop (2)"]),
    ],
)
def test_two_scenarios_have_two_labels(names: tuple[str, ...], files: tuple[str, ...], labels: list[str]) -> None:
    assert two_labels(names, files) == labels
