"""Differences to the baseline with their intervals: a panel per metric, a row per policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from sim.analysis import Comparison, Difference
from sim.metrics import Metric
from sim.report.canvas import BASELINE_COLOUR, FAINT, INK, Chart, Margins, colour_of, new_page, panels
from sim.report.findings import fits_per_cent, headline
from sim.report.lettering import wrapped
from sim.report.wording import difference_text, per_cent_text, scaled, short_number, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 5
ROW_HEIGHT = 0.46
NAME_COLUMNS = 30
LEGEND = "● differs from the baseline;   ○ cannot be told from no difference;   bar: 95% interval"


def differences_chart(comparison: Comparison, foot: str) -> Chart:
    """The forest plot of all metrics, in per cent of the baseline where that is a fair yardstick."""
    metrics = [estimate.metric for estimate in comparison.estimates]
    rows = -(-len(metrics) // COLUMNS)
    columns = -(-len(metrics) // max(rows, 1))
    height = rows * (ROW_HEIGHT * len(comparison.policies) + 0.3) + (rows - 1) * 0.75
    title = headline(comparison, "profit") or "Differences to the baseline"
    subtitle = f"Each policy's difference to the baseline ({comparison.label}).   {LEGEND}"
    figure = new_page(height, title, subtitle, foot)
    margins = Margins(left=2.55, right=0.35, between=0.22, above=0.75, below=0.12)
    axes = panels(figure, rows, columns, margins)
    for index, (place, metric) in enumerate(zip(axes, metrics, strict=False)):
        found = [policy.of(metric.name) for policy in comparison.policies]
        draw_metric(place, metric, found, comparison.estimates[index].currency)
        is_first = index % columns == 0
        labels = [wrapped(policy.label, NAME_COLUMNS) if is_first else "" for policy in comparison.policies]
        place.set_yticks(range(len(labels)), labels, fontsize=9.5, color=INK, linespacing=1.0)
    for unused in axes[len(metrics) :]:
        unused.set_axis_off()
    return Chart("differences", figure)


def draw_metric(axes: Axes, metric: Metric, found: Sequence[Difference | None], currency: str) -> None:
    """One panel: a dot and its interval per policy, the first policy on top."""
    is_relative = metric.unit != "share" and all(
        one is None or one.difference is None or fits_per_cent(one) for one in found
    )
    rows = [ends_of(one, is_relative) for one in found]
    wish = {"lower": ", less is better", "higher": "", None: ""}[metric.better]
    unit = "%" if is_relative else {"share": "pp"}.get(metric.unit, unit_of(metric, currency))
    axes.set_title(f"{metric.label} ({unit}{wish})", fontsize=9.5)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=BASELINE_COLOUR, linewidth=1.1, zorder=1.5)
    left, right = limits_of(rows)
    axes.set_xlim(left, right)
    axes.set_ylim(len(found) - 0.45, -0.6)
    for row, (one, ends) in enumerate(zip(found, rows, strict=True)):
        if one is not None and ends is not None:
            draw_row(axes, row, one, ends, is_relative)
        else:
            axes.text(0, row, "undefined", ha="center", va="center", fontsize=8, color=FAINT)
    is_zero = not any(any(ends) for ends in rows if ends is not None)
    axes.xaxis.set_major_locator(FixedLocator([0]) if is_zero else MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))


def draw_row(axes: Axes, row: int, found: Difference, ends: tuple[float, float, float], is_relative: bool) -> None:
    """A policy's dot, whiskers and number; the number stands above the dot, within the panel."""
    value, low, high = ends
    colour = colour_of(row + 1)
    axes.plot([low, high], [row, row], color=colour, linewidth=2.4, solid_capstyle="butt", alpha=0.75)
    face = colour if found.is_distinguishable else "white"
    axes.plot([value], [row], "o", color=colour, markerfacecolor=face, markersize=6.5, markeredgewidth=1.5)
    text = per_cent_text(found.relative) if is_relative else difference_text(found.metric, found.difference)
    left, right = axes.get_xlim()
    share = (value - left) / (right - left)
    side = "left" if share < 0.2 else "right" if share > 0.8 else "center"
    ink = INK if found.is_distinguishable else FAINT
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
    axes.text(value, row - 0.22, text, ha=side, va="bottom", fontsize=8.2, color=ink, bbox=behind)


def ends_of(found: Difference | None, is_relative: bool) -> tuple[float, float, float] | None:
    """Difference, low and high as drawn; the difference thrice where there is no interval."""
    if found is None or found.difference is None:
        return None
    if is_relative:
        triple = (found.relative, found.relative_low, found.relative_high)
        values = tuple(None if one is None else one * 100 for one in triple)
    else:
        triple = (found.difference, found.low, found.high)
        values = tuple(None if one is None else scaled(found.metric, one) for one in triple)
    value, low, high = values
    assert value is not None
    return value, value if low is None else low, value if high is None else high


def limits_of(rows: Sequence[tuple[float, float, float] | None]) -> tuple[float, float]:
    """The axis from the lowest to the highest end, zero included, with room for the numbers."""
    ends = [0.0, *(end for row in rows if row is not None for end in row)]
    low, high = min(ends), max(ends)
    if low == high:
        return -1.0, 1.0
    room = 0.16 * (high - low)
    return low - room, high + room
