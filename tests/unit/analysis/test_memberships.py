"""Memberships as reports tell them: against sums done by hand, on made-up tables."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import pytest

from sim.analysis import membership_books
from sim.analysis.memberships import COLUMNS
from sim.report.as_json import summary_as_json
from sim.report.memberships_table import memberships_table
from sim.report.tables import run_tables
from sim.store import StoredRun
from tests.unit.analysis.synthetic import MadeUpRun, make_run

DAYS, REPLICATES = 40, 2
A_DAY = {
    "members": 3, "joined": 5, "converted": 2, "not_converted": 6, "renewed": 6, "switched_out": 1, "cancelled": 2,
    "payment_failed": 1, "recovered": 1, "unpaid": 3, "paused": 10, "resumed": 1, "not_resumed": 3, "cash": 900,
    "refunds": 100, "recognised": 700, "deferred": 200,
}  # fmt: skip


def made_up() -> StoredRun:
    """Two replicates; each day of the second counts twice as much. The second membership sees nothing."""
    run = make_run(replicates=REPLICATES, days=DAYS)
    replicate, day, code = (axis.ravel() for axis in np.indices((REPLICATES, DAYS, 2)))
    is_first = code == 0
    table = {column: np.where(is_first, A_DAY[column] * (replicate + 1), 0) for column in COLUMNS}
    for stock in ("members", "deferred"):
        table[stock] = table[stock] * (day + 1)
    made = cast(MadeUpRun, run)
    made.tables["memberships"] = {"replicate": replicate, "day": day, "membership": code} | table
    made.labels |= {"membership": ("月卡", "yearly")}
    return run


def test_a_membership_is_told_by_its_sums() -> None:
    one, other = membership_books(made_up())
    assert (one.membership, other.membership) == ("月卡", "yearly")
    assert one.joined.mean == 5 * DAYS * 1.5
    assert one.conversion.mean == pytest.approx(2 / 8)
    assert one.renewal.mean == pytest.approx(7 / 20)
    assert one.paused.mean == 10 * DAYS * 1.5
    assert one.resumption.mean == pytest.approx(1 / 4)
    assert one.refunds.mean == pytest.approx(DAYS * 1.5)
    assert one.recovery.mean == pytest.approx(1 / 4)
    assert one.members.mean == 3 * DAYS * 1.5
    assert one.cash.mean == pytest.approx(9 * DAYS * 1.5)
    assert one.recognised.mean == pytest.approx(7 * DAYS * 1.5)
    assert one.deferred.mean == pytest.approx(2 * DAYS * 1.5)
    assert other.cash.mean == 0
    assert other.conversion.mean is None or math.isnan(other.conversion.mean)


def test_stocks_are_those_of_the_last_day() -> None:
    run = made_up()
    table = cast(MadeUpRun, run).tables["memberships"]
    table["members"] = np.where(table["day"] == DAYS - 1, 0, table["members"])
    assert membership_books(run)[0].members.mean == 0


def test_reports_have_the_memberships() -> None:
    run = made_up()
    printed = memberships_table(membership_books(run), currency="CNY", width=140, colour=False)
    assert "Memberships" in printed
    assert "月卡" in printed
    assert "25.0%" in printed
    assert "Memberships" in run_tables(run, width=140, colour=False)
    assert [one["membership"] for one in summary_as_json(run)["memberships"]] == ["月卡", "yearly"]
    assert memberships_table(()) == ""
    without = make_run(replicates=REPLICATES, days=DAYS)
    assert membership_books(without) == ()
    assert "Memberships" not in run_tables(without, width=140, colour=False)
