"""Lines at touchpoints: first come, first served, as many as there is room for; those who lose patience give up."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sim.systems.journeys.roads import (
    CAPACITY,
    IN_LINE,
    LEFT_LINE,
    VISITOR,
    VISITS,
    WAIT_DAYS,
    WAIT_P50,
    WAIT_P90,
    WAITING,
    Journeys,
)
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
Visitors = npt.NDArray[np.void]

PATIENCE, TIE = 3, 4
"""k of the draws of a step, on day 0: how long one waits in line, and who of a day goes first."""
FOR_EVER = np.iinfo(np.int32).max


def join(journeys: Journeys, position: int, step: int, rows: U32) -> None:
    """These users come to a touchpoint for a step."""
    journeys.coming[position].append((step, rows))


def serve(world: World, day: int, journeys: Journeys, position: int) -> Iterator[tuple[int, U32]]:
    """By step, whom a touchpoint serves today: those who came before, then those who have come today."""
    capacity = world.plan.journeys.touchpoints[position].capacity
    if capacity is None:
        return
    line = _with_todays(world, day, journeys, position)
    served, journeys.lines[position] = line[: capacity[day]], line[capacity[day] :]
    counts, waited = journeys.touchpoints[position, day], day - served["since"].astype(np.int64)
    counts[CAPACITY] = capacity[day]
    counts[WAIT_DAYS] = waited.sum()
    if not served.size:
        return
    n = served.size  # who is served first has waited longest
    counts[WAIT_P50], counts[WAIT_P90] = (waited[n - math.ceil(share * n)] for share in (0.5, 0.9))
    journeys.visits[position] += np.bincount(world.people.cell[served["row"]], minlength=world.plan.n_cells)
    for step in np.unique(served["step"]).tolist():
        yield step, served["row"][served["step"] == step]


def _with_todays(world: World, day: int, journeys: Journeys, position: int) -> Visitors:
    """The line with those who have come today behind it, in an order that luck has given them.

    Draws: two uniforms per person and step, day 0, purpose "journey:JOURNEY:STEP", k = PATIENCE and TIE.
    """
    line, coming = journeys.lines[position], journeys.coming[position]
    if not coming:
        return line
    found = []
    for step, rows in coming:
        plan, visitors = world.plan.journeys.steps[step], np.zeros(rows.size, VISITOR)
        visitors["row"], visitors["step"], visitors["since"], visitors["leaves"] = rows, step, day, FOR_EVER
        if np.isfinite(plan.patience_days):
            waits = np.floor(-plan.patience_days * np.log1p(-world.uniforms(rows, 0, plan.purpose, PATIENCE)))
            visitors["leaves"] = np.minimum(day + waits, FOR_EVER)
        found.append((visitors, world.uniforms(rows, 0, plan.purpose, TIE)))
    coming.clear()
    new, ties = np.concatenate([visitors for visitors, _ in found]), np.concatenate([tie for _, tie in found])
    return np.concatenate([line, new[np.lexsort((world.people.person[new["row"]], ties))]])


def close_lines(world: World, day: int, journeys: Journeys) -> Iterator[tuple[int, U32]]:
    """By step, who gives up waiting in the evening; those who have come since a touchpoint has served join its line."""
    for position in range(len(journeys.lines)):
        line = _with_todays(world, day, journeys, position)
        is_over = line["leaves"] <= day
        gone = line[is_over]
        journeys.lines[position] = line[~is_over] if gone.size else line
        counts = journeys.touchpoints[position, day]
        counts[VISITS] = journeys.visits[position].sum()
        counts[LEFT_LINE], counts[IN_LINE] = gone.size, line.size - gone.size
        in_line = np.bincount(journeys.lines[position]["step"], minlength=len(journeys.steps))
        journeys.steps[:, day, WAITING] += in_line
        if not gone.size:
            continue
        for step in np.unique(gone["step"]).tolist():
            yield step, gone["row"][gone["step"] == step]
