"""What `--uncertainty` adds to `sim run` and `sim compare`: draws of the inputs, their table, their chart."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.bounds import DRAWS
from sim.cli.options import chart_formats, whole_number
from sim.cli.streams import announcer, progress_bar, terminal_width

if TYPE_CHECKING:
    from sim.analysis import Comparison
    from sim.analysis.doubt import Uncertainty
    from sim.analysis.summary import Estimate
    from sim.pipeline import LoadedScenario

USUAL_DRAWS = 50


def add_uncertainty_option(parser: argparse.ArgumentParser) -> None:
    """The option that draws the numbers with a range."""
    parser.add_argument(
        "--uncertainty",
        nargs="?",
        type=whole_number(DRAWS),
        const=USUAL_DRAWS,
        metavar="N",
        help=f"also draw the numbers that have a range N times ({USUAL_DRAWS}), and tell doubt from luck",
    )


def uncertainty_of(arguments: argparse.Namespace, loaded: Sequence[LoadedScenario]) -> Uncertainty | None:
    """What the draws did; None where none are wanted."""
    if arguments.uncertainty is None:
        return None
    from sim import pipeline

    with progress_bar(quiet=arguments.quiet) as progress:
        return pipeline.uncertainty(
            loaded,
            draws=arguments.uncertainty,
            seed=arguments.seed,
            days=arguments.days,
            jobs=arguments.jobs,
            progress=progress,
            announce=announcer(quiet=arguments.quiet),
        )


def run_doubts(found: Uncertainty, estimates: Sequence[Estimate]) -> str:
    """The table below that of a run."""
    from sim.report.doubt_tables import uncertainty_table

    luck = {one.metric.name: (one.low, one.high) for one in estimates}
    return uncertainty_table(found, [luck], width=terminal_width())


def comparison_doubts(found: Uncertainty, comparison: Comparison) -> str:
    """The tables below those of a comparison."""
    from sim.report.doubt_tables import uncertainty_table

    return uncertainty_table(found, lucks_of(comparison), width=terminal_width())


def draw_doubts(arguments: argparse.Namespace, found: Uncertainty, comparison: Comparison, folder: Path) -> list[Path]:
    """The paths of the chart of the differences over draws."""
    from sim.report.input_charts import draw_uncertainty

    return draw_uncertainty(found, lucks_of(comparison), folder, chart_formats(arguments.format))


def lucks_of(comparison: Comparison) -> list[dict[str, tuple[float | None, float | None]]]:
    """The intervals of each policy's differences, by metric."""
    return [{one.metric.name: (one.low, one.high) for one in policy.differences} for policy in comparison.policies]
