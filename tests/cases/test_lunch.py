"""The lunch case: one push, three hours, with a cap and without; its page says what the runs say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import Rows, by_day, coarse, level, runs_of, shown, told_otherwise

CASE = files_of("lunch/policies")
BASELINE, *PUSHES = CASE
PAGE = DOCS / "cases" / "lunch.md"
RULE = "午餐推送"
UNTIL = {"31 January": 31, "31 March": 90, "30 June": 181, "30 September": 273, "31 December": 365}
"""The rows of the page's table on the cap: profit to date, by how many days are over."""


@pytest.fixture(scope="module")
def small_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoredRun]:
    """Each policy over a year in which some 300 agents sign up."""
    out = tmp_path_factory.mktemp("results")
    return {policy: pipeline.run(coarse(file, 250), replicates=2, jobs=1, out=out) for policy, file in CASE.items()}


def done(run: StoredRun, column: str) -> int:
    """What the rule did, over replicates and days."""
    return int(run.numbers("rules", column).sum())


def test_policies_differ_in_the_hour_or_the_cap_alone() -> None:
    scenarios = {policy: pipeline.load(CASE[policy]).scenario for policy in PUSHES}
    at_11 = scenarios["at-11"]
    for policy, scenario in scenarios.items():
        rule = scenario.policy.rules[RULE]
        assert rule.when == at_11.policy.rules[RULE].when, policy
        assert rule.who == at_11.policy.rules[RULE].who, policy
        assert (rule.do == at_11.policy.rules[RULE].do) is (policy in ("at-11", "every-day"))
        assert (scenario.policy.contact == at_11.policy.contact) is (policy != "every-day")


def test_the_hour_decides_who_opens_and_who_orders(small_runs: dict[str, StoredRun]) -> None:
    at_11, at_15, by_habit = (small_runs[policy] for policy in ("at-11", "at-15", "by-habit"))
    assert done(at_15, "opened") < 0.7 * done(at_11, "opened") < done(by_habit, "opened")
    assert done(at_15, "prompted_orders") < done(by_habit, "prompted_orders") < done(at_11, "prompted_orders")


def test_without_the_cap_more_is_sent_and_more_opt_out(small_runs: dict[str, StoredRun]) -> None:
    capped, daily = small_runs["at-11"], small_runs["every-day"]
    assert done(daily, "limited") == 0 < done(capped, "limited")
    assert done(daily, "sent") > 1.3 * done(capped, "sent")
    assert done(daily, "opt_outs") > 2 * done(capped, "opt_outs")


def expected_rows(runs: dict[str, StoredRun]) -> Rows:
    """The rows of the page's tables, by their first cells."""
    rows, none = {}, runs[BASELINE]
    for policy in PUSHES:
        run = runs[policy]
        mau = (by_day(run, "mau") - by_day(none, "mau"))[:, -28:].mean(axis=1)
        dau = (by_day(run, "dau") - by_day(none, "dau")).mean(axis=1)
        sums = [(by_day(run, name) - by_day(none, name)).sum(axis=1) for name in ("orders", "profit")]
        rows[policy] = [shown(values) for values in (dau, mau, *sums)]
        columns = ("sent", "opened", "prompted_orders", "returned", "opt_outs")
        rows[f"{policy}, its push"] = [level(np.array([done(run, name) / 20])) for name in columns]
    ahead = by_day(runs["every-day"], "profit") - by_day(runs["at-11"], "profit")
    for name, days in UNTIL.items():
        rows[name] = [shown(ahead[:, :days].sum(axis=1)), shown(ahead[:, days - 28 : days].sum(axis=1))]
    levels = (by_day(none, "dau").mean(axis=1), by_day(none, "mau")[:, -28:].mean(axis=1))
    sums = [by_day(none, name).sum(axis=1) for name in ("orders", "profit")]
    rows["no-push, its level"] = [level(values) for values in (*levels, *sums)]
    return rows


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    assert told_otherwise(PAGE, expected_rows(runs_of(CASE, tmp_path))) == {}
