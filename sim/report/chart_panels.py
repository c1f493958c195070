"""A page of panels over time, two a row, with a line for each policy: what memberships, points and the like draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis import Band
from sim.report.canvas import Margins, boxes, colour_of, line_style_of, new_page, plain_axis
from sim.report.chart_dates import dated_axis
from sim.report.chart_line_ends import (
    BASELINE_ALPHA,
    LINE_WIDTHS,
    End,
    end_of,
    room_beside,
    room_for,
    short_name,
    tie_names,
)
from sim.report.chart_lines import MOST_BANDS, limit_heights, panel_title
from sim.report.lettering import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Bands = Sequence[tuple[int, Band]]
"""A line per policy, and the number of the policy's colour; 0 is the baseline's."""

PANEL_HEIGHT, ABOVE = 2.1, 0.75
MOST_TICKS = 5


def page_of_panels(
    title: str, subtitle: str, foot: str, labels: Mapping[int, str], panels: Sequence[Callable[[Axes], None]]
) -> Figure:
    """The page, on which each panel is drawn by its function; room beside them for the policies' names.

    Args:
        labels: of the policies, by the numbers of their colours.
    """
    beside = room_beside(map(short_name, labels.values())) if len(labels) > 1 else 0.3
    height, rows = max(PANEL_HEIGHT, room_for(len(labels))), -(-len(panels) // 2)
    figure = new_page(height * rows + ABOVE * (rows - 1), title, subtitle, foot)
    places = boxes(figure, rows, 2, Margins(right=beside, between=0.5 + beside, above=ABOVE))
    for box, draw in zip(places, panels, strict=False):
        draw(figure.add_axes((box.left, box.bottom, box.width, box.height)))
    return figure


def page_of_lines(
    title: str, subtitle: str, foot: str, labels: Mapping[int, str], panels: Sequence[tuple[str, Bands]]
) -> Figure:
    """The page, each panel with what stands above it and its lines."""

    def draw(above: str, bands: Bands, axes: Axes) -> None:
        draw_bands(axes, bands, several=len(labels) > 1)
        axes.set_title(above)

    return page_of_panels(title, subtitle, foot, labels, [partial(draw, *panel) for panel in panels])


def heading(name: str, what: str) -> str:
    """What stands above a panel of one programme, membership or the like."""
    return f"{wrapped(name, 24, 1)} · {what}"


def heading_of(bands: Bands, currency: str) -> str:
    """What stands above a panel: the metric of its lines, and how days were put together."""
    return panel_title(bands[0][1].metric, bands[0][1].view, currency)


def draw_bands(axes: Axes, bands: Bands, *, several: bool, is_steps: bool = False) -> None:
    """Lines with their bands, the baseline behind; steps where a day's loss comes at its end."""
    style = "post" if is_steps else None
    for index, band in reversed(bands):
        days = np.array(band.dates, dtype="datetime64[D]")
        if len(bands) <= MOST_BANDS:
            axes.fill_between(days, band.low, band.high, step=style, color=colour_of(index), alpha=0.16, linewidth=0)  # type: ignore[arg-type]
        is_behind = several and index == 0
        axes.plot(
            days,
            band.mean,
            color=colour_of(index),
            linestyle=line_style_of(index),
            linewidth=LINE_WIDTHS[1] if is_behind else 1.4,
            alpha=BASELINE_ALPHA if is_behind else 1.0,
            drawstyle="steps-post" if is_steps else "default",
        )
    limit_heights(axes, [band for _, band in bands], is_difference=False)
    plain_axis(axes, "y")
    dated_axis(axes, bands[0][1].dates, MOST_TICKS)
    if several:
        tie_names(axes, [_end(index, band) for index, band in bands])


def _end(index: int, band: Band) -> End:
    """Where a line ends, with its name."""
    return named_end(index, band.label, end_of(band) or 0.0)


def named_end(index: int, label: str, height: float) -> End:
    """A name at a height, in the policy's colour."""
    alpha = BASELINE_ALPHA if index == 0 else 1.0
    return End(short_name(label), height, colour_of(index), LINE_WIDTHS[index == 0], line_style_of(index), alpha)
