"""Print the resolved scenario: after `extends`, each value with the file and line that it came from.

The output is a scenario itself: saved to a file, it runs to the same bytes.
"""

from __future__ import annotations

import argparse

from sim.cli.options import add_change_option
from sim.cli.streams import say_warnings

HELP = "print the resolved scenario, each value with its file and line"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim show`."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario file (.yaml)")
    add_change_option(parser)
    parser.add_argument("--quiet", action="store_true", help="no warnings")


def call(arguments: argparse.Namespace) -> int:
    """Resolve and print; the exit code."""
    from sim import pipeline

    loaded = pipeline.load(arguments.scenario, arguments.changes)
    say_warnings(loaded.warnings, quiet=arguments.quiet)
    print(pipeline.show(loaded), end="")
    return 0
