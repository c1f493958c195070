"""Move each number that has a range from its low to its high end, alone, and say what that does to a metric.

With --against it is the difference to a baseline that is asked for, since that is what most decisions hang on. Beside
each number stand its evidence and its line; what moves the answer most and is known least is to be measured next.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from sim.bounds import SAMPLES
from sim.cli.comparisons import readable, save_numbers
from sim.cli.options import (
    add_change_option,
    add_measure_options,
    add_output_options,
    chart_formats,
    measure_settings,
    whole_number,
)
from sim.cli.streams import announcer, print_json, progress_bar, say_warnings, shell_path, terminal_width, warner
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analysis.screening import Screening
    from sim.analysis.swings import Tornado

HELP = "which uncertain numbers move an answer most, and what to measure next"
REPLICATES = 12
ONE_AT_A_TIME = "tornado"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim sensitivity`."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario file (.yaml)")
    parser.add_argument("--against", metavar="BASELINE", help="ask for the difference to this scenario")
    parser.add_argument("--metric", default="profit", metavar="NAME", help="what is asked for (profit)")
    parser.add_argument(
        "--method",
        choices=(ONE_AT_A_TIME, "morris", "sobol"),
        default=ONE_AT_A_TIME,
        help="one number at a time (tornado), or all at once by SALib: morris, sobol",
    )
    parser.add_argument(
        "--samples",
        type=whole_number(SAMPLES),
        metavar="N",
        help="trajectories of morris (10), rows of sobol's base sample (64, a power of two)",
    )
    add_change_option(parser)
    add_measure_options(parser, replicates=REPLICATES)
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="results folder (results)")
    parser.add_argument("--format", choices=("png", "svg", "both"), default="png", help="the chart's format (png)")
    parser.add_argument("--no-charts", action="store_true", help="do not draw the chart")
    add_output_options(parser)


def call(arguments: argparse.Namespace) -> int:
    """Move the numbers, print, draw; the exit code."""
    from sim import pipeline

    if arguments.samples is not None and arguments.method == ONE_AT_A_TIME:
        raise UsageError("--samples belongs to --method morris and --method sobol")
    paths = [path for path in (arguments.scenario, arguments.against) if path is not None]
    loaded = pipeline.load_all(paths, changes=arguments.changes)
    for scenario in loaded:
        say_warnings(scenario.warnings, quiet=arguments.quiet)
    with progress_bar(quiet=arguments.quiet) as progress:
        settings = {
            **measure_settings(arguments),
            "against": loaded[1] if len(loaded) > 1 else None,
            "metric": arguments.metric,
            "progress": progress,
            "warn": warner(quiet=arguments.quiet),
            "announce": announcer(quiet=arguments.quiet),
        }
        if arguments.method != ONE_AT_A_TIME:
            screened = pipeline.screening(loaded[0], arguments.method, samples=arguments.samples, **settings)
            return print_screening(arguments, screened)
        found = pipeline.sensitivity(loaded[0], **settings)
    return print_tornado(arguments, found, [one.hash for one in loaded])


def print_screening(arguments: argparse.Namespace, found: Screening) -> int:
    """Print what Morris's or Sobol's method found; the exit code."""
    if arguments.json:
        from sim.report.inputs_as_json import screening_as_json

        print_json(screening_as_json(found))
        return 0
    from sim.report.screening_tables import screening_table

    print(screening_table(found, width=terminal_width()))
    return 0


def print_tornado(arguments: argparse.Namespace, found: Tornado, hashes: list[str]) -> int:
    """Store the numbers, draw the tornado, print; the exit code."""
    from sim.report.inputs_as_json import tornado_as_json
    from sim.report.swing_tables import tornado_table

    content = tornado_as_json(found)
    folder = folder_of(arguments.out, found, hashes)
    save_numbers(folder, content, name="sensitivity.json")
    charts = draw(arguments, found, folder)
    if arguments.json:
        print_json(content)
        return 0
    print(tornado_table(found, width=terminal_width()))
    print(f"\nstored in {shell_path(folder)}")
    for path in charts:
        print(f"  {shell_path(path)}")
    return 0


def folder_of(out: Path, found: Tornado, hashes: list[str]) -> Path:
    """Where it is kept: the same question gives the same folder."""
    asked = [*hashes, found.metric.name, str(found.seed), str(found.replicates), str(found.days), found.version]
    digest = hashlib.sha256("\n".join(asked).encode()).hexdigest()[:8]
    names = [readable(name) for name in (found.label, found.against) if name]
    return out / "sensitivities" / f"{'-against-'.join(names)}-{found.metric.name}-{digest}"


def draw(arguments: argparse.Namespace, found: Tornado, folder: Path) -> list[Path]:
    """The paths of the charts, unless none are wanted."""
    if arguments.no_charts:
        return []
    from sim.report.input_charts import draw_tornado

    return draw_tornado(found, folder / "charts", chart_formats(arguments.format))
