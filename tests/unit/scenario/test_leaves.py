"""The walk over the values of a checked scenario."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim import pipeline
from sim.scenario.changes import read_changes
from sim.scenario.leaves import dotted, leaves, quantities
from sim.units import Quantity
from tests.verify.worlds import document, load_text, text_of

HAITAO = Path(__file__).resolve().parents[3] / "scenarios" / "haitao"


def test_every_value_of_the_scenario_is_met_once_under_the_key_of_its_file() -> None:
    rules = {
        "recall": {"when": {"inactive_for": ["7 days", "14 days"], "from": "2026-01-02"}, "do": {"message": "sms"}}
    }
    scenario = load_text(text_of(document(media={"sms": {"open": 0.5}}, policy={"rules": rules}))).scenario
    found = list(leaves(scenario))
    paths = [path for path, _ in found]
    assert len(set(paths)) == len(paths)
    when = ("policy", "rules", "recall", "when")
    values = dict(found)
    assert [values[(*when, "inactive_for", i)] for i in (0, 1)] == [Quantity(7.0), Quantity(14.0)]
    assert str(values[(*when, "from")]) == "2026-01-02"
    assert values[("media", "sms", "open")] == Quantity(0.5)


def test_quantities_stand_at_the_paths_of_the_tree() -> None:
    loaded = pipeline.load(HAITAO / "world.yaml")
    found = dict(quantities(loaded.scenario))
    ranged = {path: value for path, value in found.items() if value.low is not None}
    assert len(ranged) > 10
    for path, value in ranged.items():
        keys = read_changes([f"{path}=1"])[0].keys
        assert loaded.tree.node_at(keys) is not None, path
        changed = pipeline.load(HAITAO / "world.yaml", changes={path: value.text}).scenario
        assert dict(quantities(changed))[path].value == value.value, path


@pytest.mark.parametrize("key", ["plain", "two words", "母嬰", "a.b", "a=b", " outer ", "2026-01-01"])
def test_a_dotted_path_is_read_back_as_the_same_keys(key: str) -> None:
    path = ("market", key, "share")
    assert read_changes({dotted(path): json.dumps(1)})[0].keys == path
