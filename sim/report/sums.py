"""Columns of numbers, rounded so that what is printed sums to the total that is printed below."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from sim.metrics import Metric
from sim.report.wording import MINUS, NONE, decimals_for, difference_text


def rounded_to_sum(values: Sequence[Fraction], decimals: int) -> list[Fraction]:
    """The values with so many decimals; they sum to their rounded sum (largest remainders)."""
    unit = Fraction(1, 10**decimals)
    scaled = [value / unit for value in values]
    floors = [floor(value) for value in scaled]
    missing = round(sum(scaled, Fraction(0))) - sum(floors)
    by_remainder = sorted(range(len(values)), key=lambda i: floors[i] - scaled[i])
    raised = set(by_remainder[:missing])
    return [(low + (i in raised)) * unit for i, low in enumerate(floors)]


def column(metric: Metric, values: Sequence[Fraction | None]) -> list[str]:
    """Differences of a metric with their signs, to the same decimals, and their total as the last text.

    Shares are in percentage points. Where one is undefined, each is written by itself, without a total.
    """
    defined = [value for value in values if value is not None]
    if len(defined) < len(values) or not defined:
        texts = [difference_text(metric, None if value is None else float(value)) for value in values]
        return [*texts, NONE]
    scaled = [value * (100 if metric.unit == "share" else 1) for value in defined]
    decimals = decimals_for(float(max(abs(value) for value in (*scaled, sum(scaled, Fraction(0))))))
    rounded = rounded_to_sum(scaled, decimals)
    texts = [signed_exactly(value, was != 0, decimals) for value, was in zip(rounded, scaled, strict=True)]
    return [*texts, signed_exactly(sum(rounded, Fraction(0)), sum(scaled) != 0, decimals)]


def signed_exactly(value: Fraction, is_something: bool, decimals: int) -> str:
    """+1,234, −1,234; "0" only for what is exactly zero, else "±0"."""
    if value == 0:
        return f"±{0:.{decimals}f}" if is_something else "0"
    return ("+" if value > 0 else MINUS) + f"{abs(float(value)):,.{decimals}f}"
