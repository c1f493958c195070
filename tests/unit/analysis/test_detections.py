"""Rules against who earns without use, as reports tell them: against what the stored tables say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.analysis import detections, points_books
from sim.report.as_json import summary_as_json
from sim.report.run_tables import run_tables
from sim.store import StoredRun
from tests.verify.worlds import document, load_text, text_of

RULES: dict[str, Any] = {
    "catch": {"when": {"every": "1 day"}, "who": 'earned_30d("coins") > 250', "do": {"forfeit": ["coins"]}},
    "thank": {"when": {"on": "2026-02-01"}, "do": {"points": {"coins": 5}}},
}


def run_with(rules: dict[str, Any], out: Path) -> StoredRun:
    """Ninety days, a fifth of whose users farm on three accounts."""
    coins = {"earns": {"visit": {"for": "active day", "gives": 10}}, "rewards": {"mug": {"price": 100}}}
    scenario = document(
        horizon="90 days",
        market={"size": 500, "segments": {"readers": {"share": 0.8}, "hunters": {"share": 0.2}}},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 500}}},
        retention={"default": {"visits": {"a": 3, "b": 2}, "lapse": {"a": 1, "b": 200}}},
        response={"points": {"looks": 0.2, "farming": {"hunters": {"per_idle_day": 0.8, "accounts": 3}}}},
        policy={"points": {"coins": coins}, "rules": rules},
    )
    return load_text(text_of(scenario)).run(replicates=2, jobs=1, out=out)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    return run_with(RULES, tmp_path_factory.mktemp("results"))


def test_whom_a_rule_hits_is_told_as_shares_of_those_who_farm_and_of_the_others(run: StoredRun) -> None:
    (found,) = detections(run)
    table = run.frame("rules")
    own = table[table.rule == "catch"]
    caught, wrong = own.caught.sum() / 2, own.false_alarms.sum() / 2
    assert (found.rule, found.caught.mean, found.false_alarms.mean) == ("catch", caught, wrong)
    assert 0 < caught <= 100
    assert 0 < wrong < 400
    assert own.acted.sum() > own.caught.sum() + own.false_alarms.sum()  # the same users again
    assert found.precision.mean == pytest.approx(caught / (caught + wrong))
    assert found.recall.mean == pytest.approx(caught / 100)
    assert found.false_alarm_rate.mean == pytest.approx(wrong / 400)


def test_the_book_tells_what_was_farmed_and_forfeited(run: StoredRun) -> None:
    (coins,) = points_books(run)
    points, batches = run.frame("points"), run.frame("batches")
    assert coins.forfeited.mean == points.forfeited.sum() / 2 == batches.forfeited.sum() / 2
    assert coins.farmed.mean == points.farmed.sum() / 2
    assert 0 < points.farmed.sum() < points.issued.sum()
    assert points.issued.sum() == points.redeemed.sum() + batches.forfeited.sum() + batches.outstanding.sum()


def test_it_is_printed_and_in_the_json(run: StoredRun, tmp_path: Path) -> None:
    printed = run_tables(run, width=160, colour=False)
    assert "Farming, detected" in printed
    assert "of the issued units went to users who farm" in printed
    assert "forfeited" in printed
    assert "were forfeited" not in printed  # beside what farmers got: not all of it was theirs
    (told,) = summary_as_json(run)["detections"]
    assert told["false_alarm_rate"]["mean"] == detections(run)[0].false_alarm_rate.mean
    without = run_with({"thank": RULES["thank"]}, tmp_path)
    assert detections(without) == ()
    assert "Farming, detected" not in run_tables(without, width=160, colour=False)
