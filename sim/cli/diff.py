"""Print what differs in meaning: between two scenarios or folders, or between two git revisions of one.

  sim diff policies/today.yaml policies/recall.yaml    two scenarios
  sim diff HEAD~1 policies                             a revision and the working tree
  sim diff v1.0 main policies/recall.yaml              two revisions

Comments and other words for the same value (12% and 0.12) are no difference.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.streams import print_json, say, say_warnings, terminal_width
from sim.errors import UsageError, render_problems

if TYPE_CHECKING:
    from sim.analysis.diffs import Diff

HELP = "print what differs in meaning between two scenarios, or two git revisions"
DONE, DIFFERENT, BAD_INPUT = 0, 1, 2
_SCENARIO_FILES = (".yaml", ".yml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim diff`."""
    parser.usage = "%(prog)s [OPTION ...] A B\n       %(prog)s [OPTION ...] REV [REV2] PATH"
    parser.add_argument("compared", nargs="+", metavar="A", help="A B: scenarios or folders; or REV [REV2] PATH")
    told = parser.add_mutually_exclusive_group()
    told.add_argument("--json", action="store_true", help="print the result as JSON, alone on standard output")
    told.add_argument("--markdown", action="store_true", help="print a table for a comment on a pull request")
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 where anything differs")
    parser.add_argument("--quiet", action="store_true", help="print results and errors only: no warnings")


def call(arguments: argparse.Namespace) -> int:
    """Compare and print; the exit code."""
    diff = _diff(arguments.compared)
    say_warnings(diff.warnings, quiet=arguments.quiet)
    _print(diff, arguments)
    if diff.problems:
        say(render_problems(diff.problems))
        return BAD_INPUT
    return DIFFERENT if arguments.exit_code and diff.is_different else DONE


def _diff(compared: list[str]) -> Diff:
    from sim import pipeline

    if len(compared) == 2 and _is_path(compared[0]):
        return pipeline.diff(compared[0], compared[1])
    if len(compared) in (2, 3):
        return pipeline.diff_revisions(compared[-1], *compared[:-1])
    raise UsageError("name two scenarios, A B, or one or two revisions and a path, REV [REV2] PATH")


def _is_path(text: str) -> bool:
    """Whether a name is that of a scenario or a folder; a revision may hold a slash, too."""
    return Path(text).exists() or text.endswith(_SCENARIO_FILES)


def _print(diff: Diff, arguments: argparse.Namespace) -> None:
    from sim.report.diffs import diff_as_json, diff_markdown, diff_text

    if arguments.json:
        print_json(diff_as_json(diff))
    elif arguments.markdown:
        print(diff_markdown(diff), end="")
    else:
        print(diff_text(diff, width=terminal_width()))
