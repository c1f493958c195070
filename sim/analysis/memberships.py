"""Memberships: who joined and stayed, what was paid, and what of it is earned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, daily_by_name, over_horizon
from sim.analysis.intervals import Interval, ratio_interval, student_interval
from sim.analysis.series import Band, View, band_of, viewed
from sim.analysis.summary import CENTS, scale_of
from sim.metrics import Metric

if TYPE_CHECKING:
    from sim.store import StoredRun

COLUMNS = (
    "members", "joined", "trials_begun", "converted", "not_converted", "renewed", "switched_in", "switched_out",
    "cancelled", "payment_failed", "recovered", "unpaid", "paused", "resumed", "not_resumed", "refunded", "cash",
    "refunds", "recognised", "deferred",
)  # fmt: skip
MOVES = (
    "joined", "trials_begun", "converted", "switched_in", "switched_out", "cancelled", "unpaid", "paused", "resumed",
    "refunded",
)  # fmt: skip


MEMBERS = Metric("members", "Members", "persons", "Who has paid, without trials and pauses.", "last", "members")
DEFERRED = Metric("deferred", "Deferred", "currency", "What was paid for days to come.", "last", "deferred")
CASH = Metric("cash", "Cash", "currency", "What was paid, less what was paid back.", "sum", "cash")
RECOGNISED = Metric("recognised", "Recognised", "currency", "What has become revenue.", "sum", "recognised")


@dataclass(frozen=True)
class MembershipBook:
    """One membership over the horizon; amounts in the currency.

    Args:
        membership: its name.
        joined: who began it, by a trial or at once.
        conversion: of the trials that ended, the share that paid.
        renewal: of the periods that ended, the share after which the member paid again at once, for this or another.
        recovery: of the failed payments that are settled, the share that a further try saved.
        trials_begun: of the joined, who began by a trial; converted: trials that ended with the first payment.
        switched_in, switched_out: who went on with this one after another, with another after this one.
        cancelled, unpaid: who did not want a further period; whose payment failed on every try.
        paused: who paused instead of cancelling; resumed: pauses that ended with a payment.
        refunded: first payments that were paid back, each of which ends a membership.
        resumption: of the pauses that ended, the share after which the member paid again.
        members: who has it at the end, without trials and pauses: joined − trials_begun + converted + switched_in −
            switched_out − cancelled − unpaid − paused + resumed − refunded.
        cash, recognised: what was paid less what was paid back, and what of it became revenue.
        refunds: what was paid back.
        deferred: what has been paid for days after the end.
    """

    membership: str
    joined: Interval
    trials_begun: Interval
    converted: Interval
    switched_in: Interval
    switched_out: Interval
    cancelled: Interval
    unpaid: Interval
    paused: Interval
    resumed: Interval
    refunded: Interval
    conversion: Interval
    renewal: Interval
    recovery: Interval
    resumption: Interval
    members: Interval
    cash: Interval
    refunds: Interval
    recognised: Interval
    deferred: Interval


@dataclass(frozen=True)
class MembershipSeries:
    """All memberships of a policy over time: members of each by its name; what is deferred, and what was paid and
    recognised to date, of all together.
    """

    members: tuple[tuple[str, Band], ...]
    deferred: Band
    cash: Band
    recognised: Band


def membership_books(run: StoredRun) -> tuple[MembershipBook, ...]:
    """What each membership brought, in the policy's order; empty without any."""
    return tuple(_book(*each) for each in daily_by_name(run, "memberships", "membership", COLUMNS).items())


def memberships_over_time(run: StoredRun, label: str = "") -> MembershipSeries | None:
    """The memberships of the policy over time; None without any."""
    shown: tuple[tuple[Metric, View], ...] = (
        (MEMBERS, "daily"), (DEFERRED, "daily"), (CASH, "to date"), (RECOGNISED, "to date")
    )  # fmt: skip
    daily = daily_by_name(run, "memberships", "membership", [metric.column for metric, _ in shown])
    if not daily:
        return None

    def band(metric: Metric, view: View, values: Ints) -> Band:
        return band_of(label or run.name, run, metric, view, viewed(values, view) / scale_of(metric))

    def of_all(metric: Metric, view: View) -> Band:
        return band(metric, view, np.sum([one[metric.column] for one in daily.values()], axis=0))

    members = tuple((name, band(MEMBERS, "daily", one["members"])) for name, one in daily.items())
    return MembershipSeries(members, *(of_all(*each) for each in shown[1:]))


def _book(name: str, daily: dict[str, Ints]) -> MembershipBook:
    """One membership's numbers, from int64 (n_replicates, n_days) of each column."""
    sums = over_horizon(daily)
    paid_again = sums["renewed"] + sums["switched_out"]
    return MembershipBook(
        membership=name,
        **{column: student_interval(sums[column]) for column in MOVES},
        conversion=ratio_interval(sums["converted"], sums["converted"] + sums["not_converted"]),
        renewal=ratio_interval(paid_again, paid_again + sums["cancelled"] + sums["paused"] + sums["payment_failed"]),
        recovery=ratio_interval(sums["recovered"], sums["recovered"] + sums["unpaid"]),
        resumption=ratio_interval(sums["resumed"], sums["resumed"] + sums["not_resumed"]),
        members=student_interval(daily["members"][:, -1].astype(np.float64)),
        cash=student_interval(sums["cash"] / CENTS),
        refunds=student_interval(sums["refunds"] / CENTS),
        recognised=student_interval(sums["recognised"] / CENTS),
        deferred=student_interval(daily["deferred"][:, -1] / CENTS),
    )
