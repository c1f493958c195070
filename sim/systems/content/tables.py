"""The table of content: what was made, removed and paid for, and what there was, day by day."""

from __future__ import annotations

from sim.systems.content.shelf import CONTENT_COSTS, CONTENT_COUNTS, CONTENT_LEVELS
from sim.systems.day_rows import Columns, counts_by_day, day_rows
from sim.systems.world import World


def content_table(world: World) -> Columns:
    """One row per day and kind; names as (codes, labels), money in cents; items and creators are persons'."""
    plan, shelves = world.plan, world.shelves.of_kind
    names = tuple(kind.name for kind in plan.content)
    counted = counts_by_day([shelf.counts[plan.first_day :] for shelf in shelves], CONTENT_COUNTS)
    levels = counts_by_day([shelf.levels[plan.first_day :] for shelf in shelves], CONTENT_LEVELS)
    costs = counts_by_day([shelf.cost_cents[plan.first_day :] for shelf in shelves], CONTENT_COSTS)
    return day_rows(plan, "kind", names) | counted | levels | costs
