"""Pages about a scenario's numbers, drawn and saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.analysis.doubt import Uncertainty
from sim.analysis.swings import Tornado
from sim.report.canvas import house_style, save_charts
from sim.report.chart_doubt import doubt_chart
from sim.report.chart_tornado import tornado_chart
from sim.report.doubt_tables import Luck


def draw_tornado(found: Tornado, folder: Path, formats: Sequence[str] = ("png",)) -> list[Path]:
    """Draws the tornado.

    Returns:
        the paths.
    Raises:
        ResultsError: the folder cannot be written.
    """
    texts = [found.label, found.against or "", *(one.number.name for one in found.swings)]
    texts += [f"{one.number.low_text}{one.number.high_text}{one.number.file}" for one in found.swings]
    with house_style(["●◐○⇄", *texts]):
        return save_charts([tornado_chart(found, foot_of(found))], folder, formats)


def draw_uncertainty(
    found: Uncertainty, luck: Sequence[Luck], folder: Path, formats: Sequence[str] = ("png",)
) -> list[Path]:
    """Draws the differences in profit over the draws; nothing where they are undefined.

    Raises:
        ResultsError: the folder cannot be written.
    """
    foot = (
        f"{found.n_draws - len(found.left_out)} draws of 2 replicates of {found.days} days; a draw and its luck are "
        f"the same in every policy; seed {found.seed}.  userops-sim {found.version}"
    )
    with house_style([found.label, *(policy.label for policy in found.policies)]):
        chart = doubt_chart(found, luck, foot)
        return save_charts([chart], folder, formats) if chart is not None else []


def foot_of(found: Tornado) -> str:
    """What stands behind the bars."""
    n = found.replicates
    intervals = (
        "no interval from one replicate" if n == 1 else "whiskers: 95% intervals of the effect, paired by replicate"
    )
    return (
        f"{n} replicate{'' if n == 1 else 's'} of {found.days} days, the same people with the same luck; "
        f"seed {found.seed}.  {intervals}; pale: not distinguishable from no effect.  userops-sim {found.version}"
    )
