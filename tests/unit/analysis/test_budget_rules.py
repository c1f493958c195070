"""Rules that only change budgets, as `sim run` tells them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from sim.analysis import BudgetRule, budget_rules, rule_effects
from sim.report.as_json import summary_as_json
from sim.report.run_tables import run_tables
from sim.store import StoredRun
from tests.verify.worlds import document, load_text, text_of

PAID = {"ads": {"kind": "paid", "price": "5 CNY / click", "funnel": {"land": 0.8, "register": 0.5}}}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """Agents of 10 persons each; a rule that fires twice, one that waits for users, one that never fires."""
    half = {"budgets": {"ads": {"times": 0.5}}}
    scenario = document(
        channels=PAID,
        policy={
            "budgets": {"ads": "100 CNY / day"},
            "rules": {
                "twice": {"when": {"every": "20 days", "from": "2026-01-11", "until": "2026-02-09"}, "do": half},
                "grown": {"when": {"metric": "users >= 200"}, "do": half},
                "never": {"when": {"metric": "users < 0"}, "do": half},
            },
        },
    )
    scenario["market"]["people_per_agent"] = 10
    out: Path = tmp_path_factory.mktemp("results")
    return load_text(text_of(scenario)).run(replicates=3, jobs=1, out=out)


def test_a_change_of_budgets_is_counted_once_a_day_whatever_an_agent_stands_for(run: StoredRun) -> None:
    rows = run.frame("rules")
    twice = rows[rows.rule == "twice"]
    assert sorted(twice.day) == [10, 10, 10, 30, 30, 30]
    assert (twice.acted == 1).all()
    assert (twice.selected == 1).all()
    assert (twice.sent == 0).all()


def test_it_is_told_in_how_many_replicates_and_since_when(run: StoredRun) -> None:
    twice, grown, never = budget_rules(run)
    assert (twice.n_fired, twice.n_replicates, str(twice.first_date)) == (3, 3, "2026-01-11")
    rows = run.frame("rules")
    firsts = sorted(rows[rows.rule == "grown"].groupby("replicate").day.min())
    assert grown.n_fired == len(firsts) > 0
    assert grown.first_date == date(2026, 1, 1) + timedelta(days=int(firsts[(len(firsts) - 1) // 2]))
    assert never == BudgetRule("never", 0, 3, None)
    assert rule_effects(run) == ()


def test_tables_and_json_hold_it(run: StoredRun) -> None:
    told = run_tables(run, width=150)
    assert "twice: changed budgets in 3 of 3 replicates, first on 2026-01-11 (median of these)" in told
    assert "never: changed no budget in 3 replicates" in told
    assert summary_as_json(run)["budget_rules"][0] == {
        "rule": "twice", "n_fired": 3, "n_replicates": 3, "first_date": "2026-01-11"
    }  # fmt: skip
