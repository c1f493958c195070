"""Simulate policies over the same people with the same luck; print each metric's paired difference to the first one.

Differences come with 95% intervals over replicates; what cannot be told from no difference is marked. Charts are drawn
unless --no-charts is given. The table and the charts' data are stored beside the charts.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sim.cli.options import add_output_options, add_simulation_options, simulation_settings
from sim.cli.streams import print_json, progress_bar, say_warnings, terminal_width
from sim.errors import UsageError

HELP = "compare policies over the same people: paired differences with intervals, charts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim compare`."""
    parser.add_argument("baseline", metavar="BASELINE", help="the scenario that the others are compared with")
    parser.add_argument("others", nargs="+", metavar="SCENARIO", help="the others; may hold the baseline again")
    add_simulation_options(parser)
    parser.add_argument("--format", choices=("png", "svg", "both"), default="png", help="the charts' format (png)")
    parser.add_argument("--no-charts", action="store_true", help="do not draw charts")
    add_output_options(parser)


def without_repeats(baseline: str, others: list[str]) -> list[str]:
    """Each scenario once, the baseline first, so that `compare policies/today.yaml policies/*.yaml` works.

    Raises:
        UsageError: nothing is left to compare the baseline with.
    """
    paths = {Path(path).resolve(): path for path in reversed([baseline, *others])}
    ordered = list(reversed(paths.values()))
    if len(ordered) < 2:
        raise UsageError(f"nothing to compare {baseline} with: name another scenario")
    return ordered


def call(arguments: argparse.Namespace) -> int:
    """Run all, compare, print, draw; the exit code."""
    from sim import pipeline

    loaded = [pipeline.load(path) for path in without_repeats(arguments.baseline, arguments.others)]
    for scenario in loaded:
        say_warnings(scenario.warnings, quiet=arguments.quiet)
    with progress_bar(quiet=arguments.quiet) as progress:
        comparison = pipeline.compare(loaded, **simulation_settings(arguments), progress=progress)
    if arguments.json:
        from sim.report.as_json import comparison_as_json

        print_json(comparison_as_json(comparison))
        return 0
    from sim.report.tables import comparison_table

    print(comparison_table(comparison, width=terminal_width()))
    return 0
