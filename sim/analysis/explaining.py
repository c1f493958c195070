"""What each change between two scenarios contributes to the difference of a metric; exact sums, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.analysis.columns import Ints, by_day, currency, dates, n_days
from sim.analysis.comparing import Difference, difference_of
from sim.analysis.groups import Amount, amount_of, differences_by
from sim.analysis.growth import closing, period_starts, period_sums
from sim.analysis.shapley import Coalition, shapley_values, values_alone, values_along
from sim.analysis.summary import estimate
from sim.errors import Place
from sim.metrics import Metric

if TYPE_CHECKING:
    from sim.store import Run

Method = Literal["exact", "sampled"]
Values = Mapping[Coalition, Mapping[int, Fraction | None]]
"""The metric with each set of changes, by the replicates that were run with it."""


@dataclass(frozen=True)
class ChangedLine:
    """A path at which two scenarios differ, with what stands there in each, and where; None where nothing does."""

    path: str
    left: str | None
    right: str | None
    place: Place | None


@dataclass(frozen=True)
class Change:
    """What is changed at once: one line, or several that only hold together.

    Args:
        name: the path of the one line, or what the lines have in common.
    """

    name: str
    lines: tuple[ChangedLine, ...]


@dataclass(frozen=True)
class Part:
    """One change's part in the difference.

    Args:
        alone: the difference that the change makes by itself, laid over the left scenario.
        share: its Shapley value: the mean of what it adds to the changes before it, over the orders of all changes.
    """

    change: Change
    alone: Amount
    share: Amount


@dataclass(frozen=True)
class FlowLine:
    """A flow of monthly active users, or their number, on both sides, with the difference; means over replicates.

    Args:
        sign: 1 for what adds to the monthly active users, -1 for what takes from them, 0 for what is told beside.
    """

    name: str
    sign: int
    left: float
    right: float
    difference: Amount


@dataclass(frozen=True)
class Side:
    """One of the two scenarios: how it is called, its full name, and the hash of what it says."""

    label: str
    name: str
    hash: str


@dataclass(frozen=True)
class Explanation:
    """What the changes from the left to the right scenario contribute to the difference of a metric.

    Args:
        left, right: the scenarios; the difference is right minus left.
        metric: what is explained.
        difference: its paired difference, as `sim compare` finds it; None where nothing differs in meaning.
        parts: of each change, the largest first; their shares sum to `total` in every replicate.
        total: the difference once more, exactly.
        interaction: what is left of the difference when each change has what it makes alone.
        method: "exact" over all sets of changes, or "sampled": an order and its reverse in each replicate.
        growth: where the difference in monthly active users at the end comes from.
        by_segment, by_channel: the difference by name; they sum to `total` unless the metric is a ratio.
        n_variants: scenarios that were simulated.
        n_runs: their replicates, all together.
        facts: seed, replicates, days, currency, people per agent and version.
    """

    left: Side
    right: Side
    metric: Metric
    facts: Mapping[str, object]
    difference: Difference | None = None
    parts: tuple[Part, ...] = ()
    total: Amount | None = None
    interaction: Amount | None = None
    method: Method = "exact"
    growth: tuple[FlowLine, ...] = ()
    by_segment: tuple[tuple[str, Amount], ...] = ()
    by_channel: tuple[tuple[str, Amount], ...] = ()
    n_variants: int = 0
    n_runs: int = 0

    @property
    def currency(self) -> str:
        """The currency of amounts, as its code."""
        return str(self.facts.get("currency", ""))


def defined_replicates(values: Values) -> list[int]:
    """The replicates in which every set of changes that was run defines the metric."""
    return [
        replicate
        for replicate in values[frozenset()]
        if all(found.get(replicate, 0) is not None for found in values.values())
    ]


def parts_of(
    changes: Sequence[Change], values: Values, orders: Mapping[int, Sequence[int]] | None
) -> tuple[tuple[Part, ...], Amount, Amount]:
    """Each change's part, the largest first; the whole difference; and what is left for interaction.

    Args:
        values: of every set that is needed.
        orders: of the changes, for each replicate; None for all orders, exactly.
    """
    n = len(changes)
    own, shares, totals = [], [], []
    for replicate in defined_replicates(values):
        worth = _Worth(values, replicate)
        own.append(values_alone(n, worth))
        shares.append(shapley_values(n, worth) if orders is None else values_along(orders[replicate], worth))
        totals.append(worth(frozenset(range(n))) - worth(frozenset()))
    parts = [
        Part(change, amount_of([one[i] for one in own]), amount_of([one[i] for one in shares]))
        for i, change in enumerate(changes)
    ]
    interaction = amount_of([total - sum(one) for total, one in zip(totals, own, strict=True)])
    parts.sort(key=lambda part: -part.share.size)
    return tuple(parts), amount_of(totals), interaction


@dataclass(frozen=True)
class _Worth:
    """The game of one replicate that defines the metric."""

    values: Values
    replicate: int

    def __call__(self, members: Coalition) -> Fraction:
        found = self.values[members][self.replicate]
        assert found is not None
        return found


def difference_over(replicates: Sequence[int], left: Run, right: Run, metric: Metric) -> Difference:
    """The metric's paired difference over some of the replicates."""
    sides = []
    for run in (left, right):
        found = estimate(run, metric)
        kept = np.full_like(found.per_replicate, np.nan)
        kept[list(replicates)] = found.per_replicate[list(replicates)]
        sides.append(replace(found, per_replicate=kept))
    return difference_of(*sides)


def difference_by(left: Run, right: Run, metric: Metric, name: str) -> tuple[tuple[str, Amount], ...]:
    """The difference of a metric by the names of a column: "segment" or "channel"; the largest first."""
    return differences_by(left, right, metric, f"by_{name}", name)


def growth_of_difference(left: Run, right: Run) -> tuple[FlowLine, ...]:
    """The flows over the whole horizon whose differences sum to that of the monthly active users on the last day.

    Those who were active before the first day come first, where the two differ in them. Below the sum stand the
    retained, as their mean over calendar months.
    """
    if n_days(left) == 0:
        return ()
    sides = [_flows(run) for run in (left, right)]
    lines = [_flow_line(name, sign, *(side[name] for side in sides)) for name, sign in _SIGNS.items()]
    return tuple(line for line in lines if line.name != BEFORE or any(line.difference.per_replicate))


BEFORE, LAST_DAY = "active before the first day", "MAU on the last day"
_SIGNS = {BEFORE: 1, "new": 1, "resurrected": 1, "churned": -1, LAST_DAY: 0, "retained, mean of months": 0}


def _flows(run: Run) -> dict[str, list[Fraction]]:
    """The flows of each replicate, summed over the days."""
    mau, new, back, gone = (by_day(run, name) for name in ("mau", "new_users", "resurrected", "churned"))
    months = period_starts(dates(run), "month")
    retained = closing(mau, months) - period_sums(new, months) - period_sums(back, months)
    whole = {
        BEFORE: mau[:, 0] - new[:, 0] - back[:, 0] + gone[:, 0],
        "new": new.sum(axis=1),
        "resurrected": back.sum(axis=1),
        "churned": gone.sum(axis=1),
        LAST_DAY: mau[:, -1],
    }
    flows = {name: _fractions(counts) for name, counts in whole.items()}
    flows["retained, mean of months"] = [Fraction(int(sum_), months.size) for sum_ in retained.sum(axis=1)]
    return flows


def _fractions(counts: Ints) -> list[Fraction]:
    return [Fraction(int(count)) for count in counts]


def _flow_line(name: str, sign: int, left: Sequence[Fraction], right: Sequence[Fraction]) -> FlowLine:
    differences = [(new - old) * (sign or 1) for old, new in zip(left, right, strict=True)]
    means = [float(sum(side) / len(side)) for side in (left, right)]
    return FlowLine(name, sign, means[0], means[1], amount_of(differences))


def facts_of(run: Run) -> dict[str, object]:
    """What stands behind the numbers of an explanation."""
    names = ("seed", "replicates", "days", "people_per_agent", "version")
    return {"currency": currency(run), **{name: run.facts[name] for name in names}}
