"""Draw charts from stored results, without simulating again.

One run: its charts. Several runs over the same people: the first is the baseline of a comparison. RUN is a run's
folder, as `sim run` prints it, or the folder of a comparison, as `sim compare` does.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sim.cli.comparisons import comparison_folder, runs_of
from sim.cli.options import chart_formats
from sim.cli.streams import print_json, shell_path
from sim.errors import UsageError

HELP = "draw charts from stored results"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim plot`."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a folder: results/<scenario>/<run id>")
    parser.add_argument("--metric", metavar="NAME", help="only this metric over time (all charts)")
    parser.add_argument("--by", choices=("channel", "segment"), help="one line per channel or segment")
    parser.add_argument("--format", choices=("png", "svg", "both"), default="png", help="the charts' format (png)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to draw (charts/ of the run or of the comparison)"
    )
    parser.add_argument("--json", action="store_true", help="print the charts' paths as JSON, alone on standard output")
    parser.add_argument("--quiet", action="store_true", help="do not print the charts' paths")


def call(arguments: argparse.Namespace) -> int:
    """Draw, print the paths; the exit code."""
    paths = draw(arguments)
    if arguments.json:
        print_json([str(path) for path in paths])
    elif not arguments.quiet:
        print("\n".join(map(shell_path, paths)))
    return 0


def draw(arguments: argparse.Namespace) -> list[Path]:
    """The charts of one run, or of a comparison with the first."""
    from sim import pipeline
    from sim.analysis import compare_runs, refuse_other_settings
    from sim.report.charts import draw_comparison, draw_run

    runs = [pipeline.open_run(path) for named in arguments.runs for path in runs_of(named)]
    if arguments.by is not None and len(runs) > 1:
        raise UsageError("--by draws one run; name one, or leave --by out to compare them")
    formats = chart_formats(arguments.format)
    if len(runs) == 1:
        folder = arguments.out or runs[0].path / "charts"
        return draw_run(runs[0], folder, formats, metric=arguments.metric, by=arguments.by)
    refuse_other_settings(runs)
    comparison = compare_runs(runs[0], runs[1:])
    folder = arguments.out or comparison_folder(runs[0].path.parent.parent, comparison) / "charts"
    return draw_comparison(comparison, folder, formats, metric=arguments.metric)
