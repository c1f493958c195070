from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import Place
from sim.scenario.layering import load_layers
from sim.scenario.reading import read_yaml
from sim.scenario.showing import resolved_hash, show
from sim.scenario.tree import Entry, ListNode, MappingNode, Node, ScalarNode, Span, Tree, plain

_SPAN = Span(Place("w # \n.yaml", 3, 1), 1)


def tree_of(content: dict[str, object]) -> Tree:
    root = _node(content)
    assert isinstance(root, MappingNode)
    return Tree(root, {}, Path())


def _node(content: object) -> Node:
    if isinstance(content, dict):
        return MappingNode({key: Entry(key, _SPAN, _node(value)) for key, value in content.items()}, _SPAN)
    if isinstance(content, list):
        return ListNode(tuple(_node(item) for item in content), _SPAN)
    assert content is None or isinstance(content, (str, int, float, bool))
    text = str(content).lower() if isinstance(content, bool) else str(content)
    return ScalarNode(content, text, _SPAN, not isinstance(content, str))


def read_back(tree: Tree, *, places: bool) -> object:
    return plain(read_yaml(show(tree, places), "shown"))


def test_shows_values_with_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world.yaml").write_text(
        "name: 海淘\nsize: 2_000_000 persons\nlist: [1, 'no: x']\nempty: {}\n", "utf-8"
    )
    (tmp_path / "p.yaml").write_text("extends: world.yaml\nshare:\n  d1: 1e-3\n  'true': \"12\"\n", "utf-8")
    tree = load_layers("p.yaml")
    assert show(tree, places=True) == (
        "name: 海淘  # world.yaml:1\n"
        "size: 2_000_000 persons  # world.yaml:2\n"
        "list:\n"
        "  - 1  # world.yaml:3\n"
        '  - "no: x"  # world.yaml:3\n'
        "empty: {}  # world.yaml:4\n"
        "share:\n"
        "  d1: 1e-3  # p.yaml:3\n"
        '  true: "12"  # p.yaml:4\n'
    )
    assert "#" not in show(tree)


def test_shown_scenario_runs_again_as_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.yaml").write_text("a: &x {b: 0x1F, c: .5, d: 'no'}\ne: [*x, 1_000, true]\nf: >\n  t\n  u\n", "utf-8")
    first = load_layers("w.yaml")
    for places in (False, True):
        (tmp_path / "again.yaml").write_text(show(first, places), "utf-8")
        again = load_layers("again.yaml")
        assert again.plain() == first.plain()
        assert resolved_hash(again) == resolved_hash(first)


_TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["no", "null", "~", "010", "1e3", "1_000", "12%", "a: b", "a #b", "- a", "'", '"', "\\", "", " a",
                     "2026-01-01", "0x10", ".inf", "true", "True", "tRUE", "\ufeff", "\x85", "\u2028", "...", "---",
                     "<<", "=", "*a", "&a", "!a", "%a", "@a", "`a", "a:", "a\n", "\ta", "👩‍👧", "12:30", "0", "1."]),
)  # fmt: skip
_KEYS = _TEXTS.filter(lambda text: bool(text) and text.isprintable() and text != "<<")
_NUMBERS = st.one_of(st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False))
_LEAVES = st.one_of(_TEXTS, st.booleans(), _NUMBERS)
_NESTED = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=8,
)
_CONTENTS = st.dictionaries(_KEYS, _NESTED, min_size=1, max_size=5)


@given(_CONTENTS, st.booleans())
def test_any_content_reads_back(content: dict[str, object], places: bool) -> None:
    found = read_back(tree_of(content), places=places)
    assert found == content
    assert repr(found) == repr(content)


def test_hash_depends_on_values_and_their_order_and_on_nothing_else() -> None:
    base = resolved_hash(tree_of({"a": 1, "b": {"x": 1, "y": 2}}))
    assert len(base) == 32
    assert resolved_hash(tree_of({"a": 1, "b": {"x": 1, "y": 2}})) == base
    assert resolved_hash(tree_of({"a": 1, "b": {"y": 2, "x": 1}})) != base
    assert resolved_hash(tree_of({"a": "1", "b": {"x": 1, "y": 2}})) != base
