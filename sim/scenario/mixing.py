"""Scenarios between two: the tree of the left one with some of the changes that lead to the right one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sim.scenario.contrasts import Contrast
from sim.scenario.tree import Entry, MappingNode, Node, Tree, TreePath, child


@dataclass(frozen=True)
class Mixing:
    """Two scenarios and the changes between them; `changes` are all that there are, in the order of `contrasts`."""

    left: Tree
    right: Tree
    changes: tuple[Contrast, ...]

    def tree(self, chosen: Collection[int]) -> Tree:
        """The left tree with the changes of these numbers: the right tree itself with all, the left with none.

        Keys stand in the order of the right tree, unless that order is a change of its own that is not chosen.
        """
        if not chosen:
            return self.left
        if len(chosen) == len(self.changes):
            return self.right
        made = [self.changes[number] for number in sorted(chosen)]
        root = _Walk(self.changes, made).mixed(self.left.root, self.right.root, ())
        assert isinstance(root, MappingNode)
        taken = {one.path for one in made if not one.is_order}
        attached = {
            path: content
            for tree, is_right in ((self.left, False), (self.right, True))
            for path, content in tree.attached.items()
            if any(path[: len(prefix)] == prefix for prefix in taken) == is_right
        }
        return replace(self.left, root=root, files={**self.left.files, **self.right.files}, attached=attached)


class _Walk:
    """One mixture, from the root downwards."""

    def __init__(self, changes: Sequence[Contrast], made: Sequence[Contrast]) -> None:
        self._taken = {one.path for one in made if not one.is_order}
        self._kept_orders = {one.path for one in changes if one.is_order and one not in made}
        self._on_the_way = {one.path[:size] for one in changes for size in range(len(one.path) + one.is_order)}

    def mixed(self, left: Node | None, right: Node | None, path: TreePath) -> Node | None:
        """What stands at a path; None where nothing does."""
        if path in self._taken:
            return right
        if path not in self._on_the_way or not isinstance(left or right, MappingNode):
            return left
        entries = {}
        for key in self._keys(left, right, path):
            node = self.mixed(_child(left, key), _child(right, key), (*path, key))
            if node is not None:
                there = _entry(left, key) or _entry(right, key)
                assert there is not None
                entries[key] = replace(there, node=node)
        if not entries and (left is None or right is None):
            return None
        whole = left or right
        assert isinstance(whole, MappingNode)
        return replace(whole, entries=entries)

    def _keys(self, left: Node | None, right: Node | None, path: TreePath) -> list[str]:
        """The keys of both; those of one side only stand behind the key that they stand behind there."""
        first, second = _keys_of(right), _keys_of(left)
        if path in self._kept_orders:
            first, second = second, first
        keys = list(first)
        for place, key in enumerate(second):
            if key not in keys:
                keys.insert(keys.index(second[place - 1]) + 1 if place else 0, key)
        return keys


def _child(node: Node | None, key: str) -> Node | None:
    return None if node is None else child(node, key)


def _entry(node: Node | None, key: str) -> Entry | None:
    return node.entries.get(key) if isinstance(node, MappingNode) else None


def _keys_of(node: Node | None) -> list[str]:
    return list(node.entries) if isinstance(node, MappingNode) else []
