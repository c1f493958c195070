"""Points programmes over time: what users hold and redeem, what it is expected to cost, what was lost, and breakage."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis import PointsSeries
from sim.report.canvas import FAINT, Chart, colour_of, plain_axis
from sim.report.chart_dates import dated_axis, place_of
from sim.report.chart_line_ends import BASELINE_ALPHA, tie_names
from sim.report.chart_lines import MOST_BANDS
from sim.report.chart_panels import MOST_TICKS, Bands, draw_bands, heading, heading_of, named_end, page_of_panels
from sim.report.wording import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Line = tuple[int, PointsSeries]
"""A programme under one policy, and the number of that policy's colour; 0 is the baseline's."""

MOST_PROGRAMMES = 4
BESIDE_DAYS = 2.5  # between the dots of two policies
SUBTITLE = "Held and owed each day, lost to date;   breakage: expired / issued of each batch, at its end"
COLUMNS = ("outstanding", "redeemed", "liability", "expired")


def points_chart(title: str, foot: str, shown: Sequence[Line], *, currency: str) -> Chart:
    """Up to five panels per programme, with a line for each policy that has it; what is 0 throughout has none."""
    names = list(dict.fromkeys(series.programme for _, series in shown))
    programmes = [[line for line in shown if line[1].programme == name] for name in names[:MOST_PROGRAMMES]]
    panels = [(lines, column) for lines in programmes for column in (*COLUMNS, "batches") if _is_drawn(lines, column)]
    labels = {index: series.outstanding.label for index, series in shown}
    draw = partial(_draw, several=len(labels) > 1, currency=currency)
    subtitle = f"{SUBTITLE}{_about_prices(programmes)}{_left_out(len(names))}"
    drawn = [partial(draw, lines, column) for lines, column in panels]
    return Chart("points-over-time", page_of_panels(title, subtitle, foot, labels, drawn))


def points_range(shown: Sequence[Line], currency: str) -> str:
    """The first programme that anything is owed of, from the policy that owes least at the end to that which owes most.

    Where nothing is owed, what users hold of the first.
    """
    owed = next((series for _, series in shown if series.liability.mean[-1]), None)
    column, name = ("outstanding", shown[0][1].programme) if owed is None else ("liability", owed.programme)
    ends = sorted(
        (float(getattr(series, column).mean[-1]), series.outstanding.label)
        for _, series in shown
        if series.programme == name
    )
    what, unit = ("held", "units") if owed is None else ("a liability of", currency)
    told = " to ".join(f"{count(value)} {unit} ({label})" for value, label in (ends[0], ends[-1]))
    return f"{name}, at the end: {what} {told}"


def _is_drawn(lines: Sequence[Line], column: str) -> bool:
    """Whether a panel would show anything; what users hold is shown in any case."""
    if column == "batches":
        return any(batch.share.mean is not None for _, series in lines for batch in series.batches)
    return column == "outstanding" or any(getattr(series, column).mean.any() for _, series in lines)


def _left_out(n_programmes: int) -> str:
    """What the line under the title says where there are too many."""
    return f";   the first {MOST_PROGRAMMES} of {n_programmes} programmes" if n_programmes > MOST_PROGRAMMES else ""


def _about_prices(programmes: Sequence[Sequence[Line]]) -> str:
    """What the line under the title says where dotted lines stand."""
    are_marked = any(_changes(lines) for lines in programmes if _is_drawn(lines, "redeemed"))
    return ";   dotted: a price changes" if are_marked else ""


def _changes(lines: Sequence[Line]) -> dict[datetime.date, set[int]]:
    """The dates within the horizon on which a price changes, with the colours of the policies under which it does."""
    first, last = lines[0][1].outstanding.dates[0], lines[0][1].outstanding.dates[-1]
    found: dict[datetime.date, set[int]] = {}
    for index, series in lines:
        for date in series.price_changes:
            if first < date <= last:
                found.setdefault(date, set()).add(index)
    return found


def _draw(lines: Sequence[Line], column: str, axes: Axes, *, several: bool, currency: str) -> None:
    """One panel."""
    name = lines[0][1].programme
    if column == "batches":
        _draw_breakage(axes, lines, several=several)
        axes.set_title(heading(name, "Breakage by batch"))
        return
    bands: Bands = [(index, getattr(series, column)) for index, series in lines]
    draw_bands(axes, bands, several=several, is_steps=column == "expired")
    axes.set_title(heading(name, heading_of(bands, currency)))
    if column == "redeemed":
        for date, indices in _changes(lines).items():
            colour = colour_of(min(indices)) if len(indices) == 1 else FAINT
            axes.axvline(place_of(date), color=colour, linestyle=":", linewidth=1.3)


def _draw_breakage(axes: Axes, lines: Sequence[Line], *, several: bool) -> None:
    """A dot with its interval per batch and policy, side by side around the batch's end; the last one has the name."""
    top, ends = 0.0, []
    for place, (index, series) in enumerate(lines):
        found = [(batch.date, batch.share) for batch in series.batches if batch.share.mean is not None]
        shift = BESIDE_DAYS * (place - (len(lines) - 1) / 2)
        days = [place_of(date) + shift for date, _ in found]
        means = np.array([share.mean for _, share in found], np.float64)
        low = np.array([np.nan if share.low is None else share.low for _, share in found], np.float64)
        high = np.array([np.nan if share.high is None else share.high for _, share in found], np.float64)
        alpha = BASELINE_ALPHA if several and index == 0 else 1.0
        style: Any = {"color": colour_of(index), "zorder": 2 + place / 100}
        if len(lines) <= MOST_BANDS:
            axes.vlines(days, np.maximum(low, 0), np.minimum(high, 1), linewidth=1.0, alpha=0.6 * alpha, **style)
        axes.plot(days, means, "o", alpha=alpha, markersize=3.6, clip_on=False, **style)  # the last day is the edge
        if found:
            ends.append(named_end(index, series.outstanding.label, float(means[-1])))
        top = max(top, float(np.nanmax(means, initial=0.0)), float(np.nanmax(np.minimum(high, 1), initial=0.0)))
    axes.set_ylim(0, top * 1.08 or 1.0)
    plain_axis(axes, "y", unit="share")
    dated_axis(axes, lines[0][1].outstanding.dates, MOST_TICKS)
    if several:
        tie_names(axes, ends)
