"""Whether a condition can hold for anybody: ranges of numbers and sets of texts, joined by what `and` and `or` say.

The ranges are never too narrow. What is not a comparison with a constant leaves everything possible. So a condition
that is said to select nobody does select nobody; not every such condition is found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.scenario.expressions import Expression
from sim.scenario.grammar import Attribute, Chain, Constant, Member, Node, Unary

Texts = frozenset[str | bool]
Region = dict[str, "tuple[float, float] | Texts"]
"""By column, the numbers from the first to the second, or the texts, that are possible; None is nobody at all."""

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_DENIED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True)
class Domain:
    """What a column may hold: numbers from `low` to `high`, or texts; and whether it always is a number."""

    low: float = -math.inf
    high: float = math.inf
    is_whole: bool = False
    is_always: bool = True
    texts: Texts | None = None


@dataclass(frozen=True)
class Meanings:
    """What columns may hold, and what those are made of that a scenario defines."""

    domain: Callable[[str], Domain]
    definitions: Mapping[str, Expression]


def region_of(node: Node, meanings: Meanings, *, is_denied: bool = False) -> Region | None:
    """Who may fulfil the condition (or, denied, not fulfil it); None if nobody."""
    match node:
        case Constant():
            return {} if bool(node.value) != is_denied else None
        case Attribute():
            definition = meanings.definitions.get(node.name)
            if definition is not None:
                return region_of(definition.tree, meanings, is_denied=is_denied)
            return {node.name: frozenset({not is_denied})}
        case Unary(operator="not"):
            return region_of(node.operand, meanings, is_denied=not is_denied)
        case Member():
            return _of_member(node, meanings, is_denied)
        case Chain(level="comparison"):
            links = zip(node.operands, node.operators, node.operands[1:], strict=False)
            parts = [_of_link(left, operator, right, meanings, is_denied) for left, operator, right in links]
            return either(parts) if is_denied else both(parts)
        case Chain(level="and" | "or"):
            parts = [region_of(operand, meanings, is_denied=is_denied) for operand in node.operands]
            return both(parts) if (node.level == "and") != is_denied else either(parts)
    return {}


def both(parts: list[Region | None]) -> Region | None:
    """What fulfils all parts."""
    met: Region = {}
    for part in parts:
        if part is None:
            return None
        for column, values in part.items():
            narrowed = _met(met[column], values) if column in met else values
            if narrowed is None:
                return None
            met[column] = narrowed
    return met


def either(parts: list[Region | None]) -> Region | None:
    """What may fulfil one of the parts; ranges between two of them are taken in."""
    possible = [part for part in parts if part is not None]
    if not possible:
        return None
    shared = set.intersection(*(set(part) for part in possible))
    return {column: _joined([part[column] for part in possible]) for column in shared}


def _met(a: tuple[float, float] | Texts, b: tuple[float, float] | Texts) -> tuple[float, float] | Texts | None:
    if isinstance(a, frozenset) or isinstance(b, frozenset):
        return (a & b or None) if isinstance(a, frozenset) and isinstance(b, frozenset) else None
    low, high = max(a[0], b[0]), min(a[1], b[1])
    return (low, high) if low <= high else None


def _joined(values: list[tuple[float, float] | Texts]) -> tuple[float, float] | Texts:
    ranges = [value for value in values if not isinstance(value, frozenset)]
    if ranges:
        return min(low for low, _ in ranges), max(high for _, high in ranges)
    return frozenset[str | bool]().union(*(value for value in values if isinstance(value, frozenset)))


def _of_link(left: Node, operator: str, right: Node, meanings: Meanings, is_denied: bool) -> Region | None:
    """One comparison of a column with a constant; anything else may hold for anybody."""
    if isinstance(right, Attribute):
        left, operator, right = right, _MIRRORED[operator], left
    value = _constant(right)
    if not isinstance(left, Attribute) or value is None:
        return {}
    domain = meanings.domain(left.name)
    if is_denied:
        if not domain.is_always:
            return {}
        operator = _DENIED[operator]
    if isinstance(value, (str, bool)):
        return _of_texts(left.name, frozenset({value}), domain, is_kept=operator == "==")
    return _of_range(left.name, operator, value, domain)


def _of_range(column: str, operator: str, value: float, domain: Domain) -> Region | None:
    low = {">": math.nextafter(value, math.inf), ">=": value, "==": value}.get(operator, -math.inf)
    high = {"<": math.nextafter(value, -math.inf), "<=": value, "==": value}.get(operator, math.inf)
    low, high = max(low, domain.low), min(high, domain.high)
    if domain.is_whole:
        low = math.ceil(low) if math.isfinite(low) else low
        high = math.floor(high) if math.isfinite(high) else high
    return {column: (low, high)} if low <= high else None


def _of_texts(column: str, texts: Texts, domain: Domain, *, is_kept: bool) -> Region | None:
    if not is_kept and domain.texts is None:
        return {}
    possible = texts if is_kept else (domain.texts or frozenset()) - texts
    return {column: possible} if possible else None


def _of_member(node: Member, meanings: Meanings, is_denied: bool) -> Region | None:
    if not isinstance(node.operand, Attribute):
        return {}
    column, values = node.operand.name, [item.value for item in node.items]
    domain, is_kept = meanings.domain(column), node.is_negated == is_denied
    if any(isinstance(value, str) for value in values):
        return _of_texts(column, frozenset(map(str, values)), domain, is_kept=is_kept)
    if not is_kept:
        return {}
    return either([_of_range(column, "==", float(value), domain) for value in values])


def _constant(node: Node) -> float | str | bool | None:
    if isinstance(node, Unary) and node.operator == "-":
        value = _constant(node.operand)
        return -value if isinstance(value, float) else None
    return node.value if isinstance(node, Constant) else None
