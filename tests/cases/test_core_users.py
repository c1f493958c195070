"""The core-users case is what its page says: one scheme, few or many members, few or many privileges, at two scales."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import pipeline
from sim.analysis import status_effects
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import shown_difference, table_rows

CASES = {scale: files_of(f"core-users/policies/{scale}") for scale in ("early", "scale")}
BASELINE, *SCHEMES = CASES["early"]
PAGE = DOCS / "cases" / "core-users.md"
METRICS = ("users", "mau", "revenue", "profit")


@pytest.mark.parametrize("policy", SCHEMES)
def test_schemes_differ_between_the_scales_only_in_what_the_page_says(policy: str) -> None:
    early, large = (pipeline.load(case[policy]).scenario for case in CASES.values())
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
        loaded = pipeline.load(CASES["early"][policy], changes)
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
    comparison = pipeline.compare(list(CASES[scale].values()), out=out)
    levels = {one.metric.name: one.mean for one in comparison.estimates}
    rows = [[f"{BASELINE}, its level", *(f"{levels[metric]:,.0f}" for metric in METRICS)]]
    statuses = []
    for policy, compared in zip(SCHEMES, comparison.policies, strict=True):
        differences = {one.metric.name: shown_difference(one) for one in compared.differences}
        rows.append([policy, *(differences[metric] for metric in METRICS)])
        statuses += statuses_of(policy, compared.run)
    return rows + statuses


@pytest.mark.verify
def test_the_page_says_what_the_schemes_do(tmp_path: Path) -> None:
    rows = table_rows(PAGE)
    for scale in CASES:
        for row in expected_rows(scale, tmp_path):
            assert row in rows, (scale, row)
