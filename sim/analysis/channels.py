"""Unit economics by channel: what a sign-up costs, what it brings, and when it has paid for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, apart, axis_of, by_name_and_day, n_days, names_of, replicate_axis, totals
from sim.analysis.intervals import Floats, Interval, student_interval
from sim.analysis.summary import CENTS, ratio
from sim.metrics import RECENT_DAYS

if TYPE_CHECKING:
    from sim.store import StoredRun

COLUMNS = ("new_users", "acquisition_cost", "contribution", "d30_active", "d30_size", "users", "mau")


@dataclass(frozen=True)
class ChannelEconomics:
    """One channel's books over the horizon, each number with its interval over replicates.

    Args:
        channel: its name.
        sign_ups: persons.
        cost: acquisition cost, in the currency.
        cac: acquisition cost per sign-up.
        ltv: contribution within the horizon per user, those of the first day included.
        ltv_per_cac: ltv / cac; undefined where the channel is free.
        payback_days: the first age at which members' mean cumulative contribution covers their CAC, over those
            replicates in which it does so within the horizon.
        n_paid_back: in how many replicates it does.
        mau: of its sign-ups, those active in the 30 days up to a day, mean over the last RECENT_DAYS of the horizon.
        d30: share of sign-ups that were active 30 days later.
    """

    channel: str
    sign_ups: Interval
    cost: Interval
    cac: Interval
    ltv: Interval
    ltv_per_cac: Interval
    payback_days: Interval
    n_paid_back: int
    mau: Interval
    d30: Interval


def channel_economics(run: StoredRun) -> tuple[ChannelEconomics, ...]:
    """The unit economics of each channel, in the scenario's order."""
    if n_days(run) == 0:
        return ()
    names, daily = by_name_and_day(run, "by_channel", "channel", COLUMNS)
    sums = dict(zip(COLUMNS, (column.sum(axis=2) for column in daily), strict=True))
    cac = ratio(sums["acquisition_cost"], sums["new_users"]) / CENTS
    mau = daily[-1][:, :, -RECENT_DAYS:].mean(axis=2)
    sums["users"] = daily[COLUMNS.index("users")][:, :, -1]
    margins = margin_by_age(run, names)
    return tuple(
        economics_of(
            name,
            {column: values[index] for column, values in sums.items()},
            mau[index],
            payback(margins[index], cac[index]),
        )
        for index, name in enumerate(names)
    )


def economics_of(name: str, sums: dict[str, Ints], mau: Floats, payback_days: Floats) -> ChannelEconomics:
    """One channel's numbers from its sums, each int64 (n_replicates,), `users` of the last day, and what is no sum."""
    signed_up, cost = sums["new_users"], sums["acquisition_cost"]
    ltv, cac = ratio(sums["contribution"], sums["users"]) / CENTS, ratio(cost, signed_up) / CENTS
    return ChannelEconomics(
        channel=name,
        sign_ups=student_interval(signed_up.astype(np.float64)),
        cost=student_interval(cost / CENTS),
        cac=student_interval(cac),
        ltv=student_interval(ltv),
        ltv_per_cac=student_interval(ratio(ltv, cac)),
        payback_days=student_interval(payback_days),
        n_paid_back=int(np.count_nonzero(~np.isnan(payback_days))),
        mau=student_interval(mau),
        d30=student_interval(ratio(sums["d30_active"], sums["d30_size"])),
    )


def margin_by_age(run: StoredRun, names: tuple[str, ...]) -> Floats:
    """Mean cumulative contribution per member up to each age, float64 (n_channels, n_replicates, n_days).

    At each age it takes those members who reached it within the horizon, so that early and late cohorts count alike.
    """
    run = apart(run)
    codes, stored = names_of(run, "cohorts", "channel")
    index = np.array([names.index(name) for name in stored], dtype=np.int64)
    groups = (
        (index[codes] if codes.size else codes, len(names)),
        replicate_axis(run, "cohorts"),
        axis_of(run, "cohorts", "age", n_days(run)),
    )
    size, contribution = (totals(run.numbers("cohorts", name), *groups) for name in ("size", "contribution"))
    return np.asarray(np.cumsum(ratio(contribution, size), axis=2) / CENTS)


def payback(margins: Floats, cac: Floats) -> Floats:
    """The first age at which the margin covers the cost of a sign-up; nan where it never does.

    Args:
        margins: float64 (n_replicates, n_days), cumulative; nan beyond the last age that a member reached.
        cac: float64 (n_replicates,), nan where nobody signed up.
    """
    with np.errstate(invalid="ignore"):
        has_paid = margins >= cac[:, None]
    return np.where(has_paid.any(axis=1), has_paid.argmax(axis=1).astype(np.float64), np.nan)
