"""SimPy owns time: one environment per replicate, a day is 1.0."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TypeVar

import simpy

World = TypeVar("World")
Step = Callable[[World, int], None]
Process = Callable[[simpy.Environment, World], Generator[simpy.Event, None, None]]


def _days(
    environment: simpy.Environment, world: World, steps: Sequence[Step[World]], first_day: int, n_days: int
) -> Generator[simpy.Event, None, None]:
    """The day as a process: each step in the order of the list, then a day passes."""
    for day in range(first_day, n_days):
        for step in steps:
            step(world, day)
        yield environment.timeout(1.0)


def run_days(
    world: World, steps: Sequence[Step[World]], processes: Iterable[Process[World]], first_day: int, n_days: int
) -> None:
    """Run `steps` on each day from `first_day` to `n_days` - 1, beside `processes` that wait for their own times.

    Processes are started before the day, so that what is due at the start of a day has happened when the day's steps
    run: SimPy serves events of one time in the order in which they were scheduled.
    """
    environment = simpy.Environment(initial_time=first_day)
    for process in processes:
        environment.process(process(environment, world))
    environment.process(_days(environment, world, steps, first_day, n_days))
    environment.run(until=float(n_days))
