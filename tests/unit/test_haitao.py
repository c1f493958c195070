"""The haitao case is what its page says: the same extra money in each policy, evidence for numbers, a story."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis import rule_effects
from sim.store import StoredRun
from sim.systems.channels.schema import Community, Offline, Paid, Store, WordOfMouth
from sim.systems.scenario import Scenario
from sim.units import Quantity

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "scenarios" / "haitao"
PAGE = ROOT / "docs" / "cases" / "haitao.md"
POLICIES = ("today", "double-paid", "recall", "community", "coupons-for-all")
HUNTERS, MOTHERS = "羊毛黨", "新手媽媽"
EXTRA = 365_000
"""CNY that each policy may spend in the year beyond today's."""


def scenario_of(policy: str) -> Scenario:
    return pipeline.load(CASE / "policies" / f"{policy}.yaml").scenario


@pytest.fixture(scope="module")
def small_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoredRun]:
    """Each policy that works by rules, and today, over a year in which some 1,000 agents sign up."""
    out = tmp_path_factory.mktemp("results")
    runs = {}
    for policy in ("today", "recall", "coupons-for-all"):
        loaded = pipeline.load(CASE / "policies" / f"{policy}.yaml")
        market = loaded.scenario.market.model_copy(update={"people_per_agent": Quantity(140.0)})
        coarse = replace(loaded, scenario=loaded.scenario.model_copy(update={"market": market}))
        runs[policy] = pipeline.run(coarse, replicates=4, jobs=1, out=out)
    return runs


def booked(run: StoredRun, accounts: set[str]) -> float:
    """What these accounts hold, mean over replicates, in CNY."""
    chosen = np.isin(run.texts("ledger", "account"), list(accounts))
    return float(run.numbers("ledger", "amount")[chosen].sum() / 100 / run.identity.replicates)


def of_segment(run: StoredRun, segment: str, column: str) -> int:
    """The sum of a column over replicates and days."""
    return int(run.numbers("by_segment", column)[run.texts("by_segment", "segment") == segment].sum())


def quantities(value: object, path: str = "") -> Iterator[tuple[str, Quantity]]:
    """Every quantity of a scenario that states a range, with its path."""
    if isinstance(value, Quantity):
        if value.low is not None or value.high is not None:
            yield path, value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from quantities(entry, f"{path}.{key}")
    elif hasattr(type(value), "model_fields"):
        for name in type(value).model_fields:
            yield from quantities(getattr(value, name), f"{path}.{name}")


@pytest.mark.parametrize("policy", POLICIES)
def test_policies_load_without_a_warning(policy: str) -> None:
    assert pipeline.load(CASE / "policies" / f"{policy}.yaml").warnings == ()


def test_there_are_no_other_policies() -> None:
    assert sorted(path.stem for path in (CASE / "policies").iterdir()) == sorted(POLICIES)


def test_the_world_has_what_the_case_is_about() -> None:
    scenario = scenario_of("today")
    kinds = {type(channel) for channel in scenario.channels.values()}
    assert kinds == {Paid, Store, Community, Offline, WordOfMouth}
    assert all(re.search("[一-鿿]", name) for name in scenario.channels)
    assert len(scenario.market.segments) >= 4
    hunters = scenario.market.segments[HUNTERS]
    assert hunters.gain.value == max(segment.gain.value for segment in scenario.market.segments.values())
    assert [category.share.value for category in scenario.market.adopters.values()] == [0.025, 0.135, 0.34, 0.34, 0.16]


def test_every_range_holds_its_value_and_says_where_it_comes_from() -> None:
    ranged = dict(quantities(scenario_of("recall")))
    assert len(ranged) > 25
    for path, quantity in ranged.items():
        assert quantity.source, path
        assert quantity.low is not None, path
        assert quantity.high is not None, path
        assert quantity.low <= quantity.value <= quantity.high, path


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


def rows_of_the_page() -> dict[str, list[str]]:
    """The rows of five numbers in the page's tables, by the first word of each."""
    rows = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5:
            rows[re.split("[, ]", name)[0]] = [cell.replace("*", "") for cell in cells]
    return rows


def test_the_file_of_recall_states_the_money_of_the_page() -> None:
    comment = " ".join((CASE / "policies" / "recall.yaml").read_text(encoding="utf-8").splitlines()[:3])
    total, *parts = [int(number.replace(",", "")) for number in re.findall(r"\b\d{2,3},\d{3}\b", comment)]
    assert f"{total:,} (messages and coupons of `recall`)" in " ".join(PAGE.read_text(encoding="utf-8").split())
    assert sum(parts) == total


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    rows = {name: cells for name, cells in rows_of_the_page().items() if name in POLICIES[1:]}
    comparison = pipeline.compare([CASE / "policies" / f"{policy}.yaml" for policy in POLICIES], out=tmp_path)
    assert len(rows) == len(comparison.policies) == len(POLICIES) - 1
    for compared, policy in zip(comparison.policies, POLICIES[1:], strict=True):
        differences = {difference.metric.name: difference for difference in compared.differences}
        for cell, metric in zip(rows[policy], ("users", "dau", "mau", "profit", "ltv"), strict=True):
            value = differences[metric].difference
            shown = f"{value:+,.2f}" if metric == "ltv" else f"{value:+,.0f}"
            assert cell.startswith(shown.replace("-", "−")), (policy, metric)
    levels = {estimate.metric.name: estimate.mean for estimate in comparison.estimates}
    shown = [f"{levels[name]:,.0f}" for name in ("users", "dau", "mau", "profit")]
    assert rows_of_the_page()["today"] == [*shown, f"{levels['ltv']:.2f}"]
    effects = rule_effects(comparison.policies[POLICIES.index("recall") - 1].run)
    assert len(effects) == 5
    for rule in effects:
        numbers = (rule.sent, rule.opened, rule.returned, rule.cost, rule.cost_per_return)
        assert rows_of_the_page()[rule.rule] == [f"{number.mean:,.0f}" for number in numbers], rule.rule
