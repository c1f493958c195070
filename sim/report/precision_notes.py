"""How precise what was asked for has become, in words: the lines under the tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.text import Text

from sim.analysis.precision import Precision
from sim.formats import format_count
from sim.report.findings import lower_first
from sim.report.tables import printed
from sim.report.wording import PER_CENT_POINTS, unit_of

DIGITS = 3


def precision_notes(found: Sequence[Precision], *, width: int = 100) -> str:
    """A line for each width that was asked for."""
    return printed([Text(f"precision: {precision_note(one)}") for one in found], width, colour=False)


def precision_note(one: Precision) -> str:
    """Whether one width was reached, with how many replicates, and how many it would take."""
    label, whose = lower_first(one.aim.metric.label), f" ({one.policy})" if one.policy else ""
    of = f"difference in {label}{whose}" if one.policy else label
    if one.half_width is None:
        defined = f"{one.n} of {one.replicates} replicates {'defines' if one.n == 1 else 'define'} it"
        return f"no interval for {of}: {defined}, and more would not change that"
    told = f"{of} ± {width_text(one, one.half_width)} after {one.replicates} replicates"
    if one.reached:
        return f"{told}, within the {one.aim.asked} asked for"
    if one.needed is None:
        return f"{told}; {one.aim.asked} of a level of 0 is no width: ask for one in {width_unit(one)}"
    return f"{told}, wider than the {one.aim.asked} asked for: about {one.needed:,} would do (--max-replicates)"


def width_text(one: Precision, half_width: float) -> str:
    """A half-width on the scale on which it was asked for, rounded up."""
    if one.aim.is_relative and one.level:
        return f"{rounded_up(half_width / abs(one.level) * 100)}%"
    scale = 100 if one.aim.metric.unit == "share" else 1
    return f"{rounded_up(half_width * scale)} {width_unit(one)}"


def width_unit(one: Precision) -> str:
    """What stands behind a half-width that is no share of the level."""
    return PER_CENT_POINTS if one.aim.metric.unit == "share" else unit_of(one.aim.metric, one.currency)


def rounded_up(value: float) -> str:
    """The number to three digits, never smaller than it is, so that what is too wide does not look narrow enough."""
    if value == 0:
        return "0"
    decimals = DIGITS - 1 - math.floor(math.log10(value))
    step = 10.0**decimals
    return format_count(math.ceil(round(value * step, 6)) / step, max(decimals, 0))
