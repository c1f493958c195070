"""One number at a time from the low to the high end of its range: how far it alone moves an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sim.analysis.inputs import InputNumber
from sim.analysis.intervals import Floats, Interval, difference_interval
from sim.metrics import Metric

Turn = Literal["no", "perhaps", "yes"]


@dataclass(frozen=True)
class End:
    """An answer with a number at one end of its range.

    Args:
        outcome: the metric there, or the difference in it.
        effect: that, minus what it is at the written value; paired by replicate.
    """

    outcome: Interval
    effect: Interval


@dataclass(frozen=True)
class Swing:
    """What one number does to an answer.

    Args:
        number: which.
        low, high: the ends of its range; None where the scenario does not hold there, or the metric is undefined.
        across: the answer at the high end minus that at the low end, paired; None where one is missing.
        turns: whether the sign of the answer changes between the written value and an end: "yes" where the interval
            at the end lies on the other side of 0, "perhaps" where it holds 0; "no" where luck hides the sign at the
            written values, or hides that the number does anything.
        left_out: why an end is missing; empty where none is.
    """

    number: InputNumber
    low: End | None
    high: End | None
    across: Interval | None
    turns: Turn
    left_out: str = ""

    @property
    def ends(self) -> tuple[End, ...]:
        """Those that there are."""
        return tuple(end for end in (self.low, self.high) if end is not None)

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and the highest effect on the way, 0 included: that of the written value."""
        effects = [0.0, *(end.effect.mean for end in self.ends if end.effect.mean is not None)]
        return min(effects), max(effects)

    @property
    def width(self) -> float:
        """From the lowest to the highest answer."""
        low, high = self.span
        return high - low

    @property
    def is_distinguishable(self) -> bool:
        """Whether luck alone does not explain what the number does.

        One test a number, from end to end; where the answer turns back on the way, both ends must differ from the
        written value.
        """
        if self.across is not None and self.across.excludes_zero:
            return True
        return bool(self.ends) and all(end.effect.excludes_zero for end in self.ends)


@dataclass(frozen=True)
class Tornado:
    """All swings of an answer, the widest first.

    Args:
        metric, currency: what was measured.
        label: the scenario; `against` the baseline that is subtracted, None for the metric itself.
        written: the answer at the written values.
        n_unranged: numbers without a range, which nothing moved.
        seed, replicates, days, version: how it was simulated.
    """

    metric: Metric
    currency: str
    label: str
    against: str | None
    written: Interval
    swings: tuple[Swing, ...]
    n_unranged: int
    seed: int
    replicates: int
    days: int
    version: str

    @property
    def measure_next(self) -> Swing | None:
        """What moves the answer most among the numbers that nobody has measured; None where none of them moves it."""
        unknown = (one for one in self.swings if not one.number.is_measured and one.is_distinguishable)
        return max(unknown, key=lambda one: one.width, default=None)


def end_of(outcome: Floats, written: Floats) -> End:
    """An end from the answer there and at the written values, float64 (n_replicates,) both."""
    return End(difference_interval(outcome), difference_interval(outcome - written))


def swing_of(number: InputNumber, written: Floats, low: Floats | None, high: Floats | None, left_out: str) -> Swing:
    """What a number does, from the answers at its ends; None where the scenario does not hold."""
    ends = [end_of(values, written) if values is not None else None for values in (low, high)]
    below, above = (end if end is not None and end.outcome.mean is not None else None for end in ends)
    across = difference_interval(high - low) if low is not None and high is not None else None
    swing = Swing(number, below, above, across, "no", left_out)
    return (
        replace(swing, turns=turn_of(difference_interval(written), swing.ends)) if swing.is_distinguishable else swing
    )


def turn_of(written: Interval, ends: Sequence[End]) -> Turn:
    """Whether the answer's sign at an end is another than at the written values."""
    if not written.excludes_zero or written.mean is None:
        return "no"
    sign = 1.0 if written.mean > 0 else -1.0
    others = [end.outcome for end in ends if not (end.outcome.excludes_zero and (end.outcome.mean or 0.0) * sign > 0)]
    if any(other.excludes_zero for other in others):
        return "yes"
    return "perhaps" if others else "no"


def widest_first(swings: Sequence[Swing]) -> tuple[Swing, ...]:
    """In the order of a tornado; those that luck explains come last."""
    return tuple(sorted(swings, key=lambda one: (not one.is_distinguishable, -one.width, one.number.name)))
