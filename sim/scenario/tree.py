"""A scenario as a tree of nodes, each with the place that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.errors import Place, Problem

TreePath = tuple[str | int, ...]

TO_LINE_END = 1_000_000  # length of a span that goes on in the next line


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands, and how many characters of the line it takes."""

    place: Place
    length: int


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value; `text` is what was written, without its quotes."""

    value: str | int | float | bool | None
    text: str
    span: Span
    is_plain: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping and its value."""

    key: str
    key_span: Span
    node: Node


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys and values in the order in which they are written."""

    entries: dict[str, Entry]
    span: Span


@dataclass(frozen=True, slots=True)
class ListNode:
    """Values in order."""

    items: tuple[Node, ...]
    span: Span


Node = ScalarNode | MappingNode | ListNode


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that a scenario names and that is too large to become part of it: where it is, its hash, what it holds."""

    path: Path
    sha256: str
    content: object


@dataclass(frozen=True, slots=True)
class Tree:
    """A resolved scenario.

    Args:
        root: the merged content, without `extends`.
        files: what each shown file name stands for, the scenario's own file first.
        project_root: the folder that no scenario file may point out of.
        problems: of series files that could not be read; the check reports them with its own.
        unread: the paths where their content is missing.
        attached: large files by the path that names them.
        before_changes: the merged content of the files alone, where changes without a file lie over it.
    """

    root: MappingNode
    files: dict[str, Path]
    project_root: Path
    problems: tuple[Problem, ...] = ()
    unread: frozenset[TreePath] = frozenset()
    attached: Mapping[TreePath, Attached] = field(default_factory=dict)
    before_changes: MappingNode | None = None

    @property
    def main(self) -> Path:
        """The file that was asked for."""
        return next(iter(self.files.values()))

    def plain(self) -> dict[str, Any]:
        """The content as dicts, lists and scalars."""
        content: dict[str, Any] = plain(self.root)
        return content

    def node_at(self, path: TreePath) -> Node | None:
        """The node at a path, or None."""
        node: Node | None = self.root
        for step in path:
            node = child(node, step) if node is not None else None
        return node


def child(node: Node, step: str | int) -> Node | None:
    """The node below a key or a list position, or None."""
    if isinstance(node, MappingNode):
        entry = node.entries.get(str(step))
        return entry.node if entry else None
    if isinstance(node, ListNode) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None


def plain(node: Node) -> Any:
    """The node as dicts, lists and scalars."""
    if isinstance(node, MappingNode):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return node.value


def scalars(node: Node) -> Iterator[ScalarNode]:
    """All values below a node, in order."""
    if isinstance(node, MappingNode):
        for entry in node.entries.values():
            yield from scalars(entry.node)
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from scalars(item)
    else:
        yield node
