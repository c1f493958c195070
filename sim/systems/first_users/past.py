"""What windows hold on the first day: first and last events are known, those between are spread evenly."""

from __future__ import annotations

import numpy as np

from sim.engine.compiled import compiled, inlined
from sim.engine.draws import purpose
from sim.systems.world import World

PAST = purpose("past of a first user")
"""k = 0: where active days lie between sign-up and the last one; k = 1: the same of orders."""


@inlined
def _n_on(day, first, last, n_between, turn):  # type: ignore[no-untyped-def]
    """How many of `n_between` events, spread evenly over the days after `first` and before `last`, are on `day`."""
    n_days, at = last - first - 1, day - first - 1
    if at < 0 or at >= n_days:
        return 0
    return int(np.ceil((at + 1) * n_between / n_days - turn)) - int(np.ceil(at * n_between / n_days - turn))


@compiled
def _active_on(day, signup_day, last_active, active_days, turn, out_rows):  # type: ignore[no-untyped-def]
    """Write who was active on the day; returns how many."""
    n = 0
    for i in range(signup_day.size):
        first, last = np.int64(signup_day[i]), np.int64(last_active[i])
        is_first_or_last = (day == first) | (day == last)
        if is_first_or_last or _n_on(day, first, last, active_days[i] - 2, turn[i]) > 0:
            out_rows[n] = i
            n += 1
    return n


@compiled
def _orders_on(  # type: ignore[no-untyped-def]
    day, signup_day, last_order, orders, spend, turn, out_rows, out_orders, out_spend
):
    """Write who ordered on the day, how often and for how much; returns how many. All a user's orders cost alike."""
    n = 0
    for i in range(signup_day.size):
        first, last = np.int64(signup_day[i]), np.int64(last_order[i])
        if orders[i] == 0 or day < first or day > last:
            continue
        # From the day of sign-up on; where that is the day of the last order, all of them are on it.
        earlier = np.int64(orders[i]) - 1
        count = (_n_on(day, first - 1, last, earlier, turn[i]) if first < last else earlier) + (day == last)
        if count > 0:
            each = spend[i] // orders[i]
            out_rows[n], out_orders[n] = i, count
            out_spend[n] = count * each + (spend[i] - (earlier + 1) * each if day == last else 0)
            n += 1
    return n


def remember(world: World) -> None:
    """Fill the windows, day by day, so that they lose what has left them.

    Draws: purpose "past of a first user", k = 0 and 1, where the even spread begins.
    """
    plan, first = world.plan, world.plan.first_users
    windows = [window for window in plan.windows if ":" not in window.kind]  # nobody had units, or had made anything
    if first is None or not windows:
        return
    everybody = np.arange(first.n, dtype=np.uint32)
    turns = [world.uniforms(everybody, 0, PAST, k) for k in (0, 1)]
    rows, orders, spend = np.empty(first.n, np.uint32), np.empty(first.n, np.int64), np.empty(first.n, np.int64)
    earliest = {window.kind: plan.first_day - window.days for window in windows}  # the longest come last
    order_days = min(earliest.get(kind, plan.first_day) for kind in ("orders", "spend"))
    for day in range(max(min(earliest.values()), 0), plan.first_day):
        for of_kind in world.windows.values():
            of_kind.slide(day)
        if day >= earliest.get("active_days", plan.first_day):
            n = _active_on(day, first.signup_day, first.last_active, first.active_days, turns[0], rows)
            world.note(day, "active_days", rows[:n])
        if day >= order_days:
            n = _orders_on(
                day, first.signup_day, first.last_order, first.orders, first.spend, turns[1], rows, orders, spend
            )
            world.note(day, "orders", rows[:n], orders[:n])
            world.note(day, "spend", rows[:n], spend[:n])
