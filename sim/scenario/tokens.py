"""Audience expressions: text → tokens, and what is no part of any, with its place and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sim.errors import printable
from sim.scenario.lookalikes import PLAIN, lookalike_advice, plainly_outside_of_quotes
from sim.units import MISNAMED_CURRENCIES

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?\s?%?)
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<bad>\*\*|//|&&|\|\||:=|=[<>]|=(?!=))
    |(?P<sign><=|>=|==|!=|[<>+\-*/()\[\],])""",
    re.VERBOSE,
)
TYPED = {"≥": ">=", "≧": ">=", "≤": "<=", "≦": "<=", "≠": "!=", "×": "*", "÷": "/"}
"""Signs of mathematics and how expressions write them."""
_INSTEAD = {
    "**": ("powers are not part of expressions", None),
    "//": ("`//` is not part of expressions", "write: /"),
    "&&": ("`&&` is not part of expressions", "write: and"),
    "||": ("`||` is not part of expressions", "write: or"),
    "&": ("`&` is not part of expressions", "write: and"),
    "|": ("`|` is not part of expressions", "write: or"),
    "!": ("`!` is not part of expressions", "write: not"),
    "=": ("`=` does not compare", "write: =="),
    "=>": ("`=>` does not compare", "write: >="),
    "=<": ("`=<` does not compare", "write: <="),
    ".": ("attributes of attributes cannot be reached: `.` is not part of expressions", None),
    "%": ("`%` stands only behind a number", "such as 12%"),
    **{sign: (f"`{sign}` is not part of expressions", f"write: {typed}") for sign, typed in TYPED.items()},
    "'": ("the quoted text does not end", None),
    '"': ("the quoted text does not end", None),
}  # fmt: skip
PLAIN_MONEY = "in an expression money is a plain number, in the scenario's currency"
MONEY_SIGNS = tuple(sign for sign in MISNAMED_CURRENCIES if len(sign) == 1)
_WRITTEN_OUT_AT_MOST = 120  # characters of an expression that advice repeats


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
        self.others: tuple[ExpressionError, ...] = ()
        super().__init__(message)

    @classmethod
    def of_several(cls, errors: Sequence[ExpressionError]) -> ExpressionError:
        """The first of the errors, which tells the others too."""
        first, *others = errors
        first.others = tuple(others)
        return first


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a name, a quoted text, a sign, or the end."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The position behind it."""
        return self.start + len(self.text)


def tokens_of(text: str) -> list[Token]:
    """The tokens of an expression, `end` last; ExpressionError at what is none."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        name = _name_at(text, position)
        if name:
            tokens.append(Token("name", name, position))
            position += len(name)
            continue
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup == "bad":
            raise _wrong_character(text, position, match[0] if match else text[position])
        if match.lastgroup != "space":
            tokens.append(Token(str(match.lastgroup), match[0], position))
        position = match.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


def _name_at(text: str, position: int) -> str:
    """The name that begins here, in whatever script; "" if none does."""
    if not text[position].isidentifier() or text[position] in PLAIN:
        return ""
    end = position + 1
    while end < len(text) and ("_" + text[end]).isidentifier():
        if text[end] in PLAIN:
            raise _full_width(text, end)
        end += 1
    return text[position:end]


def _wrong_character(text: str, position: int, found: str) -> ExpressionError:
    if found in MONEY_SIGNS:
        return ExpressionError(PLAIN_MONEY, position, hint=f"leave out `{found}`")
    if found in PLAIN:
        return _full_width(text, position)
    if found in _INSTEAD:
        message, hint = _INSTEAD[found]
        is_half_closed = found in "'\"" and any(PLAIN.get(sign) == found for sign in text[position:])
        hint = lookalike_advice(text[position:]) if is_half_closed else hint
        return ExpressionError(message, position, len(found), hint=hint)
    if found.isascii():
        return ExpressionError(f"`{printable(found)}` is not part of expressions", position)
    end = next((i for i in range(position, len(text)) if text[i].isascii() or text[i] in PLAIN), len(text))
    word = printable(text[position:end], 40)
    return ExpressionError(f"`{word}` stands outside of quotes", position, end - position, hint=f'write: "{word}"')


def _full_width(text: str, position: int) -> ExpressionError:
    """A sign of a Chinese input method; the advice is the whole expression where it has more than one of them."""
    found, meant = text[position], plainly_outside_of_quotes(text)
    n_wide = sum(before != after for before, after in zip(text, meant, strict=True))
    is_short = n_wide > 1 and len(meant) <= _WRITTEN_OUT_AT_MOST
    hint = f"write: {meant.strip() if is_short else PLAIN[found]}"
    return ExpressionError(f"`{found}` is full-width", position, hint=hint)
