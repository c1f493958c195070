"""Hold scenarios to what is expected of them, and to the outcomes that were accepted; made for CI.

Reads every expect.yaml in the folders that are named, or below the current one. Each verdict is pass, fail or
inconclusive, each number is printed also when it passes; what did not pass is told with what moved it.

Exit codes: 0 all pass; 1 something fails; 2 bad input; 3 something is inconclusive.
"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sim.bounds import JOBS
from sim.cli.options import whole_number
from sim.cli.reports import add_report_options, render_report, try_targets, whole_lines, write_reports
from sim.cli.streams import progress_bar, say, shell_path, terminal_width, warner
from sim.errors import UsageError, render_problems

if TYPE_CHECKING:
    from sim.analysis.verdicts import CheckReport

HELP = "hold scenarios to expect.yaml and to accepted outcomes; for CI"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim check`."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="an expect.yaml, or a folder of them (here)")
    accept = parser.add_argument_group("accepting outcomes")
    accept.add_argument("--accept", action="store_true", help="store the outcomes of `baselines` as accepted")
    accept.add_argument("--reason", metavar="TEXT", help="why, in a sentence (needed with --accept)")
    accept.add_argument("--author", metavar="NAME", help="who accepts them (git's user.name)")
    accept.add_argument("--expires", type=read_date, metavar="DATE", help="the last day on which they hold")
    group = parser.add_argument_group("simulation")
    group.add_argument("--jobs", type=whole_number(JOBS), metavar="N", help="processes (the number of cores)")
    group.add_argument("--fresh", action="store_true", help="simulate even when the stored run could be reused")
    group.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="results folder (results)")
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 also where something fails or stays open")
    add_report_options(parser)
    charts = parser.add_argument_group("charts")
    charts.add_argument("--charts", type=Path, metavar="DIR", help="draw what moved or did not pass into this folder")
    charts.add_argument("--charts-url", metavar="URL", help="where DIR can be read, for the links of a comment")
    parser.add_argument("--quiet", action="store_true", help="print results and errors only: no progress, no warnings")


def read_date(text: str) -> datetime.date:
    """A date, or a message for argparse that says how to write it."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a date such as 2026-12-31") from None


def call(arguments: argparse.Namespace) -> int:
    """Check or accept; the exit code."""
    if arguments.accept:
        return accept(arguments)
    from sim import checks

    given = [name for name in ("reason", "author", "expires") if getattr(arguments, name) is not None]
    if given:
        raise UsageError(f"--{given[0]} belongs to --accept")
    try_targets(arguments.reports)
    with progress_bar(quiet=arguments.quiet) as progress:
        report = checks.check(
            arguments.paths or ["."],
            jobs=arguments.jobs,
            out=arguments.out,
            fresh=arguments.fresh,
            charts=arguments.charts,
            charts_url=arguments.charts_url,
            progress=progress,
            warn=warner(quiet=arguments.quiet),
        )
    write_reports(report, arguments.reports)
    print_report(report, arguments.format, quiet=arguments.quiet)
    return 0 if arguments.exit_zero and not report.is_bad_input else report.exit_code


def print_report(report: CheckReport, name: str, *, quiet: bool) -> None:
    """The report in one format on standard output; in text its problems on standard error."""
    if name != "text":
        print(whole_lines(render_report(report, name)), end="")
        return
    from sim.report.check_text import as_text

    shown = [problem for problem in report.problems if problem.severity == "error" or not quiet]
    if shown:
        say(render_problems(shown))
    if not report.is_bad_input:
        print(as_text(report, terminal_width()))


def accept(arguments: argparse.Namespace) -> int:
    """Store the outcomes as accepted, and say where; the exit code."""
    from sim import checks

    if arguments.reason is None or not arguments.reason.strip():
        raise UsageError("--accept needs --reason: whoever reads the change will ask why")
    if arguments.format != "text" or arguments.reports or arguments.charts or arguments.charts_url:
        raise UsageError("--accept makes no report: check again afterwards")
    with progress_bar(quiet=arguments.quiet) as progress:
        done = checks.accept(
            arguments.paths or ["."],
            reason=arguments.reason,
            author=arguments.author,
            expires=arguments.expires,
            jobs=arguments.jobs,
            out=arguments.out,
            fresh=arguments.fresh,
            progress=progress,
            warn=warner(quiet=arguments.quiet),
        )
    for one in done:
        print(f"{one.change:<9}  {one.scenario}  {shell_path(one.folder)}")
        for level in one.levels:
            print(f"{'':<11}{level}")
    return 0
