"""A file of first users, read: each mistake at its row and column."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.errors import Problem, ScenarioError
from sim.scenario.files import file_trouble
from sim.scenario.layering import resolve_inside
from sim.scenario.tree import Attached, Entry, MappingNode, ScalarNode, Tree

PATH = ("market", "first_users")
STORED_AS = "first_users.csv"
"""The name of the file beside a stored run's scenario."""


def read_first_users(tree: Tree) -> Tree:
    """The tree with what `market.first_users` names, and with the hash of its content; itself where it names none."""
    node = tree.node_at(PATH)
    named = node.entries.get("file") if isinstance(node, MappingNode) else None
    if named is None or not isinstance(named.node, ScalarNode) or not isinstance(named.node.value, str):
        return tree  # absent, or wrong in a way that the schema explains
    try:
        attached = _read(tree, named.node)
    except ScenarioError as error:
        return replace(tree, problems=(*tree.problems, *error.problems), unread=tree.unread | {PATH})
    assert isinstance(node, MappingNode)
    said = node.entries.get("sha256")
    if said is not None and isinstance(said.node, ScalarNode) and said.node.value != attached.sha256:
        span = named.node.span
        message = f"`{named.node.value}` does not hold what `sha256` says: it was edited since"
        problem = Problem(message, span.place, span.length, hint="remove `sha256` to use the file as it is now")
        return replace(tree, problems=(*tree.problems, problem), unread=tree.unread | {PATH})
    hashed = Entry("sha256", named.key_span, ScalarNode(attached.sha256, attached.sha256, named.node.span, False))
    return replace(
        with_node(tree, PATH, replace(node, entries={**node.entries, "sha256": hashed})),
        attached={**tree.attached, PATH: attached},
    )


def stored_tree(tree: Tree) -> Tree:
    """The tree as a run stores it: with the file beside it, under a name of its own."""
    if PATH not in tree.attached:
        return tree
    node = tree.node_at((*PATH, "file"))
    assert isinstance(node, ScalarNode)
    return with_node(tree, (*PATH, "file"), replace(node, value=STORED_AS, text=STORED_AS))


def with_node(tree: Tree, path: tuple[str, ...], node: MappingNode | ScalarNode) -> Tree:
    """The tree with another node at a path that exists."""

    def laid(below: MappingNode, keys: tuple[str, ...]) -> MappingNode:
        entry = below.entries[keys[0]]
        inner = entry.node
        changed = laid(inner, keys[1:]) if len(keys) > 1 and isinstance(inner, MappingNode) else node
        return replace(below, entries={**below.entries, keys[0]: replace(entry, node=changed)})

    return replace(tree, root=laid(tree.root, path))


def _read(tree: Tree, named: ScalarNode) -> Attached:
    from sim.systems.first_users.rows import read_rows, release_memory

    folder = tree.files.get(named.span.place.file, Path(named.span.place.file).absolute()).parent
    target = resolve_inside(str(named.value), named.span, folder, tree.project_root)
    trouble = file_trouble(target, None)
    if trouble is not None:
        raise ScenarioError([Problem(trouble[0], named.span.place, named.span.length, hint=trouble[1])])
    content = target.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    table = read_rows(target, content, sha256, **_names(tree.plain()))
    del content
    release_memory()
    return Attached(target, sha256, table)


def _names(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The segments, channels and declared attributes that rows may name: an attribute's values or range of numbers."""
    market = plain.get("market")
    segments = market.get("segments") if isinstance(market, dict) else None
    channels, declared = plain.get("channels"), plain.get("attributes")
    entries = declared if isinstance(declared, dict) else {}
    ranges = {str(name): _range(entry) for name, entry in entries.items() if isinstance(entry, dict)}
    return {
        "segments": tuple(map(str, segments)) if isinstance(segments, dict) else ("everyone",),
        "channels": tuple(map(str, channels)) if isinstance(channels, dict) else (),
        "attributes": {
            str(name): tuple(map(str, entry.get("values") or ()))
            for name, entry in entries.items()
            if isinstance(entry, dict) and isinstance(entry.get("values", {}), dict)
        },
        "ranges": {name: ends for name, ends in ranges.items() if ends is not None},
    }


def _range(entry: dict[str, Any]) -> tuple[int, int] | None:
    """The smallest and the largest number of an attribute over all segments; None where it is none, or wrong."""
    own = entry.get("by_segment")
    parts = [entry, *(own.values() if isinstance(own, dict) else ())]
    ends = [part.get(key) for part in parts if isinstance(part, dict) for key in ("from", "to")]
    numbers = [end for end in ends if isinstance(end, int) and not isinstance(end, bool)]
    return (min(numbers), max(numbers)) if len(numbers) == len(ends) else None
