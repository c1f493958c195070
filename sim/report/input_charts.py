"""Pages about a scenario's numbers, drawn and saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.analysis.swings import Tornado
from sim.report.canvas import house_style, save_charts
from sim.report.chart_tornado import tornado_chart


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
