"""Who held which status, what it cost and brought; and when each stage was entered."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, apart, by_day, dates, n_days, n_replicates, names_of, replicate_axis, totals
from sim.analysis.intervals import Interval, student_interval
from sim.analysis.summary import CENTS, ratio

if TYPE_CHECKING:
    from sim.store import StoredRun

FOUR_WEEKS = 28
TAKEN_OFF = ("discounts", "coupons")
"""The accounts of what is taken off baskets: the rest of them is what users paid."""


@dataclass(frozen=True)
class StatusEffect:
    """One status, or rule that gives a privilege, over the horizon; amounts in the currency.

    Args:
        status: its name.
        holders: persons who held it on a day, mean over the horizon.
        entered, left: times that a person began and ceased to hold it.
        cost: what its privileges cost.
        cost_per_holder_day: that, per person and day of holding.
        content: what the content of its holders was worth.
        orders, spend: of a holder in 28 days, and what was paid for them.
        others_orders, others_spend: the same of everybody else.
    """

    status: str
    holders: Interval
    entered: Interval
    left: Interval
    cost: Interval
    cost_per_holder_day: Interval
    content: Interval
    orders: Interval
    others_orders: Interval
    spend: Interval
    others_spend: Interval


@dataclass(frozen=True)
class StageEntry:
    """One stage: in how many of the replicates it was entered, and on which date in the median of those."""

    stage: str
    n_entered: int
    n_replicates: int
    date: datetime.date | None


def status_effects(run: StoredRun) -> tuple[StatusEffect, ...]:
    """What each status did, in the policy's order, then the rules that give privileges; empty without any."""
    if "statuses" not in run.tables:
        return ()
    codes, names = names_of(run, "statuses", "status")
    groups = ((codes, len(names)), replicate_axis(run, "statuses"))
    columns = ("holders", "entered", "left", "orders", "spend", "cost", "content")
    sums = {column: totals(run.numbers("statuses", column).astype(np.int64), *groups) for column in columns}
    everybody = {
        "user_days": by_day(run, "users").sum(axis=1),
        "orders": by_day(run, "orders").sum(axis=1),
        "spend": by_day(run, "gmv").sum(axis=1) + (_taken_off(run) if names else 0),
    }
    return tuple(
        _effect(name, {column: values[index] for column, values in sums.items()}, everybody, n_days(run))
        for index, name in enumerate(names)
    )


def _effect(name: str, sums: dict[str, Ints], everybody: dict[str, Ints], days: int) -> StatusEffect:
    """One status's numbers from its sums, each int64 (n_replicates,)."""
    held, others = sums["holders"], everybody["user_days"] - sums["holders"]
    return StatusEffect(
        status=name,
        holders=student_interval(held / days),
        entered=student_interval(sums["entered"].astype(np.float64)),
        left=student_interval(sums["left"].astype(np.float64)),
        cost=student_interval(sums["cost"] / CENTS),
        cost_per_holder_day=student_interval(ratio(sums["cost"], held) / CENTS),
        content=student_interval(sums["content"] / CENTS),
        orders=student_interval(FOUR_WEEKS * ratio(sums["orders"], held)),
        others_orders=student_interval(FOUR_WEEKS * ratio(everybody["orders"] - sums["orders"], others)),
        spend=student_interval(FOUR_WEEKS * ratio(sums["spend"], held) / CENTS),
        others_spend=student_interval(FOUR_WEEKS * ratio(everybody["spend"] - sums["spend"], others) / CENTS),
    )


def _taken_off(run: StoredRun) -> Ints:
    """Cents that discounts and coupons took off baskets, below zero, int64 (n_replicates,)."""
    run = apart(run)
    codes, names = names_of(run, "ledger", "account")
    booked = totals(run.numbers("ledger", "amount"), (codes, len(names)), replicate_axis(run, "ledger"))
    chosen = [index for index, name in enumerate(names) if name in TAKEN_OFF]
    total: Ints = booked[chosen].sum(axis=0)
    return total


def stage_entries(run: StoredRun) -> tuple[StageEntry, ...]:
    """Each stage in the policy's order; empty where the policy has none."""
    if "stages" not in run.tables:
        return ()
    codes, names = names_of(run, "stages", "stage")
    days, entered = run.numbers("stages", "day"), run.numbers("stages", "entered") > 0
    calendar, entries = dates(run), []
    for index, name in enumerate(names):
        found = np.sort(days[(codes == index) & entered])
        date = calendar[int(found[(found.size - 1) // 2])] if found.size else None
        entries.append(StageEntry(name, int(found.size), n_replicates(run), date))
    return tuple(entries)
