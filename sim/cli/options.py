"""The options that commands share, each said once."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim.bounds import DAYS, JOBS, REPLICATES, SEED, Bounds
from sim.errors import UsageError


def whole_number(bounds: Bounds) -> Callable[[str], int]:
    """A reader of an argument for argparse: a whole number within bounds, or a message that says so."""
    lowest, highest = bounds.lowest, bounds.highest

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from {lowest} to {highest}")
        return number

    return read


def add_change_option(parser: argparse.ArgumentParser) -> None:
    """The option that changes single values of the scenarios; read it as `arguments.changes`."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="PATH=VALUE",
        help="change a value, as in --set response.message.brings_back=9%% (repeatable; null removes)",
    )


def _add_luck(parser: argparse.ArgumentParser, replicates: int, what_for: str) -> argparse._ArgumentGroup:
    """The options of all that simulates, in a group of their own: which luck, how often, how long, on what."""
    group = parser.add_argument_group("simulation")
    group.add_argument("--seed", type=whole_number(SEED), default=1, metavar="N", help="which people, which luck (1)")
    group.add_argument(
        "--replicates",
        type=whole_number(REPLICATES),
        default=replicates,
        metavar="N",
        help=f"{what_for} ({replicates})",
    )
    group.add_argument("--days", type=whole_number(DAYS), metavar="N", help="days to simulate (the scenario's horizon)")
    group.add_argument("--jobs", type=whole_number(JOBS), metavar="N", help="processes (the number of cores)")
    return group


def add_simulation_options(parser: argparse.ArgumentParser, *, replicates: int = 20, is_reused: bool = True) -> None:
    """The options of every command that simulates: what is drawn, how much of it, with how many processes.

    Args:
        replicates: how many, when not said.
        is_reused: whether stored runs are reused, which `--fresh` prevents.
    """
    group = _add_luck(parser, replicates, "repetitions for intervals")
    if is_reused:
        group.add_argument("--fresh", action="store_true", help="simulate even when the stored run could be reused")
    group.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="results folder (results)")


def add_precision_options(parser: argparse.ArgumentParser) -> None:
    """The options that add replicates until intervals are narrow enough; read them with `precision_settings`."""
    group = parser.add_argument_group("precision")
    group.add_argument(
        "--precision",
        action="append",
        type=metric_and_width,
        metavar="METRIC=WIDTH",
        help="add replicates until its interval is at most ± WIDTH: 1%%, 500 CNY, 0.2pp (repeatable)",
    )
    group.add_argument(
        "--max-replicates", type=whole_number(REPLICATES), metavar="N", help="where to stop all the same (400)"
    )


def metric_and_width(text: str) -> tuple[str, str]:
    """A reader of METRIC=WIDTH for argparse."""
    metric, sign, width = text.partition("=")
    if not (metric.strip() and sign and width.strip()):
        raise argparse.ArgumentTypeError(f"{text!r}: must be METRIC=WIDTH, such as revenue=1%")
    return metric.strip(), width.strip()


def precision_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `add_precision_options` read, as keywords of `pipeline.run` and `pipeline.compare`.

    Raises:
        UsageError: a metric is named twice.
    """
    asked: dict[str, str] = {}
    for metric, width in arguments.precision or ():
        if metric in asked:
            raise UsageError(f"--precision names {metric} twice: {asked[metric]} and {width}")
        asked[metric] = width
    return {"precision": asked or None, "max_replicates": arguments.max_replicates}


def add_measure_options(parser: argparse.ArgumentParser, *, replicates: int) -> None:
    """The options of commands that measure many variants and store no run; read them by `measure_settings`."""
    _add_luck(parser, replicates, "repetitions of each variant, all with the same luck")


def measure_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `add_measure_options` read, as keywords of the pipeline."""
    return {name: getattr(arguments, name) for name in ("seed", "replicates", "days", "jobs")}


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """The options of every command that prints a result."""
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print the result as JSON, alone on standard output")
    group.add_argument("--quiet", action="store_true", help="print results and errors only: no progress, no warnings")


def simulation_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `add_simulation_options` read, as the keywords of `pipeline.run` and `pipeline.compare`."""
    return {name: getattr(arguments, name) for name in ("seed", "replicates", "days", "jobs", "fresh", "out")}


def chart_formats(choice: str) -> tuple[str, ...]:
    """The formats that --format stands for."""
    return ("png", "svg") if choice == "both" else (choice,)
