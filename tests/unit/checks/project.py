"""A small project whose outcomes were accepted, and what tests of `sim check` do with a copy of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import sim
from sim.analysis.verdicts import CheckReport, Verdict

TODAY = date(2026, 6, 1)
SETTINGS = "settings: {replicates: 4, max_replicates: 8, days: 60 days}\n"
HELD = SETTINGS + "baselines: [policies/today.yaml, policies/recall.yaml]\nmargin: {users: 1%, revenue: 0.5%}\n"
COSTS = """\
expect:
  recall costs:
    metric: outlay
    of: policies/recall.yaml
    against: policies/today.yaml
    at_least: -50%
"""
Project = Path


def expect(text: str) -> None:
    Path("shop/expect.yaml").write_text(text, encoding="utf-8")


def alter(file: str, old: str, new: str) -> None:
    path = Path(file)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def check(**settings: object) -> CheckReport:
    return sim.check(**{"today": TODAY, "jobs": 1, **settings})  # type: ignore[arg-type]


def of(report: CheckReport, name: str) -> Verdict:
    return next(verdict for verdict in report.verdicts if verdict.name == name)


def messages(report: CheckReport) -> list[str]:
    assert not report.verdicts
    return [f"{problem.place}: {problem.message}" for problem in report.problems if problem.severity == "error"]


def line_of(file: str, text: str) -> int:
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def edit_outcomes(scenario: str, change: Callable[[dict[str, object]], None]) -> None:
    path = Path("results/baselines", scenario, "baseline.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def doubled(content: dict[str, object]) -> None:
    outcomes = content["outcomes"]
    assert isinstance(outcomes, dict)
    outcomes["users"] = [2 * value for value in outcomes["users"]]
    content["version"] = "0.0.9"
