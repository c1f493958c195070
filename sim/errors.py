"""The exception tree, and the one renderer of problems in the user's files."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Severity = Literal["error", "warning"]

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_READ_LIMIT_BYTES = 1 << 20
_WINDOW_CHARACTERS = 120
_PROBLEMS_SHOWN = 100

SET = "--set "
"""How the name of a place starts that is no file but a change, as the command line takes it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file, or in a change that starts with `--set`, counted from 1; line 0 means all of it."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        if self.file.startswith(SET):
            return f"{self.of_line}, column {self.column}"
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def of_line(self) -> str:
        """The file and the line; of a change its path."""
        if self.file.startswith(SET):
            path = re.match(r'(?:"[^"]*"|[^="])*', self.file)
            return printable(path[0] if path else self.file) + "=…" * ("=" in self.file)
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what the user wrote, and where.

    `length` is the number of characters to underline (0: show no source line), `hint` a whole line of advice, `also`
    the other places that take part, each with what stands there.
    """

    message: str
    place: Place | None
    length: int = 0
    allowed: str | None = None
    hint: str | None = None
    severity: Severity = "error"
    also: tuple[tuple[str, Place], ...] = ()


class SimError(Exception):
    """Base of every error that a user can cause; shown without a traceback."""

    exit_code = 2


class ScenarioError(SimError):
    """Scenario files that cannot be used; holds every problem that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return render_problems(self.problems)


class UsageError(SimError):
    """A command or a call that asks for something impossible."""


class ResultsError(SimError):
    """Stored results that cannot be written, read or compared."""


class PlanError(SimError):
    """A scenario that is valid but cannot be simulated here, for instance for want of memory."""


class WorkerError(SimError):
    """A worker process that died again and again."""


class MissingExtra(SimError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, purpose: str, extra: str) -> None:
        super().__init__(f"{package} is needed {purpose}; install it with: pip install 'userops-sim[{extra}]'")


def shown_path(path: str | os.PathLike[str]) -> str:
    """The path as messages show it: relative when it lies below the current folder."""
    absolute = os.path.abspath(path)
    try:
        below = os.path.relpath(absolute)
    except (OSError, ValueError):  # the current folder is gone, or another drive
        return absolute
    return absolute if below == os.pardir or below.startswith(os.pardir + os.sep) else below


def printable(text: str, limit: int = 80) -> str:
    """The text on one line, without control characters, cut to `limit` characters."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(_visible(character) for character in cut)


def render_problems(problems: Iterable[Problem]) -> str:
    """All problems as text, sorted by file, line and column, errors and warnings together."""
    ordered = sorted(problems, key=_sort_key)
    blocks = ["\n".join(_lines_of(problem)) for problem in ordered[:_PROBLEMS_SHOWN]]
    if len(ordered) > _PROBLEMS_SHOWN:
        blocks.append(f"… and {len(ordered) - _PROBLEMS_SHOWN:,} more")
    return "\n".join(blocks)


def sort_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems in the order in which they are shown."""
    return tuple(sorted(problems, key=_sort_key))


def _sort_key(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.place or Place("", 0, 0)
    return (place.file, place.line, place.column, problem.message)


def _lines_of(problem: Problem) -> Iterator[str]:
    label = "warning: " if problem.severity == "warning" else ""
    start = f"{problem.place}: " if problem.place else ""
    yield f"{start}{label}{problem.message}"
    if problem.place and problem.length:
        yield from _source_with_carets(problem.place, problem.length)
    for text, place in problem.also:
        yield f"  and {place}: {text}"
    if problem.allowed:
        yield f"  allowed: {problem.allowed}"
    if problem.hint:
        yield f"  {problem.hint}"


def _source_with_carets(place: Place, length: int) -> Iterator[str]:
    lines = source_lines(place.file)
    if not 1 <= place.line <= len(lines):
        return
    line = lines[place.line - 1]
    start = min(place.column - 1, len(line))
    before, line, start = _window(line, start)
    marked = line[start : start + length]
    yield f"{place.line:5d} | {before}{_clean(line)}"
    padding = "".join("\t" if c == "\t" else " " * _width(c) for c in before + line[:start])
    yield f"      | {padding}{'^' * max(1, sum(_width(c) for c in marked))}"


def _window(line: str, start: int) -> tuple[str, str, int]:
    """A long line cut to the part around `start`: (mark of the cut, part, start within it)."""
    if len(line) <= _WINDOW_CHARACTERS:
        return "", line, start
    first = max(0, start - _WINDOW_CHARACTERS // 3)
    part = line[first : first + _WINDOW_CHARACTERS]
    if first + _WINDOW_CHARACTERS < len(line):
        part += "…"
    return ("…" if first else ""), part, start - first


def source_lines(file: str) -> list[str]:
    """The lines of a file of the user's, or of a change; empty if it cannot be read."""
    if file.startswith(SET):
        return _LINE_BREAK.split(file.removeprefix(SET))
    try:
        status = os.stat(file)
        return _lines_of_version(os.path.abspath(file), status.st_mtime_ns, status.st_size)
    except (OSError, ValueError):
        return []


@lru_cache(maxsize=4)
def _lines_of_version(path: str, mtime_ns: int, size: int) -> list[str]:
    """The file's lines; the further arguments tell versions of a file apart."""
    with open(path, "rb") as stream:
        data = stream.read(_READ_LIMIT_BYTES)
    return _LINE_BREAK.split(data.decode("utf-8-sig", errors="replace"))


def _clean(line: str) -> str:
    return "".join(c if c == "\t" else _visible(c) for c in line)


def _visible(character: str) -> str:
    """The character, or a replacement of one column where it would move the cursor."""
    category = unicodedata.category(character)
    is_override = "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    return "\ufffd" if category in ("Cc", "Cs", "Zl", "Zp") or is_override else character


def _width(character: str) -> int:
    """Columns on a terminal."""
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        is_replaced = _visible(character) == "\ufffd"
        return 1 if is_replaced else 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
