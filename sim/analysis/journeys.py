"""Journeys: how many took each step, how long that took them, what touchpoints did and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import (
    Ints,
    apart,
    daily_by_name,
    has_days_of,
    names_of,
    over_horizon,
    replicate_axis,
    totals,
)
from sim.analysis.intervals import Floats, Interval, ratio_interval, student_interval
from sim.analysis.summary import CENTS

if TYPE_CHECKING:
    from sim.store import StoredRun

STEP_COLUMNS = ("entered", "passed", "dropped_out", "gave_up", "orders", "commission", "cost")
TOUCHPOINT_COLUMNS = ("capacity", "visits", "gave_up", "waiting", "wait_days", "wait_p90_days", "cost")
HALF, NINE_IN_TEN = 0.5, 0.9


@dataclass(frozen=True)
class JourneyStepBook:
    """One step of a journey over the horizon; amounts in the currency.

    Args:
        entered: users who entered the step; `reached`: the share of all who began the journey that they are.
        passed: users who passed it; `pass_rate`: of those whose turn it was, the share that passed.
        gave_up: of those who entered, the share that gave up waiting in line.
        inside: users who are in the step at the end, in line or not.
        days: from entering to passing, mean of those who passed; `days_p50`, `days_p90`: half, and nine in ten of
            them, took no longer.
        orders: that were placed. `commission`: paid to partners; `cost`: spent on easing the step.
    """

    journey: str
    step: str
    entered: Interval
    reached: Interval
    passed: Interval
    pass_rate: Interval
    gave_up: Interval
    inside: Interval
    days: Interval
    days_p50: Interval
    days_p90: Interval
    orders: Interval
    commission: Interval
    cost: Interval


@dataclass(frozen=True)
class TouchpointBook:
    """One touchpoint over the horizon; waits in days, amounts in the currency.

    Args:
        visits: of users; `occupancy`: the share of its capacity that they are.
        wait: mean of the visitors; `wait_p90`: that nine in ten of a day had at most, mean over the visitors.
        gave_up: of those who were served or gave up, the share that gave up.
        waiting: users in line at the end.
        cost: of days and visits; `cost_per_visit`: of one visit.
    """

    touchpoint: str
    visits: Interval
    occupancy: Interval
    wait: Interval
    wait_p90: Interval
    gave_up: Interval
    waiting: Interval
    cost: Interval
    cost_per_visit: Interval


def journey_steps(run: StoredRun) -> tuple[JourneyStepBook, ...]:
    """What became of each step, journey by journey; empty without any."""
    if not has_days_of(run, "journeys"):
        return ()
    whole = apart(run)
    places, names = _steps_of(whole, "journeys")
    groups = ((places, len(names)), replicate_axis(whole, "journeys"))
    sums = {
        column: totals(whole.numbers("journeys", column).astype(np.int64), *groups).astype(np.float64)
        for column in STEP_COLUMNS
    }
    times = _times_of(whole, names)
    begun = [next(i for i, (other, _) in enumerate(names) if other == journey) for journey, _ in names]
    return tuple(
        _step(name, {column: values[i] for column, values in sums.items()}, sums["entered"][begun[i]], times[i])
        for i, name in enumerate(names)
    )


def _steps_of(run: StoredRun, table: str) -> tuple[Ints, list[tuple[str, str]]]:
    """The step of each row, and the (journey, step) that these are, in the order in which the table shows them."""
    (journey, journeys), (step, steps) = (names_of(run, table, column) for column in ("journey", "step"))
    pairs = journey * max(len(steps), 1) + step
    found, first, places = np.unique(pairs, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    return rank[places], [(journeys[one // len(steps)], steps[one % len(steps)]) for one in found[order].tolist()]


def _times_of(run: StoredRun, names: Sequence[tuple[str, str]]) -> Ints:
    """Who passed by days since entering, int64 (n_steps, n_replicates, n_days)."""
    places, found = _steps_of(run, "journey_times")
    known = np.array([names.index(name) for name in found], np.int64)
    days = run.numbers("journey_times", "days").astype(np.int64)
    groups = (
        (known[places] if places.size else places, len(names)),
        replicate_axis(run, "journey_times"),
        (days, int(days.max(initial=0)) + 1),
    )
    return totals(run.numbers("journey_times", "passed").astype(np.int64), *groups)


def _step(name: tuple[str, str], sums: dict[str, Floats], begun: Floats, times: Ints) -> JourneyStepBook:
    """One step's numbers, from float64 (n_replicates,) of each column, and its times (n_replicates, n_days)."""
    left = sums["dropped_out"] + sums["gave_up"]
    turns = sums["passed"] + sums["dropped_out"]
    days = np.arange(times.shape[1])
    return JourneyStepBook(
        journey=name[0],
        step=name[1],
        entered=student_interval(sums["entered"]),
        reached=ratio_interval(sums["entered"], begun),
        passed=student_interval(sums["passed"]),
        pass_rate=ratio_interval(sums["passed"], turns),
        gave_up=ratio_interval(sums["gave_up"], sums["entered"]),
        inside=student_interval(sums["entered"] - sums["passed"] - left),
        days=ratio_interval((times @ days).astype(np.float64), times.sum(axis=1).astype(np.float64)),
        days_p50=_quantile(times, HALF),
        days_p90=_quantile(times, NINE_IN_TEN),
        orders=student_interval(sums["orders"]),
        commission=student_interval(sums["commission"] / CENTS),
        cost=student_interval(sums["cost"] / CENTS),
    )


def _quantile(times: Ints, share: float) -> Interval:
    """The days that this share of the passers of each replicate has needed at most; of replicates with any."""
    n = times.sum(axis=1)
    with_any = np.cumsum(times[n > 0], axis=1)
    return student_interval((with_any < share * n[n > 0][:, None]).sum(axis=1).astype(np.float64))


def touchpoint_books(run: StoredRun) -> tuple[TouchpointBook, ...]:
    """What each touchpoint did; empty without any."""
    return tuple(
        _touchpoint(*each) for each in daily_by_name(run, "touchpoints", "touchpoint", TOUCHPOINT_COLUMNS).items()
    )


def _touchpoint(name: str, daily: dict[str, Ints]) -> TouchpointBook:
    """One touchpoint's numbers, from int64 (n_replicates, n_days) of each column."""
    sums = over_horizon(daily)
    late = (daily["wait_p90_days"] * daily["visits"]).sum(axis=1).astype(np.float64)
    served = np.where(sums["capacity"] > 0, sums["visits"], 0.0)
    return TouchpointBook(
        touchpoint=name,
        visits=student_interval(sums["visits"]),
        occupancy=ratio_interval(served, sums["capacity"]),
        wait=ratio_interval(sums["wait_days"], sums["visits"]),
        wait_p90=ratio_interval(late, sums["visits"]),
        gave_up=ratio_interval(sums["gave_up"], sums["gave_up"] + sums["visits"]),
        waiting=student_interval(daily["waiting"][:, -1].astype(np.float64)),
        cost=student_interval(sums["cost"] / CENTS),
        cost_per_visit=ratio_interval(sums["cost"] / CENTS, sums["visits"]),
    )
