"""What the README tells a colleague about the first comparison is what the first comparison shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim import pipeline
from sim.analysis import Comparison
from sim.cli.init import write_project
from sim.report.findings import falling_leads, headline

ROOT = Path(__file__).resolve().parents[2]
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
LESS_ADVERTISING = "budgets: {search ads: 200 CNY / day}"


def first_comparison(folder: Path, days: int | None = None, change: str = "") -> Comparison:
    """The comparison that the README has a new user make, with a line more in the policy."""
    write_project(folder / "shop")
    policies = folder / "shop" / "policies"
    recall = policies / "recall.yaml"
    recall.write_text(
        recall.read_text(encoding="utf-8").replace("policy:\n", f"policy:\n  {change}\n"), encoding="utf-8"
    )
    return pipeline.compare([policies / "today.yaml", recall], days=days, out=folder / "results")


def profit_change(comparison: Comparison) -> float:
    """The policy's difference in profit, as a share of the baseline's."""
    found = comparison.policies[0].of("profit")
    assert found is not None
    assert found.is_distinguishable
    assert found.relative is not None
    return found.relative


def told(pattern: str) -> str:
    """The number that the README gives at a place."""
    found = re.search(pattern, README)
    assert found is not None, pattern
    return found[1]


def test_the_first_result_is_told_as_it_comes_out(tmp_path: Path) -> None:
    comparison = first_comparison(tmp_path)
    assert f"`{headline(comparison, 'profit')}`" in README
    assert told(r"two reminders earn ([\d.]+)% more over the year") == f"{100 * profit_change(comparison):.2f}"
    assert falling_leads(comparison) == []


@pytest.mark.verify
def test_the_reminders_still_earn_over_two_years(tmp_path: Path) -> None:
    change = profit_change(first_comparison(tmp_path, days=730))
    assert told(r"the reminders alone still earn ([\d.]+)% more") == f"{100 * change:.2f}"


@pytest.mark.verify
def test_less_advertising_is_told_as_it_comes_out(tmp_path: Path) -> None:
    assert f"`{LESS_ADVERTISING}`" in README
    one = first_comparison(tmp_path / "one", change=LESS_ADVERTISING)
    assert told(r"over the year profit rises by ([\d.]+)%") == f"{100 * profit_change(one):.1f}"
    assert told(r'below it stands "(.*?)"') in falling_leads(one)[0]
    two = first_comparison(tmp_path / "two", days=730, change=LESS_ADVERTISING)
    assert told(r"the same policy loses ([\d.]+)%") == f"{-100 * profit_change(two):.1f}"
