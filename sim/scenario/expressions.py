"""Audience expressions: a small closed language over documented attributes, evaluated over columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from sim.errors import printable
from sim.scenario.findings import closest, did_you_mean
from sim.scenario.grammar import (
    Attribute,
    Call,
    Chain,
    Constant,
    Member,
    Node,
    Unary,
    operands_of,
    parse_tree,
)
from sim.scenario.tokens import ExpressionError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Coded", "Expression", "ExpressionError", "parse_expression"]

_UNKNOWN_AT_MOST = 20  # names of one expression that are told
Kind = str  # "number", "text" or "flag"
Attributes = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Coded:
    """A text column: for each row the position of its text in `labels`; -1 where there is none."""

    codes: NDArray[Any]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Expression:
    """A checked expression; `names` are the attributes that it reads."""

    text: str
    names: frozenset[str]
    tree: Node

    @property
    def ranks(self) -> bool:
        """Whether it compares people with the whole base, so that it must be evaluated over everybody."""
        return _calls(self.tree, "quantile")

    def evaluate(self, columns: Mapping[str, NDArray[Any] | Coded]) -> NDArray[np.bool_]:
        """The rows that the expression selects, bool (n,).

        Args:
            columns: at least one column, and all of `names`; numbers and flags as arrays (n,), texts as `Coded`.
        """
        import numpy as np

        some = next(iter(columns.values()))
        n = len(some.codes if isinstance(some, Coded) else some)
        with np.errstate(all="ignore"):
            selected = _evaluate(self.tree, columns)
        return np.array(np.broadcast_to(np.asarray(selected, dtype=np.bool_), (n,)))


def parse_expression(text: str, attributes: Attributes) -> Expression:
    """The expression that the text holds; its result is true or false for each person.

    Args:
        text: at most 1,000 characters.
        attributes: name → "number", "flag" or "text", or the list of the texts that may occur.
    Raises:
        ExpressionError: at the column of the first mistake, or of each name that is not known.
    """
    tree = parse_tree(text)
    unknown = tuple(_unknown_names(tree, attributes))
    if unknown:
        raise ExpressionError.of_several(unknown[:_UNKNOWN_AT_MOST])
    names: set[str] = set()
    kind = _kind_of(tree, attributes, names)
    if kind != "flag":
        message = f"this is a {kind}, not a condition"
        raise ExpressionError(message, tree.start, tree.end - tree.start, hint="compare it, such as: … >= 1")
    return Expression(text, frozenset(names), tree)


# ---------------------------------------------------------------------------------------------------------------------
# Checking names and kinds


def _unknown_names(node: Node, attributes: Attributes) -> Iterator[ExpressionError]:
    """Each attribute that is not known, and each text that its attribute cannot be, from left to right."""
    if isinstance(node, Attribute) and node.name not in attributes:
        known = sorted(attributes)
        allowed = ", ".join(known) or "no attribute is known here"
        hint = did_you_mean(node.name, known)
        yield ExpressionError(f"unknown attribute `{node.name}`", node.start, len(node.name), allowed, hint)
    for operand in operands_of(node):
        yield from _unknown_names(operand, attributes)
    compared = operands_of(node) if isinstance(node, (Member, Chain)) else ()
    texts = node.items if isinstance(node, Member) else [part for part in compared if isinstance(part, Constant)]
    for attribute in [part for part in compared if isinstance(part, Attribute) and part.name in attributes]:
        for text in texts:
            if isinstance(text.value, str):
                yield from _unknown_label(attribute, text, attributes)


def _unknown_label(attribute: Attribute, literal: Constant, attributes: Attributes) -> Iterator[ExpressionError]:
    labels = attributes[attribute.name]
    if not isinstance(labels, str) and literal.value not in labels:
        message = f"`{printable(str(literal.value))}` is no {attribute.name}"
        nearest = closest(str(literal.value), labels)
        hint = f'did you mean: "{nearest}"?' if nearest is not None else None
        yield ExpressionError(message, literal.start, literal.end - literal.start, ", ".join(labels), hint)


def _kind_of(node: Node, attributes: Attributes, names: set[str]) -> Kind:
    match node:
        case Constant():
            return "flag" if isinstance(node.value, bool) else "text" if isinstance(node.value, str) else "number"
        case Attribute():
            return _kind_of_attribute(node, attributes, names)
        case Unary():
            return _need(node.operand, "flag" if node.operator == "not" else "number", attributes, names, node.operator)
        case Member():
            return _kind_of_member(node, attributes, names)
        case Call():
            return _kind_of_call(node, attributes, names)
        case Chain(level="comparison"):
            return _kind_of_comparison(node, attributes, names)
        case Chain():
            needed = "flag" if node.level in ("and", "or") else "number"
            for operand, operator in zip(node.operands, (*node.operators, node.operators[-1]), strict=True):
                _need(operand, needed, attributes, names, operator)
            return needed


def _kind_of_attribute(node: Attribute, attributes: Attributes, names: set[str]) -> Kind:
    names.add(node.name)
    kind = attributes[node.name]
    return kind if isinstance(kind, str) else "text"


def _need(node: Node, needed: Kind, attributes: Attributes, names: set[str], operator: str) -> Kind:
    found = _kind_of(node, attributes, names)
    if found != needed:
        wanted = {"flag": "conditions", "number": "numbers"}[needed]
        hint = "compare it, such as: … >= 1" if needed == "flag" else None
        raise ExpressionError(
            f"this is a {_said(found)}; `{operator}` takes {wanted}", node.start, node.end - node.start, hint=hint
        )
    return needed


def _kind_of_comparison(node: Chain, attributes: Attributes, names: set[str]) -> Kind:
    kinds = [_kind_of(operand, attributes, names) for operand in node.operands]
    for i, operator in enumerate(node.operators):
        left, right = node.operands[i], node.operands[i + 1]
        if kinds[i] != kinds[i + 1]:
            message = f"compares a {_said(kinds[i])} with a {_said(kinds[i + 1])}"
            raise ExpressionError(message, left.start, right.end - left.start)
        if kinds[i] != "number":
            _check_equality(node, i, operator, kinds[i])
    return "flag"


def _check_equality(node: Chain, i: int, operator: str, kind: Kind) -> None:
    """Texts and conditions have no order, and a text attribute is compared with a quoted text."""
    left, right = node.operands[i], node.operands[i + 1]
    span = (left.start, right.end - left.start)
    if operator not in ("==", "!=") or len(node.operators) > 1:
        raise ExpressionError(f"a {_said(kind)} can be compared only by == and !=, two at a time", *span)
    if kind == "text":
        pair = (left, right) if isinstance(left, Attribute) else (right, left)
        if not (isinstance(pair[0], Attribute) and isinstance(pair[1], Constant)):
            raise ExpressionError("a text attribute can be compared only with a quoted text", *span)


def _kind_of_member(node: Member, attributes: Attributes, names: set[str]) -> Kind:
    kind = _kind_of(node.operand, attributes, names)
    if kind == "flag" or (kind == "text" and not isinstance(node.operand, Attribute)):
        raise ExpressionError(
            f"a {_said(kind)} cannot be looked up in a list", node.start, node.operand.end - node.start
        )
    for item in node.items:
        if ("text" if isinstance(item.value, str) else "number") != kind:
            message = f"the list is compared with a {_said(kind)}; this is none"
            raise ExpressionError(message, item.start, item.end - item.start)
    return "flag"


def _kind_of_call(node: Call, attributes: Attributes, names: set[str]) -> Kind:
    for argument in node.arguments:
        _need(argument, "number", attributes, names, node.name)
    span = (node.start, node.end - node.start)
    if node.name == "abs" and len(node.arguments) != 1:
        raise ExpressionError("`abs` takes one number", *span, allowed="abs(attribute)")
    if node.name in ("min", "max") and len(node.arguments) < 2:
        raise ExpressionError(f"`{node.name}` takes at least two numbers", *span, allowed=f"{node.name}(a, b)")
    if node.name == "quantile":
        _check_quantile(node)
    return "number"


def _check_quantile(node: Call) -> None:
    allowed = "quantile(attribute, 0.9), over all users"
    if len(node.arguments) != 2 or not isinstance(node.arguments[0], Attribute):
        raise ExpressionError("`quantile` takes an attribute and a share", node.start, node.end - node.start, allowed)
    share = node.arguments[1]
    if not (isinstance(share, Constant) and isinstance(share.value, float) and 0 <= share.value <= 1):
        raise ExpressionError("the share must lie in [0, 1]", share.start, share.end - share.start, allowed)


def _said(kind: Kind) -> str:
    return "condition" if kind == "flag" else kind


# ---------------------------------------------------------------------------------------------------------------------
# Evaluating


def _evaluate(node: Node, columns: Mapping[str, Any]) -> Any:
    match node:
        case Constant():
            is_small_whole = isinstance(node.value, float) and node.value.is_integer() and abs(node.value) < 2**31
            return int(node.value) if is_small_whole and not isinstance(node.value, bool) else node.value
        case Attribute():
            return columns[node.name]
        case Unary(operator="not"):
            return _inverted(_evaluate(node.operand, columns))
        case Unary():
            return -_as_float(_evaluate(node.operand, columns))
        case Member():
            return _evaluate_member(node, columns)
        case Call():
            return _evaluate_call(node, columns)
        case Chain(level="comparison"):
            return _evaluate_comparison(node, columns)
        case Chain(level="and" | "or"):
            parts = [_evaluate(operand, columns) for operand in node.operands]
            return reduce(_OPERATORS[node.level], parts)
        case Chain():
            values = [_as_float(_evaluate(operand, columns)) for operand in node.operands]
            result = values[0]
            for operator, value in zip(node.operators, values[1:], strict=True):
                result = _OPERATORS[operator](result, value)
            return result


def _evaluate_comparison(node: Chain, columns: Mapping[str, Any]) -> Any:
    values = [_evaluate(operand, columns) for operand in node.operands]
    if isinstance(values[0], Coded) or isinstance(values[1], Coded):
        coded, label = values if isinstance(values[0], Coded) else (values[1], values[0])
        return _has_label(coded, (label,), is_negated=node.operators[0] == "!=")
    links = [
        _OPERATORS[operator](left, right)
        for operator, left, right in zip(node.operators, values, values[1:], strict=False)
    ]
    return reduce(_OPERATORS["and"], links)


def _evaluate_member(node: Member, columns: Mapping[str, Any]) -> Any:
    import numpy as np

    value = _evaluate(node.operand, columns)
    wanted = [item.value for item in node.items]
    if isinstance(value, Coded):
        return _has_label(value, wanted, is_negated=node.is_negated)
    return np.isin(value, np.asarray(wanted, dtype=np.float64), invert=node.is_negated)


def _has_label(column: Coded, wanted: Sequence[object], *, is_negated: bool) -> Any:
    """One look-up per row; code -1 (no text) finds the last entry, which is no label."""
    import numpy as np

    table = np.array([(label in wanted) != is_negated for label in column.labels] + [is_negated], dtype=np.bool_)
    return table[column.codes]


def _evaluate_call(node: Call, columns: Mapping[str, Any]) -> Any:
    import numpy as np

    values = [_as_float(_evaluate(argument, columns)) for argument in node.arguments]
    if node.name == "quantile":
        return float(np.quantile(values[0], values[1])) if len(values[0]) else float("nan")
    if node.name == "abs":
        return np.abs(values[0])
    return reduce(np.minimum if node.name == "min" else np.maximum, values)


def _as_float(value: Any) -> Any:
    """Whole-number columns are widened, so that small types neither wrap nor saturate."""
    import numpy as np

    return value if isinstance(value, (int, float)) else np.asarray(value, dtype=np.float64)


def _inverted(value: Any) -> Any:
    import numpy as np

    return np.logical_not(value)


def _divided(left: Any, right: Any) -> Any:
    import numpy as np

    return np.true_divide(left, right)


def _joined(left: Any, right: Any) -> Any:
    import numpy as np

    return np.logical_and(left, right)


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
    "and": _joined,
    "or": _either,
}


def _calls(node: Node, function: str) -> bool:
    """Whether the function is called anywhere in the tree."""
    is_call = isinstance(node, Call) and node.name == function
    return is_call or any(_calls(operand, function) for operand in operands_of(node))
