"""Advice of the corpus, followed: what it says is typed over what is underlined, and the problem must be gone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from sim.errors import Problem, render_problems

SUGGESTION = re.compile(r"did you mean: (?P<meant>.+?)\?(?: `.*)?|write: (?P<write>[^…]+)")
NAMES = ("unknown ", "stands outside of quotes")
PROSE = (" for the number", ", not ")
"""Parts of advice that is more than what to type."""


def suggested(problem: Problem) -> str | None:
    """What the advice says to type in place of what is underlined; None where it adds what is missing."""
    match = SUGGESTION.fullmatch(problem.hint or "")
    is_addition = problem.message.startswith("missing ") or problem.length == 0 or problem.severity == "warning"
    if match is None or is_addition or any(part in match[0] for part in PROSE):
        return None
    return match["meant"] or match["write"]


def follow_all_advice(validate: Callable[[], Sequence[Problem]]) -> int:
    """Follow each advice by itself, in the files of the current folder; how many there were."""
    advised = [(problem, meant) for problem in validate() if (meant := suggested(problem)) is not None]
    for problem, meant in advised:
        assert problem.place is not None
        file = Path(problem.place.file)
        before = file.read_text(encoding="utf-8")
        file.write_text(_followed(before, problem, meant), encoding="utf-8")
        left = [other for other in validate() if is_still_wrong(other, problem)]
        file.write_text(before, encoding="utf-8")
        assert not left, render_problems([problem, *left])
    return len(advised)


def is_still_wrong(other: Problem, problem: Problem) -> bool:
    """Whether there is still an error at the place; after advice about a name, an error that it is not known."""
    if other.place != problem.place or other.severity != "error":
        return False
    about_names = [part for part in NAMES if part in problem.message]
    return not about_names or about_names[0] in other.message


def _followed(text: str, problem: Problem, meant: str) -> str:
    assert problem.place is not None
    row, column = problem.place.line - 1, problem.place.column - 1
    lines = text.splitlines()
    lines[row] = lines[row][:column] + meant + lines[row][column + problem.length :]
    return "\n".join(lines) + "\n"
