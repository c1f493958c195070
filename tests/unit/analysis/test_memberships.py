"""Memberships as reports tell them: against sums done by hand, on made-up tables."""

from __future__ import annotations

import math
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from sim import pipeline
from sim.analysis import membership_books, memberships_over_time
from sim.report.as_json import summary_as_json
from sim.report.canvas import house_style
from sim.report.charts import run_charts, words_of
from sim.report.memberships_table import memberships_table
from sim.report.run_tables import run_tables
from sim.store import StoredRun
from tests.cases.files import SCENARIOS
from tests.unit.analysis.synthetic import MadeUpRun, make_run
from tests.unit.analysis.synthetic_memberships import with_memberships

DAYS, REPLICATES = 40, 2


def made_up() -> StoredRun:
    """Two replicates; each day of the second counts twice as much. The second membership sees nothing."""
    return with_memberships(make_run(replicates=REPLICATES, days=DAYS))


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


def test_members_add_up_from_those_who_came_and_went() -> None:
    one = membership_books(made_up())[0]
    came = (one.joined, one.converted, one.switched_in, one.resumed)
    went = (one.trials_begun, one.switched_out, one.cancelled, one.unpaid, one.paused, one.refunded)
    assert one.members.mean == sum(each.mean or 0 for each in came) - sum(each.mean or 0 for each in went)


def test_stocks_are_those_of_the_last_day() -> None:
    run = made_up()
    table = cast(MadeUpRun, run).tables["memberships"]
    table["members"] = np.where(table["day"] == DAYS - 1, 0, table["members"])
    assert membership_books(run)[0].members.mean == 0


def test_series_hold_members_of_each_and_the_money_of_all() -> None:
    series = memberships_over_time(made_up())
    assert series is not None
    assert [(name, band.mean[9]) for name, band in series.members] == [("月卡", 3 * 10 * 1.5), ("yearly", 0)]
    assert series.deferred.mean[9] == pytest.approx(2 * 10 * 1.5)
    assert series.cash.mean[9] == pytest.approx(9 * 10 * 1.5)
    assert series.recognised.mean[9] == pytest.approx(7 * 10 * 1.5)
    assert memberships_over_time(make_run(replicates=REPLICATES, days=DAYS)) is None


def test_a_run_without_memberships_has_no_series(tmp_path: Path) -> None:
    scenario = SCENARIOS / "lunch" / "policies" / "no-push.yaml"
    run = pipeline.run(pipeline.load(scenario), replicates=1, days=2, jobs=1, out=tmp_path)
    assert memberships_over_time(run) is None


def test_they_are_drawn() -> None:
    run = made_up()
    with house_style(words_of([run])):
        charts = {chart.name: chart.figure for chart in run_charts(run)}
        without = [chart.name for chart in run_charts(make_run(replicates=REPLICATES, days=DAYS))]
    titles = [axes.get_title(loc="left") for axes in charts["memberships-over-time"].axes]
    assert titles == [
        "Deferred (CNY)", "Cash (CNY, since the start)", "Recognised (CNY, since the start)",
        "月卡 · Members (persons)", "yearly · Members (persons)",
    ]  # fmt: skip
    line = charts["memberships-over-time"].axes[1].lines[0]
    assert line.get_ydata()[-1] == pytest.approx(9 * DAYS * 1.5)  # type: ignore[index]
    assert "memberships-over-time" not in without


def test_reports_have_the_memberships() -> None:
    run = made_up()
    printed = memberships_table(membership_books(run), currency="CNY", width=140, colour=False)
    assert "Memberships" in printed
    assert "月卡" in printed
    assert "25.0%" in printed
    told = " ".join(printed.split())
    sums = (
        "joined − trials begun + trials converted + switched in − switched out − cancelled − unpaid − paused + resumed"
    )
    assert f"members at the end = {sums} − refunded" in told
    assert "cash: what was paid, less what was paid back" in told
    assert "Memberships" in run_tables(run, width=140, colour=False)
    assert [one["membership"] for one in summary_as_json(run)["memberships"]] == ["月卡", "yearly"]
    assert memberships_table(()) == ""
    without = make_run(replicates=REPLICATES, days=DAYS)
    assert membership_books(without) == ()
    assert "Memberships" not in run_tables(without, width=140, colour=False)
