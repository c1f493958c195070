"""Files of ties beside a scenario: read, known by their hashes, kept beside a stored run under names of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.errors import ScenarioError
from sim.pipeline import diff, load, variant
from sim.systems.plan import compile_plan
from tests.verify.worlds import document, text_of

FRIENDS, COLLEAGUES = "person,friend\n1,2\n2,3\n", "friend;person\n7;9\n"


def scenario_in(folder: Path, **more: Any) -> Path:
    """A scenario with two networks from files."""
    talks = {"kind": "word_of_mouth", "contacts_per_user_day": 0.1}
    channels = {
        "organic": {"kind": "organic", "signups": "5 / day"},
        "friends": talks | {"network": {"file": "friends.csv"} | more},
        "colleagues": talks | {"network": {"file": "more/friends.csv"}},
    }
    (folder / ".sim-root").touch()
    (folder / "more").mkdir(exist_ok=True)
    (folder / "friends.csv").write_text(FRIENDS, encoding="utf-8")
    (folder / "more" / "friends.csv").write_text(COLLEAGUES, encoding="utf-8")
    path = folder / "scenario.yaml"
    path.write_text(text_of(document(market={"size": 40}, channels=channels, horizon="5 days")), encoding="utf-8")
    return path


def test_each_channel_has_the_ties_of_its_own_file(tmp_path: Path) -> None:
    plan = compile_plan(load(scenario_in(tmp_path)).scenario)
    edges = [network.edges for network in plan.networks]
    assert [(one.persons.tolist(), one.friends.tolist()) for one in edges if one is not None] == [
        ([0, 1], [1, 2]),
        ([8], [6]),
    ]


def test_a_stored_run_keeps_both_files_and_is_the_same_scenario(tmp_path: Path) -> None:
    loaded = load(scenario_in(tmp_path))
    folder = loaded.run(replicates=2, jobs=1, out=tmp_path / "results").path
    assert (folder / "network.csv").read_text(encoding="utf-8") == FRIENDS
    assert (folder / "network_2.csv").read_text(encoding="utf-8") == COLLEAGUES
    (folder / ".sim-root").touch()
    assert load(folder / "scenario.yaml").hash == loaded.hash


def test_a_file_that_was_edited_is_another_scenario(tmp_path: Path) -> None:
    before = load(scenario_in(tmp_path))
    (tmp_path / "friends.csv").write_text(FRIENDS + "3,4\n", encoding="utf-8")
    after = load(tmp_path / "scenario.yaml")
    assert after.hash != before.hash
    assert "sha256" in str(diff(before, after))
    with pytest.raises(ScenarioError, match="edited since"):
        load(scenario_in(tmp_path, sha256="0" * 64))


def test_a_market_that_became_too_small_for_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="the market has 8 persons"):
        load(scenario_in(tmp_path), {"market.size": "8"})
    loaded = load(scenario_in(tmp_path))
    with pytest.raises(ScenarioError, match="names person 9; the market has 8 persons"):
        variant(loaded, {("market", "size"): "8"})
