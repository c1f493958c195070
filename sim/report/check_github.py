"""What a check found as GitHub's workflow commands: annotations at the line of each expectation and of what moved it.

`error` for what fails and for mistakes of the input, `warning` for `else: warn` and for what stays inconclusive,
`notice` for what moved within its margin and at each line that moved something. The log holds all of them; GitHub's
pages show ten of each kind for a step, so the worst come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from sim.analysis.verdicts import Cause, CheckReport, Status, Verdict
from sim.errors import SET, Place, Problem, printable
from sim.report.check_wording import (
    VERBS,
    advice_lines,
    cause_text,
    counted,
    headline,
    name_text,
    status_text,
    told_lines,
    verdicts_to_tell,
)

Command = Literal["error", "warning", "notice"]
COMMANDS: dict[Status, Command] = {"fail": "error", "inconclusive": "warning", "warn": "warning", "pass": "notice"}
IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
IN_PROPERTY = {**IN_MESSAGE, ":": "%3A", ",": "%2C"}


def as_github(report: CheckReport) -> str:
    """A command for each thing to be told, the headline last; what fails alike at one line is told at once."""
    told = verdicts_to_tell(report)
    alike: dict[tuple[Status, Place], list[Verdict]] = {}
    for verdict in told:
        alike.setdefault((verdict.status, verdict.place), []).append(verdict)
    lines = [*map(_of_problem, report.problems), *map(_of_verdicts, alike.values()), *_of_causes(told)]
    return "\n".join([*lines, headline(report)]) + "\n"


def _of_problem(problem: Problem) -> str:
    """A mistake, or a doubt, of the input."""
    text = "\n".join([printable(problem.message, 400), *advice_lines(problem)])
    return _command(problem.severity, problem.place, "sim check", text)


def _of_verdicts(alike: list[Verdict]) -> str:
    """At the line of the expectation, or of the scenario whose accepted outcomes moved."""
    first = alike[0]
    title, text = f"{name_text(first)}: {status_text(first)}", "\n".join(told_lines(first))
    if len(alike) > 1:
        title = f"{counted(len(alike), 'check')} {VERBS[first.status][1] if first.status != 'pass' else 'moved'}"
        text = "\n".join(f"{name_text(one)}: {'; '.join(told_lines(one)[:2])}" for one in alike)
    return _command(COMMANDS[first.status], first.place, title, text)


def _of_causes(told: list[Verdict]) -> Iterator[str]:
    """At each line that moved something, once however many checks it moved."""
    moved: dict[Cause, list[str]] = {}
    for verdict in told:
        for cause in verdict.moved_by:
            if cause.place:
                moved.setdefault(cause, []).append(name_text(verdict))
    for cause, names in moved.items():
        text = f"{cause_text(cause)}\nmoved " + "; ".join(names)
        yield _command("notice", cause.place, f"moved {counted(len(names), 'check')}", text)


def _command(kind: Command, place: Place | None, title: str, text: str) -> str:
    """`::error file=…,line=…,col=…,title=…::text`, escaped as the runner reads it."""
    properties: dict[str, str] = {}
    if place and not place.file.startswith(SET):
        properties["file"] = place.file.replace("\\", "/")
        if place.line:
            properties |= {"line": str(place.line), "col": str(place.column)}
    properties["title"] = title
    told = ",".join(f"{key}={_escaped(value, IN_PROPERTY)}" for key, value in properties.items())
    return f"::{kind} {told}::{_escaped(text, IN_MESSAGE)}"


def _escaped(text: str, marks: Mapping[str, str]) -> str:
    return "".join(marks.get(character, character) for character in text)
