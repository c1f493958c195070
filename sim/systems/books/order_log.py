"""Who ordered on which day, and for how much: kept only where users are stored."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.books.tables import Table, persons_of
from sim.systems.world import World

I64 = npt.NDArray[np.int64]


class OrderLog:
    """A step at the end of each day that notes whose orders have become more since the day before."""

    def __init__(self, world: World) -> None:
        people = world.people
        self._orders, self._spend = people.orders[: people.n].copy(), people.spend[: people.n].copy()
        self._noted: list[tuple[I64, I64, I64, I64]] = []

    def __call__(self, world: World, day: int) -> None:
        """Note the day's buyers: row, day, orders and what they paid in cents."""
        people = world.people
        orders, spend = people.orders[: people.n], people.spend[: people.n]
        n_before = self._orders.size
        more, paid = orders.astype(np.int64), spend.astype(np.int64)
        more[:n_before] -= self._orders
        paid[:n_before] -= self._spend
        rows = np.flatnonzero(more)
        self._noted.append((rows, np.full(rows.size, day), more[rows], paid[rows]))
        self._orders, self._spend = orders.copy(), spend.copy()

    def table(self, world: World) -> Table:
        """One row per agent and day with orders."""
        rows, days, orders, spend = (np.concatenate(column) for column in zip(*self._noted, strict=True))
        return {
            "person": persons_of(world)[rows],
            "day": days - world.plan.first_day,
            "orders": orders,
            "spend": spend,
        }
