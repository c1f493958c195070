"""Journeys as funnels: which share of all who began enters each step, and how long the step takes who passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis import JourneyStepBook
from sim.formats import format_share
from sim.report.canvas import INK, Chart, Margins, colour_of, grid_of, new_page, panels, share_tick
from sim.report.chart_line_ends import short_name
from sim.report.lettering import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Funnel = tuple[str, Sequence[JourneyStepBook]]
"""A policy, and the steps of one of its journeys."""
SUBTITLE = (
    "Of all who began, the share that has entered each step within the horizon, with 95% intervals;   "
    "beside the bars: the share, and the median days of who passes"
)
BAR, BETWEEN, ABOVE = 0.2, 0.16, 0.8  # inches
NAME_COLUMNS = 20
MOST_PANELS, MOST_POLICIES = 6, 7
RIGHT = 1.75
"""End of the axis of shares: behind a full bar there is room for a policy's name, its share and days."""


def journeys_title(found: Sequence[Funnel]) -> str:
    """Which share of all who begin the first journey comes to its last step; with several policies: the best, too."""
    journey = next(steps for _, steps in found if steps)[0].journey
    shares = {label: steps[-1].reached.mean or 0.0 for label, steps in _of_journey(found, journey)}
    last = _of_journey(found, journey)[0][1][-1].step
    (first, share), *others = shares.items()
    if not others:
        return f"{first}: {format_share(share)} of all who began {journey} came to {last}"
    best, highest = max(others, key=lambda one: one[1])
    told = f"of all who began {journey} {format_share(share)} came to {last} under {first}"
    return f"{told[0].upper()}{told[1:]}, {format_share(highest)} under {best}"


def journeys_chart(title: str, foot: str, found: Sequence[Funnel]) -> Chart:
    """A panel per journey, a group of bars per step, a bar per policy."""
    journeys = list(dict.fromkeys(one.journey for _, steps in found for one in steps))[:MOST_PANELS]
    panels_shown = [(journey, _of_journey(found, journey)) for journey in journeys]
    n_policies = max(len(funnels) for _, funnels in panels_shown)
    n_steps = max(len(steps) for _, funnels in panels_shown for _, steps in funnels)
    rows, columns = grid_of(len(journeys), 2)
    height = rows * (n_steps * (BAR * n_policies + BETWEEN) + 0.3) + (rows - 1) * ABOVE
    more = f";   the first {MOST_POLICIES} of {len(found)} policies" if len(found) > MOST_POLICIES else ""
    figure = new_page(height, title, SUBTITLE + more, foot)
    places = panels(figure, rows, columns, Margins(left=1.7, between=1.9, above=ABOVE, below=0.1))
    for axes, (journey, funnels) in zip(places, panels_shown, strict=False):
        _draw(axes, funnels)
        axes.set_title(wrapped(journey, 40, 1), fontsize=10)
    for unused in places[len(journeys) :]:
        unused.set_axis_off()
    return Chart("journey-funnel", figure)


def _of_journey(found: Sequence[Funnel], journey: str) -> Sequence[Funnel]:
    """The steps of one journey under each policy that has it."""
    own: list[Funnel] = [(label, [one for one in steps if one.journey == journey]) for label, steps in found]
    return [(label, steps) for label, steps in own if steps][:MOST_POLICIES]


def _draw(axes: Axes, funnels: Sequence[Funnel]) -> None:
    """The bars of one journey."""
    names = [one.step for one in funnels[0][1]]
    width = 0.8 / len(funnels)
    for i, (label, steps) in enumerate(funnels):
        for place, one in enumerate(steps):
            told = f"{short_name(label)} · " if place == 0 and len(funnels) > 1 else ""
            _bar(axes, place - 0.4 + (i + 0.5) * width, width * 0.9, one, (colour_of(i), told))
    axes.grid(axis="y", visible=False)
    axes.set_yticks(np.arange(len(names)), [wrapped(name, NAME_COLUMNS) for name in names], fontsize=9.5, color=INK)
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.set_xlim(0, RIGHT)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], [share_tick(share) for share in (0, 0.25, 0.5, 0.75, 1)])


def _bar(axes: Axes, place: float, width: float, one: JourneyStepBook, drawn: tuple[str, str]) -> None:
    """A step's bar of a colour with a whisker, and what is said beside it, behind words of its own."""
    (colour, before), share = drawn, one.reached
    if share.mean is None:
        return
    axes.barh(place, share.mean, width, color=colour)
    end = share.mean
    if share.low is not None and share.high is not None and share.high > share.low:
        axes.plot([share.low, share.high], [place, place], color=INK, linewidth=1.1, solid_capstyle="butt")
        end = share.high
    told = format_share(share.mean, 0 if share.mean >= 0.1 else 1)
    days = "" if one.days_p50.mean is None else f" · {one.days_p50.mean:.0f} d"
    axes.text(end, place, f"  {before}{told}{days}", va="center", fontsize=7.5, color=INK)
