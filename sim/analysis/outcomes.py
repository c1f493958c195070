"""The outcome that a check is about: a metric in each replicate, perhaps on a date, of a segment or of a channel."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.analysis.columns import Ints, by_day, by_name_and_day, dates
from sim.analysis.intervals import Floats
from sim.analysis.summary import aggregated
from sim.metrics import Metric

if TYPE_CHECKING:
    from sim.store import Run

By = Literal["segment", "channel"]


@dataclass(frozen=True)
class Outcome:
    """What is measured of a run.

    Args:
        metric: what.
        on: totals and ratios count up to this day, all others on it; None for the metric's own span.
        by: what `part` is.
        part: the name of a segment or channel; None for all of them.
    """

    metric: Metric
    on: datetime.date | None = None
    by: By = "segment"
    part: str | None = None


def outcome_values(run: Run, outcome: Outcome) -> Floats:
    """The outcome in each replicate, float64 (n_replicates,), nan where undefined."""
    metric = outcome.metric
    above = _daily(run, metric.column, outcome)
    below = _daily(run, metric.per, outcome) if metric.per else None
    if outcome.on is not None:
        n = (outcome.on - dates(run)[0]).days + 1
        first = 0 if metric.aggregate in ("sum", "ratio", "ratio_to_last") else n - 1
        above, below = above[:, first:n], below if below is None else below[:, first:n]
    return aggregated(metric, above, below)


def _daily(run: Run, column: str, outcome: Outcome) -> Ints:
    """A column by replicate and day, of the part that is asked for; zeros where a part has no row."""
    if outcome.part is None:
        return by_day(run, column, outcome.metric.table)
    names, (values,) = by_name_and_day(run, f"by_{outcome.by}", outcome.by, [column])
    if outcome.part not in names:
        return np.zeros_like(by_day(run, column, outcome.metric.table))
    found: Ints = values[names.index(outcome.part)]
    return found
