"""The check-in case: ten points a day, a minimum of 500, of 50, or streaks; its page says what the runs say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis import points_books
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import F64, Rows, by_day, coarse, level, run_with, runs_of, shown, told_otherwise

CASE = files_of("check-in/policies")
BASELINE, *PROGRAMMES = CASE
PAGE = DOCS / "cases" / "check-in.md"
REWARD = "policy.points.金幣.rewards.一角紅包"
MINIMA = {
    "50": ("50", "0.10 CNY"), "100": ("100", "0.20 CNY"), "200": ("200", "0.40 CNY"), "500": ("500", "1 CNY"),
    "1,000": ("1_000", "2 CNY"),
}  # fmt: skip
"""The rows of the page's table of minima: price and cost, at one worth of a point."""
SAME_COST = {"policy.points.金幣.rewards.一元紅包.cost": "1.88 CNY"}
NEARNESS, ADVERTISING = "response.points.nearness.activity", "income.advertising_per_active_day"
CHANGED = {
    "a near reward does nothing": {NEARNESS: "1"},
    "a near reward multiplies the odds of coming by 1.5": {NEARNESS: "1.5"},
    "advertising brings 0.06 CNY per active day": {ADVERTISING: "0.06 CNY"},
    "… 0.4 CNY": {ADVERTISING: "0.4 CNY"},
    "15% of active days end at the rewards": {"response.points.looks": "15%"},
    "… 70%": {"response.points.looks": "70%"},
    "the pull fades by half in 14 days instead of 7": {"response.points.nearness.half_life": "14 days"},
    "a reward keeps its taker: hazard of leaving × 0.8 for 14 days": {"response.points.reward.lapse": "0.8"},
}
"""The rows of the page's table of doubts: what is changed in the world, for all."""


@pytest.fixture(scope="module")
def small_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoredRun]:
    """Each policy over a year in which some 700 agents sign up."""
    out = tmp_path_factory.mktemp("results")
    return {policy: pipeline.run(coarse(file, 100), replicates=2, jobs=1, out=out) for policy, file in CASE.items()}


def test_a_point_is_worth_the_same_in_all_programmes() -> None:
    for policy in PROGRAMMES:
        (programme,) = pipeline.load(CASE[policy]).scenario.policy.points.values()
        (reward,) = programme.rewards.values()
        assert reward.cost.value / reward.price.value == pytest.approx(0.002), policy


def test_a_lower_minimum_brings_more_and_costs_more(small_runs: dict[str, StoredRun]) -> None:
    dau = {policy: by_day(run, "dau").sum() for policy, run in small_runs.items()}
    cost = {policy: points_books(small_runs[policy])[0].cost.mean for policy in PROGRAMMES}
    assert dau["from-50"] > 1.02 * dau["from-500"] > 1.02 * dau[BASELINE]
    assert (cost["from-50"] or 0) > 1.5 * (cost["from-500"] or 0) > 0


def test_no_warning_tells_of_500_and_one_of_2_000() -> None:
    """Who comes every day has 500 after 50 days: the doubt is about nobody's ever getting there."""
    assert pipeline.load(CASE["from-500"]).warnings == ()
    (warning,) = pipeline.load(CASE["from-500"], {"policy.points.金幣.rewards.一元紅包.price": "2_000"}).warnings
    assert "is out of reach: even who comes every day saves for 200 days" in warning.message


def difference(run: StoredRun, none: StoredRun, column: str) -> F64:
    """What a programme adds to a column's daily mean or, of money, to its sum."""
    values = by_day(run, column) - by_day(none, column)
    added: F64 = values.mean(axis=1) if column == "dau" else values.sum(axis=1)
    return added


def programme_row(run: StoredRun, none: StoredRun) -> list[str]:
    """Daily actives, revenue and profit beyond the baseline; cost of rewards, also per active day; breakage."""
    (book,) = points_books(run)
    cost = book.cost.mean or 0.0
    added = [shown(difference(run, none, column)) for column in ("dau", "revenue")]
    per_day = cost / by_day(run, "dau").sum(axis=1).mean()
    return [
        *added, f"{cost:,.0f}", f"{per_day:.4f}", f"{book.breakage.mean:.0%}", shown(difference(run, none, "profit"))
    ]  # fmt: skip


def by_segment(run: StoredRun, segment: str) -> F64:
    """Active days of a segment's users, (replicates,)."""
    values = np.where(run.texts("by_segment", "segment") == segment, run.numbers("by_segment", "dau"), 0)
    active: F64 = values.reshape(run.identity.replicates, -1).sum(axis=1).astype(np.float64)
    return active


def expected_rows(runs: dict[str, StoredRun]) -> Rows:
    """The rows of the page's first two tables, by their first cells."""
    none = runs[BASELINE]
    sums = [by_day(none, column).sum(axis=1) for column in ("revenue", "profit")]
    rows = {
        f"{BASELINE}, its level": [
            level(by_day(none, "dau").mean(axis=1)),
            level(sums[0]),
            "–",
            "–",
            "–",
            level(sums[1]),
        ]
    }
    for policy in PROGRAMMES:
        rows[policy] = programme_row(runs[policy], none)
        (book,) = points_books(runs[policy])
        shares = [
            shown(100 * (by_segment(runs[policy], name) / by_segment(none, name) - 1), 1) + "%"
            for name in ("讀者", "路人")
        ]
        per_day_won = (book.cost.mean or 0.0) / (by_day(runs[policy], "dau") - by_day(none, "dau")).sum(axis=1).mean()
        rows[f"{policy}, by segment"] = [*shares, f"{book.rewards.mean:,.0f}", f"{per_day_won:.2f}"]
    return rows


def expected_doubts(out: Path) -> Rows:
    """The rows of the page's other tables: other minima, and other worlds (12 replicates)."""

    def changed(policy: str, changes: dict[str, str]) -> StoredRun:
        return run_with(CASE[policy], changes, out)

    none = changed(BASELINE, {})
    rows = {
        f"from {name}": programme_row(changed("from-50", {f"{REWARD}.price": price, f"{REWARD}.cost": cost}), none)
        for name, (price, cost) in MINIMA.items()
    }
    rows["from 500, worth 1.88 CNY"] = programme_row(changed("from-500", SAME_COST), none)
    for name, changes in CHANGED.items():
        without = changed(BASELINE, changes)
        rows[name] = [shown(difference(changed(policy, changes), without, "profit")) for policy in PROGRAMMES]
    return rows


def expected(out: Path) -> Rows:
    """All rows that the page should have."""
    return expected_rows(runs_of(CASE, out)) | expected_doubts(out)


@pytest.mark.verify
def test_the_page_says_what_the_programmes_do(tmp_path: Path) -> None:
    assert told_otherwise(PAGE, expected(tmp_path)) == {}
