from __future__ import annotations

import math
from pathlib import Path

import pytest

from sim.errors import Place, ScenarioError
from sim.scenario.reading import MAX_DEPTH, MAX_VALUES, read_document, read_yaml
from sim.scenario.tree import MappingNode, ScalarNode, plain


def read(text: str) -> object:
    return plain(read_yaml(text, "f.yaml"))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("on", "on"), ("Yes", "Yes"), ("off", "off"), ("y", "y"),
        ("12:30", "12:30"), ("190:20:30", "190:20:30"), ("2026-01-01", "2026-01-01"), ("1_000", "1_000"),
        ("true", True), ("False", False), ("TRUE", True), ("tRue", "tRue"),
        ("1e-3", 0.001), ("1e3", 1000.0), ("6.", 6.0), (".5", 0.5), ("-1.5E+2", -150.0), ("+3", 3), ("-0", 0),
        ("0o17", 15), ("0x1F", 31), ("0b11", "0b11"), ("+.inf", math.inf), ("-.INF", -math.inf),
        ('"12"', "12"), ("'true'", "true"), ('"null"', "null"), ('""', ""), ("12%", "12%"), ("30 CNY", "30 CNY"),
        ("=", "="), ("1.2.3", "1.2.3"), ("0.10", 0.1), ("0", 0), ("-0.5", -0.5), ("00:10", "00:10"), ("0day", "0day"),
    ],
)  # fmt: skip
def test_plain_values_are_read_as_yaml_1_2_reads_them(written: str, value: object) -> None:
    found = read(f"v: {written}")
    assert found == {"v": value}
    assert type(found["v"]) is type(value)  # type: ignore[index]


def test_not_a_number_is_kept_for_the_check_to_refuse() -> None:
    assert math.isnan(read("v: .nan")["v"])  # type: ignore[index]


def test_keys_are_always_text() -> None:
    assert read("no: 1\n010: 2\n1e3: 3\n2026-01-01: 4\ntrue: 5\n12: 6\n~: 7\n") == {
        "no": 1, "010": 2, "1e3": 3, "2026-01-01": 4, "true": 5, "12": 6, "~": 7,
    }  # fmt: skip


def test_every_key_and_value_knows_its_place() -> None:
    root = read_yaml('a: 1\n小米: {b: "x y", c: [1, 22]}\n', "f.yaml")
    entry = root.entries["小米"]
    assert entry.key_span.place == Place("f.yaml", 2, 1)
    assert entry.key_span.length == 2
    inner = entry.node
    assert isinstance(inner, MappingNode)
    text = inner.entries["b"].node
    assert isinstance(text, ScalarNode)
    assert (text.span.place, text.span.length, text.is_plain) == (Place("f.yaml", 2, 9), 5, False)
    last = inner.entries["c"].node.items[1]  # type: ignore[union-attr]
    assert (last.span.place.column, last.span.length) == (23, 2)


def test_aliases_are_written_out() -> None:
    assert read("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n") == {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 1}]}
    assert read("&k key: 1\nother: *k\n") == {"key": 1, "other": "key"}


def test_block_texts_and_comments() -> None:
    assert read("a: >\n  one\n  two\nb: |\n  one\n  two\n# end\n") == {"a": "one two\n", "b": "one\ntwo\n"}


def test_limits_are_exact() -> None:
    nested = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert isinstance(read(nested), dict)
    with pytest.raises(ScenarioError, match="nested deeper than 64 levels"):
        read("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert len(read("a: [" + "1," * (MAX_VALUES - 2) + "]")["a"]) == MAX_VALUES - 2  # type: ignore[index]
    with pytest.raises(ScenarioError, match="more than 50,000 values"):
        read("a: [" + "1," * (MAX_VALUES - 1) + "]")
    assert read("k" * 300 + ": 1") == {"k" * 300: 1}
    assert read("v: " + "9" * 300) == {"v": int("9" * 300)}


def test_byte_order_mark_and_line_ends_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: trial\r\nsize: 3\r\n")
    root = read_document(path)
    assert plain(root) == {"name": "trial", "size": 3}
    assert root.entries["size"].key_span.place.line == 2


def test_problems_of_a_text_come_together() -> None:
    with pytest.raises(ScenarioError) as caught:
        read("a: 1\na: 2\nb: 007\nc: !!str 3\n")
    assert [problem.place.line for problem in caught.value.problems if problem.place] == [2, 3, 4]


@pytest.mark.parametrize("name", ["missing.yaml", "folder", "we\0ird.yaml"])
def test_what_is_no_file_is_said_so(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ScenarioError, match=r"there is no file|is a folder|cannot be read"):
        read_document(tmp_path / name)
