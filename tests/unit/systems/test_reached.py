"""The first person on whom a rule acts."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.cli.init import write_project
from sim.errors import UsageError
from sim.pipeline import LoadedScenario, first_reached

SMALL = {"market.size": "120 persons", "horizon": "50 days", "policy.rules.coupon": None}


def small_recall(folder: Path, **changes: object) -> LoadedScenario:
    write_project(folder / "shop")
    return sim.load(folder / "shop/policies/recall.yaml", {**SMALL, **changes})


def first_message(loaded: LoadedScenario, person: int) -> int:
    """The day of the person's first message; beyond the horizon when there is none."""
    return min((event.day for event in loaded.trace(person) if event.what == "messaged"), default=1_000)


def test_nobody_is_messaged_earlier(tmp_path: Path) -> None:
    loaded = small_recall(tmp_path)
    found = first_reached(loaded, "reminder")
    assert found is not None
    days = [first_message(loaded, person) for person in range(120)]
    assert days[found] == min(days) < 50


def test_remembering_changes_nothing_for_a_rule_with_attempts_of_its_own(tmp_path: Path) -> None:
    limited = small_recall(tmp_path, **{"policy.rules.reminder.limits.attempts": 1})
    found = limited.first_reached("reminder")
    assert found is not None
    assert first_message(limited, found) < 50


def test_deeds_without_a_message_are_events(tmp_path: Path) -> None:
    gift = {"when": {"on": "2026-01-20"}, "do": {"privilege": "desk", "for": "5 days"}}
    rules = {"gift": gift, "again": gift | {"when": {"on": "2026-01-22"}}}
    rules["stop"] = {"when": {"every": "30 days", "from": "2026-01-25"}, "do": {"stop_messaging": True}}
    desk = {"desk": {"cost": "0 CNY / day", "activity": 1.1}}
    loaded = small_recall(tmp_path, **{"privileges": desk, "policy.rules": rules})
    person = loaded.first_reached("gift")
    assert person is not None
    told = [(str(event.date), event.what, event.detail) for event in loaded.trace(person)]
    rare = [event for event in told if event[1] in ("given the privilege", "no more messages")]
    assert rare == [
        ("2026-01-20", "given the privilege", "desk until 2026-01-25, of rule gift"),
        ("2026-01-22", "given the privilege", "desk until 2026-01-27, of rule again"),
        ("2026-01-25", "no more messages", "by any medium"),
    ]
    assert loaded.first_reached("stop") is not None


def test_a_rule_of_budgets_reaches_no_person(tmp_path: Path) -> None:
    write_project(tmp_path / "shop")
    brake = {"when": {"on": "2026-01-20"}, "do": {"budgets": {"search ads": {"times": 0.5}}}}
    loaded = sim.load(tmp_path / "shop/policies/recall.yaml", {"policy.rules.brake": brake})
    with pytest.raises(UsageError, match="rule `brake` changes budgets and acts on no person"):
        loaded.first_reached("brake")
