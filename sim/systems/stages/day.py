"""Stages on a day: every morning the team looks whether the next stage is due, and sets what it brings."""

from __future__ import annotations

from dataclasses import replace

from sim.systems.stages.plan import StagePlan
from sim.systems.world import World


def open_stages(world: World) -> None:
    """Begin to watch what the stages wait for."""
    from sim.systems.observed import Watch

    conditions = [stage.condition for stage in world.plan.stages]
    world.stage_watches = [None if condition is None else Watch(condition) for condition in conditions]


def enter_stages(world: World, day: int) -> None:
    """Enter the next stage when its date has come, or its metric has held; several on one day where all are due.

    A metric is watched from the first day on, also while an earlier stage is still waited for.
    """
    stages, n_entered = world.plan.stages, len(world.stage_days)
    if n_entered == len(stages):
        return
    is_due = [_is_due(world, day, i) for i in range(n_entered, len(stages))]
    for i, due in enumerate(is_due, start=n_entered):
        if not due:
            break
        _enter(world, day, stages[i])


def _is_due(world: World, day: int, index: int) -> bool:
    stage, watch = world.plan.stages[index], world.stage_watches[index]
    if watch is not None:
        return watch.look(world, day) >= stage.n_days
    return stage.first_day is not None and day >= stage.first_day


def _enter(world: World, day: int, stage: StagePlan) -> None:
    """Set from today on what the stage sets; all else stays as it is."""
    world.stage_days.append(day)
    for channel, budget in stage.budgets:
        world.channels = world.channels.with_budget(channel, budget, day)
    if stage.advertising_micro is not None:
        world.income = replace(world.income, advertising_micro=stage.advertising_micro)
    if stage.commission is not None:
        world.income = replace(world.income, commission=stage.commission)
