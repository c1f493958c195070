"""Check scenario files, or all of them below folders, without running them.

Every problem is printed, each with its file, line and column, what is allowed, and what was perhaps meant.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from sim.cli.options import add_change_option
from sim.cli.streams import print_json
from sim.errors import Problem, render_problems

HELP = "check scenario files or folders; every problem at once, with its place"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim validate`."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a scenario file, or a folder of them")
    add_change_option(parser)
    parser.add_argument("--json", action="store_true", help="print the problems as JSON, alone on standard output")
    parser.add_argument("--quiet", action="store_true", help="print errors only: no warnings, no count")


def call(arguments: argparse.Namespace) -> int:
    """Check and print; 2 when there is an error, 0 when there are at most warnings."""
    from sim import pipeline

    problems: Sequence[Problem] = pipeline.validate(arguments.paths, arguments.changes)
    errors = [problem for problem in problems if problem.severity == "error"]
    if arguments.json:
        print_json([_as_json(problem) for problem in problems])
        return 2 if errors else 0
    shown = errors if arguments.quiet else list(problems)
    if shown:
        print(render_problems(shown).rstrip("\n"))
    if not arguments.quiet:
        n_warnings = len(problems) - len(errors)
        print("no problems" if not problems else f"{_counted(len(errors), 'error')}, {_counted(n_warnings, 'warning')}")
    return 2 if errors else 0


def _counted(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _as_json(problem: Problem) -> dict[str, object]:
    """A problem as a linter's users expect it."""
    place = problem.place
    return {
        "severity": problem.severity,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "length": problem.length,
        "message": problem.message,
        "allowed": problem.allowed,
        "hint": problem.hint,
        "also": [{"what": what, "file": at.file, "line": at.line, "column": at.column} for what, at in problem.also],
    }
