"""Draw charts from stored results, without simulating again.

One run: its charts. Several runs over the same people: the first is the baseline of a comparison. RUN is a run's
folder, as `sim run` prints it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sim.cli.streams import print_json

HELP = "draw charts from stored results"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim plot`."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a run's folder: results/<scenario>/<run id>")
    parser.add_argument("--metric", metavar="NAME", help="only this metric over time (all charts)")
    parser.add_argument("--by", choices=("channel", "segment"), help="one line per channel or segment")
    parser.add_argument("--format", choices=("png", "svg", "both"), default="png", help="the charts' format (png)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to draw (the first run's charts/)")
    parser.add_argument("--json", action="store_true", help="print the charts' paths as JSON, alone on standard output")
    parser.add_argument("--quiet", action="store_true", help="do not print the charts' paths")


def chart_formats(choice: str) -> tuple[str, ...]:
    """The formats that --format stands for."""
    return ("png", "svg") if choice == "both" else (choice,)


def call(arguments: argparse.Namespace) -> int:
    """Draw, print the paths; the exit code."""
    from sim import pipeline

    paths = pipeline.plot(
        arguments.runs,
        arguments.out,
        metric=arguments.metric,
        by=arguments.by,
        formats=chart_formats(arguments.format),
    )
    if arguments.json:
        print_json([str(path) for path in paths])
    elif not arguments.quiet:
        print("\n".join(map(str, paths)))
    return 0
