"""Evaluating a bound tree over columns, in two passes: what compares with the whole base first, then each user."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from sim.scenario.grammar import Attribute, Call, Chain, Constant, Member, Node, Unary, operands_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANKING = ("quantile", "rank")
"""Functions that compare a user with the whole base."""

Columns = Mapping[str, Any]
Statistics = Mapping[Call, Any]
"""By call of `RANKING`: the quantile as a number, or what ranks are counted in as `Ranked`."""


@dataclass(frozen=True)
class Coded:
    """A text column: for each row the position of its text in `labels`; -1 where there is none."""

    codes: NDArray[Any]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Ranked:
    """Those among whom ranks are counted: their numbers, ascending, each of so many persons."""

    ascending: NDArray[Any]
    people_per_row: int


def ranking_calls(node: Node) -> Iterator[Call]:
    """Calls of `RANKING` anywhere in the tree, inner ones first."""
    for operand in operands_of(node):
        yield from ranking_calls(operand)
    if isinstance(node, Call) and node.name in RANKING:
        yield node


def statistics_of(node: Node, base: Columns, n_rows: int, people_per_row: int) -> Statistics:
    """What the tree needs to know of the whole base.

    Args:
        base: the columns of the whole base.
        n_rows: its users.
        people_per_row: persons that each of them stands for.
    """
    import numpy as np

    found: dict[Call, Any] = {}
    for call in ranking_calls(node):
        values = np.broadcast_to(np.asarray(_number(call.arguments[0], base, found), np.float64), (n_rows,))
        among = ~np.isnan(values)
        condition = call.arguments[2:] if call.name == "quantile" else call.arguments[1:]
        for part in condition:
            among = among & evaluate_tree(part, base, found)
        ranked = values[among]
        is_rank = call.name == "rank"
        found[call] = Ranked(np.sort(ranked), people_per_row) if is_rank else _quantile(ranked, call.arguments[1])
    return found


def _quantile(values: NDArray[Any], share: Node) -> float:
    import numpy as np

    assert isinstance(share, Constant)
    assert isinstance(share.value, float)  # kinds have been checked
    return float(np.quantile(values, share.value)) if values.size else float("nan")


def evaluate_tree(node: Node, columns: Columns, statistics: Statistics) -> Any:
    """The value of the tree: an array, a `Coded` text, or one value for all rows."""
    match node:
        case Constant():
            is_small_whole = isinstance(node.value, float) and node.value.is_integer() and abs(node.value) < 2**31
            return int(node.value) if is_small_whole and not isinstance(node.value, bool) else node.value
        case Attribute():
            return columns[node.name]
        case Unary(operator="not"):
            return _inverted(evaluate_tree(node.operand, columns, statistics))
        case Unary():
            return -_number(node.operand, columns, statistics)
        case Member():
            return _member(node, columns, statistics)
        case Call():
            return _call(node, columns, statistics)
        case Chain(level="comparison"):
            return _comparison(node, columns, statistics)
        case Chain(level="and"):
            return _all_of(node, columns, statistics)
        case Chain(level="or"):
            return reduce(_either, [evaluate_tree(operand, columns, statistics) for operand in node.operands])
        case Chain():
            result = _number(node.operands[0], columns, statistics)
            for operator, operand in zip(node.operators, node.operands[1:], strict=True):
                result = _OPERATORS[operator](result, _number(operand, columns, statistics))
            return result


def _all_of(node: Chain, columns: Columns, statistics: Statistics) -> Any:
    """Where nobody is left, the other conditions are not looked at."""
    import numpy as np

    result = evaluate_tree(node.operands[0], columns, statistics)
    for operand in node.operands[1:]:
        if not np.any(result):
            return result
        result = np.logical_and(result, evaluate_tree(operand, columns, statistics))
    return result


def _comparison(node: Chain, columns: Columns, statistics: Statistics) -> Any:
    import numpy as np

    values = [evaluate_tree(operand, columns, statistics) for operand in node.operands]
    if isinstance(values[0], Coded) or isinstance(values[1], Coded):
        coded, label = values if isinstance(values[0], Coded) else (values[1], values[0])
        return _has_label(coded, (label,), is_negated=node.operators[0] == "!=")
    links = [
        _OPERATORS[operator](left, right)
        for operator, left, right in zip(node.operators, values, values[1:], strict=False)
    ]
    return reduce(np.logical_and, links)


def _member(node: Member, columns: Columns, statistics: Statistics) -> Any:
    import numpy as np

    value = evaluate_tree(node.operand, columns, statistics)
    wanted = [item.value for item in node.items]
    if isinstance(value, Coded):
        return _has_label(value, wanted, is_negated=node.is_negated)
    return np.isin(value, np.asarray(wanted, dtype=np.float64), invert=node.is_negated)


def _has_label(column: Coded, wanted: Sequence[object], *, is_negated: bool) -> Any:
    """One look-up per row; code -1 (no text) finds the last entry, which is no label."""
    import numpy as np

    table = np.array([(label in wanted) != is_negated for label in column.labels] + [is_negated], dtype=np.bool_)
    return table.take(column.codes)


def _call(node: Call, columns: Columns, statistics: Statistics) -> Any:
    import numpy as np

    if node.name == "quantile":
        return statistics[node]
    if node.name == "rank":
        return _rank(node, columns, statistics)
    values = [_number(argument, columns, statistics) for argument in node.arguments]
    if node.name == "abs":
        return np.abs(values[0])
    return reduce(np.minimum if node.name == "min" else np.maximum, values)


def _rank(node: Call, columns: Columns, statistics: Statistics) -> Any:
    """1 + how many persons of those ranked have more; no number for whom is not ranked."""
    import numpy as np

    among: Ranked = statistics[node]
    ascending = among.ascending
    values = np.asarray(_number(node.arguments[0], columns, statistics), np.float64)
    # Looked up in their own order, so that each search begins where the one before has ended, in the cache.
    order = np.argsort(values, axis=None)
    rank = np.empty(values.size)
    n_rows_before = ascending.size - np.searchsorted(ascending, values.ravel()[order], side="right")
    rank[order] = 1.0 + n_rows_before * among.people_per_row
    is_ranked = ~np.isnan(values)
    for condition in node.arguments[1:]:
        is_ranked = is_ranked & evaluate_tree(condition, columns, statistics)
    return np.where(is_ranked, rank.reshape(values.shape), np.nan)


def _number(node: Node, columns: Columns, statistics: Statistics) -> Any:
    """Whole-number columns are widened, so that small types neither wrap nor saturate."""
    import numpy as np

    value = evaluate_tree(node, columns, statistics)
    return value if isinstance(value, (int, float)) else np.asarray(value, dtype=np.float64)


def _inverted(value: Any) -> Any:
    import numpy as np

    return np.logical_not(value)


def _divided(left: Any, right: Any) -> Any:
    import numpy as np

    return np.true_divide(left, right)


def _either(left: Any, right: Any) -> Any:
    import numpy as np

    return np.logical_or(left, right)


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divided,
}
