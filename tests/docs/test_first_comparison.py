"""What the README tells a colleague about the first comparison is what the first comparison shows."""

from __future__ import annotations

import re
from pathlib import Path

from sim import pipeline
from sim.analysis import Comparison
from sim.cli.init import write_project
from sim.report.findings import headline

ROOT = Path(__file__).resolve().parents[2]
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


def first_comparison(folder: Path) -> Comparison:
    """The comparison that the README has a new user make."""
    write_project(folder / "shop")
    policies = folder / "shop" / "policies"
    return pipeline.compare([policies / "today.yaml", policies / "recall.yaml"], out=folder / "results")


def test_the_first_result_is_told_as_it_comes_out(tmp_path: Path) -> None:
    comparison = first_comparison(tmp_path)
    sentence = headline(comparison, "profit")
    assert f"`{sentence}`" in README
    users, profit = (comparison.policies[0].of(name) for name in ("users", "profit"))
    assert users is not None
    assert profit is not None
    told = re.search(r"earn ([\d.]+)% more over the year.*users at the end are (\d+)% fewer", README)
    assert told is not None
    assert (told[1], told[2]) == (f"{profit.relative:.1%}"[:-1], f"{-(users.relative or 0):.0%}"[:-1])
