"""The cohort-retention triangle as a heat map, and what a policy adds to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, ListedColormap, Normalize, PowerNorm, TwoSlopeNorm
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.analysis import Triangle, clear_gains
from sim.analysis.intervals import Floats
from sim.report.canvas import FAINT, WIDTH, Chart, Margins, grid_of, new_page, panels, share_tick
from sim.report.lettering import wrapped
from sim.report.wording import short_number, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Write = Callable[[float], str]
SHARES, GAINS = "viridis", "PuOr_r"
UNCLEAR = ListedColormap(["#DDDDDD"])
LETTER = 0.62  # the width of a digit with some room, in sizes of the font
SAME = "·"  # as in the tables
SMALLEST_CELL = (0.22, 0.13)  # inches, for a label that can be read
MOST_AGES_OF_THREE = 14  # more columns of cells are too narrow for their numbers on a page of three panels
ROW_HEIGHT, LEAST_HEIGHT = 0.34, 0.9  # inches: a few cohorts do not fill the page
GAMMA = 0.5  # retention falls fast at first: more of the colours go to low shares


def triangle_chart(
    title: str, foot: str, baseline: tuple[str, Triangle], others: Sequence[tuple[str, Triangle]] = ()
) -> Chart:
    """A page with the baseline's triangle, then each policy's difference to it in percentage points."""
    first = trimmed(baseline[1], baseline[1])
    n_cohorts, n_ages = first.activity.shape
    rows, columns = grid_of(1 + len(others), 3 if n_ages <= MOST_AGES_OF_THREE else 2)
    tallest = 4.2 if rows == 1 else 2.75
    height = min(max(n_cohorts * ROW_HEIGHT, LEAST_HEIGHT), tallest)
    figure = new_page(height * rows + 0.9 * (rows - 1) + 0.25, title, subtitle_of(baseline[1], bool(others)), foot)
    axes = panels(figure, rows, columns, Margins(left=0.95, right=0.75, between=0.72, above=0.9, below=0.25))
    draw_shares(axes[0], baseline[0], first)
    gains = [gain_of(label, trimmed(found, baseline[1]), first) for label, found in others]
    largest = max((float(np.max(np.abs(gain.values[gain.is_clear]), initial=0.0)) for gain in gains), default=0.0)
    for index, (place, gain) in enumerate(zip(axes[1:], gains, strict=False)):
        draw_gains(place, gain, max(largest, 1e-4), has_scale=index == len(gains) - 1)
    for index, place in enumerate(axes[: 1 + len(others)]):
        name_axes(place, first, index % columns == 0)
    for unused in axes[1 + len(others) :]:
        unused.set_axis_off()
    return Chart("retention-triangle", figure)


@dataclass(frozen=True)
class Gain:
    """A policy's triangle less the baseline's, and which cells can be told from no difference."""

    label: str
    values: Floats
    is_clear: np.ndarray


def gain_of(label: str, policy: Triangle, baseline: Triangle) -> Gain:
    """What a policy adds to the baseline's triangle."""
    return Gain(label, policy.activity - baseline.activity, clear_gains(baseline, policy))


def triangle_title(triangles: Sequence[tuple[str, Triangle]]) -> str:
    """How active the first run's members are in the second period of their life, and what the others change."""
    label, first = triangles[0]
    shares = [second_period(found, first) for _, found in triangles]
    if shares[0] is None:
        return "Cohort retention"
    unit = "week" if first.period_days == 7 else "four weeks"
    told = f"{label}: {shares[0]:.1%} of sign-ups are active on an average day of their second {unit}"
    gains = sorted(share - shares[0] for share in shares[1:] if share is not None)
    if not gains:
        return told
    low, high = (cell_text(gain * 100, 2) for gain in (gains[0], gains[-1]))
    whose = triangles[1][0] if len(gains) == 1 else "policies"
    return f"{told}; {whose} {low if low == high else f'{low} to {high}'} pp"


def second_period(triangle: Triangle, like: Triangle) -> float | None:
    """The share of all members with a second period who are active on an average day of it."""
    if triangle.activity.shape[1] < 2:
        return None
    second = triangle.activity[:, 1]
    known = ~np.isnan(second)
    return float(np.average(second[known], weights=triangle.sizes[known])) if known.any() else None


def trimmed(triangle: Triangle, like: Triangle) -> Triangle:
    """The triangle without the cohorts and ages of which `like` has no cell."""
    is_cell = ~np.isnan(like.activity)
    rows, columns = np.asarray(is_cell.any(axis=1)), np.asarray(is_cell.any(axis=0))
    starts = tuple(start for start, is_kept in zip(triangle.starts, rows, strict=True) if is_kept)
    activity, each = triangle.activity[rows][:, columns], triangle.per_replicate[:, rows][:, :, columns]
    return Triangle(triangle.period_days, starts, triangle.sizes[rows], activity, each)


def subtitle_of(triangle: Triangle, has_gains: bool) -> str:
    """What the cells hold."""
    width = "week" if triangle.period_days == 7 else "four weeks"
    told = (
        f"Share of a sign-up cohort that is active on an average day, by {width} of age;   rows: cohorts, oldest on top"
    )
    return told + (";   others: differences in pp, grey where not distinguishable" if has_gains else "")


def draw_shares(axes: Axes, label: str, triangle: Triangle) -> None:
    """The triangle itself."""
    values = triangle.activity
    highest = max(float(np.nanmax(values, initial=0.0)), 1e-4)
    norm = PowerNorm(GAMMA, min(float(np.nanmin(values, initial=highest)), highest / 2), highest)
    draw_cells(
        axes, values, norm, SHARES, lambda value: f"{value * 100:.0f}" if value >= 0.0995 else f"{value * 100:.1f}"
    )
    axes.set_title(f"{wrapped(label, 36, 1)} (%)", fontsize=10)
    add_scale(axes, norm, SHARES, share_tick)


def draw_gains(axes: Axes, gain: Gain, largest: float, *, has_scale: bool) -> None:
    """A policy's triangle less the baseline's, grey where luck explains it; the scale is the same for all policies."""
    norm = TwoSlopeNorm(0.0, -largest, largest)
    decimals = 1 if largest >= 0.001 else 2
    values = np.where(gain.is_clear, gain.values, gain.values * 0)
    draw_cells(axes, values, norm, GAINS, lambda value: signed(value * 100, decimals) if value else SAME)
    if (values == 0).any():
        axes.pcolormesh(np.ma.masked_where(values != 0, values), cmap=UNCLEAR, edgecolors="white", linewidth=0.6)
    axes.set_title(f"{wrapped(gain.label, 36, 1)} (pp)", fontsize=10)
    if has_scale:
        add_scale(axes, norm, GAINS, lambda value: short_number(round(value * 100, 6)))


def cell_text(value: float, decimals: int) -> str:
    """A difference to so many decimals, without a sign where it rounds to zero."""
    return signed(rounded, decimals) if (rounded := round(value, decimals)) else "0"


def draw_cells(axes: Axes, values: Floats, norm: Normalize, colours: str, write: Write) -> None:
    """The heat map, each cell labelled where labels can be read."""
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    shape = values.shape
    if 0 in shape or np.isnan(values).all():
        axes.text(0.5, 0.5, "no cohort is old enough", ha="center", va="center", color=FAINT, transform=axes.transAxes)
        return
    axes.pcolormesh(np.ma.masked_invalid(values), cmap=colours, norm=norm, edgecolors="white", linewidth=0.6)
    axes.set_xlim(0, shape[1])
    axes.set_ylim(shape[0], 0)
    figure = axes.figure
    box = axes.get_position()
    cell = (box.width * WIDTH / shape[1], box.height * figure.get_figheight() / shape[0])  # type: ignore[union-attr]
    if cell[0] >= SMALLEST_CELL[0] and cell[1] >= SMALLEST_CELL[1]:
        longest = max(len(write(value)) for value in values[~np.isnan(values)])
        size = min(8.5, 72 * min(cell[0] / (LETTER * max(longest, 5)), cell[1] / 1.5))
        label_cells(axes, values, norm, mpl.colormaps[colours], write, size)


def label_cells(axes: Axes, values: Floats, norm: Normalize, colours: Colormap, write: Write, size: float) -> None:
    """A number in each cell, dark on light and light on dark."""
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            red, green, blue, _ = colours(float(norm(value)))
            ink = "#1A1A1A" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"
            text = write(value)
            axes.text(column + 0.5, row + 0.53, text, ha="center", va="center", fontsize=size, color=ink)


def add_scale(axes: Axes, norm: Normalize, colours: str, write: Write) -> None:
    """A narrow colour scale to the right of the panel."""
    if not axes.collections:  # no cells, nothing to scale
        return
    figure: Figure = axes.figure  # type: ignore[assignment]
    box = axes.get_position()
    place = figure.add_axes((box.x1 + 0.08 / WIDTH, box.y0, 0.09 / WIDTH, box.height))
    scale = figure.colorbar(ScalarMappable(norm, colours), cax=place)
    scale.outline.set_visible(False)
    place.yaxis.set_major_locator(MaxNLocator(4))
    place.yaxis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    place.tick_params(labelsize=7)


def name_axes(axes: Axes, triangle: Triangle, is_leftmost: bool) -> None:
    """Dates of the cohorts at the left, ages below."""
    starts = triangle.starts
    step = max(1, -(-len(starts) // 13))
    shown = range(0, len(starts), step)
    labels = [starts[index].isoformat() if is_leftmost else "" for index in shown]
    axes.set_yticks([index + 0.5 for index in shown], labels, fontsize=7.5)
    count = triangle.activity.shape[1]
    step = max(1, -(-count // 13))
    ages = range(0, count, step)
    axes.set_xticks([age + 0.5 for age in ages], [str(age + 1) for age in ages], fontsize=7.5)
    unit = "week" if triangle.period_days == 7 else "four-week period"
    axes.set_xlabel(f"{unit} since sign-up", fontsize=8)
