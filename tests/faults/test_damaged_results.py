"""Stored files that are not as they were stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.errors import ResultsError
from sim.store import find_run, manifest, open_run
from tests.unit.store.small_run import identity, save

DATA_FILES = ["daily.parquet", "by_channel.parquet", "rules.parquet", "scenario.yaml"]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def edit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def change_to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (truncate, "is truncated: it has"),
    (edit, "was edited: it does not have the content"),
    (lengthen, "was edited: it has"),
    (Path.unlink, "is missing"),
    (change_to_folder, "cannot read|was edited|is truncated"),
]


@pytest.mark.parametrize("file", DATA_FILES)
@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_damaged_file_is_named_and_never_read(
    tmp_path: Path, file: str, damage: Callable[[Path], None], message: str
) -> None:
    folder = save(tmp_path)
    damage(folder / file)
    with pytest.raises(ResultsError, match=message) as caught:
        open_run(folder).verify()
    assert file in str(caught.value)
    if file.endswith(".parquet"):
        with pytest.raises(ResultsError, match=message):
            open_run(folder).table(file.removesuffix(".parquet"))


@pytest.mark.parametrize("file", [*DATA_FILES, "run.json"])
@pytest.mark.parametrize("damage", [truncate, edit, lengthen])
def test_a_damaged_run_is_run_again_and_replaced(tmp_path: Path, file: str, damage: Callable[[Path], None]) -> None:
    folder = save(tmp_path)
    before = (folder / "daily.parquet").read_bytes()
    damage(folder / file)
    warnings: list[str] = []
    assert find_run(tmp_path, identity(), warn=warnings.append) is None
    assert len(warnings) == 1
    assert file in warnings[0]
    assert warnings[0].endswith("; running it again")
    assert save(tmp_path) == folder
    assert find_run(tmp_path, identity()) is not None
    assert (folder / "daily.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "it is not a mapping"),
        (b"{}", "it has no schema_version"),
        (b'{"schema_version": "1"}', "it has no schema_version"),
        (b'{"schema_version": 1}', "its checksum does not match"),
        (b'{"schema_version": 0}', "written by an older version of sim"),
        (b'{"schema_version": 2}', "written by a newer version of sim"),
    ],
)
def test_a_strange_run_json_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    folder = save(tmp_path)
    (folder / "run.json").write_bytes(content)
    with pytest.raises(ResultsError, match=message) as caught:
        open_run(folder)
    assert "run.json" in str(caught.value)
    assert "run the scenario again" in str(caught.value)


@pytest.mark.parametrize("key", ["seed", "scenario", "metrics", "days"])
def test_an_edited_fact_is_noticed(tmp_path: Path, key: str) -> None:
    folder = save(tmp_path)
    facts = json.loads((folder / "run.json").read_bytes())
    facts[key] = 7
    (folder / "run.json").write_text(json.dumps(facts))
    with pytest.raises(ResultsError, match="was edited"):
        open_run(folder)


def test_another_layout_of_run_json_is_no_edit(tmp_path: Path) -> None:
    folder = save(tmp_path)
    facts = json.loads((folder / "run.json").read_bytes())
    (folder / "run.json").write_text(json.dumps(dict(reversed(facts.items()))))
    assert open_run(folder).identity == identity()


def test_a_file_name_in_run_json_cannot_leave_the_folder(tmp_path: Path) -> None:
    folder = save(tmp_path)
    facts = json.loads((folder / "run.json").read_bytes())
    del facts["checksum"]
    facts["files"]["../secret"] = facts["files"]["scenario.yaml"]
    facts["checksum"] = manifest._checksum(facts)
    (folder / "run.json").write_text(json.dumps(facts))
    with pytest.raises(ResultsError, match="was edited"):
        open_run(folder)


def test_a_run_of_an_older_version_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "SCHEMA_VERSION", 2)
        warnings: list[str] = []
        with pytest.raises(ResultsError, match=r"an older version of sim \(schema 1; this one reads 2\)"):
            open_run(folder)
        assert find_run(tmp_path, identity(), warn=warnings.append) is None
        assert "older version" in warnings[0]
        save(tmp_path)
        assert find_run(tmp_path, identity()) is not None
