"""The page of points: a rush before a price rises is seen, nothing empty is drawn, and policies are told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from sim.analysis import compare_runs, points_over_time
from sim.report.canvas import BASELINE_COLOUR, house_style
from sim.report.chart_dates import place_of
from sim.report.chart_line_ends import BASELINE_ALPHA
from sim.report.charts import comparison_charts, run_charts, words_of
from sim.store import StoredRun
from tests.verify.worlds import document, load_text, text_of

LEVEL: dict[str, Any] = {"earns": {"visit": {"for": "active day", "gives": 1}}, "expires": {"after": "1 month"}}
RISE = {"2026-01-01": 200, "2026-06-01": 400}


def run_of(name: str, price: Any, out: Path) -> StoredRun:
    """Ten months of coins, whose price may rise in June, as is announced a month before."""
    coins = {
        "earns": {"visit": {"for": "active day", "gives": 10}},
        "expires": {"after": "3 months"},
        "announced": "31 days",
        "rewards": {"mug": {"price": price, "cost": "2 CNY"}},
    }
    scenario = document(
        name=name,
        horizon="300 days",
        market={"size": 800},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 800}}},
        retention={"default": {"visits": {"a": 3, "b": 2}, "lapse": {"a": 1, "b": 200}}},
        response={"points": {"looks": 0.05, "rush": 6}},
        policy={"points": {"level": LEVEL, "coins": coins}},
    )
    return load_text(text_of(scenario)).run(replicates=2, jobs=1, out=out)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[StoredRun]:
    out = tmp_path_factory.mktemp("results")
    return [run_of("constant", 200, out), run_of("dearer", RISE, out)]


@pytest.fixture(scope="module")
def page(runs: list[StoredRun]) -> Figure:
    with house_style(words_of(runs)):
        charts = comparison_charts(compare_runs(runs[0], runs[1:]))
        return next(chart.figure for chart in charts if chart.name == "points-over-time")


def titles_of(page: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in page.axes]


def test_a_rush_before_a_price_rises_is_seen(runs: list[StoredRun]) -> None:
    constant, dearer = (points_over_time(run)[1] for run in runs)
    (day,) = (dearer.redeemed.dates.index(change) for change in dearer.price_changes)
    assert constant.price_changes == ()
    before, after = (float(dearer.redeemed.mean[at]) for at in (day - 1, day + 14))
    calm = [float(constant.redeemed.mean[at]) for at in (day - 1, day + 14)]
    assert before > 1.2 * calm[0]
    assert after < 0.8 * calm[1]


def test_redeemed_is_the_mean_of_seven_days(runs: list[StoredRun]) -> None:
    frame = runs[1].frame("points")
    days = frame[(frame.programme == "coins") & frame.day.between(94, 100)]
    assert points_over_time(runs[1])[1].redeemed.mean[100] == pytest.approx(days.redeemed.sum() / 2 / 7)


def test_the_date_of_a_change_is_marked_in_the_colour_of_its_policy(page: Figure, runs: list[StoredRun]) -> None:
    axes = page.axes[titles_of(page).index("coins · Redeemed (units, 7-day mean)")]
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    (change,) = points_over_time(runs[1])[1].price_changes
    assert [list(cast(Any, line.get_xdata())) for line in dotted] == [[place_of(change)] * 2]
    assert to_hex(dotted[0].get_color()).upper() != BASELINE_COLOUR
    assert any("dotted: a price changes" in text.get_text() for text in page.texts)


def test_without_a_change_nothing_is_marked(runs: list[StoredRun]) -> None:
    with house_style(words_of(runs)):
        page = next(chart.figure for chart in run_charts(runs[0]) if chart.name == "points-over-time")
    assert not any("dotted" in text.get_text() for text in page.texts)
    assert not any(line.get_linestyle() == ":" for axes in page.axes for line in axes.lines)


def test_no_panel_is_empty(page: Figure) -> None:
    """A level has no rewards: nothing is redeemed or owed, and breakage would be 100% by design."""
    level = [title for title in titles_of(page) if title.startswith("level")]
    assert level == ["level · Outstanding (units)", "level · Expired (units, since the start)"]
    assert len([title for title in titles_of(page) if title.startswith("coins")]) == 5
    for axes in page.axes:
        assert any(np.any(np.asarray(line.get_ydata(), float) > 0) for line in axes.lines)


def test_the_title_tells_all_policies(page: Figure) -> None:
    title = page.texts[0].get_text()
    assert title.startswith("coins, at the end: a liability of ")
    assert "(constant)" in title
    assert "(dearer)" in title


def test_dots_have_names_and_the_baseline_its_grey(page: Figure) -> None:
    axes = page.axes[titles_of(page).index("coins · Breakage by batch")]
    assert sorted(text.get_text() for text in axes.texts) == ["constant", "dearer"]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [to_hex(line.get_color()).upper() == BASELINE_COLOUR for line in dots] == [True, False]
    assert [line.get_alpha() for line in dots] == [BASELINE_ALPHA, 1.0]
