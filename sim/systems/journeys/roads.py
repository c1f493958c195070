"""Journeys between days: in which step each user is, who waits in line where, and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.engine.calendar import Calendar
from sim.systems.attributes import FINISHED, LEFT, NOT_BEGUN

if TYPE_CHECKING:
    from sim.systems.plan import Plan
    from sim.systems.world import World

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

STEP_COUNTS = ("entered", "passed", "dropped_out", "gave_up", "waiting", "orders", "commission", "cost")
"""Of each step's day, in agents: who entered, whose turn it was and who passed or left, who left the line and who is
still in it at the end of the day, orders; then cents of persons, as booked."""
ENTERED, PASSED, DROPPED_OUT, GAVE_UP, WAITING, ORDERED, COMMISSION_PAID, COST = range(len(STEP_COUNTS))
TOUCHPOINT_COUNTS = (
    "capacity", "visits", "gave_up", "waiting", "wait_days", "wait_p50_days", "wait_p90_days", "cost",
)  # fmt: skip
"""Of each touchpoint's day: agents, and the days that today's visitors have waited in all; then days, of which half and
nine in ten of today's visitors have waited no more; then cents of persons, as booked."""
CAPACITY, VISITS, LEFT_LINE, IN_LINE, WAIT_DAYS, WAIT_P50, WAIT_P90, TOUCHPOINT_COST = range(len(TOUCHPOINT_COUNTS))

VISITOR = np.dtype([("row", np.uint32), ("step", np.int32), ("since", np.int32), ("leaves", np.int32)])
"""Who waits in line: for which of all steps, since which day, and until the evening of which day."""
NO_VISITORS = np.empty(0, VISITOR)


@dataclass
class Road:
    """One journey.

    Attributes:
        at: uint8 column: 0 before a user begins; then 1 + 2 * steps passed, and one more for who has left.
        since: uint16 column, the day on which the user entered the step, left or finished.
        due: whose turn it is when.
    """

    at: U8
    since: U16
    due: Calendar


@dataclass
class Journeys:
    """All journeys of one replicate.

    Attributes:
        lines: by touchpoint, who waits, in order; `coming` are those who have come today and are not in line yet.
        steps: int64 (n_steps, n_days, n_counts), the `STEP_COUNTS`.
        touchpoints: int64 (n_touchpoints, n_days, n_counts), the `TOUCHPOINT_COUNTS`.
        times: int64 (n_steps, n_days), who has passed, by days since entering the step.
        visits: int64 (n_touchpoints, n_cells), today's.
        gave_up: today's, by step.
    """

    roads: list[Road]
    lines: list[npt.NDArray[np.void]]
    coming: list[list[tuple[int, U32]]]
    steps: I64
    touchpoints: I64
    times: I64
    visits: I64
    gave_up: list[tuple[int, U32]] = field(default_factory=list)

    @staticmethod
    def of(plan: Plan) -> Journeys | None:
        """Nobody has begun; None without journeys and touchpoints."""
        journeys, n_days = plan.journeys, plan.n_days
        n_places, n_steps = len(journeys.touchpoints), len(journeys.steps)
        if not n_steps and not n_places:
            return None
        capacity = plan.market.n_agents
        return Journeys(
            roads=[
                Road(np.zeros(capacity, np.uint8), np.zeros(capacity, np.uint16), Calendar(n_days))
                for _ in journeys.journeys
            ],
            lines=[NO_VISITORS] * n_places,
            coming=[[] for _ in range(n_places)],
            steps=np.zeros((n_steps, n_days, len(STEP_COUNTS)), np.int64),
            touchpoints=np.zeros((n_places, n_days, len(TOUCHPOINT_COUNTS)), np.int64),
            times=np.zeros((n_steps, n_days), np.int64),
            visits=np.zeros((n_places, plan.n_cells), np.int64),
        )


def n_passed(at: U8) -> I64:
    """How many steps each has passed; 0 before the journey."""
    return np.maximum(at.astype(np.int64) - 1, 0) // 2


def has_left(at: U8) -> Bools:
    """Who is on the journey no more, without having finished it."""
    left: Bools = (at > 0) & (at % 2 == 0)
    return left


def step_of(world: World, rows: U32 | slice, name: str) -> tuple[I64, tuple[str, ...]]:
    """In which step of a journey each of these users is: codes, and the words for them."""
    position, names = _journey(world, name)
    assert world.journeys is not None
    at, n = world.journeys.roads[position].at[rows], len(names)
    codes = np.where(at == 0, n + 2, np.where(has_left(at), n + 1, n_passed(at)))
    return codes, (*names, FINISHED, LEFT, NOT_BEGUN)


def has_passed(world: World, rows: U32 | slice, name: str) -> Bools:
    """Whether each of these users has passed the step of that name, of whichever journey."""
    journeys, plan = world.journeys, world.plan.journeys
    assert journeys is not None
    n = rows.stop - rows.start if isinstance(rows, slice) else rows.size
    found = np.zeros(n, np.bool_)
    for journey, road in zip(plan.journeys, journeys.roads, strict=True):
        for place, step in enumerate(journey.steps):
            if plan.steps[step].name == name:
                found |= n_passed(road.at[rows]) > place
    return found


def days_in_step(world: World, rows: U32 | slice, day: int, name: str) -> I64:
    """Days since each of these users entered the step in which it is, left, or finished; -1 before the journey."""
    position, _ = _journey(world, name)
    assert world.journeys is not None
    road = world.journeys.roads[position]
    days: I64 = np.where(road.at[rows] > 0, day - road.since[rows].astype(np.int64), -1)
    return days


def _journey(world: World, name: str) -> tuple[int, tuple[str, ...]]:
    plan = world.plan.journeys
    position = next(i for i, journey in enumerate(plan.journeys) if journey.name == name)
    return position, tuple(plan.steps[step].name for step in plan.journeys[position].steps)
