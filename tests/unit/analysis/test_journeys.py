"""Journeys as reports tell them: against sums done by hand, on made-up tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.analysis import journey_steps, touchpoint_books
from sim.report.as_json import summary_as_json
from sim.report.chart_journeys import journeys_title
from sim.report.journey_tables import journeys_table
from sim.report.run_tables import run_tables
from sim.store import StoredRun
from tests.unit.analysis.synthetic import make_run
from tests.unit.analysis.synthetic_journeys import STEPS, with_journeys

DAYS, REPLICATES = 40, 2


def made_up() -> StoredRun:
    return with_journeys(make_run(replicates=REPLICATES, days=DAYS))


def test_a_step_is_told_by_its_sums() -> None:
    lead, order, other = journey_steps(made_up())
    assert [(one.journey, one.step) for one in (lead, order, other)] == list(STEPS)
    assert lead.entered.mean == 100 * DAYS * 1.5
    assert lead.reached.mean == 1
    assert order.reached.mean == pytest.approx(0.3)
    assert lead.pass_rate.mean == pytest.approx(1 / 3)
    assert lead.gave_up.mean == pytest.approx(0.05)
    assert lead.inside.mean == 5 * DAYS * 1.5
    assert order.orders.mean == 10 * DAYS * 1.5
    assert order.commission.mean == 500 * DAYS * 1.5
    assert order.cost.mean == 70 * DAYS * 1.5


def test_days_are_told_by_their_distribution() -> None:
    """Seven took each of 0 to 9 days: the mean is 4.5, half took 4 at most, nine in ten 8."""
    lead, order, _ = journey_steps(made_up())
    assert order.days.mean == pytest.approx(4.5)
    assert (order.days_p50.mean, order.days_p90.mean) == (4, 8)
    assert lead.days_p50.mean is None


def test_a_touchpoint_is_told_by_its_sums() -> None:
    shop, web = touchpoint_books(made_up())
    assert shop.occupancy.mean == pytest.approx(0.75)
    assert web.occupancy.mean is None
    assert shop.wait.mean == 2
    assert shop.wait_p90.mean == 4
    assert shop.gave_up.mean == pytest.approx(0.25)
    assert shop.waiting.mean == 12
    assert shop.cost_per_visit.mean == pytest.approx(30)
    assert web.visits.mean == 5 * DAYS


def test_reports_have_journeys() -> None:
    run = made_up()
    printed = journeys_table(run, currency="CNY", width=200, colour=False)
    assert [line for line in printed.split("\n") if line.startswith(("Journey", "Touchpoints"))] == [
        "Journey 車", "Journey app", "Touchpoints"
    ]  # fmt: skip
    assert "commission" not in printed.split("Journey app")[1].split("Touchpoints")[0]
    assert "Journey 車" in run_tables(run, width=160, colour=False)
    summary = summary_as_json(run)
    assert [one["step"] for one in summary["journeys"]] == ["lead", "order", "lead"]
    assert [one["touchpoint"] for one in summary["touchpoints"]] == ["shop", "web"]
    steps = journey_steps(run)
    assert journeys_title([("today", steps)]) == "today: 30.0% of all who began 車 came to order"
    more = [replace(one, reached=replace(one.reached, mean=0.5)) for one in steps]
    told = journeys_title([("today", steps), ("none", ()), ("ads", steps), ("more", more)])
    assert told == "Of all who began 車 30.0% came to order under today, 50.0% under more"
    without = make_run(replicates=REPLICATES, days=DAYS)
    assert journey_steps(without) == touchpoint_books(without) == ()
    assert "Journey" not in run_tables(without, width=140, colour=False)
