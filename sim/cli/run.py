"""Simulate one scenario, store the results, print its answers with 95% intervals.

A run with the same scenario, seed, replicates, days and version is reused, not run again (--fresh runs it).
"""

from __future__ import annotations

import argparse

from sim.cli.doubts import add_uncertainty_option, run_doubts, uncertainty_of
from sim.cli.options import (
    add_change_option,
    add_output_options,
    add_precision_options,
    add_simulation_options,
    precision_settings,
    simulation_settings,
)
from sim.cli.streams import print_json, progress_bar, say_warnings, shell_path, terminal_width, warner

HELP = "simulate one scenario and print a summary with intervals"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim run`."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario file (.yaml)")
    add_change_option(parser)
    add_simulation_options(parser)
    add_precision_options(parser)
    add_uncertainty_option(parser)
    parser.add_argument("--users", action="store_true", help="also store each user's final state (replicate 0)")
    add_output_options(parser)


def call(arguments: argparse.Namespace) -> int:
    """Run and print; the exit code."""
    from sim import pipeline

    loaded = pipeline.load(arguments.scenario, arguments.changes)
    say_warnings(loaded.warnings, quiet=arguments.quiet)
    asked = precision_settings(arguments)
    warn = warner(quiet=arguments.quiet)
    with progress_bar(quiet=arguments.quiet) as progress:
        stored = pipeline.run(
            loaded, **simulation_settings(arguments), **asked, users=arguments.users, progress=progress, warn=warn
        )
    found = pipeline.precision_of(stored, asked["precision"] or {})
    doubted = uncertainty_of(arguments, [loaded])
    if arguments.json:
        from sim.report.as_json import summary_as_json
        from sim.report.inputs_as_json import uncertainty_as_json

        content = summary_as_json(stored, found)
        print_json(content | ({"uncertainty": uncertainty_as_json(doubted)} if doubted is not None else {}))
        return 0
    from sim.report.precision_notes import precision_notes
    from sim.report.run_tables import run_tables

    print(run_tables(stored, width=terminal_width()))
    if found:
        print(f"\n{precision_notes(found, width=terminal_width())}")
    if doubted is not None:
        print(f"\n{run_doubts(doubted, pipeline.summarise(stored))}")
    print(f"\nstored in {shell_path(stored.path)}")
    return 0
