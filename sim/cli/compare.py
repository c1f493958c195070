"""Simulate policies over the same people with the same luck; print each metric's paired difference to the first one.

Differences come with 95% intervals over replicates; what cannot be told from no difference is marked. The numbers
and the charts are stored in results/comparisons/.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.comparisons import comparison_folder, save_numbers
from sim.cli.doubts import add_uncertainty_option, comparison_doubts, draw_doubts, uncertainty_of
from sim.cli.options import (
    add_change_option,
    add_output_options,
    add_precision_options,
    add_simulation_options,
    chart_formats,
    precision_settings,
    simulation_settings,
)
from sim.cli.streams import print_json, progress_bar, say_warnings, shell_path, terminal_width, warner
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analysis import Comparison
    from sim.analysis.doubt import Uncertainty
    from sim.analysis.precision import Precision

FILES_SHOWN = 5
HELP = "compare policies over the same people: paired differences with intervals, charts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim compare`."""
    parser.add_argument("baseline", metavar="BASELINE", help="the scenario that the others are compared with")
    parser.add_argument("others", nargs="*", metavar="SCENARIO", help="the others; may hold the baseline again")
    add_change_option(parser)
    add_simulation_options(parser)
    add_precision_options(parser)
    add_uncertainty_option(parser)
    parser.add_argument("--format", choices=("png", "svg", "both"), default="png", help="the charts' format (png)")
    parser.add_argument("--no-charts", action="store_true", help="do not draw charts")
    add_output_options(parser)


def without_repeats(baseline: str, others: list[str]) -> list[str]:
    """Each scenario once, the baseline first, so that `compare policies/today.yaml policies/*.yaml` works.

    Raises:
        UsageError: one is a folder, or nothing is left to compare the baseline with.
    """
    paths: dict[Path, str] = {}
    for path in (baseline, *others):
        if Path(path).is_dir():
            held = ", ".join(shell_path(file) for file in sorted(Path(path).glob("*.yaml"))[:FILES_SHOWN])
            raise UsageError(f"{path} is a folder; name files, the baseline first" + f": it holds {held}" * bool(held))
        paths.setdefault(Path(path).resolve(), path)
    if len(paths) < 2:
        alone = f"use `sim run {shell_path(Path(baseline))}` for one alone"
        raise UsageError(f"nothing to compare {baseline} with: name a second scenario, or {alone}")
    return list(paths.values())


def call(arguments: argparse.Namespace) -> int:
    """Run all, compare, print, draw; the exit code."""
    from sim import pipeline

    loaded = pipeline.load_all(without_repeats(arguments.baseline, arguments.others), changes=arguments.changes)
    for scenario in loaded:
        say_warnings(scenario.warnings, quiet=arguments.quiet)
    asked, warn = precision_settings(arguments), warner(quiet=arguments.quiet)
    with progress_bar(quiet=arguments.quiet) as progress:
        comparison = pipeline.compare(loaded, **simulation_settings(arguments), **asked, progress=progress, warn=warn)
    found = pipeline.precision_of(comparison, asked["precision"] or {})
    return print_comparison(arguments, comparison, found, uncertainty_of(arguments, loaded))


def print_comparison(
    arguments: argparse.Namespace,
    comparison: Comparison,
    precision: Sequence[Precision] = (),
    doubted: Uncertainty | None = None,
) -> int:
    """Store the numbers, draw the charts, print; the exit code."""
    from sim.report.as_json import comparison_as_json

    content = comparison_as_json(comparison, precision)
    if doubted is not None:
        from sim.report.inputs_as_json import uncertainty_as_json

        content["uncertainty"] = uncertainty_as_json(doubted)
    folder = comparison_folder(arguments.out, comparison)
    save_numbers(folder, content)
    charts = []
    if not arguments.no_charts:
        from sim.report.charts import draw_comparison

        charts = draw_comparison(comparison, folder / "charts", chart_formats(arguments.format))
        charts += draw_doubts(arguments, doubted, comparison, folder / "charts") if doubted is not None else []
    if arguments.json:
        print_json(content)
        return 0
    from sim.report.precision_notes import precision_notes
    from sim.report.tables import comparison_table

    print(comparison_table(comparison, width=terminal_width()))
    if precision:
        print(f"\n{precision_notes(precision, width=terminal_width())}")
    if doubted is not None:
        print(f"\n{comparison_doubts(doubted, comparison)}")
    print(f"\nstored in {shell_path(folder)}")
    for path in charts:
        print(f"  {shell_path(path)}")
    return 0
