"""Referral as reports tell it: against sums done by hand, on made-up tables."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from sim.analysis import referral_books, referral_chains
from sim.analysis.referral import COLUMNS
from sim.report.as_json import summary_as_json
from sim.report.referral_tables import referrals_table
from sim.report.run_tables import run_tables
from sim.store import StoredRun
from tests.unit.analysis.synthetic import MadeUpRun, make_run

DAYS, REPLICATES = 40, 2
A_DAY = {"sharers": 30, "brought": 5, "rewarded": 6, "capped": 2, "welcomed": 8, "faked": 2, "cost": 9_000}
DEPTHS = {"users": [100, 40, 10, 0], "bringers": [20, 5, 0, 0], "brought": [40, 10, 0, 0]}


def made_up() -> StoredRun:
    """Two replicates; the second counts twice as much. Only the first has anybody at the second depth."""
    run = make_run(replicates=REPLICATES, days=DAYS)
    replicate, day, code = (axis.ravel() for axis in np.indices((REPLICATES, DAYS, 2)))
    table = {column: np.where(code == 0, A_DAY[column] * (replicate + 1), 0) for column in COLUMNS}
    made = cast(MadeUpRun, run)
    made.tables["referrals"] = {"replicate": replicate, "day": day, "programme": code} | table
    made.labels |= {"programme": ("朋友", "others")}
    replicate, depth = (axis.ravel() for axis in np.indices((REPLICATES, 4)))
    made.tables["chains"] = {"replicate": replicate, "depth": depth} | {
        name: np.array(counts)[depth] * (replicate + 1) for name, counts in DEPTHS.items()
    }
    return run


def test_a_programme_is_told_by_its_sums() -> None:
    one, other = referral_books(made_up())
    assert (one.programme, other.programme) == ("朋友", "others")
    assert one.brought.mean == 5 * DAYS * 1.5
    assert one.capped.mean == 2 * DAYS * 1.5
    assert one.faked.mean == pytest.approx(0.25)
    assert one.cost.mean == pytest.approx(90 * DAYS * 1.5)
    assert one.cost_per_user.mean == pytest.approx(18)
    assert other.brought.mean == 0
    assert other.cost_per_user.mean is None


def test_chains_are_told_by_their_depths() -> None:
    chains = referral_chains(made_up())
    assert chains is not None
    assert chains.k_factor.mean == pytest.approx(50 / 150)
    assert chains.bringers.mean == pytest.approx(25 / 150)
    assert chains.depth.mean == pytest.approx((40 + 2 * 10) / 50)
    assert chains.deepest.mean == 2
    assert [users.mean for users in chains.users] == [150, 60, 15, 0]


def test_reports_have_referral() -> None:
    run = made_up()
    printed = referrals_table(run, currency="CNY", width=160, colour=False)
    assert "朋友" in printed
    assert "one user brings 0.33" in printed
    assert "Referral" in run_tables(run, width=160, colour=False)
    summary = summary_as_json(run)
    assert [one["programme"] for one in summary["referrals"]] == ["朋友", "others"]
    assert [users["mean"] for users in summary["referral_chains"]["users"]] == [150, 60, 15, 0]
    without = make_run(replicates=REPLICATES, days=DAYS)
    assert referral_books(without) == ()
    assert referral_chains(without) is None
    assert summary_as_json(without)["referral_chains"] is None
    assert "Referral" not in run_tables(without, width=140, colour=False)
