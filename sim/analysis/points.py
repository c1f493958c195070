"""Points programmes: what was issued, spent and lost, what it cost, and what is still owed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import (
    Ints,
    apart,
    by_day,
    daily_by_name,
    dates,
    has_days_of,
    n_days,
    names_of,
    over_horizon,
    replicate_axis,
    totals,
)
from sim.analysis.first_rewards import first_rewards, median_days
from sim.analysis.intervals import NOTHING, Interval, ratio_interval, student_interval
from sim.analysis.series import Band, View, band_of, viewed
from sim.analysis.summary import CENTS, scale_of
from sim.metrics import Metric

if TYPE_CHECKING:
    from sim.store import StoredRun

DAILY = (
    "issued", "redeemed", "fees", "expired", "forfeited", "farmed", "outstanding", "rewards", "transferred", "cost",
    "paid", "liability",
)  # fmt: skip
COUNTED = ("issued", "redeemed", "fees", "expired", "forfeited", "farmed", "rewards", "transferred")
OUTSTANDING = Metric("outstanding", "Outstanding", "units", "Units that users hold.", "last", "outstanding")
REDEEMED = Metric("redeemed", "Redeemed", "units", "Units spent on rewards and fees.", "sum", "redeemed")
LIABILITY = Metric("liability", "Liability", "currency", "What they are expected to cost.", "last", "liability")
EXPIRED = Metric("expired", "Expired", "units", "Units lost.", "sum", "expired")


@dataclass(frozen=True)
class PointsBook:
    """One programme over the horizon; amounts in the currency.

    Args:
        programme: its name.
        has_rewards: whether it has any; without, its units only measure standing, and nobody can redeem them.
        issued, redeemed, expired: units given, spent on rewards and fees, lost.
        fees: of the redeemed, what the programme kept of what users gave each other.
        forfeited: taken away by rules; farmed: of the issued, what users of segments that farm were given.
        outstanding: units that users hold at the end.
        ever_redeemed: share of all users at the end who have ever taken a reward.
        days_to_first_reward: median over them, from sign-up or from the first day of the run.
        breakage: expired / issued of the batches that have ended within the horizon, all of them together.
        transferred: units that users received of each other.
        top_share: share of the outstanding units that the 5% of holders who hold most hold at the end.
        rewards: how many were taken; `by_reward`: of each that was taken at all, the most taken first.
        cost: what they cost; `cost_per_reward`: one of them; `paid`: what users paid for them in money.
        liability: what the outstanding units are expected to cost.
    """

    programme: str
    has_rewards: bool
    issued: Interval
    redeemed: Interval
    fees: Interval
    expired: Interval
    forfeited: Interval
    farmed: Interval
    outstanding: Interval
    ever_redeemed: Interval
    days_to_first_reward: Interval
    breakage: Interval
    transferred: Interval
    top_share: Interval
    rewards: Interval
    by_reward: tuple[tuple[str, Interval], ...]
    cost: Interval
    cost_per_reward: Interval
    paid: Interval
    liability: Interval


@dataclass(frozen=True)
class BatchBreakage:
    """Expired / issued of the batch that has ended on a date."""

    date: datetime.date
    share: Interval


@dataclass(frozen=True)
class PointsSeries:
    """One programme over time.

    Args:
        programme: its name.
        outstanding, liability: at the end of each day.
        redeemed: a day, as the mean of seven.
        expired: to date.
        batches: breakage of each batch that has ended; none where there are no rewards, since all of it expires.
        price_changes: the dates on which a price of a reward changes, also those beyond the horizon.
    """

    programme: str
    outstanding: Band
    redeemed: Band
    liability: Band
    expired: Band
    batches: tuple[BatchBreakage, ...]
    price_changes: tuple[datetime.date, ...] = ()


def points_books(run: StoredRun) -> tuple[PointsBook, ...]:
    """What each programme gave and cost, in the policy's order; empty without any."""
    if not has_days_of(run, "points"):
        return ()
    run = apart(run)
    taken, ended, held, first = _rewards_taken(run), _ended_batches(run), _held(run), first_rewards(run)
    users = by_day(run, "users")[:, -1]
    books = []
    for name, daily in daily_by_name(run, "points", "programme", DAILY).items():
        amounts = (daily, taken.get(name, {}), ended.get(name), held[name], first[name], users)
        books.append(_book(name, *amounts, has_rewards=_has_rewards(run, name)))
    return tuple(books)


def _has_rewards(run: StoredRun, programme: str) -> bool:
    """Whether it has any; a run of before run.json told it is taken to have some."""
    return bool(run.facts.get("programmes", {}).get(programme, {"rewards": [""]})["rewards"])


def _price_changes(run: StoredRun, programme: str) -> tuple[datetime.date, ...]:
    """The dates on which a price of its rewards changes."""
    found = run.facts.get("programmes", {}).get(programme, {}).get("price_changes", ())
    return tuple(map(datetime.date.fromisoformat, found))


def _book(
    name: str,
    daily: dict[str, Ints],
    taken: dict[str, Ints],
    ended: tuple[Ints, Ints, Ints] | None,
    held: tuple[Ints, Ints],
    first: Ints,
    users: Ints,
    *,
    has_rewards: bool,
) -> PointsBook:
    """One programme's numbers.

    Args:
        daily: the columns `DAILY`, each int64 (n_replicates, n_days).
        taken: by reward, int64 (n_replicates,).
        ended: as of `_ended_batches`.
        held: as of `_held`.
        first: as of `first_rewards`, int64 (n_replicates, n_days + 1).
        users: at the end, int64 (n_replicates,).
    """
    sums = over_horizon(daily)
    most_first = sorted(taken.items(), key=lambda item: -int(item[1].sum()))
    return PointsBook(
        programme=name,
        has_rewards=has_rewards,
        **{column: student_interval(sums[column]) for column in COUNTED},
        outstanding=_counted(daily["outstanding"][:, -1]),
        ever_redeemed=ratio_interval(first.sum(axis=1), users),
        days_to_first_reward=median_days(first),
        breakage=NOTHING if ended is None else ratio_interval(ended[2].sum(axis=0), ended[1].sum(axis=0)),
        top_share=ratio_interval(*held),
        by_reward=tuple((reward, _counted(times)) for reward, times in most_first),
        cost=student_interval(sums["cost"] / CENTS),
        cost_per_reward=ratio_interval(sums["cost"] / CENTS, sums["rewards"]),
        paid=student_interval(sums["paid"] / CENTS),
        liability=student_interval(daily["liability"][:, -1] / CENTS),
    )


def _counted(values: Ints) -> Interval:
    return student_interval(values.astype(np.float64))


def _rewards_taken(run: StoredRun) -> dict[str, dict[str, Ints]]:
    """By programme and reward, how often each was taken, int64 (n_replicates,); without those that never were."""
    codes, names = names_of(run, "rewards", "programme")
    reward_codes, rewards = names_of(run, "rewards", "reward")
    groups = ((codes, len(names)), (reward_codes, len(rewards)), replicate_axis(run, "rewards"))
    taken = totals(run.numbers("rewards", "taken").astype(np.int64), *groups)
    return {
        name: {reward: times for reward, times in zip(rewards, of_name, strict=True) if times.any()}
        for name, of_name in zip(names, taken, strict=True)
    }


def _held(run: StoredRun) -> dict[str, tuple[Ints, Ints]]:
    """By programme, units at the end of the 5% of holders who hold most, and of all; each int64 (n_replicates,)."""
    codes, names = names_of(run, "holders", "programme")
    groups = ((codes, len(names)), replicate_axis(run, "holders"))
    top, held = (totals(run.numbers("holders", column).astype(np.int64), *groups) for column in ("top_held", "held"))
    return {name: (top[code], held[code]) for code, name in enumerate(names)}


def _ended_batches(run: StoredRun) -> dict[str, tuple[Ints, Ints, Ints]]:
    """By programme, of the batches that ended within the horizon: their last days (n,), issued and expired.

    The latter are int64 (n, n_replicates). Units that expire by absence, or never, are in one batch without an end.
    """
    last_days = run.numbers("batches", "last_day").astype(np.int64)
    codes, names = names_of(run, "batches", "programme")
    has_ended = last_days < n_days(run)
    replicates, n = replicate_axis(run, "batches")
    found = {}
    for code, name in enumerate(names):
        own = has_ended & (codes == code)
        days, place = np.unique(last_days[own], return_inverse=True)
        groups = ((place, days.size), (replicates[own], n))
        issued, expired = (
            totals(run.numbers("batches", column).astype(np.int64)[own], *groups) for column in ("issued", "expired")
        )
        found[name] = days, issued, expired
    return found


def points_over_time(run: StoredRun, label: str = "") -> tuple[PointsSeries, ...]:
    """Each programme over time, in the policy's order; empty without any."""
    if not has_days_of(run, "points"):
        return ()
    run = apart(run)
    shown: tuple[tuple[Metric, View], ...] = (
        (OUTSTANDING, "daily"), (REDEEMED, "7-day mean"), (LIABILITY, "daily"), (EXPIRED, "to date")
    )  # fmt: skip
    programmes = daily_by_name(run, "points", "programme", [metric.column for metric, _ in shown])
    ended = _ended_batches(run)
    series = []
    for name, daily in programmes.items():
        outstanding, redeemed, liability, expired = (
            band_of(label or run.name, run, metric, view, viewed(daily[metric.column], view) / scale_of(metric))
            for metric, view in shown
        )
        batches = _by_batch(run, ended.get(name)) if _has_rewards(run, name) else ()
        changes = _price_changes(run, name)
        series.append(PointsSeries(name, outstanding, redeemed, liability, expired, batches, changes))
    return tuple(series)


def _by_batch(run: StoredRun, ended: tuple[Ints, Ints, Ints] | None) -> tuple[BatchBreakage, ...]:
    """Breakage of each batch that anything was issued into, by the date of its end."""
    if ended is None:
        return ()
    calendar = dates(run)
    return tuple(
        BatchBreakage(calendar[day], ratio_interval(expired, issued))
        for day, issued, expired in zip(*ended, strict=True)
        if day >= 0 and issued.sum() > 0
    )
