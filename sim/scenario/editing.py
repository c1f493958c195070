"""The tree of a scenario with other values at some paths: variants of one scenario, without files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sim.scenario.reading import read_value
from sim.scenario.tree import Entry, ListNode, MappingNode, Node, Tree, TreePath

Edits = Mapping[TreePath, Node | str | None]
"""What shall stand at each path: a node, YAML text, or None, which removes what stands there."""


def with_values(tree: Tree, edits: Edits) -> Tree:
    """The tree with the edits laid over it, in their order; mappings on the way to a path are made where missing.

    Raises:
        KeyError: a path leads through a value or past the end of a list.
    """
    root: Node = tree.root
    for path, value in edits.items():
        root = _with_value(root, path, _node_of(value, tree.node_at(path), tree), tree.root)
    assert isinstance(root, MappingNode)
    return replace(tree, root=root)


def _node_of(value: Node | str | None, there: Node | None, tree: Tree) -> Node | None:
    """The node of an edit; a text stands where the value stood, so that a complaint names the line of the file."""
    if not isinstance(value, str):
        return value
    node = read_value(value, tree.main.name, 0)
    return replace(node, span=there.span) if there is not None else node


def _with_value(node: Node, path: TreePath, value: Node | None, root: MappingNode) -> Node:
    step, rest = path[0], path[1:]
    if isinstance(node, ListNode) and isinstance(step, int) and step < len(node.items):
        below = _with_value(node.items[step], rest, value, root) if rest else value
        items = (*node.items[:step], *([] if below is None else [below]), *node.items[step + 1 :])
        return replace(node, items=items)
    if not isinstance(node, MappingNode):
        raise KeyError(path)
    key, entries = str(step), dict(node.entries)
    there = entries.get(key)
    below = value
    if rest:
        below = _with_value(there.node if there else MappingNode({}, root.span), rest, value, root)
    if below is None:
        entries.pop(key, None)
    else:
        entries[key] = replace(there, node=below) if there else Entry(key, below.span, below)
    return replace(node, entries=entries)
