"""The table of desks: what came, who was answered and how late, who worked and what it cost, day by day."""

from __future__ import annotations

from sim.systems.day_rows import Columns, counts_by_day, day_rows
from sim.systems.service.desk import SERVICE_COUNTS
from sim.systems.world import World


def service_table(world: World) -> Columns:
    """One row per day and desk; names as (codes, labels), money in cents; tickets are persons'."""
    plan = world.plan
    names = tuple(desk.name for desk in plan.service.desks)
    counts = [desk.counts[plan.first_day :] for desk in world.service.desks]
    return day_rows(plan, "desk", names) | counts_by_day(counts, SERVICE_COUNTS)
