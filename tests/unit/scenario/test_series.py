from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest

from sim.errors import ScenarioError
from sim.scenario.checking import check
from sim.scenario.inlining import inline_files
from sim.scenario.layering import load_layers
from sim.scenario.series import MAX_ROWS, FromFile, SeriesFile, read_series_csv
from sim.scenario.showing import resolved_hash, show
from sim.scenario.tree import plain
from sim.scenario.values import Date, FixedCount, Name, Section

SIGNUPS = SeriesFile("date", "signups")
CURVE = SeriesFile("day", "retention", "share")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".sim-root").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder: Path, content: str | bytes, wanted: SeriesFile = SIGNUPS) -> object:
    path = folder / "x.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return plain(read_series_csv(path, wanted))


@pytest.mark.parametrize(
    "content",
    [
        "date,signups\n2026-01-01,3\n2026-01-02,1_000\n",
        "date;signups\r\n2026-01-01;3\r\n2026-01-02;1000\r\n",
        "Date\tNote\tSignups\n2026-01-01\tx\t3\n2026-01-02\t\t1000",
        '\ufeff"date","signups"\n"2026-01-02","1000"\n\n"2026-01-01","3"\n',
        "signups, date\n3, 2026-01-01\n1e3, 2026-01-02\n",
    ],
)
def test_separators_quotes_order_and_marks_do_not_matter(folder: Path, content: str) -> None:
    found = read(folder, content)
    assert found == {"2026-01-01": 3, "2026-01-02": 1000}
    assert list(found) == ["2026-01-01", "2026-01-02"]  # type: ignore[call-overload]


def test_days_are_numbers_in_order_and_shares_percentages(folder: Path) -> None:
    found = read(folder, "day;retention\n30;11%\n1;0,38\n7;0.21\n", CURVE)
    assert found == {"1": 0.38, "7": 0.21, "30": 0.11}
    assert list(found) == ["1", "7", "30"]  # type: ignore[call-overload]


def test_thousands_in_a_decimal_comma_file_are_not_guessed(folder: Path) -> None:
    with pytest.raises(ScenarioError, match="must be a number"):
        read(folder, "date;signups\n2026-01-01;1,234\n")


def test_each_entry_knows_its_row(folder: Path) -> None:
    (folder / "x.csv").write_text("date,signups\n2026-01-01,3\n")
    node = read_series_csv(folder / "x.csv", SIGNUPS)
    entry = node.entries["2026-01-01"]
    assert str(entry.key_span.place) == "x.csv:2:1"
    assert str(entry.node.span.place) == "x.csv:2:12"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfed\0a\0", "is saved as UTF-16"),
        ("date,signups\n" + "x" * 70_000, "the line has more than 64 KiB"),
        ("x" * 70_000, "the line has more than 64 KiB"),
        ("\n\n", "is empty"),
        ("date,signups\n\n\n", "holds no rows"),
        ("day,signups\n1,2\n", "has no column `date`"),
        ("date,signups\n2026-01-01\n", "the row has 1 column; the header has 2"),
    ],
)
def test_wrong_files_are_refused(folder: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        read(folder, content)


def test_too_many_rows_and_too_many_problems_end_early(folder: Path) -> None:
    rows = "".join(f"{i},1\n" for i in range(MAX_ROWS + 1))
    with pytest.raises(ScenarioError, match="has more than 40,000 rows"):
        read(folder, "day,n\n" + rows, SeriesFile("day", "n"))
    with pytest.raises(ScenarioError) as caught:
        read(folder, "date,signups\n" + "x,1\n" * 5000)
    assert len(caught.value.problems) == 100


def test_endless_file_is_read_only_to_its_first_trouble(folder: Path) -> None:
    path = folder / "huge.csv"
    with open(path, "wb") as stream:
        stream.write(b"date,signups\n2026-01-01,3\n")
        stream.truncate(2 << 30)
    with pytest.raises(ScenarioError, match="the line has more than 64 KiB"):
        read_series_csv(path, SIGNUPS)


def test_files_are_inlined_relative_to_the_yaml_file_that_names_them(folder: Path) -> None:
    (folder / "worlds" / "data").mkdir(parents=True)
    (folder / "worlds" / "data" / "s.csv").write_text("date,n\n2026-01-01,3\n")
    (folder / "worlds" / "w.yaml").write_text(
        "channels:\n  old: {kind: history, signups: {file: data/s.csv, column: n}}\n  new: {kind: x, signups: 3}\n"
    )
    (folder / "p.yaml").write_text("extends: worlds/w.yaml\nname: p\n")
    tree = inline_files(load_layers("p.yaml"), {("channels", "*", "signups"): SIGNUPS})
    assert tree.plain()["channels"] == {
        "old": {"kind": "history", "signups": {"2026-01-01": 3}},
        "new": {"kind": "x", "signups": 3},
    }
    assert "worlds/data/s.csv" in tree.files
    assert "2026-01-01: 3  # worlds/data/s.csv:2" in show(tree, places=True)
    (folder / "again.yaml").write_text(show(tree))
    again = inline_files(load_layers("again.yaml"), {("channels", "*", "signups"): SIGNUPS})
    assert resolved_hash(again) == resolved_hash(tree)


def test_only_registered_places_are_inlined_and_all_problems_are_told(folder: Path) -> None:
    (folder / "p.yaml").write_text("a: {file: a.csv}\nb: {file: b.csv}\nc: {file: c.csv}\n")
    tree = load_layers("p.yaml")
    assert inline_files(tree, {("x",): SIGNUPS}).plain() == tree.plain()
    inlined = inline_files(tree, {("a",): SIGNUPS, ("b",): SIGNUPS})
    assert [problem.message for problem in inlined.problems] == ["there is no file a.csv", "there is no file b.csv"]
    assert inlined.unread == {("a",), ("b",)}


def test_problems_of_series_are_told_with_all_others_and_cause_no_more(folder: Path) -> None:
    class World(Section):
        """A series and a name."""

        a: dict[Date, FixedCount]
        name: Name

    (folder / "p.yaml").write_text("name: 3\na: {file: nowhere.csv}\n")
    tree = inline_files(load_layers("p.yaml"), {("a",): SIGNUPS})
    with pytest.raises(ScenarioError) as caught:
        check(tree, World)
    assert [problem.message for problem in caught.value.problems] == [
        "`name` is the number 3; must be text",
        "there is no file nowhere.csv",
    ]
    (folder / "p.yaml").write_text("name: x\na: {file: nowhere.csv}\n")
    with pytest.raises(ScenarioError, match=r"there is no file nowhere\.csv"):
        check(inline_files(load_layers("p.yaml"), {("a",): SIGNUPS}), World)


def test_editors_are_told_that_a_series_may_stand_in_a_file() -> None:
    class History(Section):
        """Sign-ups by date."""

        signups: Annotated[dict[Date, FixedCount], FromFile()]

    schema = History.model_json_schema()["properties"]["signups"]
    assert schema["anyOf"][0]["type"] == "object"
    assert schema["anyOf"][1]["required"] == ["file"]
    read = History.model_validate({"signups": {"2026-01-01": 3}}).signups
    assert [count.value for count in read.values()] == [3.0]
