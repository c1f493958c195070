"""The core-users case is what its page says: one scheme, few or many members, few or many privileges, at two scales."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import pipeline
from sim.analysis import status_effects
from sim.store import StoredRun
from tests.unit.test_haitao import quantities
from tests.unit.test_stages_case import shown

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "scenarios" / "core-users" / "policies"
PAGE = ROOT / "docs" / "cases" / "core-users.md"
SCALES = ("early", "scale")
POLICIES = ("no-scheme", "low-threshold", "high-threshold", "rich-privileges", "tiers")
METRICS = ("users", "mau", "revenue", "profit")


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("policy", POLICIES)
def test_policies_load_without_a_warning(scale: str, policy: str) -> None:
    assert pipeline.load(CASE / scale / f"{policy}.yaml").warnings == ()


@pytest.mark.parametrize("scale", SCALES)
def test_there_are_no_other_policies(scale: str) -> None:
    assert sorted(path.stem for path in (CASE / scale).iterdir()) == sorted(POLICIES)


@pytest.mark.parametrize("scale", SCALES)
def test_every_range_holds_its_value_and_says_where_it_comes_from(scale: str) -> None:
    ranged = dict(quantities(pipeline.load(CASE / scale / "tiers.yaml").scenario))
    assert len(ranged) > 15
    for path, quantity in ranged.items():
        assert quantity.source, path
        assert quantity.low is not None, path
        assert quantity.high is not None, path
        assert quantity.low <= quantity.value <= quantity.high, path


@pytest.mark.parametrize("policy", POLICIES[1:])
def test_schemes_differ_between_the_scales_only_in_what_the_page_says(policy: str) -> None:
    early, large = (pipeline.load(CASE / scale / f"{policy}.yaml").scenario for scale in SCALES)
    for name, status in early.policy.statuses.items():
        other = large.policy.statuses[name]
        assert (status.enters.text, status.stays and status.stays.text) == (
            other.enters.text,
            other.stays and other.stays.text,
        )
        assert status.privileges == other.privileges
        assert status.advocacy.value == other.advocacy.value
    assert [sum(each.cost.value for each in one.policy.campaigns.values()) for one in (early, large)] == [
        24_000,
        360_000,
    ]


def test_a_lower_bar_lets_more_in_and_privileges_cost_what_holders_cost(tmp_path: Path) -> None:
    changes = {"market.people_per_agent": "10"}
    holders = {}
    for policy, cost_per_day in (("low-threshold", 6.3), ("high-threshold", 6.3), ("rich-privileges", 28.3)):
        loaded = pipeline.load(CASE / "early" / f"{policy}.yaml", changes)
        (status,) = status_effects(pipeline.run(loaded, replicates=2, days=120, jobs=1, out=tmp_path))
        assert status.cost_per_holder_day.mean == pytest.approx(cost_per_day * 12 / 365, rel=0.01)
        holders[policy] = status.holders.mean
    assert holders["low-threshold"] is not None
    assert holders["high-threshold"] is not None
    assert holders["low-threshold"] > 2 * holders["high-threshold"] > 0


def statuses_of(policy: str, run: StoredRun) -> list[list[str]]:
    """The rows of the table of statuses, as the page shows them."""
    rows = []
    for one in status_effects(run):
        holders, cost = one.holders.mean, one.cost.mean
        assert holders is not None
        assert cost is not None
        numbers = [f"{holders:,.0f}", f"{cost:,.0f}", f"{cost / holders / 12:.2f}", f"{one.content.mean:,.0f}"]
        rows.append([f"{policy}: {one.status}", *numbers, f"{one.orders.mean:.2f}", f"{one.others_orders.mean:.2f}"])
    return rows


def expected_rows(scale: str, out: Path) -> list[list[str]]:
    """The two tables of one scale: differences to no scheme, and what holders cost."""
    comparison = pipeline.compare([CASE / scale / f"{policy}.yaml" for policy in POLICIES], out=out)
    levels = {one.metric.name: one.mean for one in comparison.estimates}
    rows = [["no-scheme, its level", *(f"{levels[metric]:,.0f}" for metric in METRICS)]]
    statuses = []
    for policy, compared in zip(POLICIES[1:], comparison.policies, strict=True):
        differences = {one.metric.name: shown(one) for one in compared.differences}
        rows.append([policy, *(differences[metric] for metric in METRICS)])
        statuses += statuses_of(policy, compared.run)
    return rows + statuses


@pytest.mark.verify
def test_the_page_says_what_the_schemes_do(tmp_path: Path) -> None:
    lines = PAGE.read_text(encoding="utf-8").replace("**", "").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    for scale in SCALES:
        for row in expected_rows(scale, tmp_path):
            assert row in rows, (scale, row)
