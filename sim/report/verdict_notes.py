"""The words of a verdict: what was allowed, and one sentence on why it passed, failed or stayed open."""

from __future__ import annotations

import math

from sim.analysis.verdicts import Bounds, Measure
from sim.metrics import Metric
from sim.report.wording import unit_of, value_text


def accepted_text(metric: Metric, currency: str, accepted: float | None, margin: str) -> str:
    """The bound of an accepted outcome: "within ±1% of the accepted 5,812,000 CNY"."""
    if accepted is None:
        return "undefined, as accepted"
    unit = "" if metric.unit == "share" else f" {unit_of(metric, currency)}"
    return f"within ±{margin} of the accepted {value_text(metric, accepted)}{unit}"


def ended_text(expires: str | None) -> str:
    """Why an acceptance holds no more."""
    return f"It was accepted until {expires}: look at it again, then accept it anew."


def note_text(judgement: str, found: Measure, bounds: Bounds) -> str:
    """Why a verdict is what it is, in one sentence."""
    interval = found.relative if bounds.is_relative else found.own
    if interval is None or interval.mean is None:
        return "No replicate defines it, so that it can be held to nothing."
    if interval.low is None or interval.high is None:
        return "One replicate gives no interval, and without one nothing is decided."
    if interval.low == interval.high:
        allowed = "allowed" if judgement == "pass" else "not allowed"
        return f"All replicates agree, so the number is exact; it is {allowed}."
    if judgement == "pass":
        return "All of the interval is allowed."
    if judgement == "fail":
        return "Nothing of the interval is allowed."
    needed = replicates_needed(interval.low, interval.high, interval.n, bounds)
    more = f"; about {needed:,} replicates would tell" if needed is not None else ""
    return f"A part of the interval is allowed and a part is not, after {interval.n:,} replicates{more}."


def replicates_needed(low: float, high: float, n: int, bounds: Bounds) -> int | None:
    """About how many replicates would move the interval to one side, if its middle is the truth; None beyond 100,000.

    Half of an interval shrinks with the root of the replicates, so that n · (half / distance to the bound)² are needed.
    """
    middle, half = (low + high) / 2, (high - low) / 2
    ends = [end for end in (bounds.low, bounds.high) if end is not None]
    nearest = min(abs(middle - end) for end in ends)
    if nearest == 0 or (needed := n * (half / nearest) ** 2) > 100_000:
        return None
    step: int = 10 ** max(len(str(math.ceil(needed))) - 2, 0)  # two digits are precise enough
    return max(math.ceil(needed / step) * step, n + 1)
