"""Charts: which are drawn, the same bytes each time, every name in letters, and nothing left half-written."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.analysis import (
    Band,
    Comparison,
    ahead_since,
    compare_runs,
    difference_band,
    difference_view_of,
    falling_since,
    retention_triangle,
)
from sim.analysis.series import daily_values
from sim.errors import ResultsError
from sim.report.canvas import POLICY_COLOURS, colour_of, grid_of, house_style, line_style_of, save_charts
from sim.report.charts import ahead_title, comparison_charts, draw_comparison, draw_run, run_charts, words_of
from sim.report.lettering import (
    BUNDLED,
    bundled_letters,
    columns_of,
    drawable,
    families_for,
    family_with,
    letters_of,
    wrapped,
)
from sim.store import StoredRun
from tests.unit.analysis.synthetic import CHANNELS, METRICS, MadeUpRun, Policy, make_run

RECALL = Policy("召回沉睡用戶", activity=1.05, recall_cents_per_day=5_000, rules=("wave",))
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """A missing glyph is a warning, and a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def compared(*policies: Policy, days: int = 60, replicates: int = 3) -> Comparison:
    runs = [make_run(policy, days=days, replicates=replicates) for policy in (Policy("今天的做法"), *policies)]
    return compare_runs(runs[0], runs[1:])


def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


def test_a_comparison_draws_its_pages(tmp_path: Path) -> None:
    paths = draw_comparison(compared(RECALL), tmp_path / "charts")
    assert [path.name for path in paths] == [
        "differences.png",
        "growth-over-time.png",
        "money-over-time.png",
        "differences-over-time.png",
        "growth-accounting.png",
        "retention-triangle.png",
        "unit-economics.png",
    ]
    assert all(path.read_bytes().startswith(PNG) for path in paths)
    assert sorted(tmp_path.rglob("*.png")) == sorted(paths)


def test_a_run_draws_its_pages_in_both_formats(tmp_path: Path) -> None:
    paths = draw_run(make_run(replicates=3), tmp_path, ("png", "svg"))
    assert [path.name for path in paths[:2]] == ["growth-over-time.png", "growth-over-time.svg"]
    assert len(paths) == 10


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_same_numbers_give_the_same_bytes(tmp_path: Path, ending: str) -> None:
    one = draw_run(make_run(replicates=2, days=10), tmp_path / "one", (ending,))
    two = draw_run(make_run(replicates=2, days=10), tmp_path / "two", (ending,))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_files_tell_no_time_and_no_program(tmp_path: Path) -> None:
    png, svg = draw_run(make_run(replicates=2, days=10), tmp_path, ("png", "svg"), metric="dau")
    assert b"tEXt" not in png.read_bytes()
    assert not re.search("<dc:date>|Matplotlib", svg.read_text(encoding="utf-8"))


def test_the_users_own_settings_do_not_matter(tmp_path: Path) -> None:
    plain = draw_run(make_run(replicates=2, days=10), tmp_path / "plain", metric="dau")
    with mpl.rc_context({"lines.linewidth": 9, "axes.facecolor": "pink", "font.size": 20}):
        own = draw_run(make_run(replicates=2, days=10), tmp_path / "own", metric="dau")
    assert plain[0].read_bytes() == own[0].read_bytes()
    assert mpl.rcParams["text.parse_math"] is True


def test_one_metric_and_one_line_per_channel(tmp_path: Path) -> None:
    run = make_run(replicates=3)
    assert [path.name for path in draw_run(run, tmp_path, metric="revenue")] == ["revenue.png"]
    assert [path.name for path in draw_run(run, tmp_path, by="channel")] == ["by-channel.png"]
    assert [path.name for path in draw_run(run, tmp_path, metric="dau", by="segment")] == ["dau-by-segment.png"]
    assert [path.name for path in draw_comparison(compared(RECALL), tmp_path, metric="mau")] == ["mau.png"]
    with pytest.raises(ResultsError, match="has no metric `dua`"):
        draw_run(run, tmp_path, metric="dua")


def test_titles_tell_the_finding_and_feet_what_it_stands_on() -> None:
    found = compared(RECALL)
    with house_style([]):
        charts = {chart.name: texts_of(chart.figure) for chart in comparison_charts(found)}
    assert any(text.startswith("召回沉睡用戶: monthly active users ") for text in charts["growth-over-time"])
    for texts in charts.values():
        assert any("3 replicates of 60 days" in text and "seed 1" in text for text in texts)
    assert set(CHANNELS) <= set(charts["unit-economics"])


def test_a_page_shows_each_policy_in_its_own_colour() -> None:
    assert len({colour_of(index) for index in range(7)}) == 7
    assert colour_of(1) == colour_of(1 + len(POLICY_COLOURS))
    assert line_style_of(1) != line_style_of(1 + len(POLICY_COLOURS))


def test_cells_of_the_triangle_are_the_numbers() -> None:
    run = make_run(replicates=3)
    with house_style([]):
        texts = next(texts_of(chart.figure) for chart in run_charts(run) if chart.name == "retention-triangle")
    first = retention_triangle(run).activity[0, 1]
    assert f"{first * 100:.0f}" in texts


@pytest.mark.parametrize("days", [0, 1, 5])
def test_short_horizons_are_drawn_as_far_as_there_is_something(tmp_path: Path, days: int) -> None:
    paths = draw_comparison(compared(RECALL, days=days), tmp_path)
    assert len(paths) == (1 if days == 0 else 7)


def test_one_replicate_and_many_policies(tmp_path: Path) -> None:
    policies = [Policy(f"policy {index}", paid=1 + index / 10) for index in range(7)]
    assert len(draw_comparison(compared(*policies, replicates=1, days=10), tmp_path)) == 7


def odd_run(names: tuple[str, ...], policy: str) -> StoredRun:
    run = make_run(Policy(policy), replicates=2, days=40)
    cast(MadeUpRun, run).labels["channel"] = names
    return run


def test_names_in_any_script_are_drawn_without_boxes(tmp_path: Path) -> None:
    names = ("🚀 $x$ & <b>", "قناة البحث المدفوع", "ab" * 150, "../../con", "한국어 ไทย \u200b")
    runs = [odd_run(names, "$cost$ _{a}^b 📣"), odd_run(names, "л" * 300), odd_run(names, "名" * 300)]
    assert len(draw_comparison(compare_runs(runs[0], runs[1:]), tmp_path)) == 7
    assert draw_run(runs[1], tmp_path / "run", by="channel")


def test_the_bundled_font_holds_both_ways_of_writing_chinese() -> None:
    held = letters_of(str(BUNDLED))
    assert {ord(letter) for letter in "小米應用商店微信公眾號醫院合作渠道沉睡召回羊毛黨应用众号医院"} <= held
    assert len(held) > 10_000


def test_letters_without_a_font_are_replaced_and_invisible_ones_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.report.lettering.installed_fonts", lambda: ())
    family_with.cache_clear()
    assert drawable("a\U0001f680b\u200d\ufe0fc\u3000d") == "a?bc d"
    assert families_for(["\U0001f680"]) == ("Sim Sans SC", "DejaVu Sans")
    family_with.cache_clear()


def test_letters_are_looked_for_in_the_systems_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = tmp_path / "Other.otf"
    copy.write_bytes(BUNDLED.read_bytes())
    broken = tmp_path / "Broken.ttf"
    broken.write_bytes(b"no font")
    monkeypatch.setattr("sim.report.lettering.installed_fonts", lambda: (str(broken), str(copy)))
    family_with.cache_clear()
    assert family_with("名") == "Sim Sans SC"
    assert family_with("\U0001f680") is None
    family_with.cache_clear()


def test_lines_break_at_spaces_and_between_chinese_letters() -> None:
    assert (
        wrapped("The paid budget's last third goes into recall", 24) == "The paid budget's last\nthird goes into recall"
    )
    assert wrapped("召回沉睡用戶的預算增加一倍", 12) == "召回沉睡用戶\n的預算增加…"
    assert wrapped("a" * 50, 10, 1) == "a" * 9 + "…"
    assert wrapped("", 10) == ""
    assert all(columns_of(line) <= 12 for line in wrapped("微信公眾號 community of mothers", 12, 3).split("\n"))


def test_bundled_letters_hold_the_marks_of_the_charts() -> None:
    assert {ord(letter) for letter in "▲▼◆·●○■×±−–…→"} <= bundled_letters()


@pytest.mark.parametrize(
    ("count", "shape"), [(1, (1, 1)), (2, (1, 2)), (3, (1, 3)), (4, (2, 2)), (5, (2, 3)), (6, (2, 3)), (11, (4, 3))]
)
def test_panels_fill_the_page(count: int, shape: tuple[int, int]) -> None:
    assert grid_of(count, 3) == shape


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "charts").write_text("in the way")
    with pytest.raises(ResultsError, match="cannot write charts to"):
        draw_run(make_run(replicates=2, days=10), tmp_path / "charts", metric="dau")


def test_no_half_written_chart_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with house_style([]):
        charts = list(run_charts(make_run(replicates=2, days=10)))
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ResultsError, match="No space left on device"):
        save_charts(charts, tmp_path, ("png",))
    assert list(tmp_path.iterdir()) == []


def test_ahead_since_is_the_last_crossing() -> None:
    policy = Policy("slow start", activity=1.2, recall_cents_per_day=40_000)
    band = difference_band("slow start", make_run(days=200), make_run(policy, days=200), METRICS[7])
    since = ahead_since(band)
    is_ahead = band.low > 0
    assert since is not None
    first = band.dates.index(since)
    assert is_ahead[first:].all()
    assert not is_ahead[first - 1]
    assert np.any(band.mean < 0)
    behind = difference_band("dear", make_run(), make_run(Policy("dear", recall_cents_per_day=90_000)), METRICS[7])
    assert ahead_since(behind) is None


def lead_of(mean: list[float], half: float) -> Band:
    """A difference in profit to date with so wide an interval, one value a day."""
    days, values = np.arange(len(mean)), np.array(mean, np.float64)
    dates = tuple(date(2026, 1, 1) + timedelta(days=int(day)) for day in days)
    return Band("recall", METRICS[7], "to date", days, dates, values, values - half, values + half)


RISE, FALL = [float(day) for day in range(1, 61)], [59.0 - day for day in range(40)]


def test_a_lead_that_falls_is_dated_from_its_highest_day() -> None:
    falling = lead_of(RISE + FALL, half=15)
    assert falling_since(falling) == date(2026, 3, 1)
    assert ahead_title([[falling]]).endswith("recall since 2026-01-16, but falling since 2026-03-01")


@pytest.mark.parametrize(
    ("mean", "half"),
    [
        (RISE, 0.5),
        (RISE + FALL[:27], 0.5),
        (RISE + FALL, 45),
        (RISE + FALL, 15.0 + 5),
        (RISE + FALL + [-5.0], 1),
    ],
    ids=[
        "still rising",
        "fell for less than four weeks",
        "never clear",
        "an end that is not clear",
        "no lead any more",
    ],
)
def test_other_leads_are_not_called_falling(mean: list[float], half: float) -> None:
    band = lead_of(mean, half)
    assert falling_since(band) is None
    assert "falling" not in ahead_title([[band]])


def test_a_small_fall_is_not_called_falling() -> None:
    assert falling_since(lead_of([*RISE, *([55.0] * 40)], half=6)) is None
    assert falling_since(lead_of([*RISE, *([55.0] * 40)], half=4)) == date(2026, 3, 1)


def test_differences_at_other_views_are_means_over_four_weeks() -> None:
    baseline, policy = make_run(days=90), make_run(RECALL, days=90)
    band = difference_band("recall", baseline, policy, METRICS[1], view=difference_view_of(METRICS[1]))
    paired = daily_values(policy, METRICS[1], "daily") - daily_values(baseline, METRICS[1], "daily")
    assert band.mean[-1] == pytest.approx(paired[:, -28:].mean())
    assert difference_view_of(METRICS[0]) == "daily"
    assert difference_view_of(METRICS[3]) == "28 days"


def test_every_name_is_looked_up_before_drawing() -> None:
    assert set(CHANNELS) | {"first-time mothers", "今天的做法"} <= words_of([make_run(Policy("今天的做法"))])
