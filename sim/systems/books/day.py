"""The end of a day: windows of activity are counted, and tomorrow's people join."""

from __future__ import annotations

from sim.engine.daily import CLOCK_ORDERS
from sim.systems.world import World

WEEK_DAYS, MONTH_DAYS = 7, 30


def count_activity(world: World, day: int) -> None:
    """DAU, WAU, MAU and who fell out of the month, from the counts of users by their last active day."""
    tallies = world.tallies
    by_last_active = tallies.last_active
    tallies.dau[day] = by_last_active[day]
    tallies.wau[day] = by_last_active[max(0, day - WEEK_DAYS + 1) : day + 1].sum(axis=0)
    tallies.mau[day] = by_last_active[max(0, day - MONTH_DAYS + 1) : day + 1].sum(axis=0)
    if day >= MONTH_DAYS:
        tallies.churned[day] = by_last_active[day - MONTH_DAYS]


def close_day(world: World, day: int) -> None:
    """Newcomers and those who returned take part from tomorrow on."""
    people = world.people
    activity = people.steady_order_rate if world.plan.retention.clock == CLOCK_ORDERS else people.steady_activity
    for rows in world.engage_tonight:
        people.engage(rows, activity)
        world.effects.take_part(rows)
    world.engage_tonight.clear()
    world.today.paid.clear()
    world.today.messaged_rows.clear()
