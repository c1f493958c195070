"""Desks and satisfaction as reports tell them: against sums done by hand, on made-up tables."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from sim.analysis import desk_books, desks_over_time, satisfaction_level
from sim.analysis.service import COLUMNS
from sim.report.as_json import summary_as_json
from sim.report.canvas import house_style
from sim.report.charts import run_charts, words_of
from sim.report.run_tables import run_tables
from sim.report.service_tables import desks_table, satisfaction_line
from sim.store import StoredRun
from tests.unit.analysis.synthetic import MadeUpRun, make_run

DAYS, REPLICATES = 40, 2
A_DAY = {
    "tickets": 50, "again": 5, "answered": 30, "abandoned": 10, "unresolved": 6, "waiting": 10, "wait_seconds": 3600,
    "wait_p90_seconds": 300, "first_answered": 10, "first_wait_seconds": 300, "busy_minutes": 240,
    "staff_minutes": 480, "cost": 24_000,
}  # fmt: skip


def made_up() -> StoredRun:
    """Two replicates; each day of the second counts twice as much, but for the waits. The second desk sees nothing."""
    run = make_run(replicates=REPLICATES, days=DAYS)
    replicate, day, code = (axis.ravel() for axis in np.indices((REPLICATES, DAYS, 2)))
    table = {column: np.where(code == 0, A_DAY[column] * (replicate + 1), 0) for column in COLUMNS}
    table["wait_p90_seconds"] = np.where(code == 0, A_DAY["wait_p90_seconds"], 0)
    table["wait_p50_seconds"] = np.where((code == 0) & (day >= 30), 60, 0)
    made = cast(MadeUpRun, run)
    made.tables["service"] = {"replicate": replicate, "day": day, "desk": code} | table
    made.labels |= {"desk": ("客服", "parcels")}
    replicate, day = (axis.ravel() for axis in np.indices((REPLICATES, DAYS)))
    level = np.where(day >= DAYS - 28, -250_000, 250_000)
    made.tables["satisfaction"] = {
        "replicate": replicate, "day": day, "active": np.full(day.size, 10), "sum_millionths": 10 * level,
    }  # fmt: skip
    return run


def test_a_desk_is_told_by_its_sums() -> None:
    one, other = desk_books(made_up())
    assert (one.desk, other.desk) == ("客服", "parcels")
    assert one.tickets.mean == 50 * DAYS * 1.5
    assert one.again.mean == pytest.approx(0.1)
    assert one.abandoned.mean == pytest.approx(10 / 40)
    assert one.unresolved.mean == pytest.approx(0.2)
    assert one.wait.mean == pytest.approx(2.0)
    assert one.wait_p90.mean == pytest.approx(5.0)
    assert one.first_wait.mean == pytest.approx(0.5)
    assert one.waiting.mean == pytest.approx(15)
    assert one.staff_hours.mean == pytest.approx(8 * DAYS * 1.5)
    assert one.occupancy.mean == pytest.approx(0.5)
    assert one.cost.mean == pytest.approx(240 * DAYS * 1.5)
    assert one.cost_per_answer.mean == pytest.approx(8.0)
    assert other.tickets.mean == 0
    assert other.wait.mean is None


def test_late_days_weigh_by_their_answers() -> None:
    run = made_up()
    table = cast(MadeUpRun, run).tables["service"]
    table["wait_p90_seconds"] = np.where(table["day"] == 0, 600, table["wait_p90_seconds"])
    table["answered"] = np.where(table["day"] == 0, 3 * table["answered"], table["answered"])
    assert desk_books(run)[0].wait_p90.mean == pytest.approx((3 * 10 + 39 * 5) / 42)


def test_satisfaction_is_told_over_all_and_over_the_last_days() -> None:
    level = satisfaction_level(made_up())
    assert level is not None
    assert level.mean.mean == pytest.approx((12 * 0.25 - 28 * 0.25) / 40)
    assert level.recent.mean == pytest.approx(-0.25)
    assert "−0.100; in the last 28 days −0.250" in satisfaction_line(level, colour=False)


def test_reports_have_the_desks() -> None:
    run = made_up()
    printed = desks_table(desk_books(run), currency="CNY", width=160, colour=False)
    assert "Service" in printed
    assert "客服" in printed
    assert "25.0%" in printed
    told = run_tables(run, width=160, colour=False)
    assert "Service" in told
    assert "Satisfaction of active users" in told
    summary = summary_as_json(run)
    assert [one["desk"] for one in summary["service"]] == ["客服", "parcels"]
    assert summary["satisfaction"]["recent"]["mean"] == pytest.approx(-0.25)
    assert desks_table(()) == ""
    without = make_run(replicates=REPLICATES, days=DAYS)
    assert desk_books(without) == ()
    assert satisfaction_level(without) is None
    assert summary_as_json(without)["satisfaction"] is None
    assert "Service" not in run_tables(without, width=140, colour=False)


def test_a_desk_over_time_is_told_by_means_of_seven_days() -> None:
    one, other = desks_over_time(made_up(), "today")
    assert (one.desk, other.desk, one.answered.label) == ("客服", "parcels", "today")
    assert one.answered.mean[[0, 39]] == pytest.approx([45, 45])
    assert one.abandoned.mean[20] == pytest.approx(15)
    assert one.wait_p90.mean[20] == pytest.approx(5.0)
    assert one.wait_p50.mean[[29, 30, 32, 39]] == pytest.approx([0, 1 / 7, 3 / 7, 1])
    assert np.isnan(other.wait_p90.mean).all()
    assert desks_over_time(make_run(days=DAYS)) == ()


def test_waits_of_days_count_by_how_many_were_answered() -> None:
    run = made_up()
    table = cast(MadeUpRun, run).tables["service"]
    busy = (table["day"] == 35) & (table["desk"] == 0)
    table["answered"] = np.where(busy, 10 * table["answered"], table["answered"])
    table["wait_p90_seconds"] = np.where(busy, 600, table["wait_p90_seconds"])
    assert desks_over_time(run)[0].wait_p90.mean[35] == pytest.approx((10 * 10 + 6 * 5) / 16)


def test_the_page_of_desks_draws_what_there_is() -> None:
    run = made_up()
    with house_style(words_of([run])):
        page = next(chart.figure for chart in run_charts(run) if chart.name == "desk-over-time")
    titles = [axes.get_title(loc="left") for axes in page.axes]
    assert titles == [
        "客服 · Answered (tickets, 7-day mean)",
        "客服 · Given up (tickets, 7-day mean)",
        "客服 · Half waited at most (minutes, 7-day mean)",
        "客服 · Nine in ten at most (minutes, 7-day mean)",
        "parcels · Answered (tickets, 7-day mean)",
    ]
    assert "客服: nine in ten wait at most 5.0 minutes" in " ".join(text.get_text() for text in page.texts)
    assert "desk-over-time" not in [chart.name for chart in run_charts(make_run(days=DAYS, replicates=2))]
