"""The haitao case is what its page says: the same extra money in each policy, evidence for numbers, a story."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis import rule_effects
from sim.store import StoredRun
from sim.systems.channels.schema import Community, Offline, Paid, Store, WordOfMouth
from sim.systems.scenario import Scenario
from tests.cases.files import DOCS, files_of
from tests.cases.pages import coarse, shown_difference, table_rows

CASE = files_of("haitao/policies")
PAGE = DOCS / "cases" / "haitao.md"
HUNTERS, MOTHERS = "羊毛黨", "新手媽媽"
EXTRA = 365_000
"""CNY that each policy may spend in the year beyond today's."""


def scenario_of(policy: str) -> Scenario:
    return pipeline.load(CASE[policy]).scenario


@pytest.fixture(scope="module")
def small_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoredRun]:
    """Each policy that works by rules, and today, over a year in which some 1,000 agents sign up."""
    out = tmp_path_factory.mktemp("results")
    policies = ("today", "recall", "coupons-for-all")
    return {policy: pipeline.run(coarse(CASE[policy], 140), replicates=4, jobs=1, out=out) for policy in policies}


def booked(run: StoredRun, accounts: set[str]) -> float:
    """What these accounts hold, mean over replicates, in CNY."""
    chosen = np.isin(run.texts("ledger", "account"), list(accounts))
    return float(run.numbers("ledger", "amount")[chosen].sum() / 100 / run.identity.replicates)


def of_segment(run: StoredRun, segment: str, column: str) -> int:
    """The sum of a column over replicates and days."""
    return int(run.numbers("by_segment", column)[run.texts("by_segment", "segment") == segment].sum())


def test_the_world_has_what_the_case_is_about() -> None:
    scenario = scenario_of("today")
    kinds = {type(channel) for channel in scenario.channels.values()}
    assert kinds == {Paid, Store, Community, Offline, WordOfMouth}
    assert all(re.search("[一-鿿]", name) for name in scenario.channels)
    assert len(scenario.market.segments) >= 4
    hunters = scenario.market.segments[HUNTERS]
    assert hunters.gain.value == max(segment.gain.value for segment in scenario.market.segments.values())
    assert [category.share.value for category in scenario.market.adopters.values()] == [0.025, 0.135, 0.34, 0.34, 0.16]


@pytest.mark.parametrize("policy", ["double-paid", "community"])
def test_budgets_hold_the_same_extra_money(policy: str) -> None:
    def budgeted(name: str) -> float:
        scenario = scenario_of(name)
        budgets = scenario.policy.budgets.values()
        return sum(float(budget.each_day(scenario.start, scenario.n_days).sum()) for budget in budgets)

    assert budgeted(policy) - budgeted("today") == pytest.approx(EXTRA, rel=1e-3)


@pytest.mark.parametrize("policy", ["recall", "coupons-for-all"])
def test_rules_spend_about_the_same_extra_money(policy: str, small_runs: dict[str, StoredRun]) -> None:
    assert -booked(small_runs[policy], {"messages", "coupons"}) == pytest.approx(EXTRA, rel=0.15)


def test_coupons_for_all_attract_bargain_hunters_and_cost_what_they_bring(small_runs: dict[str, StoredRun]) -> None:
    today, coupons = small_runs["today"], small_runs["coupons-for-all"]
    more_active = of_segment(coupons, HUNTERS, "dau") / of_segment(today, HUNTERS, "dau")
    more_active_mothers = of_segment(coupons, MOTHERS, "dau") / of_segment(today, MOTHERS, "dau")
    assert more_active > 1.1 > more_active_mothers
    assert of_segment(coupons, HUNTERS, "contribution") < of_segment(today, HUNTERS, "contribution")


def test_the_file_of_recall_states_the_money_of_the_page() -> None:
    comment = " ".join(CASE["recall"].read_text(encoding="utf-8").splitlines()[:3])
    total, *parts = [int(number.replace(",", "")) for number in re.findall(r"\b\d{2,3},\d{3}\b", comment)]
    assert f"{total:,} (messages and coupons of `recall`)" in " ".join(PAGE.read_text(encoding="utf-8").split())
    assert sum(parts) == total


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    rows = {re.split("[, ]", name)[0]: cells for name, *cells in table_rows(PAGE) if len(cells) == 5}
    digits = {"users": 0, "dau": 0, "mau": 0, "profit": 0, "ltv": 2}
    comparison = pipeline.compare(list(CASE.values()), out=tmp_path)
    levels = {estimate.metric.name: estimate.mean for estimate in comparison.estimates}
    assert rows["today"] == [f"{levels[metric]:,.{n}f}" for metric, n in digits.items()]
    policies = dict(zip(list(CASE)[1:], comparison.policies, strict=True))
    for policy, compared in policies.items():
        differences = {one.metric.name: one for one in compared.differences}
        found = [shown_difference(differences[metric], n) for metric, n in digits.items()]
        assert rows[policy] == found, policy
    effects = rule_effects(policies["recall"].run)
    assert len(effects) == 5
    for rule in effects:
        numbers = (rule.sent, rule.opened, rule.returned, rule.cost, rule.cost_per_return)
        assert rows[rule.rule] == [f"{number.mean:,.0f}" for number in numbers], rule.rule
