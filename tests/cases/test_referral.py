"""The referral case: a two-sided reward at four levels, at the sign-up or after the first order; its page says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import pipeline
from sim.analysis import referral_books, referral_chains
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import (
    F64,
    Rows,
    added,
    coarse,
    doubt_rows,
    policy_rows,
    runs_of,
    told_otherwise,
)

CASE = files_of("referral/policies")
BASELINE, *OTHERS = CASE
PAGE = DOCS / "cases" / "referral.md"
DOUBTED = ("open-5", "checked-5", "checked-10", "checked-40")
CHANGED = {
    "nobody has a second account": {"response.points.farming.羊毛黨.accounts": "1"},
    "rewards double sharing at most, and raise accepting by half": {
        "channels.老帶新.reward.shares": "2",
        "channels.老帶新.reward.accepts": "1.5",
    },
    "half of the effect at 40 CNY instead of 20": {"channels.老帶新.reward.half_at": "40 CNY"},
    "1% share on a day instead of 0.5%": {"channels.老帶新.shares": "1%"},
    "a margin of 12% instead of 16%": {"orders.margin": "12%"},
}
"""The rows of the page's table of doubts: what is changed in the world, for all."""


def profit_beyond(runs: dict[str, StoredRun], policy: str) -> F64:
    """What a policy adds to the profit, (replicates,)."""
    return added(runs[policy], runs[BASELINE], "profit")


def test_control_keeps_the_users_and_saves_the_money(tmp_path: Path) -> None:
    runs = {
        policy: pipeline.run(coarse(CASE[policy], 10), replicates=3, jobs=1, out=tmp_path)
        for policy in (BASELINE, "open-20", "checked-20")
    }
    assert profit_beyond(runs, "checked-20").mean() > profit_beyond(runs, "open-20").mean() + 100_000
    opened, checked = (referral_books(runs[policy])[0] for policy in ("open-20", "checked-20"))
    assert opened.brought.mean == checked.brought.mean
    assert opened.faked.mean is not None
    assert opened.faked.mean > 0.5
    assert checked.faked.mean == 0


def referral_row(run: StoredRun) -> list[str]:
    """Users brought, the share of faked accounts among the rewards of the referred, cost per user brought, K."""
    (book,), chains = referral_books(run), referral_chains(run)
    assert chains is not None
    assert book.brought.mean is not None
    return [
        f"{book.brought.mean:,.0f}",
        f"{book.faked.mean or 0:.0%}",
        f"{book.cost_per_user.mean or 0:,.0f}",
        f"{chains.k_factor.mean or 0:.3f}",
    ]


def expected_rows(runs: dict[str, StoredRun]) -> Rows:
    """The rows of the page's tables of policies and of referral, by their first cells."""
    own = {f"{policy}, its friends": referral_row(run) for policy, run in runs.items()}
    return policy_rows(runs, ("users", "orders", "outlay", "profit")) | own


def expected(out: Path) -> Rows:
    """All rows that the page should have."""
    return expected_rows(runs_of(CASE, out)) | doubt_rows(CASE, CHANGED, DOUBTED, out)


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    assert told_otherwise(PAGE, expected(tmp_path)) == {}
