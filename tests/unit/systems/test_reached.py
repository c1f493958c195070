"""The first person whom a rule messages."""

from __future__ import annotations

from pathlib import Path

import sim
from sim.cli.init import write_project
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
