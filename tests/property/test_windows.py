"""Windows hold what happened in their days: their sums are the differences of counts that nobody takes anything off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from sim.systems import day as steps
from sim.systems.audiences.columns import AttributeColumns
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan, compile_plan
from sim.systems.windows.names import MAX_DAYS, Window, window_of
from sim.systems.world import OPENED, World
from tests.property.scenarios import QUICKLY, documents, load_or_pass_over
from tests.verify.test_twin import ACTIVE_DAYS, ORDERS, VISITS
from tests.verify.worlds import document, finished, plan_for

FEW = settings(QUICKLY, max_examples=15)
DAYS = (1, 3, 7, 30, 365)
COUNTED = ("active_days", "orders", "spend", "messages")
ALL = [Window(kind, days) for kind in (*COUNTED, "opened") for days in DAYS]
READS_ALL = {
    "when": {"every": "1 day"},
    "who": " and ".join(f"{window.name} >= 0" for window in ALL[:25]),
    "do": {"message": "push"},
    "limits": {"capacity": 9},
}


def with_windows(scenario: dict[str, Any]) -> dict[str, Any]:
    rules = {name: rule | {"who": rule.get("who", "orders >= 0")} for name, rule in scenario["policy"]["rules"].items()}
    return scenario | {"policy": scenario["policy"] | {"rules": rules | {"reads all": READS_ALL}}}


class Diary:
    """At the end of each day, the counts so far of every user, which only grow, and what windows say."""

    def __init__(self) -> None:
        self.counts: list[dict[str, Any]] = []
        self.windows: list[dict[str, Any]] = []

    def __call__(self, world: World, day: int) -> None:
        n, rows = world.people.n, np.arange(world.people.n, dtype=np.uint32)
        self.counts.append({kind: getattr(world.people, kind)[:n].astype(np.int64) for kind in COUNTED})
        columns = AttributeColumns(world, rows, day)
        self.windows.append({window.name: np.asarray(columns[window.name]) for window in world.plan.windows})


def kept(plan: Plan) -> Diary:
    diary = Diary()
    run_world(open_world(plan, 1, 0), watch=diary)
    return diary


def wrong_days(diary: Diary, window: Window) -> list[int]:
    """The days on which a window does not hold what the counts say, user by user."""
    wrong = []
    for day, counts in enumerate(diary.counts):
        now = counts[window.kind]
        before = np.zeros_like(now)
        if day >= window.days:
            then = diary.counts[day - window.days][window.kind]
            before[: then.size] = then  # rows never move; who was no user then had nothing
        expected = (now - before) / (100.0 if window.kind == "spend" else 1)
        if not np.array_equal(diary.windows[day][window.name], expected):
            wrong.append(day)
    return wrong


@FEW
@given(documents())
def test_windows_hold_what_was_added_in_their_days(scenario: dict[str, Any]) -> None:
    plan = compile_plan(load_or_pass_over(with_windows(scenario)).scenario)
    assert set(ALL) <= set(plan.windows)
    diary = kept(plan)
    assert {window.name: wrong_days(diary, window) for window in ALL if window.kind != "opened"} == {
        window.name: [] for window in ALL if window.kind != "opened"
    }


def test_a_window_that_forgets_to_lose_its_days_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_for(**with_windows(document(**VISITS)))
    without = tuple(step for step in steps.STEPS if step is not steps.slide_windows)
    monkeypatch.setattr(steps, "STEPS", without)
    diary = kept(plan)
    assert wrong_days(diary, Window("active_days", 7))[:1] == [7]
    assert wrong_days(diary, Window("active_days", 365)) == []


@pytest.mark.parametrize("scenario", [VISITS, ORDERS, ACTIVE_DAYS])
def test_opened_messages_of_a_window_are_those_of_its_days(scenario: dict[str, Any]) -> None:
    plan = plan_for(**with_windows(document(**scenario)))
    diary = Diary()
    world = run_world(open_world(plan, 1, 0), watch=diary)
    by_day = world.tallies.rules[:, :, OPENED].sum(axis=0)
    assert by_day.sum() > 0
    for days in DAYS:
        found = [int(said[f"opened_{days}d"].sum()) for said in diary.windows]
        assert found == [int(by_day[max(0, day - days + 1) : day + 1].sum()) for day in range(plan.n_days)]


def test_without_windows_nothing_is_kept() -> None:
    plan = plan_for(**VISITS)
    assert plan.windows == ()
    assert finished(plan).windows == {}


def test_who_goes_first_may_be_chosen_by_a_window() -> None:
    rule = {
        "when": {"every": "10 days"},
        "who": "orders_30d >= 1",
        "do": {"message": "push"},
        "limits": {"capacity": 5, "choose_by": "spend_90d"},
    }
    scenario = document(**VISITS)
    plan = plan_for(**scenario | {"policy": {"rules": {"best": rule}}})
    assert plan.windows == (Window("orders", 30), Window("spend", 90))
    assert finished(plan).tallies.messages.sum() > 0


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("orders_90d", Window("orders", 90)),
        ("active_days_1d", Window("active_days", 1)),
        ("orders_090d", None),
        ("orders_0d", None),
        ("orders_d", None),
        ("orders_90", None),
        ("sessions_90d", None),
    ],
)
def test_names_of_windows(name: str, window: Window | None) -> None:
    assert window_of(name) == window


def test_the_longest_window_spans_ten_years() -> None:
    assert window_of(f"spend_{MAX_DAYS}d") == Window("spend", 3650)
