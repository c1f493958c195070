"""What is printed of programmes can be added up: nothing is left out, and nothing is blamed on design."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sim.analysis import points_books
from sim.report.as_json import summary_as_json
from sim.report.points_tables import points_table
from sim.store import StoredRun
from tests.verify.worlds import document, load_text, text_of

COINS: dict[str, Any] = {
    "earns": {"visit": {"for": "active day", "gives": 10}},
    "expires": {"after": "1 month"},
    "rewards": {"mug": {"price": {"2026-01-01": 60, "2026-03-01": 60, "2026-04-01": 90}}},
    "transfers": {"fee": 0.1},
}
LEVEL: dict[str, Any] = {"earns": {"visit": {"for": "active day", "gives": 1}}, "expires": {"after": "1 month"}}


def run_of(points: dict[str, Any], out: Path) -> StoredRun:
    scenario = document(
        horizon="150 days",
        market={"size": 300},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 300}}},
        response={"points": {"looks": 0.2, "transfers": {"of_active_days": 0.1, "of_balance": 0.5}}},
        policy={
            "points": points,
            "rules": {"once": {"when": {"on": "2026-02-10"}, "who": 'balance("a") > 0', "do": {"forfeit": ["a"]}}},
        },
    )
    return load_text(text_of(scenario)).run(replicates=1, jobs=1, out=out)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    points = {"a": COINS, "b": COINS | {"transfers": {}}, "level": LEVEL}
    return run_of(points, tmp_path_factory.mktemp("results"))


def rows_of(printed: str) -> dict[str, list[str]]:
    """The cells of each programme's row, by its name."""
    lines = [line.split() for line in printed.splitlines()]
    return {cells[0]: cells[1:] for cells in lines if cells and cells[0] in ("a", "b", "level")}


def test_what_was_issued_adds_up_from_what_is_printed(run: StoredRun) -> None:
    printed = points_table(points_books(run), currency="CNY", width=160, colour=False)
    assert "issued = redeemed + expired + forfeited + held at the end" in printed
    for name, cells in rows_of(printed).items():
        issued, redeemed, fees, expired, forfeited, held = (int(cell.replace(",", "")) for cell in cells[:6])
        assert issued == redeemed + expired + forfeited + held
        assert (fees > 0) == (name == "a")
        assert (forfeited > 0) == (name == "a")
        assert fees < redeemed or name == "level"
        assert expired > 0


def test_without_the_forfeited_it_would_not_add_up(run: StoredRun) -> None:
    coins = points_books(run)[0]
    parts = sum(each.mean or 0 for each in (coins.redeemed, coins.expired, coins.outstanding))
    assert parts < (coins.issued.mean or 0)


def test_a_programme_without_rewards_is_no_failure(run: StoredRun) -> None:
    printed = points_table(points_books(run), currency="CNY", width=160, colour=False)
    assert rows_of(printed)["level"][-5:] == ["–"] * 5  # no breakage of 100%, and no cost
    assert "level: without rewards, its units only measure standing" in printed
    assert [each["has_rewards"] for each in summary_as_json(run)["points"]] == [True, True, False]
    assert points_books(run)[2].expired.mean


def test_a_reward_that_nobody_takes_is_one(tmp_path: Path) -> None:
    far = COINS | {"rewards": {"car": {"price": 1_000_000}}, "transfers": {}}
    run = run_of({"a": far, "b": far}, tmp_path)
    printed = points_table(points_books(run), currency="CNY", width=160, colour=False)
    assert "b: nobody took a reward" in printed
    assert "fees" not in printed


def test_when_prices_change_is_stored(run: StoredRun) -> None:
    """Not on the first date, before which the price holds too, nor where it stays as it was."""
    assert run.facts["programmes"]["a"] == {"rewards": ["mug"], "price_changes": [date(2026, 4, 1).isoformat()]}
