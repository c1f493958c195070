"""The slow twin of the desk: each ticket a SimPy process at a `PriorityResource`, over all days in one go."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import simpy

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
OFF_DUTY = -1
"""Who goes off duty goes before every ticket."""


@dataclass(frozen=True)
class Tickets:
    """Minutes at which tickets come, after which each is given up, and for which each is handled; lower ranks first."""

    arrives: F64
    patience: F64
    handling: F64
    rank: I64


def serve_by_processes(
    tickets: Tickets, changes: Sequence[float], staff: Sequence[int], until: float, ignores_rank: bool = False
) -> tuple[F64, F64]:
    """When each ticket was begun, and when it was given up; NaN for what never happened until then.

    Args:
        changes, staff: from which minute on how many people work; nobody before the first.
        ignores_rank: the sabotage: all wait in one line.
    """
    environment = simpy.Environment()
    most = max(max(staff, default=0), 1)
    people = simpy.PriorityResource(environment, capacity=most)
    begun, given_up = (np.full(tickets.arrives.size, np.nan) for _ in range(2))
    off_duty: list[Any] = []

    def roster() -> Generator[Any, None, None]:
        """People off duty hold the places at which nobody works."""
        for minute, working in zip((0.0, *changes), (0, *staff), strict=True):
            if minute > environment.now:
                yield environment.timeout(minute - environment.now)
            while len(off_duty) < most - working:
                off_duty.append(people.request(priority=OFF_DUTY))
            while len(off_duty) > most - working:
                back = off_duty.pop()
                if back.triggered:
                    people.release(back)
                else:
                    back.cancel()

    def ticket(i: int) -> Generator[Any, None, None]:
        yield environment.timeout(tickets.arrives[i])
        priority = 0 if ignores_rank else int(tickets.rank[i])
        with people.request(priority=priority) as turn:
            yield turn | environment.timeout(min(tickets.patience[i], 2 * until))
            if not turn.triggered:
                given_up[i] = environment.now
                return
            begun[i] = environment.now
            yield environment.timeout(tickets.handling[i])

    environment.process(roster())
    for i in range(tickets.arrives.size):
        environment.process(ticket(i))
    environment.run(until=until)
    return begun, given_up
