from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import (
    MissingExtra,
    Place,
    PlanError,
    Problem,
    ResultsError,
    ScenarioError,
    SimError,
    UsageError,
    WorkerError,
    printable,
    render_problems,
    shown_path,
)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "world.yaml"
    path.write_text("name: trial\nretention:\n  hazrad_per_day: 0.02\n", encoding="utf-8")
    return path


def test_problem_is_rendered_as_the_style_guide_shows(world: Path) -> None:
    problem = Problem(
        "unknown field `hazrad_per_day` in `retention`",
        Place("world.yaml", 3, 3),
        14,
        allowed="hazard_per_day, shape",
        hint="did you mean: hazard_per_day?",
        also=(("`name` is `trial`", Place("world.yaml", 1, 7)),),
    )
    assert render_problems([problem]) == (
        "world.yaml:3:3: unknown field `hazrad_per_day` in `retention`\n"
        "    3 |   hazrad_per_day: 0.02\n"
        "      |   ^^^^^^^^^^^^^^\n"
        "  and world.yaml:1:7: `name` is `trial`\n"
        "  allowed: hazard_per_day, shape\n"
        "  did you mean: hazard_per_day?"
    )


def test_problems_are_sorted_by_place_and_warnings_say_so(world: Path) -> None:
    problems = [
        Problem("third", Place("world.yaml", 3, 1)),
        Problem("second", Place("world.yaml", 2, 9), severity="warning"),
        Problem("first", Place("world.yaml", 2, 1)),
        Problem("of no file", None),
        Problem("whole file", Place("other.yaml", 0, 0)),
    ]
    assert render_problems(problems).splitlines() == [
        "of no file",
        "other.yaml: whole file",
        "world.yaml:2:1: first",
        "world.yaml:2:9: warning: second",
        "world.yaml:3:1: third",
    ]


def test_carets_stand_under_wide_characters_and_behind_tabs(world: Path) -> None:
    world.write_text("小米: 30 元\nkey:\tvalue\n", encoding="utf-8")
    wide = render_problems([Problem("wide", Place("world.yaml", 1, 5), 4)]).splitlines()
    assert wide[1:] == ["    1 | 小米: 30 元", "      |       ^^^^^"]
    tabbed = render_problems([Problem("tab", Place("world.yaml", 2, 6), 5)]).splitlines()
    assert tabbed[1:] == ["    2 | key:\tvalue", "      |     \t^^^^^"]


def test_long_line_is_cut_around_the_place(world: Path) -> None:
    world.write_text("x" * 5000 + "HERE" + "y" * 5000, encoding="utf-8")
    lines = render_problems([Problem("far", Place("world.yaml", 1, 5001), 4)]).splitlines()
    assert len(lines[1]) < 140
    start = lines[2].index("^")
    assert lines[1][start : start + 4] == "HERE"
    assert lines[2].count("^") == 4


def test_control_characters_never_reach_the_terminal(world: Path) -> None:
    world.write_text("a: \x1b[31m\u202etxt\n", encoding="utf-8")
    text = render_problems([Problem("bad", Place("world.yaml", 1, 4), 3)])
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert printable("a\x07b\nc") == "a\ufffdb\ufffdc"
    assert printable("x" * 100, 10) == "xxxxxxxxx…"


def test_place_beyond_the_file_and_missing_file_show_no_source(world: Path) -> None:
    assert render_problems([Problem("gone", Place("world.yaml", 99, 1), 3)]) == "world.yaml:99:1: gone"
    assert render_problems([Problem("gone", Place("nowhere.yaml", 1, 1), 3)]) == "nowhere.yaml:1:1: gone"


def test_many_problems_end_with_their_number(world: Path) -> None:
    text = render_problems(Problem(f"p{i}", Place("world.yaml", i, 1)) for i in range(1, 251))
    assert text.splitlines()[-1] == "… and 150 more"
    assert len(text.splitlines()) == 101


def test_every_error_ends_with_exit_code_2() -> None:
    errors = [
        ScenarioError([Problem("x", None)]),
        UsageError("x"),
        ResultsError("x"),
        PlanError("x"),
        WorkerError("x"),
        MissingExtra("pandas", "for data frames", "notebook"),
    ]
    assert all(isinstance(error, SimError) and error.exit_code == 2 for error in errors)
    assert str(errors[0]) == "x"
    assert str(errors[-1]) == "pandas is needed for data frames; install it with: pip install 'userops-sim[notebook]'"


def test_shown_path_is_relative_below_the_current_folder(world: Path) -> None:
    assert shown_path(world) == "world.yaml"
    assert shown_path(world.parent / "policies" / ".." / "world.yaml") == "world.yaml"
    outside = world.parent.parent / "other.yaml"
    assert shown_path(outside) == str(outside)
    assert shown_path(world.parent / "..odd.yaml") == "..odd.yaml"
