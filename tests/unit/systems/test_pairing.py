"""Which two scenarios are the same worlds: one answer for comparisons, explanations, checks and lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import pipeline
from sim.checks.reading import read_check_file
from sim.cli.init import write_project
from sim.errors import ScenarioError, UsageError
from sim.systems.pairing import unequal_facts

OTHER = {
    "start": "start: 2026-02-01",
    "horizon": "horizon: 200 days",
    "people_per_agent": "market: {people_per_agent: 2 people}",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project that `sim init` writes."""
    write_project(tmp_path / "shop")
    (tmp_path / ".sim-root").touch()
    monkeypatch.chdir(tmp_path)
    return Path("shop")


def test_policies_over_one_world_are_the_same_worlds(shop: Path) -> None:
    today, recall = (pipeline.load(shop / f"policies/{name}.yaml").scenario for name in ("today", "recall"))
    assert unequal_facts(today, recall) == []


@pytest.mark.parametrize("name", list(OTHER))
def test_all_that_subtract_refuse_other_worlds_in_the_same_words(shop: Path, name: str) -> None:
    today, other = shop / "policies/today.yaml", shop / "policies/other.yaml"
    other.write_text(f"extends: today.yaml\n{OTHER[name]}\n", encoding="utf-8")
    (found,) = unequal_facts(*(pipeline.load(path).scenario for path in (today, other)))
    assert found.name == name
    for refusing in (
        lambda: pipeline.compare([today, other]),
        lambda: pipeline.explain(today, other),
        lambda: pipeline.sensitivity(other, against=today),
        lambda: pipeline.uncertainty([today, other]),
    ):
        with pytest.raises(UsageError) as caught:
            refusing()
        assert f"cannot be compared: they differ in {name} ({found.left} and {found.right})" in str(caught.value)
        assert ("with --days 200 both run as long" in str(caught.value)) == (name == "horizon")
    assert not (shop.parent / "results").exists()
    with pytest.raises(UsageError, match=r"is not the same person|do not run for the same days"):
        pipeline.most_changed(today, other)
    (shop / "expect.yaml").write_text(
        "expect: {it pays: {metric: profit, of: policies/other.yaml, against: policies/today.yaml, at_least: 0}}\n",
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError, match=f"`{name}` is {found.left}, that of `of` {found.right}"):
        read_check_file(shop / "expect.yaml")


def test_a_metric_that_there_is_not_is_told_in_the_same_words(shop: Path) -> None:
    today, recall = shop / "policies/today.yaml", shop / "policies/recall.yaml"
    for refusing in (
        lambda: pipeline.explain(today, recall, metric="proft"),
        lambda: pipeline.sensitivity(today, metric="proft"),
        lambda: pipeline.solve(today, "orders.margin", "proft=0"),
        lambda: pipeline.run(today, precision={"proft": "1%"}),
    ):
        with pytest.raises(UsageError, match=r"there is no metric `proft`; did you mean: profit\? \(users, .*, cac\)$"):
            refusing()
