"""The membership case: five plans of a video service; its page says what the runs say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis import membership_books
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import F64, Rows, by_day, coarse, level, run_with, runs_of, shown, told_otherwise

CASE = files_of("membership/policies")
BASELINE, *CHANGES = CASE
PAGE = DOCS / "cases" / "membership.md"
RESPONSE = "response.memberships"
DOUBTS: dict[str, tuple[str, dict[str, str]]] = {
    "a year for 168, price sensitivity 0.7": ("annual-cheaper", {f"{RESPONSE}.price_sensitivity": "0.7"}),
    "a year for 168, price sensitivity 3": ("annual-cheaper", {f"{RESPONSE}.price_sensitivity": "3"}),
    "a month for 30, price sensitivity 0.7": ("monthly-dearer", {f"{RESPONSE}.price_sensitivity": "0.7"}),
    "a month for 30, price sensitivity 3": ("monthly-dearer", {f"{RESPONSE}.price_sensitivity": "3"}),
    "a month for 30, members do not mind": ("monthly-dearer", {f"{RESPONSE}.price_rise": "0"}),
    "a month for 30, members mind most": ("monthly-dearer", {f"{RESPONSE}.price_rise": "4"}),
    "trial with a card, appeal × 1.5": ("trial-card", {f"{RESPONSE}.trial_with_card.appeal": "1.5"}),
    "trial with a card, appeal × 4": ("trial-card", {f"{RESPONSE}.trial_with_card.appeal": "4"}),
    "trial without a card, appeal × 2.5": ("trial-no-card", {f"{RESPONSE}.trial_without_card.appeal": "2.5"}),
    "trial without a card, appeal × 8": ("trial-no-card", {f"{RESPONSE}.trial_without_card.appeal": "8"}),
    "a pause, 25% of pauses end with a payment": ("pause", {f"{RESPONSE}.resumes": "25%"}),
    "a pause, 75% of pauses end with a payment": ("pause", {f"{RESPONSE}.resumes": "75%"}),
}
"""The rows of the page's table of doubts: a policy, and what is changed in the world for it and for today."""


@pytest.fixture(scope="module")
def small_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoredRun]:
    """Each policy over two years in which some 700 agents sign up."""
    out = tmp_path_factory.mktemp("results")
    return {policy: pipeline.run(coarse(file, 200), replicates=2, jobs=1, out=out) for policy, file in CASE.items()}


def of_all(run: StoredRun, column: str) -> F64:
    """A column of the table of memberships, summed over plans, float64 (replicates, days); money in currency units."""
    n_replicates, n_days = run.identity.replicates, int(run.facts["days"])
    if "memberships" not in run.tables:
        return np.zeros((n_replicates, n_days))
    values = run.numbers("memberships", column).astype(np.float64).reshape(n_replicates, n_days, -1).sum(axis=2)
    is_money = column in ("cash", "refunds", "recognised", "deferred")
    summed: F64 = values / 100 if is_money else values
    return summed


def test_every_cent_that_was_paid_is_revenue_or_still_owed(small_runs: dict[str, StoredRun]) -> None:
    for policy, run in small_runs.items():
        cash, recognised = (of_all(run, column).cumsum(axis=1) for column in ("cash", "recognised"))
        assert cash == pytest.approx(recognised + of_all(run, "deferred")), policy
        assert (of_all(run, "deferred").max() > 0) == (policy != "single-rentals"), policy


def test_members_rent_less(small_runs: dict[str, StoredRun]) -> None:
    rentals = {policy: by_day(run, "orders").sum() for policy, run in small_runs.items()}
    assert rentals["single-rentals"] > rentals[BASELINE]


def test_a_higher_price_takes_members_and_a_lower_one_brings_them(small_runs: dict[str, StoredRun]) -> None:
    members = {policy: of_all(run, "members").sum() for policy, run in small_runs.items()}
    assert members["annual-cheaper"] > members[BASELINE] > members["monthly-dearer"] > members["single-rentals"] == 0


def test_offers_are_made_to_those_for_whom_they_are(small_runs: dict[str, StoredRun]) -> None:
    for policy, column in (("pause", "paused"), ("trial-card", "trials_begun"), ("trial-no-card", "trials_begun")):
        assert of_all(small_runs[policy], column).sum() > 0
        assert of_all(small_runs[BASELINE], column).sum() == 0
    saved = {policy: of_all(small_runs[policy], "recovered").sum() for policy in (BASELINE, "dunning")}
    assert saved["dunning"] > 1.2 * saved[BASELINE]


def told(run: StoredRun) -> list[F64]:
    """What the page's table tells of a policy, each (replicates,): members at the end, cash, recognised, deferred at
    the end, rentals, profit.
    """
    sums = [of_all(run, column).sum(axis=1) for column in ("cash", "recognised")]
    ends = [of_all(run, column)[:, -1] for column in ("members", "deferred")]
    return [ends[0], *sums, ends[1], *(by_day(run, column).sum(axis=1) for column in ("orders", "profit"))]


def expected_rows(runs: dict[str, StoredRun]) -> Rows:
    """The rows of the page's table of policies, by their first cells."""
    today = told(runs[BASELINE])
    rows = {f"{BASELINE}, its level": [level(values) for values in today]}
    for policy in CHANGES:
        rows[policy] = [shown(one - other) for one, other in zip(told(runs[policy]), today, strict=True)]
    return rows


def plan_rows(today: StoredRun) -> Rows:
    """What each plan is under today's policy: joined, renewed, members, cash, recognised and deferred at the end."""
    return {
        f"{one.membership}, today": [
            f"{one.joined.mean:,.0f}",
            f"{one.renewal.mean:.0%}" if one.renewal.mean is not None else "–",
            *(f"{each.mean:,.0f}" for each in (one.members, one.cash, one.recognised, one.deferred)),
        ]
        for one in membership_books(today)
    }


def expected_doubts(out: Path) -> Rows:
    """The rows of the page's table of doubts: profit beyond today's in other worlds (10 replicates)."""

    def profit_with(policy: str, changes: dict[str, str]) -> F64:
        total: F64 = by_day(run_with(CASE[policy], changes, out, replicates=10), "profit").sum(axis=1)
        return total

    return {
        name: [shown(profit_with(policy, changes) - profit_with(BASELINE, changes))]
        for name, (policy, changes) in DOUBTS.items()
    }


def expected(out: Path) -> Rows:
    """All rows that the page should have."""
    runs = runs_of(CASE, out)
    return expected_rows(runs) | plan_rows(runs[BASELINE]) | expected_doubts(out)


@pytest.mark.verify
def test_the_page_says_what_the_plans_do(tmp_path: Path) -> None:
    assert told_otherwise(PAGE, expected(tmp_path)) == {}
