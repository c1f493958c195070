"""Tell what each changed line between two scenarios contributes to the difference of a metric.

Each change is laid over A by itself (one at a time), and in the orders in which all changes can come (Shapley values,
which sum to the difference). Changes that only hold together count as one. Numbers and chart are stored in
results/explanations/.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.comparisons import readable, save_numbers
from sim.cli.options import add_change_option, add_output_options, add_simulation_options, chart_formats
from sim.cli.streams import print_json, progress_bar, say_warnings, shell_path, terminal_width

if TYPE_CHECKING:
    from sim.analysis.explaining import Explanation

HELP = "what each changed line between two scenarios contributes to a difference"
NUMBERS = "explanation.json"
REPLICATES = 12
SETTINGS = ("seed", "replicates", "days", "jobs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim explain`."""
    parser.add_argument("left", metavar="A", help="the scenario to start from")
    parser.add_argument("right", metavar="B", help="the scenario whose difference to A is explained")
    parser.add_argument("--metric", default="profit", metavar="NAME", help="what to explain (profit)")
    parser.add_argument("--exact", action="store_true", help="Shapley values over all orders of up to 12 changes")
    add_change_option(parser)
    add_simulation_options(parser, replicates=REPLICATES, is_reused=False)
    parser.add_argument("--format", choices=("png", "svg", "both"), default="png", help="the chart's format (png)")
    parser.add_argument("--no-charts", action="store_true", help="do not draw the chart")
    add_output_options(parser)


def call(arguments: argparse.Namespace) -> int:
    """Explain, store, draw, print; the exit code."""
    from sim import pipeline

    loaded = pipeline.load_all([arguments.left, arguments.right], changes=arguments.changes)
    for scenario in loaded:
        say_warnings(scenario.warnings, quiet=arguments.quiet)
    settings = {name: getattr(arguments, name) for name in (*SETTINGS, "metric", "exact")}
    with progress_bar(quiet=arguments.quiet) as progress:
        found = pipeline.explain(*loaded, **settings, progress=progress)
    return print_explanation(arguments, found)


def print_explanation(arguments: argparse.Namespace, found: Explanation) -> int:
    """Store the numbers, draw the chart, print; the exit code. What says the same leaves nothing behind."""
    from sim.report.explanation_json import explanation_as_json

    content = explanation_as_json(found)
    charts: list[Path] = []
    folder = explanation_folder(arguments.out, found)
    if found.parts:
        save_numbers(folder, content, NUMBERS)
        if not arguments.no_charts:
            from sim.report.chart_waterfall import draw_explanation

            charts = draw_explanation(found, folder / "charts", chart_formats(arguments.format))
    if arguments.json:
        print_json(content)
        return 0
    from sim.report.explanation_tables import explanation_text

    print(explanation_text(found, width=terminal_width()))
    if found.parts:
        print(f"\nstored in {shell_path(folder)}")
    for path in charts:
        print(f"  {shell_path(path)}")
    return 0


def explanation_folder(out: Path, found: Explanation) -> Path:
    """The folder of an explanation: the same scenarios, metric and settings give the same folder."""
    facts = [str(found.facts[name]) for name in ("seed", "replicates", "days", "version") if name in found.facts]
    identity = [found.left.hash, found.right.hash, found.metric.name, found.method, *facts]
    digest = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:8]
    return out / "explanations" / f"{readable(found.left.name)}-and-{readable(found.right.name)}-{digest}"
