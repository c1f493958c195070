"""Unit economics by channel: what a sign-up costs against what it brings in, and when it has paid for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis import ChannelEconomics, Interval
from sim.report.canvas import FAINT, INK, WIDTH, Chart, Margins, grid_of, legend_above, new_page, panels, plain_axis
from sim.report.lettering import columns_of, wrapped
from sim.report.wording import NONE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COST, VALUE = "#D55E00", "#0072B2"
ENTRIES = (("LTV: contribution per sign-up within the horizon", VALUE), ("CAC: acquisition cost per sign-up", COST))
ROW_HEIGHT = 0.46
NAME_COLUMNS = 20
LEGEND_HEIGHT = 0.3
COLUMN_WIDTH = 0.066  # inches of a narrow letter, at most


def channels_chart(
    title: str, foot: str, currency: str, books: Sequence[tuple[str, Sequence[ChannelEconomics]]]
) -> Chart:
    """A page with a panel per policy, all on one scale; channels that won nobody are left out of a panel."""
    rows, columns = grid_of(len(books), 3)
    names = list(dict.fromkeys(channel.channel for _, channels in books for channel in channels))
    height = rows * (ROW_HEIGHT * max(len(names), 1) + 0.2) + (rows - 1) * 0.8 + LEGEND_HEIGHT + 0.12
    subtitle = f"{currency} per sign-up with 95% intervals;   to the right of the bars: LTV / CAC and days to payback"
    figure = new_page(height, title, subtitle, foot)
    legend_above(figure, ENTRIES)
    axes = panels(figure, rows, columns, Margins(left=1.75, between=0.35, above=0.8, below=0.12, top=LEGEND_HEIGHT))
    right = right_of([channel for _, channels in books for channel in channels], axes[0].get_position().width * WIDTH)
    for index, (place, (label, channels)) in enumerate(zip(axes, books, strict=False)):
        draw_channels(place, names, {channel.channel: channel for channel in channels}, index % columns == 0)
        place.set_title(wrapped(label, 40 if columns == 3 else 64, 1), fontsize=10)
        lowest = min((low_of(channel.ltv) for channel in channels), default=0.0)
        place.set_xlim(min(0.0, lowest * 1.1), right)
        plain_axis(place, "x", ticks=4)
    for unused in axes[len(books) :]:
        unused.set_axis_off()
    return Chart("unit-economics", figure)


def right_of(channels: Sequence[ChannelEconomics], width: float) -> float:
    """The end of the axis that leaves room for the words behind each bar, in panels of `width` inches."""
    shares = [(max(ends_of(one)), 1 - COLUMN_WIDTH * (columns_of(words_on(one)) + 3) / width) for one in channels]
    return max((end / max(share, 0.3) for end, share in shares), default=0.0) or 1.0


def ends_of(channel: ChannelEconomics) -> tuple[float, float]:
    """The right ends of the channel's bars with their whiskers."""
    return high_of(channel.cac), high_of(channel.ltv)


def high_of(interval: Interval) -> float:
    """The upper end, or the mean where there is no interval, or 0."""
    return interval.high if interval.high is not None else interval.mean or 0.0


def low_of(interval: Interval) -> float:
    """The lower end, or the mean where there is no interval, or 0."""
    return interval.low if interval.low is not None else interval.mean or 0.0


def draw_channels(axes: Axes, names: Sequence[str], found: dict[str, ChannelEconomics], is_leftmost: bool) -> None:
    """Two bars per channel with whiskers, and the words beside them."""
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_color("#888888")
    for row, name in enumerate(names):
        channel = found.get(name)
        if channel is None or channel.cac.mean is None:
            axes.text(0, row, " no sign-ups", va="center", fontsize=8, color=FAINT)
            continue
        is_free = channel.cac.mean == 0
        draw_bar(axes, row if is_free else row - 0.19, channel.ltv, VALUE)
        draw_bar(axes, row + 0.19, channel.cac, COST)
        end = max(0.0, *ends_of(channel))
        axes.text(end, row, f"  {words_on(channel)}", va="center", fontsize=8, color=INK)
    labels = [wrapped(name, NAME_COLUMNS) if is_leftmost else "" for name in names]
    axes.set_yticks(np.arange(len(names)), labels, fontsize=9.5, color=INK, linespacing=1.0)
    axes.set_ylim(len(names) - 0.45, -0.55)


def draw_bar(axes: Axes, place: float, interval: Interval, colour: str) -> None:
    """A bar to the mean with a whisker over the interval."""
    if interval.mean is None:
        return
    axes.barh(place, interval.mean, 0.34, color=colour)
    if interval.low is not None and interval.high is not None and interval.high > interval.low:
        axes.plot([interval.low, interval.high], [place, place], color=INK, linewidth=1.1, solid_capstyle="butt")


def words_on(channel: ChannelEconomics) -> str:
    """LTV / CAC and the days to payback, in the fewest words."""
    if channel.cac.mean == 0:
        return "free"
    times = NONE if channel.ltv_per_cac.mean is None else f"×{channel.ltv_per_cac.mean:.1f}"
    if channel.n_paid_back == 0:
        return f"{times} · not paid back"
    days = f"{channel.payback_days.mean:.0f} d"
    return f"{times} · {days}" if channel.n_paid_back == channel.cac.n else f"{times} · {days} in {share_of(channel)}"


def share_of(channel: ChannelEconomics) -> str:
    """In how many replicates the channel paid back."""
    return f"{channel.n_paid_back} of {channel.cac.n}"
