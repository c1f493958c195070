"""The stages case is what its page says: phases by calendar or by gate, where the redesign works and where not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim import pipeline
from sim.analysis.comparing import Difference
from sim.store import StoredRun
from tests.unit.test_haitao import quantities

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "scenarios" / "stages" / "policies"
PAGE = ROOT / "docs" / "cases" / "stages.md"
POLICIES = ("calendar", "brake", "users-gate", "gates", "gated-spending")
PASS = "onboarding.steps.first walk saved.pass"
WORLDS: dict[str, dict[str, str]] = {
    "planned": {},
    "late": {PASS: "{2026-03-01: null, 2026-09-01: 70%}"},
    "never": {PASS: "25%"},
    "half": {PASS: "{2026-03-01: 45%}"},
}


def loaded(policy: str, world: str, **changes: str) -> pipeline.LoadedScenario:
    return pipeline.load(CASE / f"{policy}.yaml", {**WORLDS[world], **changes})


def entries(run: StoredRun, stage: str) -> list[int]:
    """The days of entry in order; those who never enter (−1) last."""
    days = run.numbers("stages", "day")[run.texts("stages", "stage") == stage]
    return sorted((int(day) for day in days), key=lambda day: (day < 0, day))


def in_words(days: list[int]) -> str:
    return ", ".join("–" if day < 0 else str(day) for day in days)


@pytest.mark.parametrize("policy", POLICIES)
def test_policies_load_without_a_warning(policy: str) -> None:
    assert pipeline.load(CASE / f"{policy}.yaml").warnings == ()


def test_there_are_no_other_policies() -> None:
    assert sorted(path.stem for path in CASE.iterdir()) == sorted(POLICIES)


def test_every_range_holds_its_value_and_says_where_it_comes_from() -> None:
    ranged = dict(quantities(loaded("calendar", "planned").scenario))
    assert len(ranged) >= 15
    for path, quantity in ranged.items():
        assert quantity.source, path
        assert quantity.low is not None, path
        assert quantity.high is not None, path
        assert quantity.low <= quantity.value <= quantity.high, path


def test_the_phases_have_the_same_money_in_each_policy() -> None:
    stages = [loaded(policy, "planned").scenario.policy.stages for policy in POLICIES]
    assert {str(stage["1→n"].budgets) for stage in stages} == {str(stages[0]["1→n"].budgets)}
    by_date = loaded("gated-spending", "planned").scenario
    by_stage, last = stages[0]["commercialisation"], by_date.n_days - 1
    for key in ("commission", "advertising_per_active_day"):
        assert getattr(by_date.income, key).each_day(by_date.start, last + 1)[last] == getattr(by_stage, key).value


def test_a_gate_on_retention_tells_the_worlds_apart_and_one_on_users_does_not(tmp_path: Path) -> None:
    def days(policy: str, world: str) -> list[int]:
        coarse = loaded(policy, world, **{"market.people_per_agent": "4"})
        return entries(pipeline.run(coarse, replicates=2, days=200, jobs=1, out=tmp_path), "1→n")

    assert days("calendar", "planned") == [90, 90]
    assert min(days("gates", "planned")) > 90
    assert days("gates", "never") == [-1, -1]
    assert all(90 < day < 130 for world in ("planned", "never") for day in days("users-gate", world))


def shown(difference: Difference) -> str:
    assert difference.difference is not None
    assert difference.low is not None
    assert difference.high is not None
    value, half = difference.difference, (difference.high - difference.low) / 2
    return "0" if value == half == 0 else f"{value:+,.0f} ± {half:,.0f}".replace("-", "−")


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    lines = PAGE.read_text(encoding="utf-8").replace("**", "").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    profits = {name: cells for name, *cells in rows if len(cells) == 3 and name.split(",")[0] in POLICIES}
    days = {re.split(":", name)[0]: cells[0] for name, *cells in rows if len(cells) == 1}
    told: dict[str, list[str]] = {policy: [] for policy in POLICIES[1:]}
    levels = []
    for world in ("planned", "late", "never"):
        comparison = pipeline.compare([loaded(policy, world) for policy in POLICIES], out=tmp_path)
        levels += [f"{one.mean:,.0f}" for one in comparison.estimates if one.metric.name == "profit"]
        for policy, compared in zip(POLICIES[1:], comparison.policies, strict=True):
            told[policy] += [shown(one) for one in compared.differences if one.metric.name == "profit"]
            if f"{policy}, {world}" in days:
                assert days[f"{policy}, {world}"] == in_words(entries(compared.run, "1→n")), (policy, world)
    assert profits == {"calendar, its level": levels, **told}
    half = pipeline.run(loaded("gates", "half"), out=tmp_path)
    assert days["gates, half"] == in_words(entries(half, "1→n"))
