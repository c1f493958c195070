"""What is wrong with a text that is no YAML, or no mapping, in words that need no knowledge of parsers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import yaml

from sim.errors import Place, Problem, printable
from sim.scenario.findings import NO_DASH, spaced
from sim.scenario.lookalikes import first_lookalike, lookalike_advice
from sim.scenario.tree import ListNode, Node, ScalarNode

SCENARIO_STARTS = "a scenario starts with: name: …"
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_WHOLE_IN_QUOTES = "put single quotes around the whole text, or write `who: >` and the text on the next line"
_QUOTED_START = re.compile(r"""[:,{\[]\s+(?P<quoted>"[^"]*"|'[^']*')\s*(==|!=|[<>+*/-]|(in|not|and|or)\b)""")
_QUOTED_OR_BRACKET = re.compile(r"""'[^'\n]*'|"[^"\n]*"|\#[^\n]*|[\[\]{}]""")
# What libyaml says (a part of it) → what it means, and advice; True: the place is where the wrong thing starts.
_SAID = (
    ("stream while scanning a quoted scalar", "the quoted text that starts here does not end", None, True),
    ("did not find expected ',' or", "the bracket that opens here is not closed, or a comma is missing", None, True),
    ("could not find expected ':'", "the line is no `key: value`", None, True),
    ("mapping values are not allowed", "`: ` cannot stand here", "a text with `: ` in it needs quotes", False),
    ("cannot start any token", "a text cannot start with this sign", "put the text in quotes", False),
    (
        "alphabetic or numeric character while scanning an a",
        "a text cannot start with * or &",
        "put it in quotes",
        True,
    ),
    (
        "did not find expected key",
        "the line does not fit what stands above it",
        "check the indentation and quotes",
        False,
    ),
    (
        "did not find expected '-' indicator",
        "the line does not fit the list above it",
        f"check the indentation; {NO_DASH}",
        False,
    ),
    ("did not find expected node content", "a value is missing here", None, False),
)


def place_of_index(text: str, index: int, file: str) -> Place:
    """The line and column of a character of a text."""
    breaks = list(_LINE_BREAK.finditer(text, 0, index))
    start = breaks[-1].end() if breaks else 0
    return Place(file, len(breaks) + 1, index - start + 1)


def yaml_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """What the parser refused, in words that need no knowledge of parsers."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    parts = (getattr(error, "problem", None), getattr(error, "context", None))
    said = " ".join(part for part in parts if part) or str(error).partition("\n")[0]
    if mark is None:
        return Problem(f"is not YAML: {printable(said, 200)}", Place(file, 0, 0))
    lines = _LINE_BREAK.split(text)
    wide = _lookalike_problem(lines, mark, file)
    if wide is not None and "quoted scalar" not in said:
        return wide
    line = lines[mark.line : mark.line + 1]
    if line and "\t" in line[0][: mark.column + 1] and not line[0][: mark.column].strip():
        return Problem("the line is indented with a tab", _place_of_mark(mark, file), 1, hint="indent with spaces")
    cut = _QUOTED_START.search(line[0]) if line and "did not find expected" in said else None
    if cut is not None:
        place = Place(file, mark.line + 1, cut.start("quoted") + 1)
        return Problem("the text goes on after its closing quote", place, len(cut["quoted"]), hint=_WHOLE_IN_QUOTES)
    opening = _unclosed(text) if "expected node content" in said and not "".join(lines[mark.line :]).strip() else None
    if opening is not None:
        return Problem("the bracket that opens here is not closed", place_of_index(text, opening, file), 1)
    for part, message, hint, is_at_start in _SAID:
        if part in said:
            mark = getattr(error, "context_mark", None) or mark if is_at_start else mark
            hint = _hint_for("".join(lines[mark.line : mark.line + 1]), part) or hint
            return Problem(message, _place_of_mark(mark, file), 1, hint=hint)
    return Problem(f"is not YAML: {printable(said, 200)}", _place_of_mark(mark, file), 1)


def _unclosed(text: str) -> int | None:
    """Where the last bracket opens that is not closed."""
    opening: list[int] = []
    for found in _QUOTED_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            opening.append(found.start())
        elif found[0] in "]}" and opening:
            opening.pop()
    return opening[-1] if opening else None


def _hint_for(line: str, part: str) -> str | None:
    """Advice for a line that does not fit, where the line shows what was meant."""
    if part == "could not find expected ':'":
        meant = spaced(line.strip())
        return f"a space is missing after the colon: {printable(meant)}" if meant else None
    return NO_DASH if part == "did not find expected key" and line.lstrip().startswith("- ") else None


def _lookalike_problem(lines: list[str], mark: Any, file: str) -> Problem | None:
    """A full-width sign on the line that the parser refused, or above it where text goes on: the likely cause."""
    above = next((n for n in range(mark.line - 1, -1, -1) if lines[n].strip()), mark.line)
    return _first_lookalike_of(lines, (mark.line, above), file)


def _first_lookalike_of(lines: list[str], numbers: Iterable[int], file: str) -> Problem | None:
    """The first full-width sign of these lines that takes the place of YAML's own."""
    for number in numbers:
        line = lines[number] if number < len(lines) else ""
        column = first_lookalike(line)
        if column is not None:
            message = f"the line is not YAML with the full-width `{line[column]}`"
            place = Place(file, number + 1, column + 1)
            return Problem(message, place, 1, hint=lookalike_advice(line[column:]))
    return None


def _place_of_mark(mark: Any, file: str) -> Place:
    return Place(file, mark.line + 1, mark.column + 1)


def not_a_mapping(root: Node | None, text: str, file: str) -> Problem:
    """What a file holds whose content is no mapping; full-width colons on all lines make one long text of it."""
    if root is None or (isinstance(root, ScalarNode) and root.value is None):
        return Problem("is empty", Place(file, 0, 0), hint=SCENARIO_STARTS)
    lines = _LINE_BREAK.split(text)
    is_plain = isinstance(root, ScalarNode) and root.is_plain
    wide = _first_lookalike_of(lines, range(len(lines)), file) if is_plain else None
    if wide is not None:
        n_lines = sum(first_lookalike(line) is not None for line in lines)
        return replace(wide, hint=f"{wide.hint}, on all {n_lines} lines") if n_lines > 1 else wide
    kind = "a list" if isinstance(root, ListNode) else "a single value"
    return Problem(f"holds {kind}; must be a mapping of keys to values", root.span.place, root.span.length)
