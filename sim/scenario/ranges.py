"""The numbers of a scenario that carry a range: where they stand, and how another value is written in their words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sim.errors import Place
from sim.scenario.leaves import dotted, leaves, wholes
from sim.scenario.tree import MappingNode, ScalarNode, Tree, TreePath
from sim.units import Quantity

_NUMBER = re.compile(r"[+-]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Number:
    """A number of a scenario.

    Args:
        path: where it stands in the tree; a variant puts a plain value there.
        value: in base units.
        low: lower end of its range; None where it has none.
        high: upper end, likewise.
        text: the value as it is written.
        source: its evidence.
        place: the file and line of the value.
        other: another text of the number with what that is in base units, for a value of 0, which may lack its unit
            and tells nobody the size of it.
        whole: the path of the mapping over which shares such as this sum to 100%; None for all else.
    """

    path: TreePath
    value: float
    low: float | None
    high: float | None
    text: str
    source: str | None
    place: Place
    other: tuple[str, float] | None = None
    whole: TreePath | None = None

    @property
    def name(self) -> str:
        """The path as `--set` takes it."""
        return dotted(self.path)

    @property
    def is_ranged(self) -> bool:
        """Whether it has a range of more than one point."""
        return self.low is not None and self.high is not None and self.low < self.high

    @property
    def unit_size(self) -> float:
        """What 1 is in the words of the file, in base units: 0.01 beside `6%`."""
        words, value = self._words
        found = _NUMBER.search(words)
        assert found is not None
        written = float(found[0].replace("_", ""))
        return 1.0 if value == written else value / written

    @property
    def _words(self) -> tuple[str, float]:
        """The text in whose words another value is written, and what it is."""
        return (self.text, self.value) if self.value or self.other is None else self.other

    def with_number(self, text: str) -> str:
        """The words of the file with another number: `8` beside `6%` is `8%`."""
        return _NUMBER.sub(lambda _: text, self._words[0], count=1)

    def written(self, value: float) -> str:
        """Another value in the words of the file: 0.042 beside `6%` is `4.2%`."""
        words = self._words[0]
        found = _NUMBER.search(words)
        assert found is not None  # a quantity has been read from it
        number = value / self.unit_size
        text = _plain(number)
        if "_" in found[0]:
            text = _in_thousands(text)
        return f"{words[: found.start()]}{text}{words[found.end() :]}"


def _plain(number: float) -> str:
    """The number with twelve digits, which no reader tells from all, without an exponent."""
    return f"{Decimal(f'{number:.12g}'):f}"


def _in_thousands(text: str) -> str:
    """The digits before the point parted by `_`: 500_000."""
    whole, point, rest = text.partition(".")
    return f"{int(whole):_}{point}{rest}"


def numbers(content: object, tree: Tree) -> Iterator[Number]:
    """Every quantity of a checked section, dated ones by date, in the order of the schema.

    Numbers that no file writes (defaults, series) are left out.
    """
    known = tuple(wholes(content))
    for path, value in leaves(content):
        if isinstance(value, Quantity) and value.is_dated:
            for date, entry in value.dated_evidence:
                yield from _written_number(entry, tree, (*path, date.isoformat()))
        elif isinstance(value, Quantity):
            yield from _written_number(value, tree, path, _whole_of(path, known))


def _written_number(quantity: Quantity, tree: Tree, path: TreePath, whole: TreePath | None = None) -> Iterator[Number]:
    node = tree.node_at(path)
    ends: list[tuple[str, float]] = []
    if isinstance(node, MappingNode) and "value" in node.entries:
        given = {key: entry.node.text for key, entry in node.entries.items() if isinstance(entry.node, ScalarNode)}
        asked = (("high", quantity.high), ("low", quantity.low))
        ends = [(given[key], value) for key, value in asked if value and _NUMBER.search(given.get(key, ""))]
        node = node.entries["value"].node
    if isinstance(node, ScalarNode) and _NUMBER.search(node.text):
        place, other = node.span.place, ends[0] if ends else None
        yield Number(path, quantity.value, quantity.low, quantity.high, node.text, quantity.source, place, other, whole)


def _whole_of(path: TreePath, known: Sequence[TreePath]) -> TreePath | None:
    """The mapping over which the share at this path belongs to a whole."""
    for pattern in known:
        if len(pattern) == len(path) and all(there in ("*", key) for there, key in zip(pattern, path, strict=True)):
            return path[: len(pattern) - 1 - pattern[::-1].index("*")]
    return None
