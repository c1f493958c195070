"""Points programmes over time: what users hold, what it is expected to cost, what was lost, and breakage by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis import Band, PointsSeries
from sim.report.canvas import (
    FAINT,
    Chart,
    Margins,
    boxes,
    colour_of,
    line_style_of,
    new_page,
    plain_axis,
)
from sim.report.chart_dates import dated_axis, place_of
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

Line = tuple[int, PointsSeries]
"""A programme under one policy, and the number of that policy's colour; 0 is the baseline's."""

PANEL_HEIGHT, ABOVE = 2.1, 0.75
MOST_PROGRAMMES = 4
MOST_TICKS = 5
BESIDE_DAYS = 2.5  # between the dots of two policies
SUBTITLE = "At the end of each day, and lost to date;   breakage: expired / issued of each batch, at its end"


def points_chart(title: str, foot: str, shown: Sequence[Line], *, currency: str) -> Chart:
    """Four panels per programme, with a line for each policy that has it."""
    names = list(dict.fromkeys(series.programme for _, series in shown))
    more = f";   the first {MOST_PROGRAMMES} of {len(names)} programmes" if len(names) > MOST_PROGRAMMES else ""
    names = names[:MOST_PROGRAMMES]
    several = len({index for index, _ in shown}) > 1
    beside = room_beside(short_name(series.outstanding.label) for _, series in shown) if several else 0.3
    most = len({index for index, _ in shown})
    height, rows = max(PANEL_HEIGHT, room_for(most)), 2 * len(names)
    figure = new_page(height * rows + ABOVE * (rows - 1), title, SUBTITLE + more, foot)
    places = boxes(figure, rows, 2, Margins(right=beside, between=0.5 + beside, above=ABOVE))
    axes = [figure.add_axes((box.left, box.bottom, box.width, box.height)) for box in places]
    for start, name in zip(range(0, len(axes), 4), names, strict=True):
        lines = [line for line in shown if line[1].programme == name]
        for place, column in zip(axes[start : start + 3], ("outstanding", "liability", "expired"), strict=True):
            bands = [(index, getattr(series, column)) for index, series in lines]
            draw_bands(place, bands, several=several, is_steps=column == "expired")
            first = bands[0][1]
            place.set_title(_titled(name, panel_title(first.metric, first.view, currency)))
        _draw_breakage(axes[start + 3], lines)
        axes[start + 3].set_title(_titled(name, "Breakage by batch"))
    return Chart("points-over-time", figure)


def _titled(programme: str, what: str) -> str:
    """What stands above a panel."""
    return f"{wrapped(programme, 24, 1)} · {what}"


def draw_bands(axes: Axes, bands: Sequence[tuple[int, Band]], *, several: bool, is_steps: bool) -> None:
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
    alpha = BASELINE_ALPHA if index == 0 else 1.0
    height = end_of(band) or 0.0
    return End(short_name(band.label), height, colour_of(index), LINE_WIDTHS[index == 0], line_style_of(index), alpha)


def _draw_breakage(axes: Axes, lines: Sequence[Line]) -> None:
    """A dot with its interval per batch and policy, side by side around the date of the batch's end."""
    top = 0.0
    for place, (index, series) in enumerate(lines):
        found = [(batch.date, batch.share) for batch in series.batches if batch.share.mean is not None]
        shift = BESIDE_DAYS * (place - (len(lines) - 1) / 2)
        days = [place_of(date) + shift for date, _ in found]
        means = np.array([share.mean for _, share in found], np.float64)
        low = np.array([np.nan if share.low is None else share.low for _, share in found], np.float64)
        high = np.array([np.nan if share.high is None else share.high for _, share in found], np.float64)
        if len(lines) <= MOST_BANDS:
            axes.vlines(days, np.maximum(low, 0), np.minimum(high, 1), color=colour_of(index), linewidth=1.0, alpha=0.6)
        axes.plot(days, means, "o", color=colour_of(index), markersize=3.6, clip_on=False)  # the last day is the edge
        top = max(top, float(np.nanmax(means, initial=0.0)), float(np.nanmax(np.minimum(high, 1), initial=0.0)))
    axes.set_ylim(0, top * 1.08 or 1.0)
    plain_axis(axes, "y", unit="share")
    dated_axis(axes, lines[0][1].outstanding.dates, MOST_TICKS)
    if not any(series.batches for _, series in lines):
        middle = {"ha": "center", "va": "center", "fontsize": 9, "color": FAINT}
        axes.text(0.5, 0.5, "no batch has ended", transform=axes.transAxes, **middle)  # type: ignore[arg-type]
