"""The differences over draws of the inputs: a strip of dots per policy, luck's interval below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.doubt import Doubt, Uncertainty
from sim.metrics import Metric
from sim.report.canvas import BASELINE_COLOUR, FAINT, INK, Chart, Margins, colour_of, new_page, panels, plain_axis
from sim.report.doubt_tables import NOT_TOLD, Luck, sentences, share_text
from sim.report.lettering import wrapped
from sim.report.wording import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_HEIGHT = 0.95
GOLDEN = 0.6180339887498949
LEFT, RIGHT = 2.6, 1.5
NAME_COLUMNS = 30


def doubt_chart(found: Uncertainty, luck: Sequence[Luck], foot: str, name: str = "profit") -> Chart | None:
    """The page; None where the metric is undefined for every policy."""
    rows = [
        (policy.label, one, own) for policy, own in zip(found.policies, luck, strict=True) if (one := policy.of(name))
    ]
    if not rows:
        return None
    metric, currency = rows[0][1].metric, rows[0][1].currency
    title = sentences(found)[0] if len(rows) == 1 else several(metric, rows)
    subtitle = (
        f"Differences to the baseline ({found.label}).   Dots: draws of {len(found.numbers)} numbers, without luck;"
        "   thick: 95% of them;   black: luck, the 95% interval with all numbers as written"
    )
    figure = new_page(ROW_HEIGHT * len(rows) + 0.4, title, subtitle, foot)
    (axes,) = panels(figure, 1, 1, Margins(left=LEFT, right=RIGHT, below=0.4))
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.axvline(0, color=BASELINE_COLOUR, linewidth=1.1, zorder=1.5)
    for row, (_, one, own) in enumerate(rows):
        draw_strip(axes, row, one, own.get(name, (None, None)))
    axes.set_yticks(range(len(rows)), [wrapped(label, NAME_COLUMNS) for label, _, _ in rows], fontsize=9.5, color=INK)
    plain_axis(axes, "x", ticks=7)
    axes.set_xlabel(f"{metric.label}, difference in {unit_of(metric, currency)}")
    return Chart("doubt", figure)


def several(metric: Metric, rows: Sequence[tuple[str, Doubt, Luck]]) -> str:
    """In how many draws each policy is better."""
    told = (
        f"{label} {NOT_TOLD}" if one.n_better is None else f"{label} better in {share_text(one.n_better / one.n)}"
        for label, one, _ in rows
    )
    return f"{metric.label} over draws of the inputs: {', '.join(told)}"


def draw_strip(axes: Axes, row: int, one: Doubt, luck: tuple[float | None, float | None]) -> None:
    """The dots of a policy, spread by the golden ratio; below them the ranges of doubt and of luck."""
    colour = colour_of(row + 1)
    spread = (np.arange(one.n) * GOLDEN % 1.0 - 0.5) * 0.4
    dots, line = (0.55, 1.0) if one.is_told else (0.25, 0.25)
    axes.plot(np.sort(one.draws), row - 0.12 + spread, "o", color=colour, alpha=dots, markersize=4, markeredgewidth=0)
    axes.plot([one.low, one.high], [row + 0.2] * 2, color=colour, alpha=line, linewidth=5, solid_capstyle="butt")
    if luck[0] is not None and luck[1] is not None:
        axes.plot([luck[0], luck[1]], [row + 0.32] * 2, color=INK, linewidth=1.6, solid_capstyle="butt")
    better = "" if one.n_better is None else f"better in {share_text(one.n_better / one.n)}\n"
    told = f"{better}doubt {share_text(one.share)} of variance" if one.is_told else NOT_TOLD
    place = axes.get_yaxis_transform()
    axes.text(1.01, row, told, transform=place, va="center", fontsize=8.5, color=FAINT, clip_on=False)
