"""Journeys on a day: who begins, whose turn it is, who is served at touchpoints, who passes and who leaves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.lifts import odds_multiplied
from sim.engine.quantiles import positive_quantile
from sim.systems.journeys.lines import close_lines, join, serve
from sim.systems.journeys.money import add_up_orders, book_day, pay_for
from sim.systems.journeys.plan import NOBODY, NOWHERE, StepPlan
from sim.systems.journeys.roads import DROPPED_OUT, ENTERED, GAVE_UP, PASSED, Journeys
from sim.systems.statuses.holders import FOR_GOOD, grant
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

PASS, TIME, WHOLE_DAY = range(3)
"""k of the draws of a step, on day 0: whether one passes, how long it takes, and its part of a day."""


def walk_journeys(world: World, day: int) -> None:
    """Today's newcomers begin; those whose turn it is take their step, some after waiting in line at a touchpoint."""
    journeys = world.journeys
    if journeys is None:
        return
    journeys.gave_up.clear()
    journeys.visits[:] = 0
    for journey, road in zip(world.plan.journeys.journeys, journeys.roads, strict=True):
        _take_turns(world, day, journeys, road.due.due(day)[0], journey.steps)
        _enter(world, day, journeys, journey.steps[0], world.today.new_rows)
    for position in range(len(journeys.lines)):
        for step, rows in serve(world, day, journeys, position):
            _decide(world, day, journeys, step, rows)
    for step, rows in close_lines(world, day, journeys):
        _leave(world, day, journeys, step, rows)
        journeys.steps[step, day, GAVE_UP] += rows.size
        journeys.gave_up.append((step, rows))
    add_up_orders(world, day, journeys)
    book_day(world, day, journeys)


def _take_turns(world: World, day: int, journeys: Journeys, rows: U32, steps: range) -> None:
    """It is these users' turn, each at the step in which it is."""
    if not rows.size:
        return
    road = journeys.roads[world.plan.journeys.steps[steps[0]].journey]
    place = road.at[rows] // 2
    for step in steps:
        at_step = rows[place == step - steps[0]]
        if at_step.size:
            _come(world, day, journeys, step, at_step)


def _enter(world: World, day: int, journeys: Journeys, step: int, rows: U32) -> None:
    """These users enter a step, and its turn comes after the time that it takes each of them."""
    if not rows.size:
        return
    plan = world.plan.journeys.steps[step]
    road = journeys.roads[plan.journey]
    place = step - world.plan.journeys.journeys[plan.journey].steps[0]
    road.at[rows], road.since[rows] = 1 + 2 * place, day
    journeys.steps[step, day, ENTERED] += rows.size
    if not plan.takes_days[day]:
        _come(world, day, journeys, step, rows)
        return
    days = _days(world, plan, rows, float(plan.takes_days[day]))
    road.due.enter(rows[days > 0], day + days[days > 0], day)
    _come(world, day, journeys, step, rows[days == 0])


@compiled
def _times(table, uniforms, out):  # type: ignore[no-untyped-def]
    for i in range(uniforms.size):
        out[i] = positive_quantile(table, uniforms[i])


def _days(world: World, plan: StepPlan, rows: U32, mean: float) -> I64:
    """Whole days that the step takes each of these users: drawn so that their mean is exact.

    Draws: two uniforms per person and step, day 0, purpose "journey:JOURNEY:STEP", k = TIME and WHOLE_DAY.
    """
    uniforms = world.uniforms(rows, 0, plan.purpose, TIME)
    if plan.takes_table.size:
        times = np.empty(rows.size)
        _times(plan.takes_table, uniforms, times)
    else:
        times = -np.log1p(-uniforms)
    days = np.floor(mean * times + world.uniforms(rows, 0, plan.purpose, WHOLE_DAY))
    return np.minimum(days, world.plan.n_days).astype(np.int64)


def _come(world: World, day: int, journeys: Journeys, step: int, rows: U32) -> None:
    """These users come to take the step: at once, or at a touchpoint where they may have to wait."""
    position = world.plan.journeys.steps[step].touchpoint
    if not rows.size:
        return
    if position != NOWHERE and world.plan.journeys.touchpoints[position].capacity is not None:
        join(journeys, position, step, rows)
        return
    if position != NOWHERE:
        journeys.visits[position] += np.bincount(world.people.cell[rows], minlength=world.plan.n_cells)
    _decide(world, day, journeys, step, rows)


def _decide(world: World, day: int, journeys: Journeys, step: int, rows: U32) -> None:
    """Who of these users passes: it gets what the step gives and enters the next; the others leave.

    Draws: one uniform per person and step, day 0, purpose "journey:JOURNEY:STEP", k = PASS.
    """
    plan = world.plan.journeys.steps[step]
    passes = world.uniforms(rows, 0, plan.purpose, PASS) < _chances(world, day, plan, rows)
    passed, left = rows[passes], rows[~passes]
    counts = journeys.steps[step, day]
    counts[PASSED] += passed.size
    counts[DROPPED_OUT] += left.size
    pay_for(world, day, journeys, step, rows, passed)
    _leave(world, day, journeys, step, left)
    if not passed.size:
        return
    since = journeys.roads[plan.journey].since[passed].astype(np.int64)
    days = np.bincount(day - since)
    journeys.times[step, : days.size] += days
    if plan.giver != NOBODY:
        grant(world, plan.giver, passed, FOR_GOOD)
    _go_on(world, day, journeys, step, passed)


def _chances(world: World, day: int, plan: StepPlan, rows: U32) -> F64:
    """The probability of each of these users to pass."""
    chances: F64 = plan.pass_rates[plan.rates_of_day[day]][world.people.cell[rows]]
    if plan.lapsed != 1.0:
        chances = odds_multiplied(chances, np.where(world.people.engaged[rows], 1.0, plan.lapsed))
    return chances


def _go_on(world: World, day: int, journeys: Journeys, step: int, rows: U32) -> None:
    """These users have passed a step: the next begins, or the journey is finished."""
    plan = world.plan.journeys.steps[step]
    steps = world.plan.journeys.journeys[plan.journey].steps
    if step + 1 in steps:
        _enter(world, day, journeys, step + 1, rows)
        return
    road = journeys.roads[plan.journey]
    road.at[rows], road.since[rows] = 1 + 2 * len(steps), day


def _leave(world: World, day: int, journeys: Journeys, step: int, rows: U32) -> None:
    """These users leave the journey at this step, for good."""
    if not rows.size:
        return
    road = journeys.roads[world.plan.journeys.steps[step].journey]
    road.at[rows] += np.uint8(1)
    road.since[rows] = day
