"""Points programmes as reports tell them: against sums done by hand, on made-up tables and on a simulated run."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from sim.analysis import points_books, points_over_time
from sim.report.as_json import summary_as_json
from sim.report.canvas import house_style
from sim.report.charts import run_charts, words_of
from sim.report.points_tables import points_table
from sim.report.run_tables import run_tables
from sim.store import StoredRun
from tests.unit.analysis.synthetic import MadeUpRun, make_run
from tests.unit.analysis.synthetic_points import PROGRAMMES, REWARDS, with_points
from tests.verify.worlds import document, load_text, text_of


def made_up(days: int = 70) -> StoredRun:
    """Three replicates that issue 100, 200 and 300 units a day, of which 60% are spent."""
    return with_points(make_run(replicates=3, days=days))


def test_a_programme_is_told_by_its_sums() -> None:
    one, other = points_books(made_up())
    assert (one.programme, other.programme) == PROGRAMMES
    assert one.issued.mean == 70 * 200
    assert one.redeemed.mean == 70 * 120
    assert one.expired.mean == 60 * 80
    assert one.outstanding.mean == 10 * 80
    assert one.cost.mean == pytest.approx(70 * 120 * 0.02)
    assert one.rewards.mean == 70 * 12
    assert one.cost_per_reward.mean == pytest.approx(0.2)
    assert one.paid.mean == 0
    assert other.paid.mean == pytest.approx(70 * 120 * 0.01)
    assert one.liability.mean == pytest.approx(10 * 80 * 0.03)
    assert one.by_reward == tuple((name, one.by_reward[i][1]) for i, name in enumerate(reversed(REWARDS)))
    assert [times.mean for _, times in one.by_reward] == [5, 3]
    assert [(name, times.mean) for name, times in other.by_reward] == [(REWARDS[1], 7)]
    assert (one.days_to_first_reward.mean, other.days_to_first_reward.mean) == (5, None)
    assert other.ever_redeemed.mean == 0


def test_breakage_is_that_of_batches_that_have_ended() -> None:
    """The third batch has begun and not ended: with it, breakage would be 60 · 0.4 / 70."""
    one, other = points_books(made_up())
    assert one.breakage.mean == pytest.approx(0.4)
    assert other.breakage.mean is None  # no batch of it ever ends
    assert points_books(made_up(days=20))[0].breakage.mean is None


def test_breakage_with_batches_that_have_not_ended_is_seen() -> None:
    run = made_up()
    batches = cast(MadeUpRun, run).tables["batches"]
    batches["last_day"] = np.minimum(batches["last_day"], 69)
    assert points_books(run)[0].breakage.mean == pytest.approx(60 * 0.4 / 70)


def test_breakage_weighs_replicates_by_what_they_issue() -> None:
    run = made_up()
    batches = cast(MadeUpRun, run).tables["batches"]
    batches["expired"] = np.where(batches["replicate"] == 2, 0, batches["expired"])
    assert points_books(run)[0].breakage.mean == pytest.approx((40 + 80) / 600)  # not the mean of shares, 0.8 / 3


def test_series_hold_stocks_losses_to_date_and_each_batch() -> None:
    one, other = points_over_time(made_up())
    assert one.outstanding.mean[-1] == 800
    assert one.liability.mean[28] == pytest.approx(29 * 80 * 0.03)
    assert one.expired.mean[[28, 29, 58, 59]].tolist() == [0, 2400, 2400, 4800]
    assert [batch.date for batch in one.batches] == [date(2026, 1, 30), date(2026, 3, 1)]
    assert [batch.share.mean for batch in one.batches] == pytest.approx([0.4, 0.4])
    assert other.batches == ()


def test_runs_without_programmes_say_nothing() -> None:
    for run in (make_run(), with_points(make_run(days=0))):
        assert points_books(run) == points_over_time(run) == ()
    assert points_table(()) == ""
    assert "points-over-time" not in [chart.name for chart in run_charts(make_run(days=20, replicates=2))]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """Half a year of coins that expire after two months, beside miles that nobody can spend."""
    coins: dict[str, Any] = {
        "earns": {"check-in": {"for": "active day", "gives": 10}},
        "expires": {"after": "2 months"},
        "rewards": {"茶": {"price": 50, "cost": "1.50 CNY"}, "mug": {"price": 200, "cost": "9 CNY"}},
    }
    scenario = document(
        horizon="180 days",
        market={"size": 2_000},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 400}}},
        response={"points": {"looks": 0.2}},
        policy={"points": {"金幣": coins, "miles": {"earns": {"a": {"for": "sign up", "gives": 7}}}}},
    )
    out: Path = tmp_path_factory.mktemp("results")
    return load_text(text_of(scenario)).run(replicates=3, jobs=1, out=out)


def test_the_book_of_a_simulated_run_closes_and_agrees_with_the_ledger(simulated: StoredRun) -> None:
    coins, miles = points_books(simulated)
    means = [each.mean or 0.0 for each in (coins.issued, coins.redeemed, coins.expired, coins.outstanding)]
    assert means[0] == pytest.approx(sum(means[1:]))
    assert min(means) > 0
    ledger = simulated.frame("ledger")
    assert coins.cost.mean == pytest.approx(-float(ledger[ledger.account == "rewards"].amount.sum()) / 3)
    assert sum(times.mean or 0.0 for _, times in coins.by_reward) == pytest.approx(coins.rewards.mean)
    batches = simulated.frame("batches")
    ended = batches[(batches.programme == "金幣") & (batches.last_day < 180)]
    assert coins.breakage.mean == pytest.approx(ended.expired.sum() / ended.issued.sum())
    assert 0.01 < (coins.breakage.mean or 0.0) < 0.99
    assert (miles.issued.mean, miles.rewards.mean, miles.cost_per_reward.mean) == (2_800, 0, None)


def test_they_are_printed_and_drawn(simulated: StoredRun) -> None:
    printed = run_tables(simulated, width=160, colour=False)
    assert printed.index("Points") > printed.index("Books")
    assert "金幣, rewards taken: 茶 " in printed
    assert "miles: without rewards, its units only measure standing" in printed
    assert "nobody took a reward" not in printed
    assert "forfeited" not in printed  # nothing is
    assert simulated.facts["programmes"]["miles"] == {"rewards": [], "price_changes": []}
    coins = summary_as_json(simulated)["points"][0]
    assert coins["programme"] == "金幣"
    assert coins["by_reward"]["mug"]["mean"] > 0
    with house_style(words_of([simulated])):
        charts = {chart.name: chart.figure for chart in run_charts(simulated)}
    titles = [axes.get_title(loc="left") for axes in charts["points-over-time"].axes]
    assert titles == [
        "金幣 · Outstanding (units)", "金幣 · Redeemed (units, 7-day mean)", "金幣 · Liability (CNY)",
        "金幣 · Expired (units, since the start)", "金幣 · Breakage by batch", "miles · Outstanding (units)",
    ]  # fmt: skip
    dots = charts["points-over-time"].axes[4].lines[0]
    assert dots.get_ydata() == pytest.approx([batch.share.mean for batch in points_over_time(simulated)[0].batches])  # type: ignore[arg-type]
