"""Where two scenarios differ in meaning: each single change once, in the words of their files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Protocol

from sim.errors import SET, Place, printable
from sim.scenario.leaves import dotted
from sim.scenario.meaning import evidence, meaning
from sim.scenario.section import Section
from sim.scenario.tree import ListNode, MappingNode, Node, ScalarNode, Tree, TreePath, plain
from sim.units import Quantity

Kind = Literal["policy", "assumption", "data", "horizon", "evidence"]

PATHS_SHOWN = 5
_EVIDENCE = frozenset(("value", "low", "high", "source"))
_WORDS = frozenset(("name", "title"))
_HORIZON = frozenset(("start", "horizon"))
_SCENARIO_FILES = (".yaml", ".yml")
_LONGEST = 40
_UNCHECKED, _ABSENT = object(), object()


class Checked(Protocol):
    """A scenario that has passed the gate, with the tree that says where its values stand."""

    @property
    def scenario(self) -> Section:
        """The checked values."""

    @property
    def tree(self) -> Tree:
        """What was written, and where."""


class Evidence(NamedTuple):
    """How well a value is known: `3% to 9%`, and who says so."""

    range: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Contrast:
    """One change from a left scenario to a right one.

    Args:
        kind: a decision, an assumption about the world, the content of a file, the days that are simulated, or only
            how well a number is known, which changes no result.
        left, right: what stands there, in the words of the files, without evidence; None where nothing does.
        left_node, right_node: the same as nodes; the right one, at `path` of the left tree, makes the change.
        left_place, right_place: where it stands.
        is_order: the names stand in another order; `right_node` then holds what stands left, in the new order.
    """

    kind: Kind
    path: TreePath
    left: str | None
    right: str | None
    left_node: Node | None
    right_node: Node | None
    left_place: Place | None
    right_place: Place | None
    is_order: bool = False

    @property
    def name(self) -> str:
        """The path as `--set` takes it."""
        return dotted(self.path)

    @property
    def left_evidence(self) -> Evidence:
        """How well what stands left is known; of what holds several parts that of each, where it alone changed."""
        return _evidence_of(self.left_node, self.kind == "evidence")

    @property
    def right_evidence(self) -> Evidence:
        """The same of what stands right."""
        return _evidence_of(self.right_node, self.kind == "evidence")


def contrasts(left: Checked, right: Checked) -> list[Contrast]:
    """Each change that leads from the left scenario to the right one, once, in the order of the files.

    Values are compared by what they mean: words, comments, and defaults that are written out are no change, nor are
    `name` and `title`. What is added or removed is one change, whatever it holds; so are a list, dated values, a
    series by dates, days or hours, the content of a file, and the order of what acts in order. Inside of what both
    have, each value that differs is one.
    """
    return list(_differences(_Side(left.tree.root, left.scenario), _Side(right.tree.root, right.scenario), ()))


def contrasts_as_written(left: Node, right: Node) -> list[Contrast]:
    """The changes between two trees that need not have been checked; their values are compared as they are written."""
    return list(_differences(_Side(left, _UNCHECKED), _Side(right, _UNCHECKED), ()))


# ---------------------------------------------------------------------------------------------------------------------
# The walk


@dataclass(frozen=True, slots=True)
class _Side:
    """What one of the two has at a path: the node, the checked value, where it stands.

    `orders` are the paths below it of mappings whose order has a meaning; `is_file` says that a file brought it.
    """

    node: Node | None
    value: object
    place: Place | None = None
    orders: tuple[tuple[str, ...], ...] = ()
    is_file: bool = False

    @property
    def keys(self) -> list[str]:
        return list(self.node.entries) if isinstance(self.node, MappingNode) else []

    @property
    def meaning(self) -> object:
        if self.value is not _UNCHECKED:
            return meaning(self.value)
        bare = _value_of(self.node)
        return _ABSENT if bare is None else plain(bare)

    @property
    def text(self) -> str | None:
        if self.node is None:
            return None
        if isinstance(self.node, MappingNode) and self.hash:
            return f"{flow(self.node.entries['file'].node)} (sha256 {self.hash[:8]})"
        if not self.is_file:
            return flow(_value_of(self.node))
        content = json.dumps(plain(self.node), sort_keys=True).encode()
        file = self.node.span.place.file.rpartition("/")[2]
        return f"{file} ({len(self.keys):,} rows, {hashlib.sha256(content).hexdigest()[:8]})"

    @property
    def hash(self) -> str | None:
        """Of the content of a large file that stands beside the scenario."""
        return getattr(self.value, "sha256", None) if isinstance(self.value, Section) else None

    def below(self, key: str) -> _Side:
        """The same of a key."""
        value, orders = self._value(key), self.orders
        if isinstance(self.value, Section):
            orders = type(self.value).in_order
        orders = tuple(path[1:] for path in orders if path and path[0] in (key, "*"))
        entry = self.node.entries.get(key) if isinstance(self.node, MappingNode) else None
        if entry is None:
            return _Side(None, value, None, orders)
        at_key, bare = entry.key_span.place, _value_of(entry.node)
        file = entry.node.span.place.file
        is_written_here = file == at_key.file or file.startswith(SET) or file.endswith(_SCENARIO_FILES)
        is_file = isinstance(bare, MappingNode) and not is_written_here
        place = bare.span.place if isinstance(bare, ScalarNode) else at_key
        return _Side(entry.node, value, place, orders, is_file)

    def _value(self, key: str) -> object:
        if isinstance(self.value, Section):
            fields = type(self.value).model_fields
            name = next((name for name, field in fields.items() if key == (field.alias or name)), None)
            return _UNCHECKED if name is None else getattr(self.value, name)
        if isinstance(self.value, Mapping):
            return self.value.get(key, _ABSENT)
        return _UNCHECKED if key in self.keys else _ABSENT


def _differences(left: _Side, right: _Side, path: TreePath) -> Iterator[Contrast]:
    if left.node is None and right.node is None:
        return
    if not _holds_several(left, right, path):
        if left.meaning != right.meaning:
            yield _contrast(_kind(left, right, path), left, right, path)
        elif _known(left) != _known(right):
            yield _contrast("evidence", left, right, path)
        return
    if () in left.orders:
        yield from _order(left, right, path)
    for key in dict.fromkeys((*left.keys, *right.keys)):
        if path or key not in _WORDS:
            yield from _differences(left.below(key), right.below(key), (*path, key))


def _holds_several(left: _Side, right: _Side, path: TreePath) -> bool:
    """Whether the two hold named parts that can be compared one by one."""
    sides = (left, right)
    if any(side.is_file for side in sides):
        return False
    if all(isinstance(side.value, Section) for side in sides):
        if type(left.value) is not type(right.value) or any(side.hash for side in sides):
            return False
        is_written = all(isinstance(_value_of(side.node), MappingNode) for side in sides)
        return path in ((), ("policy",)) or (is_written and not _is_exchanged(left, right))
    if isinstance(left.value, Mapping) and isinstance(right.value, Mapping):
        is_series = any(not isinstance(key, str) for key in (*left.value, *right.value))
        return not is_series and all(isinstance(side.node, MappingNode) or not side.value for side in sides)
    if all(side.value is _UNCHECKED for side in sides):
        return all(isinstance(_value_of(side.node), MappingNode) for side in sides)
    return False


def _is_exchanged(left: _Side, right: _Side) -> bool:
    """Whether one form was exchanged for another, as a date for a condition: half of that is no valid section."""
    gone = any(right.below(key).value in (None, []) for key in left.keys)
    return gone and any(left.below(key).value in (None, []) for key in right.keys)


def _known(side: _Side) -> object:
    """The evidence of a value, to be compared."""
    return evidence(side.value) if isinstance(side.value, Quantity) else _evidence_as_written(side.node)


def _kind(left: _Side, right: _Side, path: TreePath) -> Kind:
    if any(side.is_file or side.hash for side in (left, right)):
        return "data"
    return "policy" if path[0] == "policy" else "horizon" if path[0] in _HORIZON else "assumption"


def _contrast(kind: Kind, left: _Side, right: _Side, path: TreePath) -> Contrast:
    return Contrast(kind, path, left.text, right.text, left.node, right.node, left.place, right.place)


def _order(left: _Side, right: _Side, path: TreePath) -> Iterator[Contrast]:
    """The change of the order of the names that both have."""
    both = set(left.keys) & set(right.keys)
    shared, moved = ([key for key in side.keys if key in both] for side in (left, right))
    if shared == moved or not isinstance(left.node, MappingNode):
        return
    following = iter(moved)
    keys = [next(following) if key in both else key for key in left.keys]
    node = replace(left.node, entries={key: left.node.entries[key] for key in keys})
    texts = (", ".join(shared), ", ".join(moved))
    yield Contrast(_kind(left, right, path), path, *texts, left.node, node, left.place, right.place, is_order=True)


# ---------------------------------------------------------------------------------------------------------------------
# Words


def _value_of(node: Node | None) -> Node | None:
    """The value of a number that carries its evidence; else the node."""
    return node.entries["value"].node if isinstance(node, MappingNode) and _is_evidence(node) else node


def _is_evidence(node: MappingNode) -> bool:
    return "value" in node.entries and _EVIDENCE.issuperset(node.entries)


def flow(node: Node | None) -> str:
    """What a node holds, on one line."""
    if isinstance(node, MappingNode):
        return "{" + ", ".join(f"{key}: {flow(entry.node)}" for key, entry in node.entries.items()) + "}"
    if isinstance(node, ListNode):
        return "[" + ", ".join(map(flow, node.items)) + "]"
    return "" if node is None else " ".join(node.text.split())


def parts_of(node: Node | None) -> tuple[str, ...]:
    """`key: value` of each part of a node that holds several."""
    if not isinstance(node, MappingNode) or _is_evidence(node):
        return ()
    return tuple(f"{key}: {flow(entry.node)}" for key, entry in node.entries.items())


def _evidence_as_written(node: Node | None) -> object:
    if not isinstance(node, MappingNode):
        return None
    if not _is_evidence(node):
        found = {key: _evidence_as_written(entry.node) for key, entry in node.entries.items()}
        return {key: known for key, known in found.items() if known is not None} or None
    return {key: plain(entry.node) for key, entry in node.entries.items() if key != "value"} or None


def _evidence_of(node: Node | None, of_parts: bool) -> Evidence:
    if not isinstance(node, MappingNode):
        return Evidence()
    if _is_evidence(node):
        parts = {key: flow(entry.node) for key, entry in node.entries.items()}
        return Evidence(f"{parts['low']} to {parts['high']}" if "low" in parts else None, parts.get("source"))
    below = {key: _evidence_of(entry.node, True) for key, entry in node.entries.items() if of_parts}
    ranges = [f"{key}: {one.range}" for key, one in below.items() if one.range]
    sources = [f"{key}: {one.source}" for key, one in below.items() if one.source]
    return Evidence("; ".join(ranges) or None, "; ".join(sources) or None)


# ---------------------------------------------------------------------------------------------------------------------
# Doubts


def listed(found: Sequence[Contrast], arrow: str) -> str:
    """The first few differences in one line: `path 6% / 60%`, with the arrow between what stands left and right."""
    shown = "; ".join(f"{one.name} {_short(one.left)} {arrow} {_short(one.right)}" for one in found[:PATHS_SHOWN])
    return f"{shown} and {len(found) - PATHS_SHOWN} more" if len(found) > PATHS_SHOWN else shown


def _short(text: str | None) -> str:
    return printable(text, _LONGEST) if text else "nothing"


def doubts_of_comparison(scenarios: Sequence[Checked]) -> list[str]:
    """What makes the differences of these scenarios to the first other than those of their policies; one text each."""
    first, names = scenarios[0], _names([scenario.tree for scenario in scenarios])
    told = []
    for name, other in zip(names[1:], scenarios[1:], strict=True):
        found = [one for one in contrasts(first, other) if one.kind not in ("policy", "evidence")]
        if found:
            told.append(f"{names[0]} and {name} differ outside `policy`: {listed(found, '/')}")
    below = first.tree.before_changes
    if below is not None and any(other.tree.before_changes is not None for other in scenarios[1:]):
        found = [one for one in contrasts_as_written(below, first.tree.root) if one.kind == "policy"]
        if found:
            told.append(f"a change of `policy` changes the baseline too: {listed(found, '→')} in {names[0]} as well")
    return told


def _names(trees: Sequence[Tree]) -> list[str]:
    """What the scenarios are called: their files, or by their names where a file comes twice."""
    stems = [tree.main.stem for tree in trees]
    if len(set(stems)) == len(stems):
        return stems
    return [printable(str(plain(tree.root).get("name", tree.main.stem))) for tree in trees]
