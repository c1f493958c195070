"""What an expression's names mean: a name as it is written → the column that it reads.

A vocabulary is a mapping from columns to kinds. A column is an attribute (`orders`), or a function of `grammar.NAMED`
and the name that it is given (`audience:big spenders`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sim.errors import printable
from sim.scenario.findings import closest, did_you_mean
from sim.scenario.grammar import (
    WORDS,
    Attribute,
    Call,
    Chain,
    Constant,
    Member,
    Node,
    Unary,
    operands_of,
    takes_a_name,
    windowed,
)
from sim.scenario.tokens import ExpressionError

Kind = str  # "number", "text" or "flag"
Attributes = Mapping[str, str | Sequence[str]]

PLAINLY_NAMED = ("audience", "layer", "measure")
"""Functions whose names may also be written plainly, where they have no spaces."""
NO_AUDIENCE = "is an early warning: a warning is no audience"
NAME_ITS_CONDITION = "name its condition under `audiences`"
_SAID = {
    "attribute": "attribute",
    "audience": "audience",
    "layer": "partition into layers",
    "measure": "measure",
    "opted_in": "medium",
    "holds": "status, membership or privilege",
    "step": "journey",
    "days_in_step": "journey",
    "passed": "step of a journey",
    "ties": "channel with a network",
    "created": "kind of content",
}
_PROGRAMME = "points programme"
"""What all other functions name."""


def spelled(column: str) -> str:
    """How an expression names a column."""
    function, separator, name = column.partition(":")
    if not separator:
        function, name = "attribute", column
    is_plain = function in ("attribute", *PLAINLY_NAMED) and name.isidentifier() and name not in WORDS
    return name if is_plain else f'{function}("{name}")'


def _has_a_quoted_name(column: str) -> bool:
    """Whether only a function of a quoted name reads the column."""
    function, separator, _ = column.partition(":")
    return bool(separator) and function not in PLAINLY_NAMED and (function == "warning" or takes_a_name(function))


def unknown_names(node: Node, attributes: Attributes) -> Iterator[ExpressionError]:
    """Each name that is not known, and each text that its attribute cannot be, from left to right."""
    if isinstance(node, Attribute) and _column_of(node, attributes) is None:
        yield _unknown_to_function(node, attributes) if node.function else _unknown(node, attributes)
    for operand in operands_of(node):
        yield from unknown_names(operand, attributes)
    compared = operands_of(node) if isinstance(node, (Member, Chain)) else ()
    texts = node.items if isinstance(node, Member) else [part for part in compared if isinstance(part, Constant)]
    for attribute in compared:
        column = _column_of(attribute, attributes) if isinstance(attribute, Attribute) else None
        for text in texts if column is not None else ():
            if isinstance(text.value, str):
                yield from _unknown_label(str(column), text, attributes)


def bound(node: Node, attributes: Attributes) -> Node:
    """The tree of known names with each replaced by its column."""
    match node:
        case Attribute():
            return replace(node, name=_column_of(node, attributes) or node.name)
        case Chain():
            return replace(node, operands=tuple(bound(operand, attributes) for operand in node.operands))
        case Unary() | Member():
            return replace(node, operand=bound(node.operand, attributes))
        case Call():
            return replace(node, arguments=tuple(bound(argument, attributes) for argument in node.arguments))
        case Constant():
            return node


def columns_of(node: Node) -> Iterator[str]:
    """The columns that a bound tree reads."""
    if isinstance(node, Attribute):
        yield node.name
    for operand in operands_of(node):
        yield from columns_of(operand)


def _column_of(node: Attribute, attributes: Attributes) -> str | None:
    """What a name means; None if nothing."""
    name = node.name.removeprefix("attribute:") if node.function == "attribute" else node.name
    if name in attributes:
        return name
    candidates = [] if node.function else [f"{function}:{name}" for function in PLAINLY_NAMED]
    return next((column for column in candidates if column in attributes), None)


def _unknown_label(column: str, literal: Constant, attributes: Attributes) -> Iterator[ExpressionError]:
    labels = attributes[column]
    if not isinstance(labels, str) and literal.value not in labels:
        whose = "step of " if column.startswith("step:") else ""
        message = f"`{printable(str(literal.value))}` is no {whose}{column.rpartition(':')[2]}"
        nearest = closest(str(literal.value), labels)
        hint = f'did you mean: "{nearest}"?' if nearest is not None else None
        yield ExpressionError(message, literal.start, literal.end - literal.start, ", ".join(labels), hint)


def _unknown(node: Attribute, attributes: Attributes) -> ExpressionError:
    if any(not isinstance(kind, str) and node.name in kind for kind in attributes.values()):
        message = f"`{printable(node.name, 40)}` stands outside of quotes"
        return ExpressionError(message, node.start, len(node.name), hint=f'write: "{printable(node.name, 40)}"')
    if f"warning:{node.name}" in attributes:
        return _no_audience(node.name, node.start)
    known = sorted(spelled(column) for column in attributes if not _has_a_quoted_name(column))
    allowed = ", ".join(known) or "no attribute is known here"
    choices = {name: name for name in known} | _quoted_names(attributes)
    window = windowed(node.name)
    meant = window or choices.get(closest(node.name, list(choices)) or "")
    hint = f"did you mean: {meant}?" if meant else None
    if takes_a_name(window or node.name):
        hint = f'`{window or node.name}` takes a name: {window or node.name}("…")'
    elif hint is None and not node.name.isascii():
        hint = f'a text stands in quotes: "{printable(node.name, 40)}"'
    return ExpressionError(f"unknown attribute `{printable(node.name)}`", node.start, len(node.name), allowed, hint)


def _quoted_names(attributes: Attributes) -> dict[str, str]:
    """By name of a programme, status or medium, the function that reads it: `balance("coins")`."""
    columns = [column.partition(":") for column in attributes]
    return {
        name: f'{function}("{name}")'
        for function, _, name in columns
        if function in ("opted_in", "holds", "balance", "passed", "step", "ties")
    }


def _no_audience(name: str, start: int) -> ExpressionError:
    return ExpressionError(f"`{printable(name, 40)}` {NO_AUDIENCE}", start, len(name), hint=NAME_ITS_CONDITION)


def _unknown_to_function(node: Attribute, attributes: Attributes) -> ExpressionError:
    function, _, name = node.name.partition(":")
    if function in ("audience", "attribute") and f"warning:{name}" in attributes:
        return _no_audience(name, node.at)
    prefix = "" if function == "attribute" else f"{function}:"
    known = sorted(
        column.removeprefix(prefix)
        for column in attributes
        if column.startswith(prefix) and (prefix or ":" not in column)
    )
    said = _SAID.get(function.partition("_")[0] if windowed(function) else function, _PROGRAMME)
    message = f"no {said} is called `{printable(name)}`"
    allowed = ", ".join(known) or "there is none in this scenario"
    return ExpressionError(message, node.at, len(name), allowed, did_you_mean(name, known))
