"""What a reader needs of every page: no word outside or across another, axes that hold zero, lines that have names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import cast
from unittest.mock import patch

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from sim.analysis import compare_runs
from sim.report.canvas import BASELINE_COLOUR, house_style
from sim.report.chart_line_ends import short_name, spread
from sim.report.charts import comparison_charts, metrics_by, one_metric, run_charts
from tests.unit.analysis.synthetic import MadeUpRun, Policy, make_run

NAMES = (
    "召回沉睡用戶的預算增加一倍",
    "email weekly",
    "coupon over 100",
    "member prices",
    "double paid search",
    "community of mothers in every city",
    "no coupons",
    "push",
    "sms",
    "all of it",
)


def policy_of(index: int, name: str) -> Policy:
    return Policy(name, paid=1 + index / 10, activity=1 + index % 5 / 40, recall_cents_per_day=index * 1_500)


@cache
def pages_of(n_policies: int, days: int) -> dict[str, Figure]:
    """The pages of a comparison of so many policies with a baseline; of none, those of the baseline's run."""
    policies = [Policy("today"), *(policy_of(index, name) for index, name in enumerate(NAMES[:n_policies]))]
    runs = [make_run(policy, days=days, replicates=2) for policy in policies]
    with house_style(NAMES):
        charts = comparison_charts(compare_runs(runs[0], runs[1:])) if n_policies else run_charts(runs[0])
        return {chart.name: chart.figure for chart in charts}


def words_in(figure: Figure) -> list[tuple[str, Bbox]]:
    """Each text that is drawn, and where it stands."""
    found: list[Text] = []
    with patch.object(Text, "draw", lambda text, _renderer: found.append(text)):
        figure.draw_without_rendering()  # type: ignore[no-untyped-call]
    shown = [text for text in found if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), text.get_window_extent()) for text in shown]


def crossing(words: Sequence[tuple[str, Bbox]]) -> list[tuple[str, str]]:
    """The pairs of texts with less than a pixel between them."""
    return [(one, other) for (one, here), (other, there) in combinations(words, 2) if here.padded(1).overlaps(there)]


@pytest.mark.parametrize("days", [20, 400])
@pytest.mark.parametrize("n_policies", [0, 1, 4, 10])
def test_no_word_is_cut_or_written_across_another(n_policies: int, days: int) -> None:
    for name, figure in pages_of(n_policies, days).items():
        words = words_in(figure)
        width, height = figure.get_size_inches() * figure.dpi
        outside = [word for word, box in words if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]
        assert outside == [], name
        assert crossing(words) == [], name


def test_texts_that_cross_are_found() -> None:
    figure = Figure()
    for place in (0.5, 0.505):
        figure.text(place, 0.5, "word")
    assert crossing(words_in(figure)) == [("word", "word")]


def test_places_are_apart_in_order_and_near_the_wishes() -> None:
    assert spread([0.5], 0.1) == [0.5]
    assert spread([0.9, 0.2], 0.1) == [0.9, 0.2]
    assert spread([0.52, 0.5], 0.1) == pytest.approx([0.56, 0.46])
    assert spread([0.0, 0.0, 0.02], 0.1) == pytest.approx([0.05, 0.15, 0.25])
    crowded = spread(np.random.default_rng(1).random(12).round(1).tolist(), 0.07)
    assert np.diff(sorted(crowded)).min() >= 0.07 - 1e-9
    assert min(crowded) >= 0.035 - 1e-9
    assert max(crowded) <= 1 - 0.035 + 1e-9
    assert spread([0.5] * 21, 0.1)[0] == pytest.approx(-0.5)


def test_values_start_at_zero_and_names_stand_beside_lines() -> None:
    for name in ("growth-over-time", "money-over-time"):
        axes = pages_of(4, 400)[name].axes
        upper = [place for place in axes if "difference" not in place.get_title(loc="left")]
        assert len(upper) == 5
        assert all(place.get_ylim()[0] <= 0 for place in upper)
        for place in set(axes) - set(upper):
            assert {text.get_text() for text in place.texts} == {short_name(name) for name in NAMES[:4]}


def test_with_many_policies_intervals_are_left_out_and_the_page_says_so() -> None:
    for n_policies, has_bands in ((4, True), (10, False)):
        figure = pages_of(n_policies, 400)["differences-over-time"]
        assert all(bool(place.collections) == has_bands for place in figure.axes)
        says_so = any("too many lines for intervals" in word for word, _ in words_in(figure))
        assert says_so != has_bands


def test_intervals_of_differences_are_whole_from_the_fifth_week_on() -> None:
    for name in ("growth-over-time", "money-over-time", "differences-over-time"):
        for place in pages_of(4, 400)[name].axes:
            low, high = place.get_ylim()
            for band in place.collections:
                corners = np.asarray(band.get_paths()[0].vertices)
                late = corners[corners[:, 0] >= place.get_xlim()[0] + 28, 1]
                assert low <= late.min()
                assert late.max() <= high


def test_shares_are_compared_in_percentage_points() -> None:
    words = [word for word, _ in words_in(pages_of(4, 400)["differences"])]
    assert "D30 retention (pp)" in words
    title = pages_of(1, 400)["retention-triangle"].texts[0].get_text()
    assert title.startswith("today: ")
    assert "average day of their second four weeks" in title


def test_channels_have_colours_of_their_own_and_a_readable_share_axis() -> None:
    run = make_run(days=400, replicates=2)
    with house_style(NAMES):
        figure = metrics_by(run, "channel", None).figure
    assert crossing(words_in(figure)) == []
    title = figure.texts[0].get_text()
    assert title.startswith("Users by channel: ")
    assert "ends highest, at" in title
    colours = {line.get_color() for place in figure.axes for line in place.lines}
    assert BASELINE_COLOUR not in colours
    share = next(place for place in figure.axes if place.get_title(loc="left").startswith("D30"))
    drawn = [line.get_ydata() for line in share.lines if len(line.get_ydata()) == 400]
    assert len(drawn) == 5
    assert share.get_ylim()[1] < 2.2 * np.nanmax(drawn)
    assert np.isnan(drawn[0][:50]).all()


def test_a_line_that_ends_early_is_tied_to_its_name_by_dots() -> None:
    runs = [make_run(Policy(name), days=120, replicates=2) for name in ("today", "recall")]
    for run in runs:
        daily = cast(MadeUpRun, run).tables["daily"]
        daily["d30_size"][daily["day"] > 60] = 0
    comparison = compare_runs(runs[0], runs[1:])
    with house_style([]):
        figure = one_metric(comparison.runs, "d30_retention", comparison).figure
    for place in figure.axes:
        dots = [line for line in place.lines if line.get_linestyle() == ":"]
        assert len(dots) == 1
        assert dots[0].get_xdata()[1] == np.datetime64("2026-04-30")


def test_one_metric_of_several_runs_shows_its_differences() -> None:
    runs = [make_run(Policy(name), days=60, replicates=2) for name in ("today", "recall")]
    comparison = compare_runs(runs[0], runs[1:])
    with house_style([]):
        figure = one_metric(comparison.runs, "dau", comparison).figure
    assert len(figure.axes) == 2
    assert figure.axes[1].get_title(loc="left") == "difference, 28-day mean"


def test_a_metric_that_is_zero_throughout_has_no_scale() -> None:
    runs = [make_run(Policy(name), days=60, replicates=2) for name in ("today", "the same")]
    with house_style([]):
        charts = {chart.name: chart.figure for chart in comparison_charts(compare_runs(runs[0], runs[1:]))}
    lower = charts["money-over-time"].axes[1]
    assert list(lower.get_yticks()) == [0]
    assert all(list(place.get_xticks()) == [0] for place in charts["differences"].axes)


def test_the_last_quick_ratio_is_shown_and_every_year_named() -> None:
    with house_style([]):
        chart = next(
            chart for chart in run_charts(make_run(days=700, replicates=2)) if chart.name == "growth-accounting"
        )
    labels = [text.get_text() for text in chart.figure.axes[0].get_xticklabels()]
    assert labels[-1].split("\n")[0] == "12"
    assert [label.split("\n")[1] for label in labels if "\n" in label] == ["2026", "2027"]
