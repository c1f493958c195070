"""The desks of one replicate between days: who still waits, who is still busy, who will come again, and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.systems.service.tickets import NO_TICKETS, Tickets

if TYPE_CHECKING:
    from sim.systems.plan import Plan

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

SERVICE_COUNTS = (
    "tickets", "again", "answered", "abandoned", "unresolved", "waiting", "wait_seconds", "wait_p50_seconds",
    "wait_p90_seconds", "first_tickets", "first_answered", "first_abandoned", "first_wait_seconds", "busy_minutes",
    "staff_minutes", "cost",
)  # fmt: skip
(
    TICKETS, AGAIN, ANSWERED_COUNT, ABANDONED_COUNT, UNRESOLVED, WAITING_COUNT, WAIT_SECONDS, WAIT_P50, WAIT_P90,
    FIRST_TICKETS, FIRST_ANSWERED, FIRST_ABANDONED, FIRST_WAIT, BUSY_MINUTES, STAFF_MINUTES, COST,
) = range(len(SERVICE_COUNTS))  # fmt: skip
"""Of a desk's day, in persons' tickets; the cost is in cents."""


@dataclass
class DeskState:
    """One desk.

    Attributes:
        waiting: the tickets that are still in line, in order.
        busy_until: a heap of `n_busy` minutes.
        counts: int64 (n_days, n_counts), the `SERVICE_COUNTS`.
    """

    counts: I64
    busy_until: F64
    n_busy: int = 0
    waiting: Tickets = field(default_factory=lambda: NO_TICKETS)


@dataclass
class Service:
    """All desks of one replicate.

    Attributes:
        coming: by day, the tickets that will come again.
        ended: today's tickets that were answered or given up, and the minutes for which each of them waited; those
            who gave up have NaN.
    """

    desks: list[DeskState] = field(default_factory=list)
    coming: dict[int, list[Tickets]] = field(default_factory=dict)
    ended: list[tuple[Tickets, F64]] = field(default_factory=list)

    @staticmethod
    def of(plan: Plan) -> Service:
        """Before the first day, nobody waits."""
        return Service(
            [
                DeskState(
                    counts=np.zeros((plan.n_days, len(SERVICE_COUNTS)), np.int64),
                    busy_until=np.empty(desk.most_staff + 1),
                )
                for desk in plan.service.desks
            ]
        )
