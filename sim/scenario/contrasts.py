"""Where two resolved scenarios differ, path by path, in the words of their files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sim.errors import printable
from sim.scenario.tree import MappingNode, Node, ScalarNode, Tree, TreePath, child, plain

PATHS_SHOWN = 5
_EVIDENCE = frozenset(("value", "low", "high", "source"))
_NOT_THE_WORLD = frozenset(("policy", "name", "title"))
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Contrast:
    """A path at which two scenarios differ, with what stands there in each; None where nothing does."""

    path: TreePath
    left: str | None
    right: str | None

    @property
    def name(self) -> str:
        """The path as `--set` takes it."""
        return ".".join(f'"{key}"' if set(".=") & set(str(key)) else str(key) for key in self.path)


def contrasts(left: Node | None, right: Node | None, path: TreePath = ()) -> Iterator[Contrast]:
    """The differences between two nodes, by path; evidence beside a value, and the order of keys, do not count."""
    left, right = _value_of(left), _value_of(right)
    if isinstance(left, MappingNode) and isinstance(right, MappingNode):
        for key in dict.fromkeys((*left.entries, *right.entries)):
            yield from contrasts(child(left, key), child(right, key), (*path, key))
    elif left is None or right is None or plain(left) != plain(right):
        yield Contrast(path, _text(left), _text(right))


def listed(found: list[Contrast], arrow: str) -> str:
    """The first few differences in one line: `path 6% / 60%`, with the arrow between what stands left and right."""
    shown = "; ".join(
        f"{one.name} {one.left or 'nothing'} {arrow} {one.right or 'nothing'}" for one in found[:PATHS_SHOWN]
    )
    return f"{shown} and {len(found) - PATHS_SHOWN} more" if len(found) > PATHS_SHOWN else shown


def _value_of(node: Node | None) -> Node | None:
    """The value of a number that carries its evidence; else the node."""
    if isinstance(node, MappingNode) and "value" in node.entries and _EVIDENCE.issuperset(node.entries):
        return node.entries["value"].node
    return node


def _text(node: Node | None) -> str | None:
    """What stands there, short: a value, or the first keys or items of what holds several."""
    if node is None:
        return None
    if isinstance(node, ScalarNode):
        return printable(node.text, _LONGEST)
    if isinstance(node, MappingNode):
        keys = list(islice(node.entries, 4))
        return "{" + printable(", ".join(keys[:3]), _LONGEST) + ", …" * (len(keys) > 3) + "}"
    items = [_text(item) or "" for item in node.items[:4]]
    return "[" + printable(", ".join(items[:3]), _LONGEST) + ", …" * (len(items) > 3) + "]"


def doubts_of_comparison(trees: Sequence[Tree]) -> list[str]:
    """What makes the differences of these scenarios to the first other than those of their policies; one text each."""
    names = _names(trees)
    told = []
    for name, tree in zip(names[1:], trees[1:], strict=True):
        found = [one for one in contrasts(trees[0].root, tree.root) if one.path[0] not in _NOT_THE_WORLD]
        if found:
            told.append(f"{names[0]} and {name} differ outside `policy`: {listed(found, '/')}")
    below = trees[0].before_changes
    if below is not None and any(tree.before_changes is not None for tree in trees[1:]):
        found = [one for one in contrasts(below, trees[0].root) if one.path[0] == "policy"]
        if found:
            told.append(f"a change of `policy` changes the baseline too: {listed(found, '→')} in {names[0]} as well")
    return told


def _names(trees: Sequence[Tree]) -> list[str]:
    """What the scenarios are called: their files, or by their names where a file comes twice."""
    stems = [tree.main.stem for tree in trees]
    if len(set(stems)) == len(stems):
        return stems
    return [printable(str(plain(tree.root).get("name", tree.main.stem))) for tree in trees]
