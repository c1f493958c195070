"""The numbers of a scenario that carry a range: where they stand, and how another value is written in their words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sim.errors import Place
from sim.scenario.leaves import dotted, leaves
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
    """

    path: TreePath
    value: float
    low: float | None
    high: float | None
    text: str
    source: str | None
    place: Place

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
        """What 1 is in the words of the file, in base units: 0.01 beside `6%`; a 0 says nothing of its time."""
        found = _NUMBER.search(self.text)
        assert found is not None
        written = float(found[0].replace("_", ""))
        if self.value == written != 0:
            return 1.0
        return self.value / written if written and self.value else 0.01 if "%" in self.text else 1.0

    def with_number(self, text: str) -> str:
        """The words of the file with another number: `8` beside `6%` is `8%`."""
        return _NUMBER.sub(lambda _: text, self.text, count=1)

    def written(self, value: float) -> str:
        """Another value in the words of the file: 0.042 beside `6%` is `4.2%`."""
        found = _NUMBER.search(self.text)
        assert found is not None  # a quantity has been read from it
        number = value / self.unit_size
        text = _plain(number)
        if "_" in found[0]:
            text = _in_thousands(text)
        return f"{self.text[: found.start()]}{text}{self.text[found.end() :]}"


def _plain(number: float) -> str:
    """The number with twelve digits, which no reader tells from all, without an exponent."""
    text = f"{number:.12g}"
    return text if "e" not in text else f"{number:.15f}".rstrip("0").rstrip(".")


def _in_thousands(text: str) -> str:
    """The digits before the point parted by `_`: 500_000."""
    whole, point, rest = text.partition(".")
    return f"{int(whole):_}{point}{rest}"


def numbers(content: object, tree: Tree) -> Iterator[Number]:
    """Every quantity of a checked section, dated ones by date, in the order of the schema.

    Numbers that no file writes (defaults, series) are left out.
    """
    for path, value in leaves(content):
        if isinstance(value, Quantity) and value.is_dated:
            for date, entry in value.dated_evidence:
                yield from _written_number(entry, tree, (*path, date.isoformat()))
        elif isinstance(value, Quantity):
            yield from _written_number(value, tree, path)


def _written_number(quantity: Quantity, tree: Tree, path: TreePath) -> Iterator[Number]:
    node = tree.node_at(path)
    if isinstance(node, MappingNode) and "value" in node.entries:
        node = node.entries["value"].node
    if isinstance(node, ScalarNode) and _NUMBER.search(node.text):
        yield Number(path, quantity.value, quantity.low, quantity.high, node.text, quantity.source, node.span.place)
