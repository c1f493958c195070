"""Points that expire: refuse, extend for one, for all, or with a gift; the page says what the runs say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis import points_books
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import F64, Rows, by_day, level, run_with, runs_of, shown, told_otherwise

CASE = files_of("points-expiry/policies")
BASELINE, *EXTENSIONS = CASE
FOR_ALL = ("extend-all", "extend-gift")
PAGE = DOCS / "cases" / "points-expiry.md"
LOSS, REWARD = "response.points.loss", "response.points.reward"
NOBODY_MINDS = {f"{LOSS}.activity": "1", f"{LOSS}.lapse": "1"}
ALL_MIND = {f"{LOSS}.activity": "0.7", f"{LOSS}.lapse": "4"}
CHANGED = {
    "nobody minds the loss": NOBODY_MINDS,
    "the loss hurts as much as its range allows": ALL_MIND,
    "margin 6%": {"orders.margin": "6%"},
    "… 15%": {"orders.margin": "15%"},
    "0.5% of active days end at the rewards": {"response.points.looks": "0.5%"},
    "… 6%": {"response.points.looks": "6%"},
    "who knows of the expiry looks as seldom as others": {"response.points.expiring": "1"},
    "a reward does nothing afterwards": {f"{REWARD}.activity": "1", f"{REWARD}.lapse": "1"},
    "… does as much as its range allows": {f"{REWARD}.activity": "1.25", f"{REWARD}.lapse": "0.6"},
}
"""The rows of the page's table of doubts: what is changed in the world, for all."""
NO_CALL = {"policy.rules.電話告知": "null"}
GIFT_COSTS = ("100", "250")
SHARES = (1, 3, 10, 25, 50)
"""Per cent of members who are like the one who wrote, in the page's table of shares."""


def gain(run: StoredRun, none: StoredRun, column: str = "profit") -> F64:
    """What a policy adds to the sum of a column, (replicates,)."""
    added: F64 = (by_day(run, column) - by_day(none, column)).sum(axis=1)
    return added


@pytest.fixture(scope="module")
def small_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoredRun]:
    """Each policy over four months with 400 members."""
    out = tmp_path_factory.mktemp("results")
    changes = {"market.size": "400", "channels.老會員.signups.2026-06-01": "400"}
    return {
        policy: pipeline.run(pipeline.load(file, changes), replicates=2, days=120, jobs=1, out=out)
        for policy, file in CASE.items()
    }


def ended(run: StoredRun, column: str) -> dict[int, float]:
    """Units of each batch that has ended, by its last day, mean over replicates."""
    days, values = run.numbers("batches", "last_day"), run.numbers("batches", column)
    return {int(day): float(values[days == day].sum() / run.identity.replicates) for day in np.unique(days[days < 120])}


def test_the_terms_are_the_same_and_half_of_the_points_expire_in_july(small_runs: dict[str, StoredRun]) -> None:
    programmes = [pipeline.load(file).scenario.policy.points["積分"] for file in CASE.values()]
    assert all(one.earns == programmes[0].earns and one.expires == programmes[0].expires for one in programmes)
    issued = ended(small_runs["refuse"], "issued")
    assert issued == {60: 100 * 5_000_000 + 300 * 250_000}


def test_an_extension_moves_what_is_left_by_a_month(small_runs: dict[str, StoredRun]) -> None:
    one, everybody = small_runs["extend-one"], small_runs["extend-all"]
    moved = ended(one, "issued")[91]
    assert 2_000_000 <= moved <= 5_000_000
    assert ended(one, "issued")[60] + moved == ended(small_runs["refuse"], "issued")[60]
    assert ended(everybody, "issued")[91] > 50 * 2_000_000
    assert sum(ended(everybody, "expired").values()) < 0.8 * sum(ended(one, "expired").values())


def test_the_gift_is_there_while_the_extension_lasts(small_runs: dict[str, StoredRun]) -> None:
    run = small_runs["extend-gift"]
    taken_on = run.numbers("rewards", "day")[run.texts("rewards", "reward") == "行李箱"]
    assert taken_on.size > 3
    assert taken_on.min() >= 49
    assert taken_on.max() <= 91


def expected_rows(runs: dict[str, StoredRun]) -> Rows:
    """The rows of the page's first two tables, by their first cells."""
    none = runs[BASELINE]
    sums = [by_day(none, column).sum(axis=1) for column in ("orders", "outlay", "profit")]
    rows = {f"{BASELINE}, its level": [level(values) for values in sums]}
    for policy, run in runs.items():
        (book,) = points_books(run)
        millions = [f"{(each.mean or 0) / 1e6:,.0f}" for each in (book.redeemed, book.expired, book.outstanding)]
        gifts = dict(book.by_reward)
        gift = f"{gifts['行李箱'].mean:,.0f}" if "行李箱" in gifts else "–"
        rows[f"{policy}, its points"] = [*millions, f"{book.breakage.mean:.0%}", f"{book.rewards.mean:,.0f}", gift]
        if policy != BASELINE:
            rows[policy] = [shown(gain(run, none, column)) for column in ("orders", "outlay", "profit")]
    return rows


def expected_doubts(out: Path) -> Rows:
    """The rows of the page's table of doubts, 12 replicates each: profit of the policies for all like that member."""
    rows, none = {}, run_with(CASE[BASELINE], {}, out)
    for name, changes in CHANGED.items():
        without = run_with(CASE[BASELINE], changes, out)
        rows[name] = [shown(gain(run_with(CASE[policy], changes, out), without)) for policy in FOR_ALL]
    rows["without the calls"] = [shown(gain(run_with(CASE[policy], NO_CALL, out), none)) for policy in FOR_ALL]
    for cost in GIFT_COSTS:
        gift = run_with(CASE["extend-gift"], {"policy.points.積分.rewards.行李箱.cost": f"{cost} CNY"}, out)
        rows[f"the gift costs {cost} CNY"] = ["–", shown(gain(gift, none))]
    return rows


def expected_shares(out: Path) -> Rows:
    """Profit of the gift by the share of such members, and by the share of them who mind; 12 replicates each."""
    rows = {}
    for share in SHARES:
        segments = {"market.segments.大戶.share": f"{share}%", "market.segments.普通.share": f"{100 - share}%"}
        cells = []
        for world in ({}, ALL_MIND):
            none = run_with(CASE[BASELINE], segments | world, out)
            cells.append(shown(gain(run_with(CASE["extend-gift"], segments | world, out), none)))
        rows[f"{share}% of members"] = cells
    return rows


def turning_share(out: Path) -> float:
    """The share of members who mind at which the gift begins to pay: members do not meet, so profits mix."""
    ends = [
        gain(run_with(CASE["extend-gift"], world, out), run_with(CASE[BASELINE], world, out)).mean()
        for world in (NOBODY_MINDS, ALL_MIND)
    ]
    return float(ends[0] / (ends[0] - ends[1]))


def expected(out: Path) -> Rows:
    """All rows that the page should have."""
    return expected_rows(runs_of(CASE, out)) | expected_doubts(out) | expected_shares(out)


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    assert told_otherwise(PAGE, expected(tmp_path)) == {}
    assert f"from {turning_share(tmp_path):.0%} of such members" in PAGE.read_text(encoding="utf-8")
