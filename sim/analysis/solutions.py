"""The value of a number at which an answer meets a target, as report and JSON tell it."""

from __future__ import annotations

from dataclasses import dataclass

from sim.analysis.inputs import InputNumber
from sim.analysis.intervals import Interval
from sim.metrics import Metric


@dataclass(frozen=True)
class Answer:
    """An answer with its interval at a value of the number, in base units and in the words of the file."""

    value: float
    text: str
    answer: Interval


@dataclass(frozen=True)
class Solution:
    """What `sim solve` found.

    Args:
        number: what was varied.
        metric, currency, target: what it was to meet, in the metric's unit.
        label, against: the scenario, and the baseline that is subtracted; None for the metric itself.
        value, text: the number at which the mean meets the target; None where it does nowhere between the ends.
        low, low_text: the lower end of the values at which the 95% interval holds the target; None beyond the end.
        high, high_text: the upper end, likewise.
        is_whole: whether only whole numbers were tried: `sides` are then the two next to each other.
        n_crossings: more than 1 where the answer meets the target several times; told is the one that is nearest to the
            written value.
        sides: the tried values on both sides; None where nothing was found.
        stretch: the ends of the values that all meet the target exactly, in the words of the file; None elsewhere.
        tried: the answers at every value that was tried, in ascending order, the ends first and last.
        scanned: those of the first round.
    """

    number: InputNumber
    metric: Metric
    currency: str
    target: float
    label: str
    against: str | None
    value: float | None
    text: str | None
    low: float | None
    low_text: str | None
    high: float | None
    high_text: str | None
    is_whole: bool
    n_crossings: int
    sides: tuple[Answer, Answer] | None
    stretch: tuple[str, str] | None
    tried: tuple[Answer, ...]
    scanned: tuple[Answer, ...]
    seed: int
    replicates: int
    days: int
    version: str

    @property
    def is_found(self) -> bool:
        """Whether there is such a value."""
        return self.value is not None
