"""The grammar of audience expressions: text → tokens → tree, with the place of every part and of every mistake.

    either     = both ("or" both)*
    both       = negation ("and" negation)*
    negation   = "not" negation | comparison
    comparison = sum (("<" | "<=" | "==" | "!=" | ">=" | ">") sum)* | sum ["not"] "in" "[" literal ("," literal)* "]"
    sum        = product (("+" | "-") product)*
    product    = signed (("*" | "/") signed)*
    signed     = "-" signed | number | text | "true" | "false" | attribute
               | function "(" sum ("," sum)* ")" | "(" either ")"

Nothing here is Python's own grammar: what is not listed can not be written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from sim.errors import printable

MAX_LENGTH = 1000
MAX_DEPTH = 25
FUNCTIONS = ("quantile", "min", "max", "abs")
COMPARISONS = ("<", "<=", "==", "!=", ">=", ">")

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?\s?%?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<bad>\*\*|//|&&|\|\||:=|=(?!=))
    |(?P<sign><=|>=|==|!=|[<>+\-*/()\[\],])""",
    re.VERBOSE,
)
_INSTEAD = {
    "**": ("powers are not part of expressions", None),
    "//": ("`//` is not part of expressions", "write: /"),
    "&&": ("`&&` is not part of expressions", "write: and"),
    "||": ("`||` is not part of expressions", "write: or"),
    "&": ("`&` is not part of expressions", "write: and"),
    "|": ("`|` is not part of expressions", "write: or"),
    "!": ("`!` is not part of expressions", "write: not"),
    "=": ("`=` does not compare", "write: =="),
    ".": ("attributes of attributes cannot be reached: `.` is not part of expressions", None),
    "%": ("`%` stands only behind a number", "such as 12%"),
    "'": ("the quoted text does not end", None),
    '"': ("the quoted text does not end", None),
}  # fmt: skip
_WORDS = ("and", "or", "not", "in", "true", "false")
_PYTHON_WORDS = ("lambda", "for", "if", "else", "is", "import", "await", "yield", "None", "async", "del", "def")


class ExpressionError(ValueError):
    """A mistake in an expression, at a column (from 0) of its text."""

    def __init__(
        self, message: str, column: int, length: int = 1, allowed: str | None = None, hint: str | None = None
    ) -> None:
        self.message = message
        self.column = column
        self.length = max(1, length)
        self.allowed = allowed
        self.hint = hint
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a quoted text, or true and false."""

    value: float | str | bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named column."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands joined by operators of one level: sums, products, comparisons, `and`, `or`."""

    level: Literal["or", "and", "comparison", "sum", "product"]
    operands: tuple[Node, ...]
    operators: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x` or `-x`."""

    operator: Literal["not", "-"]
    operand: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Member:
    """`x in [a, b]`."""

    operand: Node
    items: tuple[Constant, ...]
    is_negated: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the closed list."""

    name: str
    arguments: tuple[Node, ...]
    start: int
    end: int


Node = Constant | Attribute | Chain | Unary | Member | Call


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def parse_tree(text: str) -> Node:
    """The tree of an expression; ExpressionError at the first mistake."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression has {len(text):,} characters; may have {MAX_LENGTH:,}", 0)
    if not text.strip():
        raise ExpressionError("the expression is empty", 0)
    parser = _Parser(_tokens(text))
    tree = parser.either()
    parser.finish()
    return tree


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup == "bad":
            raise _wrong_character(text, position, match[0] if match else text[position])
        if match.lastgroup != "space":
            tokens.append(_Token(str(match.lastgroup), match[0], position))
        position = match.end()
    tokens.append(_Token("end", "", len(text)))
    return tokens


def _wrong_character(text: str, position: int, found: str) -> ExpressionError:
    if found in _INSTEAD:
        message, hint = _INSTEAD[found]
        return ExpressionError(message, position, len(found), hint=hint)
    if found.isascii():
        return ExpressionError(f"`{printable(found)}` is not part of expressions", position)
    plain = unicodedata.normalize("NFKC", found)
    if plain.isascii() and plain.strip():
        return ExpressionError(f"`{found}` is a look-alike of `{plain}`", position, hint=f"write: {plain}")
    end = next((i for i in range(position, len(text)) if text[i].isascii()), len(text))
    word = printable(text[position:end], 40)
    return ExpressionError(f"`{word}` stands outside of quotes", position, end - position, hint=f'write: "{word}"')


class _Parser:
    """Recursive descent over the tokens, to a bounded depth."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def finish(self) -> None:
        """Raises unless everything was read."""
        token = self._peek()
        if token.kind != "end":
            raise self._unexpected(token, "expected `and`, `or` or an operator")

    def either(self) -> Node:
        first = self.both()
        operands = [first]
        while self._take("or"):
            operands.append(self.both())
        return self._chain("or", operands, ["or"] * (len(operands) - 1))

    def both(self) -> Node:
        operands = [self.negation()]
        while self._take("and"):
            operands.append(self.negation())
        return self._chain("and", operands, ["and"] * (len(operands) - 1))

    def negation(self) -> Node:
        token = self._peek()
        if not self._take("not"):
            return self.comparison()
        self._enter(token)
        operand = self.negation()
        self._depth -= 1
        return Unary("not", operand, token.start, operand.end)

    def comparison(self) -> Node:
        operands = [self.sum()]
        operators: list[str] = []
        while self._peek().text in COMPARISONS and self._peek().kind == "sign":
            operators.append(self._advance().text)
            operands.append(self.sum())
        token = self._peek()
        is_negated = token.text == "not" and token.kind == "name" and self._tokens[self._next + 1].text == "in"
        if not operators and (is_negated or (token.text == "in" and token.kind == "name")):
            self._next += 2 if is_negated else 1
            return self._member(operands[0], is_negated)
        return self._chain("comparison", operands, operators)

    def sum(self) -> Node:
        operands = [self.product()]
        operators: list[str] = []
        while self._peek().kind == "sign" and self._peek().text in ("+", "-"):
            operators.append(self._advance().text)
            operands.append(self.product())
        return self._chain("sum", operands, operators)

    def product(self) -> Node:
        operands = [self.signed()]
        operators: list[str] = []
        while self._peek().kind == "sign" and self._peek().text in ("*", "/"):
            operators.append(self._advance().text)
            operands.append(self.signed())
        return self._chain("product", operands, operators)

    def signed(self) -> Node:
        token = self._advance()
        self._enter(token)
        node = self._signed(token)
        self._depth -= 1
        return node

    def _signed(self, token: _Token) -> Node:
        if token.text == "-" and token.kind == "sign":
            operand = self.signed()
            return Unary("-", operand, token.start, operand.end)
        if token.text == "(" and token.kind == "sign":
            inner = self.either()
            self._expect(")", token)
            return inner
        if token.kind in ("number", "text") or token.text in ("true", "false"):
            return _literal(token)
        if token.text == "[" and token.kind == "sign":
            raise ExpressionError("a list can stand only behind `in`", token.start, hint="such as: x in [1, 2]")
        if token.kind != "name" or token.text in _WORDS:
            raise self._unexpected(token, "expected an attribute, a number or a quoted text")
        if token.text in _PYTHON_WORDS:
            raise ExpressionError(f"`{token.text}` is not part of expressions", token.start, len(token.text))
        if self._peek().text == "(":
            return self._call(token)
        return Attribute(token.text, token.start, token.end)

    def _call(self, name: _Token) -> Node:
        from sim.scenario.findings import did_you_mean

        if name.text not in FUNCTIONS:
            hint = did_you_mean(name.text, FUNCTIONS)
            raise ExpressionError(
                f"unknown function `{name.text}`", name.start, len(name.text), ", ".join(FUNCTIONS), hint
            )
        opening = self._advance()
        arguments = [self.sum()]
        while self._take(","):
            arguments.append(self.sum())
        closing = self._expect(")", opening)
        return Call(name.text, tuple(arguments), name.start, closing.end)

    def _member(self, operand: Node, is_negated: bool) -> Node:
        opening = self._expect("[", None)
        items = [self._list_item()]
        while self._take(","):
            items.append(self._list_item())
        closing = self._expect("]", opening)
        return Member(operand, tuple(items), is_negated, operand.start, closing.end)

    def _list_item(self) -> Constant:
        token = self._advance()
        sign = 1
        if token.text == "-" and self._peek().kind == "number":
            token, sign = self._advance(), -1
        if token.kind not in ("number", "text"):
            raise self._unexpected(token, "expected a number or a quoted text")
        literal = _literal(token)
        return Constant(-literal.value, literal.start, literal.end) if sign < 0 else literal  # type: ignore[operator]

    def _chain(
        self,
        level: Literal["or", "and", "comparison", "sum", "product"],
        operands: list[Node],
        operators: list[str],
    ) -> Node:
        if not operators:
            return operands[0]
        return Chain(level, tuple(operands), tuple(operators), operands[0].start, operands[-1].end)

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _advance(self) -> _Token:
        token = self._tokens[self._next]
        self._next += token.kind != "end"
        return token

    def _take(self, text: str) -> bool:
        token = self._peek()
        is_it = token.kind in ("name", "sign") and token.text == text
        self._next += is_it
        return is_it

    def _expect(self, text: str, opening: _Token | None) -> _Token:
        token = self._peek()
        if not self._take(text):
            if opening is not None and token.kind == "end":
                raise ExpressionError(f"`{opening.text}` is never closed", opening.start)
            raise self._unexpected(token, f"expected `{text}`")
        return token

    def _enter(self, token: _Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"the expression is nested deeper than {MAX_DEPTH} levels", token.start)

    def _unexpected(self, token: _Token, expected: str) -> ExpressionError:
        if token.kind == "end":
            return ExpressionError(f"the expression ends too early: {expected}", max(0, token.start - 1))
        lowered = token.text.lower()
        hint = f"write: {lowered}" if token.text != lowered and lowered in _WORDS else None
        return ExpressionError(
            f"unexpected `{printable(token.text, 40)}`: {expected}", token.start, len(token.text), hint=hint
        )


def _literal(token: _Token) -> Constant:
    if token.kind == "text":
        return Constant(token.text[1:-1], token.start, token.end)
    if token.kind == "name":
        return Constant(token.text == "true", token.start, token.end)
    digits = token.text.rstrip("%").strip().replace("_", "")
    value = float(digits) / (100 if token.text.endswith("%") else 1)
    if value in (float("inf"), float("-inf")):
        raise ExpressionError(f"{printable(token.text, 40)} is too large for a number", token.start, len(token.text))
    return Constant(value, token.start, token.start + len(token.text.rstrip()))
