"""What a reader needs of every page: no word outside or across another, axes that hold zero, lines that have names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import cast
from unittest.mock import patch

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from sim.analysis import Band, compare_runs
from sim.report.canvas import BASELINE_COLOUR, house_style
from sim.report.chart_audiences import short_layer
from sim.report.chart_line_ends import short_name, spread
from sim.report.chart_lines import Panel, draw_panel
from sim.report.charts import comparison_charts, metrics_by, one_metric, run_charts, words_of
from tests.unit.analysis.synthetic import METRICS, MadeUpRun, Policy, make_run
from tests.unit.analysis.synthetic_audiences import AUDIENCES, LAYERS, with_audiences
from tests.unit.analysis.synthetic_content import with_content
from tests.unit.analysis.synthetic_journeys import with_journeys
from tests.unit.analysis.synthetic_memberships import with_memberships
from tests.unit.analysis.synthetic_points import with_points

Corners = NDArray[np.float64]
"""The four corners of a text in pixels, float64 (4, 2)."""

DAU = next(metric for metric in METRICS if metric.name == "dau")
DATES = tuple(date(2026, 1, 1) + timedelta(day) for day in range(100))
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
    made_up = [make_run(policy, days=days, replicates=2) for policy in policies]
    runs = [with_content(with_journeys(with_memberships(with_points(with_audiences(run))))) for run in made_up]
    with house_style(words_of(runs)):
        charts = comparison_charts(compare_runs(runs[0], runs[1:])) if n_policies else run_charts(runs[0])
        return {chart.name: chart.figure for chart in charts}


def words_in(figure: Figure) -> list[tuple[str, Corners]]:
    """Each text that is drawn, and the corners of where it stands."""
    found: list[Text] = []
    with patch.object(Text, "draw", lambda text, _renderer: found.append(text)):
        figure.draw_without_rendering()  # type: ignore[no-untyped-call]
    shown = [text for text in found if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), corners_of(text)) for text in shown]


def corners_of(text: Text) -> Corners:
    """The corners of a text; a slanted one stands on its anchor, around which it is turned."""
    angle = text.get_rotation()
    if angle % 90 == 0:
        return text.get_window_extent().corners()
    assert text.get_rotation_mode() == "anchor"
    text.set_rotation(0)
    level = text.get_window_extent().corners()
    text.set_rotation(angle)
    anchor = text.get_transform().transform(text.get_unitless_position())
    return Affine2D().rotate_deg_around(*anchor, angle).transform(level)


def crossing(words: Sequence[tuple[str, Corners]]) -> list[tuple[str, str]]:
    """The pairs of texts with less than a pixel between them."""
    low = np.array([corners.min(axis=0) for _, corners in words])
    high = np.array([corners.max(axis=0) for _, corners in words])
    found = []
    for i, (one, here) in enumerate(words):
        is_near = (low[i + 1 :] <= high[i] + 1).all(axis=1) & (high[i + 1 :] >= low[i] - 1).all(axis=1)
        near = [words[i + 1 + place] for place in np.flatnonzero(is_near)]
        found += [(one, other) for other, there in near if touch(here, there)]
    return found


def touch(one: Corners, other: Corners) -> bool:
    """Whether two rectangles are less than a pixel apart: no line at an angle of theirs goes between them."""
    for corners in (one, other):
        for edge in (corners[1] - corners[0], corners[2] - corners[0]):
            across = edge / np.hypot(*edge)
            here, there = one @ across, other @ across
            if here.max() + 1 < there.min() or there.max() + 1 < here.min():
                return False
    return True


@pytest.mark.parametrize("days", [20, 400, 730])
@pytest.mark.parametrize("n_policies", [0, 1, 4, 10])
def test_no_word_is_cut_or_written_across_another(n_policies: int, days: int) -> None:
    for name, figure in pages_of(n_policies, days).items():
        words = words_in(figure)
        width, height = figure.get_size_inches() * figure.dpi
        outside = [
            word for word, box in words if (box.min(axis=0) < 0).any() or (box.max(axis=0) > (width, height)).any()
        ]
        assert outside == [], name
        assert crossing(words) == [], name


def test_texts_that_cross_are_found() -> None:
    figure = Figure()
    for place in (0.5, 0.505):
        figure.text(place, 0.5, "word")
    figure.text(0.1, 0.2, "far away")
    assert crossing(words_in(figure)) == [("word", "word")]


def test_slanted_texts_cross_where_their_letters_do() -> None:
    for apart, found in ((0.1, []), (0.02, [("a long slanted text", "a long slanted text")])):
        figure = Figure()
        for place in (0.5, 0.5 + apart):
            figure.text(place, 0.8, "a long slanted text", rotation=45, ha="right", va="top", rotation_mode="anchor")
        assert crossing(words_in(figure)) == found


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


def test_a_first_day_with_everybody_does_not_flatten_the_rest() -> None:
    """History's users are all active on the first day; the limits go by the days after the first week."""
    days = 60

    def drawn(first_day: float) -> tuple[float, list[str]]:
        means = np.full(days, 3_000.0)
        means[:3] = first_day, first_day / 2, first_day / 3
        band = Band("today", DAU, "7-day mean", np.arange(days), DATES[:days], means, means - 100, means + 100)
        axes = Figure().add_subplot()
        draw_panel(axes, Panel([band]), n_ticks=4)
        return axes.get_ylim()[1], [text.get_text() for text in axes.texts]

    top, told = drawn(20_000)
    assert 3_100 <= top < 3_500
    assert told == ["first week: up to 20k"]
    top, told = drawn(4_000)
    assert top >= 4_000  # near the others: nothing is cut
    assert told == []


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


def luminance(colour: object) -> float:
    red, green, blue = to_rgb(cast(str, colour))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_ten_layers_are_told_apart_and_empty_ones_left_out() -> None:
    places = pages_of(1, 400)["audiences-over-time"].axes
    titles = [place.get_title(loc="left").split(" · ")[0] for place in places]
    assert titles == ["audiences", "audiences", "life cycle", "life cycle"]
    for place in places[2:]:
        shades = [luminance(area.get_facecolor()[0][:3]) for area in place.collections]
        assert len(shades) == 10
        assert np.diff(shades).min() > 0.03
        assert place.get_ylim() == places[2].get_ylim()
        assert "other" not in [text.get_text() for text in place.texts]
        strokes = [luminance(line.get_color()) for line in place.lines]
        assert strokes == pytest.approx(shades)
        names = [text.get_text() for text in place.texts]
        heights = [text.get_position()[1] for text in place.texts]
        assert names == [short_layer(name) for name in LAYERS[:-1]]
        assert np.diff(heights).min() > 0  # from below upwards, as the layers lie
    assert [text.get_text() for text in places[0].texts] == [short_layer(name) for name in AUDIENCES]


@pytest.mark.parametrize(("days", "form"), [(20, r"\d\d-\d\d"), (400, r"20\d\d-\d\d")])
def test_dates_of_audiences_are_those_of_other_charts(days: int, form: str) -> None:
    pages = pages_of(1, days)
    for name in ("growth-over-time", "audiences-over-time"):
        pages[name].draw_without_rendering()  # type: ignore[no-untyped-call]
        ticks = [text.get_text() for text in pages[name].axes[-1].get_xticklabels()]
        assert ticks
        assert all(re.fullmatch(form, tick) for tick in ticks), name


def test_more_panels_than_a_page_holds_are_said_to_be_left_out() -> None:
    figure = pages_of(10, 20)["audiences-over-time"]
    assert len(figure.axes) == 12
    assert any("the first 12 of 22" in word for word, _ in words_in(figure))


def test_each_policy_is_named_on_the_pages_of_audiences_and_points() -> None:
    for page in (
        "points-over-time",
        "memberships-over-time",
        "journey-funnel",
        "content-over-time",
        "audiences-over-time",
        "layer-flows",
        "audience-portraits",
    ):
        words = [word for word, _ in words_in(pages_of(2, 400)[page])]
        assert all(any(name[:8] in word for word in words) for name in ("today", *NAMES[:2])), page


def test_flows_have_no_row_and_no_column_of_a_layer_that_is_empty() -> None:
    place = pages_of(0, 400)["layer-flows"].axes[0]
    rows, columns = (
        [text.get_text() for text in labels] for labels in (place.get_yticklabels(), place.get_xticklabels())
    )
    assert rows == [*(short_layer(name) for name in LAYERS[:-1]), "(sign-up)"]
    assert columns == rows[:-1]


def test_portraits_stand_beside_all_users() -> None:
    figure = pages_of(0, 400)["audience-portraits"]
    titles = [place.get_title(loc="left") for place in figure.axes]
    assert titles == ["segment", "channel", "city", "age"]
    rows = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert rows[:3] == ["all users", *(short_layer(name) for name in AUDIENCES[:2])]
    assert len(rows) == 1 + 2 + 9  # without an audience and two layers in which nobody is
    for place in figure.axes:
        shares = np.ma.getdata(place.collections[0].get_array()).reshape(len(rows), -1)
        assert shares.sum(axis=1) == pytest.approx(np.ones(len(rows)))
        assert shares.shape[1] <= 12
