"""The stages case is what its page says: phases by calendar or by gate, where the redesign works and where not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import pipeline
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import shown_difference, table_rows

CASE = files_of("stages/policies")
BASELINE, *OTHERS = CASE
PAGE = DOCS / "cases" / "stages.md"
PASS = "onboarding.steps.first walk saved.pass"
WORLDS: dict[str, dict[str, str]] = {
    "planned": {},
    "late": {PASS: "{2026-03-01: null, 2026-09-01: 70%}"},
    "never": {PASS: "25%"},
    "half": {PASS: "{2026-03-01: 45%}"},
}


def loaded(policy: str, world: str, **changes: str) -> pipeline.LoadedScenario:
    return pipeline.load(CASE[policy], {**WORLDS[world], **changes})


def entries(run: StoredRun, stage: str) -> list[int]:
    """The days of entry in order; those who never enter (−1) last."""
    days = run.numbers("stages", "day")[run.texts("stages", "stage") == stage]
    return sorted((int(day) for day in days), key=lambda day: (day < 0, day))


def in_words(days: list[int]) -> str:
    return ", ".join("–" if day < 0 else str(day) for day in days)


def test_the_phases_have_the_same_money_in_each_policy() -> None:
    stages = [loaded(policy, "planned").scenario.policy.stages for policy in CASE]
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


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    rows = table_rows(PAGE)
    profits = {name: cells for name, *cells in rows if len(cells) == 3 and name.split(",")[0] in CASE}
    days = {name.split(":")[0]: cells for name, *cells in rows if len(cells) == 1 and name.split(",")[0] in CASE}
    told: dict[str, list[str]] = {policy: [] for policy in OTHERS}
    levels, found = [], {}
    for world in ("planned", "late", "never"):
        comparison = pipeline.compare([loaded(policy, world) for policy in CASE], out=tmp_path)
        levels += [f"{one.mean:,.0f}" for one in comparison.estimates if one.metric.name == "profit"]
        for policy, compared in zip(OTHERS, comparison.policies, strict=True):
            told[policy] += [shown_difference(one) for one in compared.differences if one.metric.name == "profit"]
            if f"{policy}, {world}" in days:
                found[f"{policy}, {world}"] = [in_words(entries(compared.run, "1→n"))]
    assert profits == {f"{BASELINE}, its level": levels, **told}
    half = pipeline.run(loaded("gates", "half"), out=tmp_path)
    assert days == found | {"gates, half": [in_words(entries(half, "1→n"))]}
