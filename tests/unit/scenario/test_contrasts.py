"""Where two scenarios differ, and what is told of it beside a comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario.changes import read_changes
from sim.scenario.contrasts import contrasts, doubts_of_comparison, listed
from sim.scenario.layering import load_layers
from sim.scenario.reading import read_yaml
from sim.scenario.tree import Tree

WORLD = """\
name: shop
response: {message: {brings_back: {value: 6%, low: 2%, high: 12%}, wakes: 1.5}}
media: {push: {open: 4%}, sms: {open: 19%}}
policy: {budgets: {search ads: 300 CNY / day}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".sim-root").touch()
    (tmp_path / "today.yaml").write_text(WORLD, encoding="utf-8")
    return tmp_path


def layered(folder: Path, name: str, text: str | None = None, *changes: str) -> Tree:
    if text is not None:
        (folder / name).write_text(f"extends: today.yaml\n{text}", encoding="utf-8")
    return load_layers(folder / name, read_changes(changes))


def told(left: str, right: str) -> list[tuple[str, str | None, str | None]]:
    return [(one.name, one.left, one.right) for one in contrasts(read_yaml(left, "a"), read_yaml(right, "b"))]


def test_values_differ_by_path_and_evidence_and_order_do_not_count() -> None:
    assert told("{a: 1, b: {value: 6%, low: 2%, high: 9%}}", "{b: 6%, a: 1}") == []
    assert told("b: {value: 6%, source: x}", "b: 60%") == [("b", "6%", "60%")]
    assert told("a: {b.c: 1, d: 2}", "a: {b.c: 3}") == [('a."b.c"', "1", "3"), ("a.d", "2", None)]
    assert told("a: [1, 2]", "a: {x: 1, y: 2, z: 3, u: 4}") == [("a", "[1, 2]", "{x, y, z, …}")]


def test_a_policy_that_changes_the_world_is_told_and_one_that_does_not_is_not(folder: Path) -> None:
    today = layered(folder, "today.yaml")
    recall = layered(folder, "recall.yaml", "title: x\npolicy: {budgets: {search ads: 200 CNY / day}}\n")
    rosy = layered(folder, "rosy.yaml", "response: {message: {brings_back: 60%}}\nmedia: {sms: null}\n")
    assert doubts_of_comparison([today, recall]) == []
    assert doubts_of_comparison([today, recall, rosy]) == [
        "today and rosy differ outside `policy`: response.message.brings_back 6% / 60%; media.sms {open} / nothing"
    ]


def test_at_most_five_paths_are_listed(folder: Path) -> None:
    found = list(contrasts(read_yaml("{x: 0}", "a"), read_yaml("{x: 0, a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}", "b")))
    assert listed(found[:5], "/").endswith("e nothing / 1")
    assert listed(found, "/").endswith("e nothing / 1 and 1 more")


def test_a_change_of_the_policy_that_moves_the_baseline_is_told(folder: Path) -> None:
    (folder / "recall.yaml").write_text("extends: today.yaml\ntitle: x\n", encoding="utf-8")
    names = ("today.yaml", "recall.yaml")
    of_policy = [layered(folder, name, None, "policy.budgets.search ads=200 CNY / day") for name in names]
    assert doubts_of_comparison(of_policy) == [
        "a change of `policy` changes the baseline too: "
        "policy.budgets.search ads 300 CNY / day → 200 CNY / day in today as well"
    ]
    of_world = [layered(folder, name, None, "response.message.brings_back=3%") for name in names]
    assert doubts_of_comparison(of_world) == []
    same = [layered(folder, name, None, "policy.budgets.search ads=300 CNY / day") for name in names]
    assert doubts_of_comparison(same) == []
