"""Files that a scenario names and that are too large to become part of it: read, hashed, kept beside a stored run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sim.errors import Problem, ScenarioError
from sim.scenario.files import file_trouble
from sim.scenario.layering import resolve_inside
from sim.scenario.tree import Attached, Entry, MappingNode, ScalarNode, Tree, TreePath

Reader = Callable[[Path, bytes, str], object]
"""What a file holds, from where it is, its bytes and their hash; it may raise a ScenarioError."""


def attach(tree: Tree, path: TreePath, read: Reader) -> Tree:
    """The tree with the file that the mapping at `path` names, and with its hash; itself where it names none."""
    node = tree.node_at(path)
    named = node.entries.get("file") if isinstance(node, MappingNode) else None
    if named is None or not isinstance(named.node, ScalarNode) or not isinstance(named.node.value, str):
        return tree  # absent, or wrong in a way that the schema explains
    try:
        attached = _read(tree, named.node, read)
    except ScenarioError as error:
        return replace(tree, problems=(*tree.problems, *error.problems), unread=tree.unread | {path})
    assert isinstance(node, MappingNode)
    said = node.entries.get("sha256")
    if said is not None and isinstance(said.node, ScalarNode) and said.node.value != attached.sha256:
        span = named.node.span
        message = f"`{named.node.value}` does not hold what `sha256` says: it was edited since"
        problem = Problem(message, span.place, span.length, hint="remove `sha256` to use the file as it is now")
        return replace(tree, problems=(*tree.problems, problem), unread=tree.unread | {path})
    hashed = Entry("sha256", named.key_span, ScalarNode(attached.sha256, attached.sha256, named.node.span, False))
    return replace(
        _with_node(tree, path, replace(node, entries={**node.entries, "sha256": hashed})),
        attached={**tree.attached, path: attached},
    )


def stored_names(tree: Tree) -> dict[TreePath, str]:
    """By path, the name of each file beside a stored run's scenario: its key, numbered where several have it."""
    names: dict[TreePath, str] = {}
    for path in tree.attached:
        n_before = sum(other[-1] == path[-1] for other in names)
        names[path] = f"{path[-1]}_{n_before + 1}.csv" if n_before else f"{path[-1]}.csv"
    return names


def stored_tree(tree: Tree) -> Tree:
    """The tree as a run stores it: with the files beside it, under names of their own."""
    for path, name in stored_names(tree).items():
        node = tree.node_at((*path, "file"))
        assert isinstance(node, ScalarNode)
        tree = _with_node(tree, (*path, "file"), replace(node, value=name, text=name))
    return tree


def _with_node(tree: Tree, path: TreePath, node: MappingNode | ScalarNode) -> Tree:
    """The tree with another node at a path that exists."""

    def laid(below: MappingNode, keys: TreePath) -> MappingNode:
        entry = below.entries[str(keys[0])]
        inner = entry.node
        changed = laid(inner, keys[1:]) if len(keys) > 1 and isinstance(inner, MappingNode) else node
        return replace(below, entries={**below.entries, str(keys[0]): replace(entry, node=changed)})

    return replace(tree, root=laid(tree.root, path))


def _read(tree: Tree, named: ScalarNode, read: Reader) -> Attached:
    folder = tree.files.get(named.span.place.file, Path(named.span.place.file).absolute()).parent
    target = resolve_inside(str(named.value), named.span, folder, tree.project_root)
    trouble = file_trouble(target, None)
    if trouble is not None:
        raise ScenarioError([Problem(trouble[0], named.span.place, named.span.length, hint=trouble[1])])
    content = target.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return Attached(target, sha256, read(target, content, sha256))
