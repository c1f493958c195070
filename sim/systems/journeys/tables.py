"""The tables of journeys: each step day by day, how long steps took, and what touchpoints did."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.day_rows import Columns, counts_by_day, day_rows
from sim.systems.journeys.roads import (
    COMMISSION_PAID,
    STEP_COUNTS,
    TOUCHPOINT_COST,
    TOUCHPOINT_COUNTS,
    WAIT_P50,
    WAIT_P90,
)
from sim.systems.world import World

I64 = npt.NDArray[np.int64]


def journeys_tables(world: World) -> dict[str, Columns]:
    """`journeys`, one row per day and step; `journey_times`, one per step and days that it took somebody;
    `touchpoints`, one per day and touchpoint; in persons, money in cents.
    """
    return {"journeys": _steps(world), "journey_times": _times(world), "touchpoints": _touchpoints(world)}


def _names(world: World, steps: I64) -> Columns:
    """The columns that name steps."""
    plan = world.plan.journeys
    names = tuple(dict.fromkeys(step.name for step in plan.steps))
    code = np.array([names.index(step.name) for step in plan.steps], np.int64)
    journey = np.array([step.journey for step in plan.steps], np.int64)
    return {
        "journey": (journey[steps], tuple(one.name for one in plan.journeys)),
        "step": (code[steps], names),
    }


def _steps(world: World) -> Columns:
    plan, journeys = world.plan, world.journeys
    n_steps = len(plan.journeys.steps)
    counts = np.zeros((n_steps, plan.n_run_days, len(STEP_COUNTS)), np.int64)
    if journeys is not None:
        counts = journeys.steps[:, plan.first_day :].copy()
        counts[:, :, :COMMISSION_PAID] = world.scaled(counts[:, :, :COMMISSION_PAID])
    table: Columns = {"day": np.repeat(np.arange(plan.n_run_days), n_steps)}
    table |= _names(world, np.tile(np.arange(n_steps), plan.n_run_days))
    return table | counts_by_day(counts, STEP_COUNTS)


def _times(world: World) -> Columns:
    journeys = world.journeys
    if journeys is None:
        return {"days": np.zeros(0, np.int64), **_names(world, np.zeros(0, np.int64)), "passed": np.zeros(0, np.int64)}
    step, days = np.nonzero(journeys.times)
    return {"days": days, **_names(world, step), "passed": world.scaled(journeys.times[step, days])}


def _touchpoints(world: World) -> Columns:
    plan, journeys = world.plan, world.journeys
    names = tuple(one.name for one in plan.journeys.touchpoints)
    counts = np.zeros((len(names), plan.n_run_days, len(TOUCHPOINT_COUNTS)), np.int64)
    if journeys is not None:
        counts = journeys.touchpoints[:, plan.first_day :].copy()
        persons = [i for i in range(TOUCHPOINT_COST) if i not in (WAIT_P50, WAIT_P90)]
        counts[:, :, persons] = world.scaled(counts[:, :, persons])
    return day_rows(plan, "touchpoint", names) | counts_by_day(counts, TOUCHPOINT_COUNTS)
