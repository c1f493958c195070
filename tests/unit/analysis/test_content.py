"""Content as reports tell it: against sums done by hand, on made-up tables."""

from __future__ import annotations

import pytest

from sim.analysis import content_books, content_over_time
from sim.report.as_json import summary_as_json
from sim.report.content_tables import content_table
from sim.report.run_tables import run_tables
from tests.unit.analysis.synthetic import make_run
from tests.unit.analysis.synthetic_content import with_content

DAYS = 40


def test_a_kind_is_told_by_its_sums_and_its_end() -> None:
    one, other = content_books(with_content(make_run(replicates=2, days=DAYS)))
    assert (one.kind, other.kind) == ("答案", "notes")
    assert one.created.mean == 10 * DAYS * 1.5
    assert one.makers.mean == 4 * 1.5
    assert [share.mean for share in (one.prompted, one.bad, one.reviewed)] == pytest.approx([0.5, 0.2, 0.4])
    assert one.stock.mean == 100 * DAYS * 1.5
    assert one.bad_stock.mean == pytest.approx(0.2)
    assert one.appeal.mean == one.recent_appeal.mean == pytest.approx(0.3)
    assert one.cost.mean == pytest.approx(20.4 * DAYS * 1.5)
    assert one.cost_per_item.mean == pytest.approx(20.4 / 11)
    assert other.created.mean == 0
    assert other.cost_per_item.mean is None


def test_content_over_time_sums_what_it_cost() -> None:
    one, _ = content_over_time(with_content(make_run(replicates=2, days=DAYS)), "today")
    assert one.stock.mean[[0, -1]].tolist() == [150, 6000]
    assert one.appeal.mean[5] == pytest.approx(0.3)
    assert one.created.mean[-1] == pytest.approx(15)
    assert one.cost.mean[-1] == pytest.approx(20.4 * DAYS * 1.5)


def test_reports_have_content() -> None:
    run = with_content(make_run(replicates=2, days=DAYS))
    printed = content_table(content_books(run), currency="CNY", width=170, colour=False)
    assert "答案" in printed
    assert "50.0%" in printed
    assert "Content" in run_tables(run, width=160, colour=False)
    assert [one["kind"] for one in summary_as_json(run)["content"]] == ["答案", "notes"]
    without = make_run(replicates=2, days=DAYS)
    assert content_books(without) == content_over_time(without) == ()
    assert "Content" not in run_tables(without, width=140, colour=False)
