"""The service-desk case: at double orders hire, prioritise core users, or neither; its page says what the runs say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis import desk_books, satisfaction_level
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import F64, Rows, by_day, coarse, level, run_with, runs_of, shown, told_otherwise

CASE = files_of("service-desk/policies")
BASELINE, *OTHERS = CASE
PAGE = DOCS / "cases" / "service-desk.md"
DOUBLE = 181
"""The day of July 1st."""
SATISFACTION = "response.satisfaction."
CHANGED = {
    "satisfaction keeps nobody: hazard × 1": {SATISFACTION + "lapse": "1", SATISFACTION + "activity": "1"},
    "it keeps more: hazard × 0.2 at the best, × 5 at the worst": {SATISFACTION + "lapse": "0.2"},
    "it is forgotten by half in 20 days instead of 45": {SATISFACTION + "half_life": "20 days"},
    "… in 120 days": {SATISFACTION + "half_life": "120 days"},
    "a margin of 15% instead of 21%": {"orders.margin": "15%"},
    "an hour costs 55 CNY instead of 38": {"policy.desks.客服.cost_per_hour": "55 CNY"},
    "30% of those who gave up come again instead of 60%": {"service.comes_again.abandoned": "30%"},
}
"""The rows of the page's table of doubts: what is changed in the world, for all."""


@pytest.fixture(scope="module")
def small_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoredRun]:
    """Each policy with larger agents: the desk's tickets are as many."""
    out = tmp_path_factory.mktemp("results")
    return {policy: pipeline.run(coarse(file, 40), replicates=2, jobs=1, out=out) for policy, file in CASE.items()}


def test_people_shorten_waits_and_priority_moves_them(small_runs: dict[str, StoredRun]) -> None:
    books = {policy: desk_books(run)[0] for policy, run in small_runs.items()}
    share = {policy: book.abandoned.mean or 0.0 for policy, book in books.items()}
    assert share["hire"] < 0.6 * share["hire-one"] < 0.6 * share[BASELINE]
    assert share["core-first"] == pytest.approx(share[BASELINE], rel=0.1)
    first, others = (given_up(small_runs["core-first"], is_first=one).mean() for one in (True, False))
    assert first < 0.75 * others


def test_people_keep_users(small_runs: dict[str, StoredRun]) -> None:
    orders = {policy: by_day(run, "orders").sum() for policy, run in small_runs.items()}
    assert orders["hire"] > orders["hire-one"] > orders[BASELINE]


def column(run: StoredRun, name: str) -> F64:
    """A column of the table of desks from July on, float64 (replicates, days)."""
    return run.numbers("service", name).reshape(run.identity.replicates, -1).astype(np.float64)[:, DOUBLE:]


def given_up(run: StoredRun, *, is_first: bool) -> F64:
    """From July on, the share that gave up, of those who go first or of the others."""
    abandoned, answered = (
        column(run, f"first_{name}") if is_first else column(run, name) - column(run, f"first_{name}")
        for name in ("abandoned", "answered")
    )
    shares: F64 = abandoned.sum(axis=1) / (abandoned + answered).sum(axis=1)
    return shares


def difference(run: StoredRun, none: StoredRun, name: str) -> F64:
    """What a policy adds to the sum of a column of money or orders, or to the mean of another, (replicates,)."""
    values = by_day(run, name) - by_day(none, name)
    added: F64 = values.mean(axis=1) if name == "dau" else values.sum(axis=1)
    return added


def desk_row(run: StoredRun) -> list[str]:
    """From July on: tickets a day, share that gave up, wait, busy share; then satisfaction of the last four weeks."""
    answered = column(run, "answered").sum()
    found = satisfaction_level(run)
    assert found is not None
    assert found.recent.mean is not None
    gave_up = column(run, "abandoned").sum() / (column(run, "abandoned").sum() + answered)
    return [
        level(column(run, "tickets").mean(axis=1)),
        f"{gave_up:.0%}",
        f"{column(run, 'wait_seconds').sum() / answered / 60:.1f}",
        f"{column(run, 'busy_minutes').sum() / column(run, 'staff_minutes').sum():.0%}",
        f"{found.recent.mean:+.2f}".replace("-", "−"),
    ]


def expected_rows(runs: dict[str, StoredRun]) -> Rows:
    """The rows of the page's tables of policies, desks and core users, by their first cells."""
    none = runs[BASELINE]
    sums = [by_day(none, name).sum(axis=1) for name in ("orders", "outlay", "profit")]
    rows = {f"{BASELINE}, its level": [level(by_day(none, "dau").mean(axis=1)), *map(level, sums)]}
    for policy in OTHERS:
        rows[policy] = [shown(difference(runs[policy], none, name)) for name in ("dau", "orders", "outlay", "profit")]
    rows |= {f"{policy}, its desk": desk_row(run) for policy, run in runs.items()}
    core = runs["core-first"]
    rows["gave up, core users first"] = [f"{given_up(core, is_first=first).mean():.0%}" for first in (True, False)]
    return rows


def expected_doubts(out: Path) -> Rows:
    """The rows of the page's table of other worlds: profit beyond the baseline (12 replicates)."""
    rows = {}
    for name, changes in CHANGED.items():
        runs = {policy: run_with(file, changes, out) for policy, file in CASE.items()}
        rows[name] = [shown(difference(runs[policy], runs[BASELINE], "profit")) for policy in OTHERS]
    return rows


def expected(out: Path) -> Rows:
    """All rows that the page should have."""
    return expected_rows(runs_of(CASE, out)) | expected_doubts(out)


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    assert told_otherwise(PAGE, expected(tmp_path)) == {}
