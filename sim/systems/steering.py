"""What any system may say of the policy in force: which stage holds, what a channel's budget is from tomorrow on."""

from __future__ import annotations

import numpy as np

from sim.systems.channels.plan import BudgetChangePlan
from sim.systems.world import World


def stage_in_force(world: World) -> str | None:
    """The name of the stage that was entered last; None where the policy has no stages."""
    return world.plan.stages[len(world.stage_days) - 1].name if world.stage_days else None


def change_budget(world: World, day: int, change: BudgetChangePlan) -> None:
    """Change a channel's budget from the day after `day` on: today's has been spent."""
    budget = change.to
    if budget is None:
        budget = world.channels.budgets[:, change.channel] * change.times
    if change.at_most is not None:
        budget = np.minimum(budget, change.at_most)
    world.channels = world.channels.with_budget(change.channel, budget, day + 1)
