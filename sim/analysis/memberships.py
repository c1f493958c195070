"""Memberships: who joined and stayed, what was paid, and what of it is earned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, apart, by_name_and_day, n_days
from sim.analysis.intervals import Interval, ratio_interval, student_interval
from sim.analysis.summary import CENTS

if TYPE_CHECKING:
    from sim.store import StoredRun

COLUMNS = (
    "members", "joined", "converted", "not_converted", "renewed", "switched_out", "cancelled", "payment_failed",
    "recovered", "unpaid", "paused", "resumed", "not_resumed", "cash", "refunds", "recognised", "deferred",
)  # fmt: skip


@dataclass(frozen=True)
class MembershipBook:
    """One membership over the horizon; amounts in the currency.

    Args:
        membership: its name.
        joined: who began it, by a trial or at once.
        conversion: of the trials that ended, the share that paid.
        renewal: of the periods that ended, the share after which the member paid again at once, for this or another.
        recovery: of the failed payments that are settled, the share that a further try saved.
        paused: who paused instead of cancelling.
        resumption: of the pauses that ended, the share after which the member paid again.
        members: who has it at the end, without trials and pauses.
        cash, recognised: what was paid less what was paid back, and what of it became revenue.
        refunds: what was paid back.
        deferred: what has been paid for days after the end.
    """

    membership: str
    joined: Interval
    conversion: Interval
    renewal: Interval
    recovery: Interval
    paused: Interval
    resumption: Interval
    members: Interval
    cash: Interval
    refunds: Interval
    recognised: Interval
    deferred: Interval


def membership_books(run: StoredRun) -> tuple[MembershipBook, ...]:
    """What each membership brought, in the policy's order; empty without any."""
    if "memberships" not in run.tables or n_days(run) == 0:
        return ()
    names, measured = by_name_and_day(apart(run), "memberships", "membership", COLUMNS)
    return tuple(
        _book(name, {column: values[index] for column, values in zip(COLUMNS, measured, strict=True)})
        for index, name in enumerate(names)
    )


def _book(name: str, daily: dict[str, Ints]) -> MembershipBook:
    """One membership's numbers, from int64 (n_replicates, n_days) of each column."""
    sums = {column: values.sum(axis=1).astype(np.float64) for column, values in daily.items()}
    paid_again = sums["renewed"] + sums["switched_out"]
    return MembershipBook(
        membership=name,
        joined=student_interval(sums["joined"]),
        conversion=ratio_interval(sums["converted"], sums["converted"] + sums["not_converted"]),
        renewal=ratio_interval(paid_again, paid_again + sums["cancelled"] + sums["paused"] + sums["payment_failed"]),
        recovery=ratio_interval(sums["recovered"], sums["recovered"] + sums["unpaid"]),
        paused=student_interval(sums["paused"]),
        resumption=ratio_interval(sums["resumed"], sums["resumed"] + sums["not_resumed"]),
        members=student_interval(daily["members"][:, -1].astype(np.float64)),
        cash=student_interval(sums["cash"] / CENTS),
        refunds=student_interval(sums["refunds"] / CENTS),
        recognised=student_interval(sums["recognised"] / CENTS),
        deferred=student_interval(daily["deferred"][:, -1] / CENTS),
    )
