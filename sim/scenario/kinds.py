"""The kinds of an expression's parts: numbers, texts and conditions go only where they fit."""

from __future__ import annotations

from sim.scenario.grammar import Attribute, Call, Chain, Constant, Member, Node, Unary
from sim.scenario.tokens import ExpressionError
from sim.scenario.vocabulary import Attributes, Kind


def kind_of_tree(node: Node, attributes: Attributes) -> Kind:
    """The kind of a bound tree.

    Raises:
        ExpressionError: at a part that does not fit.
    """
    match node:
        case Constant():
            return "flag" if isinstance(node.value, bool) else "text" if isinstance(node.value, str) else "number"
        case Attribute():
            kind = attributes[node.name]
            return kind if isinstance(kind, str) else "text"
        case Unary():
            return _need(node.operand, "flag" if node.operator == "not" else "number", attributes, node.operator)
        case Member():
            return _kind_of_member(node, attributes)
        case Call():
            return _kind_of_call(node, attributes)
        case Chain(level="comparison"):
            return _kind_of_comparison(node, attributes)
        case Chain():
            needed = "flag" if node.level in ("and", "or") else "number"
            for operand, operator in zip(node.operands, (*node.operators, node.operators[-1]), strict=True):
                _need(operand, needed, attributes, operator)
            return needed


def said(kind: Kind) -> str:
    """What a message calls a kind."""
    return "condition" if kind == "flag" else kind


def _need(node: Node, needed: Kind, attributes: Attributes, operator: str) -> Kind:
    found = kind_of_tree(node, attributes)
    if found != needed:
        wanted = {"flag": "conditions", "number": "numbers"}[needed]
        hint = "compare it, such as: … >= 1" if needed == "flag" else None
        raise ExpressionError(
            f"this is a {said(found)}; `{operator}` takes {wanted}", node.start, node.end - node.start, hint=hint
        )
    return needed


def _kind_of_comparison(node: Chain, attributes: Attributes) -> Kind:
    kinds = [kind_of_tree(operand, attributes) for operand in node.operands]
    for i, operator in enumerate(node.operators):
        left, right = node.operands[i], node.operands[i + 1]
        if kinds[i] != kinds[i + 1]:
            message = f"compares a {said(kinds[i])} with a {said(kinds[i + 1])}"
            raise ExpressionError(message, left.start, right.end - left.start)
        if kinds[i] != "number":
            _check_equality(node, i, operator, kinds[i])
    return "flag"


def _check_equality(node: Chain, i: int, operator: str, kind: Kind) -> None:
    """Texts and conditions have no order, and a text attribute is compared with a quoted text."""
    left, right = node.operands[i], node.operands[i + 1]
    span = (left.start, right.end - left.start)
    if operator not in ("==", "!=") or len(node.operators) > 1:
        raise ExpressionError(f"a {said(kind)} can be compared only by == and !=, two at a time", *span)
    if kind == "text":
        pair = (left, right) if isinstance(left, Attribute) else (right, left)
        if not (isinstance(pair[0], Attribute) and isinstance(pair[1], Constant)):
            raise ExpressionError("a text attribute can be compared only with a quoted text", *span)


def _kind_of_member(node: Member, attributes: Attributes) -> Kind:
    kind = kind_of_tree(node.operand, attributes)
    if kind == "flag" or (kind == "text" and not isinstance(node.operand, Attribute)):
        raise ExpressionError(
            f"a {said(kind)} cannot be looked up in a list", node.start, node.operand.end - node.start
        )
    for item in node.items:
        if ("text" if isinstance(item.value, str) else "number") != kind:
            message = f"the list is compared with a {said(kind)}; this is none"
            raise ExpressionError(message, item.start, item.end - item.start)
    return "flag"


def _kind_of_call(node: Call, attributes: Attributes) -> Kind:
    n_numbers = {"quantile": 2, "rank": 1}.get(node.name, len(node.arguments))
    for i, argument in enumerate(node.arguments):
        _need(argument, "number" if i < n_numbers else "flag", attributes, node.name)
    span, n = (node.start, node.end - node.start), len(node.arguments)
    if node.name == "abs" and n != 1:
        raise ExpressionError("`abs` takes one number", *span, allowed="abs(attribute)")
    if node.name in ("min", "max") and n < 2:
        raise ExpressionError(f"`{node.name}` takes at least two numbers", *span, allowed=f"{node.name}(a, b)")
    if node.name == "rank" and n > 2:
        allowed = "rank(number) over all users, rank(number, condition) among some"
        raise ExpressionError("`rank` takes a number and, if need be, a condition", *span, allowed)
    if node.name == "quantile":
        _check_quantile(node)
    return "number"


def _check_quantile(node: Call) -> None:
    allowed = "quantile(number, 0.9) over all users, quantile(number, 0.9, condition) among some"
    if not 2 <= len(node.arguments) <= 3:
        message = "`quantile` takes a number, a share and, if need be, a condition"
        raise ExpressionError(message, node.start, node.end - node.start, allowed)
    share = node.arguments[1]
    if not (isinstance(share, Constant) and isinstance(share.value, float) and 0 <= share.value <= 1):
        raise ExpressionError("the share must lie in [0, 1]", share.start, share.end - share.start, allowed)
