"""Scenarios that are right: every key and kind of channel; they validate, read back the same and run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from sim import pipeline
from sim.scenario.layering import load_layers
from sim.scenario.reading import read_document
from sim.scenario.tree import plain

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
VALID = sorted((HERE / "valid").rglob("*.yaml"))
SHIPPED = sorted(
    path
    for folder in ("scenarios", "sim/cli/template")
    for path in (ROOT / folder).rglob("*.yaml")
    if path.name != "expect.yaml"
)
DAYS = 10


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def editor() -> Draft202012Validator:
    """What an editor does with the output of `sim schema`."""
    schema = json.loads(json.dumps(pipeline.json_schema()))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("path", VALID, ids=shown)
def test_scenario_is_right_without_a_doubt(path: Path) -> None:
    assert pipeline.validate([path]) == []


@pytest.mark.parametrize("path", VALID, ids=shown)
def test_what_show_prints_is_the_same_scenario(path: Path, tmp_path: Path) -> None:
    # Beside the files that it names: a first population is not written into it.
    folder = shutil.copytree(path.parent, tmp_path / "valid")
    original, copy = folder / path.name, folder / "resolved.yaml"
    copy.write_text(pipeline.show(original), encoding="utf-8")
    first, second = pipeline.load(original), pipeline.load(copy)
    assert second.hash == first.hash
    assert second.scenario.model_dump() == first.scenario.model_dump()
    assert pipeline.show(copy).count("\n") == pipeline.show(original).count("\n")


@pytest.mark.parametrize("path", VALID, ids=shown)
def test_scenario_runs_and_reconciles(path: Path, tmp_path: Path) -> None:
    run = pipeline.run(path, days=DAYS, replicates=2, jobs=1, out=tmp_path)
    revenue, cost = run.numbers("daily", "revenue"), run.numbers("daily", "cost")
    assert revenue.size == 2 * DAYS
    assert run.numbers("ledger", "amount").sum() == revenue.sum() - cost.sum()
    for table in ("by_channel", "by_segment"):
        for column in ("users", "dau", "mau", "orders", "messages", "profit"):
            assert run.numbers(table, column).sum() == run.numbers("daily", column).sum()
    users = run.numbers("daily", "users")
    assert np.all(users <= run.facts["persons"])
    assert np.all(run.numbers("daily", "mau") <= users)


@pytest.mark.parametrize("path", [*VALID, *SHIPPED], ids=shown)
def test_editors_accept_every_file(path: Path, editor: Draft202012Validator) -> None:
    content = plain(read_document(path))
    assert [f"{list(error.path)}: {error.message}" for error in editor.iter_errors(content)] == []


def test_editors_refuse_typos_and_wrong_values(editor: Draft202012Validator) -> None:
    typos = plain(read_document(HERE / "scenarios" / "a-typo-in-every-section" / "scenario.yaml"))
    sections = {key: part for key, part in typos.items() if key != "extends"}
    assert [key for key, part in sections.items() if editor.is_valid({key: part})] == []
    for wrong in ({"horizon": 365}, {"market": {"size": "many"}}, {"start": 5}, {"channels": {"a": {"kind": "pad"}}}):
        assert not editor.is_valid(wrong), wrong


def keys_of_schema(schema: Any) -> Iterator[str]:
    """Every key that a scenario's JSON Schema names."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from keys_of_schema(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keys_of_schema(part)


def keys_of(content: Any) -> Iterator[str]:
    """Every key of a scenario."""
    if isinstance(content, dict):
        yield from content
        for part in content.values():
            yield from keys_of(part)
    elif isinstance(content, list):
        for part in content:
            yield from keys_of(part)


def test_the_corpus_uses_every_key_and_every_kind_of_channel() -> None:
    files = [plain(read_document(path)) for path in VALID]
    used = {key for content in files for key in keys_of(content)}
    assert set(keys_of_schema(pipeline.json_schema())) - used == set()
    channels = [channel for path in VALID for channel in load_layers(path).plain()["channels"].values()]
    assert len({channel["kind"] for channel in channels}) == 9
    assert len(VALID) >= 12
