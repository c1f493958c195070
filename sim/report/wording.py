"""Numbers in words: one way to write each unit, in tables and on charts alike."""

from __future__ import annotations

import math
from typing import Literal

from sim.analysis.fits import RetentionFit
from sim.analysis.intervals import Interval
from sim.formats import format_count, format_money, format_share
from sim.metrics import RECENT_DAYS, Metric

NONE = "–"
MINUS = "−"
PER_CENT_POINTS = "pp"
NO_BREAK = "\N{NO-BREAK SPACE}"
MOST_DECIMALS = 6
OVER_DAYS = {"sum": "total", "mean": "mean", "recent_mean": f"last {RECENT_DAYS} days", "last": "end"}


def decimals_for(size: float) -> int:
    """How many decimals a number of this size deserves."""
    return 0 if size >= 100 else 1 if size >= 10 else 2


def unit_of(metric: Metric, currency: str = "") -> str:
    """What stands behind a metric's numbers, for headings and axes."""
    return {"currency": currency or "currency", "share": "%"}.get(metric.unit, metric.unit)


def over_days(metric: Metric, n_days: int) -> str:
    """The word for how the days of a horizon become the metric; empty for ratios, whose definition says it."""
    is_short = metric.aggregate == "recent_mean" and n_days < RECENT_DAYS
    return OVER_DAYS.get("mean" if is_short else metric.aggregate, "")


def value_text(metric: Metric, value: float | None) -> str:
    """A metric's value without its unit, except for the % of shares."""
    if value is None or math.isnan(value):
        return NONE
    if metric.unit == "share":
        return format_share(value).replace("-", MINUS)
    if metric.unit == "currency":
        return money_text(value)
    return format_count(value, 0 if abs(value) >= 100 else 1).replace("-", MINUS)


def money_text(amount: float) -> str:
    """An amount without its currency, thousands parted; cents below a thousand."""
    return format_money(amount * 100).replace("-", MINUS)


def signed(value: float, decimals: int) -> str:
    """+1,234.5, −1,234.5; "0" for what is exactly zero.

    What would round to zero gets the decimals that show its first digit: an interval from +0.004 does not hold 0.
    """
    if value == 0:
        return "0"
    for enough in range(decimals, max(decimals, MOST_DECIMALS) + 1):
        text = f"{abs(value):,.{enough}f}"
        if text.strip("0.,"):
            return ("+" if value > 0 else MINUS) + text
    return f"{0:.{decimals}f}"


def scaled(metric: Metric, value: float) -> float:
    """A difference on the scale on which it is written: shares in percentage points."""
    return value * 100 if metric.unit == "share" else value


def difference_text(metric: Metric, value: float | None, *, like: float | None = None) -> str:
    """A difference with its sign; shares in percentage points.

    Args:
        like: a number whose size sets the decimals, so that a difference and its interval line up.
    """
    if value is None:
        return NONE
    if value == 0:
        return "0"
    size = abs(scaled(metric, value if like is None else like))
    return signed(scaled(metric, value), decimals_for(size)) + (f" {PER_CENT_POINTS}" if metric.unit == "share" else "")


def range_text(metric: Metric, low: float | None, high: float | None) -> str:
    """Both ends of a difference's interval."""
    if low is None or high is None:
        return NONE
    if low == high == 0:
        return "0"
    like = max(abs(low), abs(high))
    if metric.unit != "share":
        return f"{difference_text(metric, low, like=like)} to {difference_text(metric, high, like=like)}"
    ends = (signed(end * 100, decimals_for(like * 100)) for end in (low, high))
    return " to ".join(ends) + f" {PER_CENT_POINTS}"


def per_cent_text(share: float | None, *, like: float | None = None) -> str:
    """A relative difference in per cent, with its sign."""
    if share is None:
        return NONE
    size = abs(share if like is None else like) * 100
    return signed(share * 100, 0 if size >= 100 else 1 if size >= 0.95 else 2) + "%"


def per_cent_range(low: float | None, high: float | None) -> str:
    """Both ends of a relative interval."""
    if low is None or high is None:
        return NONE
    like = max(abs(low), abs(high))
    return f"{per_cent_text(low, like=like)} to {per_cent_text(high, like=like)}"


def interval_text(metric: Metric, low: float | None, high: float | None) -> str:
    """Both ends of the interval of a value."""
    if low is None or high is None:
        return NONE
    return f"{value_text(metric, low)} to {value_text(metric, high)}"


def plus_minus(interval: Interval, kind: Literal["count", "money", "share"] = "count") -> str:
    """A mean and half the width of its interval, to the same decimals."""
    mean = interval.mean
    if mean is None:
        return NONE
    half = None if interval.low is None or interval.high is None else (interval.high - interval.low) / 2
    if kind == "share":
        told, margin, decimals = format_share(mean), (half or 0.0) * 100, 1
    else:
        told, margin = (money_text if kind == "money" else count)(mean), half or 0.0
        decimals = len(told.partition(".")[2])
    return f"{told} ± {margin:,.{decimals}f}".replace(" ", NO_BREAK) if margin > 0 else told


def count(value: float) -> str:
    """A count; a decimal below a hundred, where it is a mean of few."""
    return format_count(value, 0 if abs(value) >= 100 or value == int(value) else 1).replace("-", MINUS)


def short_number(value: float) -> str:
    """A number for an axis: 1.2k, 3M."""
    size = abs(value)
    for limit, letter in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if size >= limit:
            return f"{value / limit:.4g}{letter}".replace("-", MINUS)
    return f"{value:.4g}".replace("-", MINUS)


def fit_text(fit: RetentionFit) -> str:
    """What a poor fit of a retention curve is told in: what was asked for, and what is simulated instead."""
    points = "; ".join(f"D{point.day} {point.given:.1%} given, {point.model:.1%} met" for point in fit.points)
    return f"{fit.curve}: no curve of this family meets the points: {points}"
