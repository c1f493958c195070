"""Find the value of a number at which a metric meets a target: which lift pays for the coupon?

With --against it is the difference to a baseline that meets it. The number is looked for within its range (low to high
of its file) or --between two values, and comes with the 95% interval that luck leaves. A number of the world moves in
both scenarios, one below `policy` only in SCENARIO.
"""

from __future__ import annotations

import argparse

from sim.cli.options import add_change_option, add_measure_options, add_output_options, measure_settings
from sim.cli.streams import announcer, print_json, progress_bar, say_warnings, terminal_width, warner
from sim.errors import UsageError

HELP = "the value of a number at which a metric meets a target, with its interval"
REPLICATES = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim solve`."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario file (.yaml)")
    parser.add_argument("--vary", required=True, metavar="PATH", help="the number, as in response.message.brings_back")
    parser.add_argument("--target", required=True, metavar="METRIC=VALUE", help="what to meet, as in profit=0")
    parser.add_argument("--against", metavar="BASELINE", help="meet it with the difference to this scenario")
    parser.add_argument("--between", metavar="LOW,HIGH", help="where to look (the number's range), as in 2%%,30%%")
    add_change_option(parser)
    add_measure_options(parser, replicates=REPLICATES)
    add_output_options(parser)


def call(arguments: argparse.Namespace) -> int:
    """Look for the value and print it; the exit code. That there is none is an answer, too."""
    from sim import pipeline

    paths = [path for path in (arguments.scenario, arguments.against) if path is not None]
    loaded = pipeline.load_all(paths, changes=arguments.changes)
    for scenario in loaded:
        say_warnings(scenario.warnings, quiet=arguments.quiet)
    with progress_bar(quiet=arguments.quiet) as progress:
        found = pipeline.solve(
            loaded[0],
            arguments.vary,
            arguments.target,
            against=loaded[1] if len(loaded) > 1 else None,
            between=ends_of(arguments.between),
            **measure_settings(arguments),
            progress=progress,
            warn=warner(quiet=arguments.quiet),
            announce=announcer(quiet=arguments.quiet),
        )
    if arguments.json:
        from sim.report.inputs_as_json import solution_as_json

        print_json(solution_as_json(found))
        return 0
    from sim.report.solution_tables import solution_table

    print(solution_table(found, width=terminal_width()))
    return 0


def ends_of(text: str | None) -> tuple[str, str] | None:
    """Both ends of `--between LOW,HIGH`.

    Raises:
        UsageError: there are not two.
    """
    if text is None:
        return None
    ends = [end.strip() for end in text.replace("，", ",").split(",")]
    if len(ends) != 2 or not all(ends):
        raise UsageError(f"--between {text!r}: must be two values with a comma between them, such as 2%,30%")
    return ends[0], ends[1]
