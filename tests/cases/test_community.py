"""The community case: creators against advertising at equal cost, cold start; its page says what the runs say."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis import content_books
from sim.store import StoredRun
from tests.cases import threshold
from tests.cases.files import DOCS, files_of, ranged_quantities
from tests.cases.pages import (
    F64,
    Rows,
    by_day,
    doubt_rows,
    policy_rows,
    runs_of,
    told_otherwise,
)

CASE = files_of("community/policies")
BASELINE, *OTHERS = CASE
PAGE = DOCS / "cases" / "community.md"
DOUBTED = ("ads", "seed", "pay-checked", "seed-and-pay")
TAKEN_OFF = 0.5
"""The appeal at the end of the year from which on a site has taken off."""
APPEAL = "content.回答.appeal."
CHANGED = {
    "half of the appeal at 400 answers instead of 800": {APPEAL + "half_at": "400"},
    "… at 1,600": {APPEAL + "half_at": "1600"},
    "the first answers help most: a steepness of 1 instead of 3": {APPEAL + "steepness": "1"},
    "answers keep fewer: hazard × 0.5, odds × 1.5 at the best": {APPEAL + "lapse": "0.5", APPEAL + "activity": "1.5"},
    "an answer lives for 180 days instead of 60": {"content.回答.half_life": "180 days"},
    "pay doubles at most what creators make": {"content.回答.reward.creates": "2"},
    "a visitor costs 0.80 CNY instead of 1.20": {"channels.廣告.price": "0.8 CNY / click"},
    "an active day brings 0.10 CNY instead of 0.20": {"income.advertising_per_active_day": "0.10 CNY"},
}
"""The rows of the page's table of doubts: what is changed in the world, for all."""


def appeal_at_end(run: StoredRun) -> F64:
    """The appeal of the last day in each replicate, float64 (replicates,)."""
    appeal = run.numbers("content", "appeal_millionths").reshape(run.identity.replicates, -1)
    return appeal[:, -1] / 1e6


# --- what must hold of the case


def test_content_first_takes_off_and_advertising_does_not(tmp_path: Path) -> None:
    runs = {policy: pipeline.run(CASE[policy], replicates=2, jobs=1, out=tmp_path) for policy in ("ads", "seed")}
    cost = {policy: by_day(run, "outlay").sum(axis=1) for policy, run in runs.items()}
    assert np.array_equal(cost["ads"], cost["seed"]), "at equal cost"
    assert appeal_at_end(runs["ads"]).max() < 0.35
    assert appeal_at_end(runs["seed"]).min() > TAKEN_OFF
    assert by_day(runs["seed"], "profit").sum() > 2 * by_day(runs["ads"], "profit").sum()


def test_collapse_and_take_off_both_happen_within_the_range_of_the_world() -> None:
    """Below the mean field's threshold every replicate collapses, above it every one takes off, at each level."""
    ranged = ranged_quantities(pipeline.load(CASE["seed"]).scenario)["content.回答.appeal.half_at"]
    for half_at in threshold.LEVELS:
        assert ranged.low is not None
        assert ranged.high is not None
        assert ranged.low <= half_at <= ranged.high
    for half_at in (800, 1200):
        at = threshold.threshold(half_at)
        assert threshold.simulated(round(0.4 * at), half_at, 3).max() < TAKEN_OFF - 0.05
        assert threshold.simulated(round(1.6 * at), half_at, 3).min() > TAKEN_OFF
    assert threshold.threshold(500) < threshold.threshold(800) / 3 < threshold.threshold(1200) / 6


# --- what the page says


def site_row(run: StoredRun) -> list[str]:
    """Answers that users wrote, the share that the reward prompted, the stock, the appeal, and how many took off."""
    (book,) = content_books(run)
    taken_off = int(np.count_nonzero(appeal_at_end(run) > TAKEN_OFF))
    return [
        f"{book.created.mean:,.0f}",
        f"{book.prompted.mean or 0:.0%}",
        f"{book.stock.mean:,.0f}",
        f"{book.recent_appeal.mean:.2f}",
        f"{taken_off} of {run.identity.replicates}",
    ]


def expected_rows(runs: dict[str, StoredRun]) -> Rows:
    """The rows of the page's tables of policies and of what there is, by their first cells."""
    own = {f"{policy}, its answers": site_row(run) for policy, run in runs.items()}
    return policy_rows(runs, ("mau", "revenue", "outlay", "profit")) | own


def expected(out: Path) -> Rows:
    """All rows that the page should have."""
    return expected_rows(runs_of(CASE, out)) | doubt_rows(CASE, CHANGED, DOUBTED, out)


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    assert told_otherwise(PAGE, expected(tmp_path)) == {}


@pytest.mark.verify
def test_the_picture_is_what_the_runs_draw() -> None:
    assert threshold.PICTURE.read_text(encoding="utf-8") == threshold.picture()


def test_the_picture_is_small_and_well_formed() -> None:
    assert threshold.PICTURE.stat().st_size < 60_000
    root = ElementTree.parse(threshold.PICTURE).getroot()
    dots = [part for part in root if part.tag.endswith("circle")]
    assert len(dots) == len(threshold.LEVELS) * len(threshold.SEEDS) * threshold.REPLICATES
