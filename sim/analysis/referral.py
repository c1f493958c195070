"""Referral: who shared, whom it brought, what it cost, and how deep the chains of who brought whom are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, apart, daily_by_name, over_horizon, replicate_axis, totals
from sim.analysis.intervals import Interval, ratio_interval, student_interval
from sim.analysis.summary import CENTS

if TYPE_CHECKING:
    from sim.store import StoredRun

COLUMNS = ("sharers", "brought", "rewarded", "capped", "welcomed", "faked", "cost")


@dataclass(frozen=True)
class ReferralBook:
    """One programme over the horizon; amounts in the currency.

    Args:
        programme: its name, and its channel's.
        sharers: how often users shared.
        brought: users who came by it.
        rewarded: rewards of referrers; `capped`: those that the limit kept back; `welcomed`: rewards of the referred.
        faked: accounts of users who brought themselves, as a share of the rewards of the referred.
        cost: money paid to both; `cost_per_user`: for each of those who really came.
    """

    programme: str
    sharers: Interval
    brought: Interval
    rewarded: Interval
    capped: Interval
    welcomed: Interval
    faked: Interval
    cost: Interval
    cost_per_user: Interval


@dataclass(frozen=True)
class ReferralChains:
    """Who brought whom, over all programmes.

    Args:
        k_factor: users whom one user brings within the horizon, mean over all users.
        bringers: share of users who have brought somebody.
        depth: invitations that lead to a user who was brought, mean; `deepest`: the most.
        users: by depth, how many there are; the first came without an invitation.
    """

    k_factor: Interval
    bringers: Interval
    depth: Interval
    deepest: Interval
    users: tuple[Interval, ...]


def referral_books(run: StoredRun) -> tuple[ReferralBook, ...]:
    """What each programme did, in the policy's order; empty without any."""
    return tuple(_book(*each) for each in daily_by_name(run, "referrals", "programme", COLUMNS).items())


def _book(name: str, daily: dict[str, Ints]) -> ReferralBook:
    """One programme's numbers, from int64 (n_replicates, n_days) of each column."""
    sums = over_horizon(daily)
    return ReferralBook(
        programme=name,
        **{
            column: student_interval(sums[column])
            for column in ("sharers", "brought", "rewarded", "capped", "welcomed")
        },
        faked=ratio_interval(sums["faked"], sums["welcomed"]),
        cost=student_interval(sums["cost"] / CENTS),
        cost_per_user=ratio_interval(sums["cost"] / CENTS, sums["brought"]),
    )


def referral_chains(run: StoredRun) -> ReferralChains | None:
    """How deep the chains are; None without programmes, or without users."""
    if "chains" not in run.tables:
        return None
    whole = apart(run)
    depth = whole.numbers("chains", "depth").astype(np.int64)
    if not depth.size:
        return None
    groups = (replicate_axis(whole, "chains"), (depth, int(depth.max()) + 1))
    users, bringers, brought = (
        totals(whole.numbers("chains", column).astype(np.int64), *groups).astype(np.float64)
        for column in ("users", "bringers", "brought")
    )
    n_users, invited, depths = users.sum(axis=1), users[:, 1:].sum(axis=1), np.arange(users.shape[1])
    return ReferralChains(
        k_factor=ratio_interval(brought.sum(axis=1), n_users),
        bringers=ratio_interval(bringers.sum(axis=1), n_users),
        depth=ratio_interval(users @ depths, invited),
        deepest=student_interval(((users > 0) * depths).max(axis=1).astype(np.float64)),
        users=tuple(student_interval(users[:, one]) for one in depths),
    )
