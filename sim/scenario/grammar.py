"""The grammar of audience expressions: text → tokens → tree, with the place of every part and of every mistake.

    either     = both ("or" both)*
    both       = negation ("and" negation)*
    negation   = "not" negation | comparison
    comparison = sum (("<" | "<=" | "==" | "!=" | ">=" | ">") sum)* | sum ["not"] "in" "[" literal ("," literal)* "]"
    sum        = product (("+" | "-") product)*
    product    = signed (("*" | "/") signed)*
    signed     = "-" signed | number | text | "true" | "false" | attribute | named "(" text ")"
               | function "(" either ("," either)* ")" | "(" either ")"

An attribute's name may be written in any script; a name with spaces stands in a function: `audience("big spenders")`.
Nothing here is Python's own grammar: what is not listed can not be written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sim.errors import printable
from sim.scenario.tokens import MONEY_SIGNS, PLAIN_MONEY, ExpressionError, Token, tokens_of
from sim.units import DAYS_PER_UNIT

MAX_LENGTH = 1000
MAX_DEPTH = 25
FUNCTIONS = ("quantile", "rank", "min", "max", "abs")
NAMED = (
    "attribute", "audience", "layer", "measure", "opted_in", "holds", "balance", "earned", "expiring",
    "created", "step", "passed", "days_in_step", "ties",
)  # fmt: skip
"""Functions of one quoted name: `layer("life cycle")` is the attribute `layer:life cycle`."""
_WINDOWED = re.compile(r"(earned|created)_[0-9]{1,9}d")
_MEANT_WINDOW = re.compile(
    r"(active_days|orders|spend|messages|opened|earned|created)_?([1-9][0-9]{0,3})_?(?:d|days?)?"
)
COMPARISONS = ("<", "<=", "==", "!=", ">=", ">")
WORDS = ("and", "or", "not", "in", "true", "false")
_PYTHON_WORDS = ("lambda", "for", "if", "else", "is", "import", "await", "yield", "None", "async", "del", "def")


_TOP = re.compile(
    r"(?:the )?top ([0-9]+(?:\.[0-9]+)?) ?(%?)(?: of users| users)?(?: (?:by|of|in) (\w+))?", re.IGNORECASE
)


def _meant_by(top: re.Match[str]) -> str:
    """`top 20% by spend` in the words of expressions."""
    by, number = top[3] or "spend", float(top[1])
    return f"write: {by} >= quantile({by}, {1 - number / 100:g})" if top[2] else f"write: rank({by}) <= {number:.0f}"


def takes_a_name(word: str) -> bool:
    """Whether a word is a function of one quoted name: `balance`, or `earned_90d`, of so many days."""
    return word in NAMED or _WINDOWED.fullmatch(word) is not None


def windowed(word: str) -> str | None:
    """The window that a word was meant to name: `earned_90d` of `earned90d`, or None."""
    meant = _MEANT_WINDOW.fullmatch(word)
    return f"{meant[1]}_{meant[2]}d" if meant else None


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a quoted text, or true and false."""

    value: float | str | bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named column; `function` is that by which it was written, and `at` where its name begins."""

    name: str
    start: int
    end: int
    function: str = ""
    at: int = 0


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


def operands_of(node: Node) -> tuple[Node, ...]:
    """The parts of a node that are nodes themselves, the items of a list left out."""
    match node:
        case Chain():
            return node.operands
        case Call():
            return node.arguments
        case Unary() | Member():
            return (node.operand,)
        case _:
            return ()


def parse_tree(text: str) -> Node:
    """The tree of an expression; ExpressionError at the first mistake."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression has {len(text):,} characters; may have {MAX_LENGTH:,}", 0)
    if not text.strip():
        raise ExpressionError("the expression is empty", 0)
    top = _TOP.fullmatch(text.strip())
    if top is not None:
        raise ExpressionError("`top …` is no part of expressions", 0, len(text), hint=_meant_by(top))
    parser = _Parser(tokens_of(text))
    tree = parser.either()
    parser.finish()
    return tree


class _Parser:
    """Recursive descent over the tokens, to a bounded depth."""

    def __init__(self, tokens: list[Token]) -> None:
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

    def _signed(self, token: Token) -> Node:
        if token.text == "-" and token.kind == "sign":
            operand = self.signed()
            return Unary("-", operand, token.start, operand.end)
        if token.text == "(" and token.kind == "sign":
            inner = self.either()
            self._expect(")", token)
            return inner
        if token.kind in ("number", "text") or token.text in ("true", "false"):
            self._refuse_unit(token)
            return _literal(token)
        if token.text == "[" and token.kind == "sign":
            raise ExpressionError("a list can stand only behind `in`", token.start, hint="such as: x in [1, 2]")
        if token.kind != "name" or token.text in WORDS:
            raise self._unexpected(token, "expected an attribute, a number or a quoted text")
        if token.text in _PYTHON_WORDS:
            raise ExpressionError(f"`{token.text}` is not part of expressions", token.start, len(token.text))
        if self._peek().text == "(":
            return self._call(token)
        return Attribute(token.text, token.start, token.end)

    def _refuse_unit(self, number: Token) -> None:
        """Attributes have their units: an amount in an expression is a plain number."""
        unit = self._peek()
        if number.kind != "number" or unit.kind != "name" or unit.text.lower() in WORDS:
            return
        if unit.text in MONEY_SIGNS:
            raise ExpressionError(PLAIN_MONEY, unit.start, len(unit.text), hint=f"leave out `{unit.text}`")
        days = DAYS_PER_UNIT.get(unit.text.lower().removesuffix("s"))
        digits = number.text.strip()
        if days is not None and not digits.endswith("%"):
            message = "in an expression a duration is a plain number of days"
            digits = f"{float(digits.replace('_', '')) * days:.10g}" if days != 1 else digits
        elif re.fullmatch(r"[A-Z]{3}", unit.text):
            message = PLAIN_MONEY
        else:
            return
        length = unit.end - number.start
        raise ExpressionError(message, number.start, length, hint=f"write: {digits}")

    def _call(self, name: Token) -> Node:
        from sim.scenario.findings import did_you_mean

        if takes_a_name(name.text):
            return self._named(name)
        if name.text not in FUNCTIONS:
            known = (*FUNCTIONS, *NAMED)
            window = windowed(name.text)
            hint = f"did you mean: {window}?" if window else did_you_mean(name.text, known)
            raise ExpressionError(f"unknown function `{name.text}`", name.start, len(name.text), ", ".join(known), hint)
        opening = self._advance()
        arguments = [self.either()]
        while self._take(","):
            arguments.append(self.either())
        closing = self._expect(")", opening)
        return Call(name.text, tuple(arguments), name.start, closing.end)

    def _named(self, function: Token) -> Attribute:
        opening, quoted = self._advance(), self._advance()
        if quoted.kind != "text":
            message = f"`{function.text}` takes one quoted name"
            meant = quoted.text if quoted.kind == "name" else "…"
            raise ExpressionError(message, quoted.start, len(quoted.text), f'{function.text}("{meant}")')
        if self._peek().text == ",":
            raise self._one_name(function, quoted)
        closing = self._expect(")", opening)
        name = f"{function.text}:{quoted.text[1:-1]}"
        return Attribute(name, function.start, closing.end, function.text, quoted.start + 1)

    def _one_name(self, function: Token, quoted: Token) -> ExpressionError:
        """What to write where more stands behind the one name: the days of a window are part of its function's name."""
        self._advance()
        days, closing = self._advance(), self._peek()
        window = windowed(f"{function.text}_{days.text.strip()}d") if days.kind == "number" else None
        hint = f"write: {window}({printable(quoted.text, 40)})" if window else None
        end = closing.end if closing.text == ")" else days.end
        return ExpressionError(
            f"`{function.text}` takes one quoted name", function.start, end - function.start, hint=hint
        )

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

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> Token:
        token = self._tokens[self._next]
        self._next += token.kind != "end"
        return token

    def _take(self, text: str) -> bool:
        token = self._peek()
        is_it = token.kind in ("name", "sign") and token.text == text
        self._next += is_it
        return is_it

    def _expect(self, text: str, opening: Token | None) -> Token:
        token = self._peek()
        if not self._take(text):
            if opening is not None and token.kind == "end":
                raise ExpressionError(f"`{opening.text}` is never closed", opening.start)
            raise self._unexpected(token, f"expected `{text}`")
        return token

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"the expression is nested deeper than {MAX_DEPTH} levels", token.start)

    def _unexpected(self, token: Token, expected: str) -> ExpressionError:
        if token.kind == "end":
            return ExpressionError(f"the expression ends too early: {expected}", max(0, token.start - 1))
        lowered = token.text.lower()
        hint = f"write: {lowered}" if token.text != lowered and lowered in WORDS else None
        return ExpressionError(
            f"unexpected `{printable(token.text, 40)}`: {expected}", token.start, len(token.text), hint=hint
        )


def _literal(token: Token) -> Constant:
    if token.kind == "text":
        return Constant(token.text[1:-1], token.start, token.end)
    if token.kind == "name":
        return Constant(token.text == "true", token.start, token.end)
    digits = token.text.rstrip("%").strip().replace("_", "")
    value = float(digits) / (100 if token.text.endswith("%") else 1)
    if value in (float("inf"), float("-inf")):
        raise ExpressionError(f"{printable(token.text, 40)} is too large for a number", token.start, len(token.text))
    return Constant(value, token.start, token.start + len(token.text.rstrip()))
