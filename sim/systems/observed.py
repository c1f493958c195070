"""How the metrics that conditions name are read on the morning of a day, from what was counted on the days before.

A ratio whose denominator is still 0 is no number, and no comparison with it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.systems.conditions import OBSERVED_KINDS, Condition

if TYPE_CHECKING:
    from sim.systems.world import World

F64 = npt.NDArray[np.float64]
Reader = Callable[["World", int], float]

FOUR_WEEKS = 28
"""Sums of flows are taken over so many days, so that no weekday counts more than another."""


def _last_weeks(day: int) -> slice:
    return slice(max(day - FOUR_WEEKS, 0), max(day, 0))


def _scaled(world: World, agents: Any) -> float:
    return float(agents.sum()) * world.plan.market.people_per_agent


def _users(world: World, day: int) -> float:
    return _scaled(world, world.tallies.new[:day])


def _active(name: str) -> Reader:
    """Users of a window that ended yesterday; nobody before the first day is over."""
    return lambda world, day: _scaled(world, getattr(world.tallies, name)[day - 1]) if day > 0 else 0.0


def _retention(age: int) -> Reader:
    """Of those whose day `age` after sign-up fell into the last four weeks, the share active on that day."""

    def read(world: World, day: int) -> float:
        from sim.systems.world import AGES

        tallies, first = world.tallies, max(day - FOUR_WEEKS, age, world.plan.first_day)
        size = tallies.new[max(first - age, 0) : max(day - age, 0)].sum()
        return _ratio(float(tallies.aged_active[AGES.index(age), first : max(day, first)].sum()), float(size))

    return read


def _money(groups: tuple[str, ...]) -> Reader:
    """Booked in the last four weeks on accounts of these groups, in units of the currency; income is above zero."""

    def read(world: World, day: int) -> float:
        from sim.systems.books.accounts import ACCOUNTS

        chosen = [i for i, account in enumerate(ACCOUNTS) if account.group in groups]
        return float(world.ledger.by_account[chosen, _last_weeks(day)].sum()) / 100

    return read


def _ratio(above: float, below: float) -> float:
    return above / below if below else float("nan")


def _stickiness(world: World, day: int) -> float:
    return _ratio(_active("dau")(world, day), _active("mau")(world, day))


def _penetration(world: World, day: int) -> float:
    return _ratio(_users(world, day), float(world.plan.market.persons.sum()))


READERS: dict[str, Reader] = {
    "days": lambda world, day: float(day - world.plan.first_day),
    "users": _users,
    "new_users_28d": lambda world, day: _scaled(world, world.tallies.new[_last_weeks(day)]),
    "dau": _active("dau"),
    "wau": _active("wau"),
    "mau": _active("mau"),
    "stickiness": _stickiness,
    "d1_retention": _retention(1),
    "d7_retention": _retention(7),
    "d30_retention": _retention(30),
    "orders_28d": lambda world, day: _scaled(world, world.tallies.orders[_last_weeks(day)]),
    "revenue_28d": _money(("revenue",)),
    "cost_28d": lambda world, day: -_money(("cost",))(world, day),
    "profit_28d": _money(("revenue", "cost")),
    "penetration": _penetration,
}
assert READERS.keys() == OBSERVED_KINDS.keys()


class ObservedMetrics(Mapping[str, F64]):
    """The metrics of a morning as the mapping that expressions read: one row, computed when it is named."""

    def __init__(self, world: World, day: int) -> None:
        self._world, self._day = world, day

    def __getitem__(self, name: str) -> F64:
        return np.array([READERS[name](self._world, self._day)])

    def __iter__(self) -> Iterator[str]:
        return iter(READERS)

    def __len__(self) -> int:
        return len(READERS)


def is_met(condition: Condition, world: World, day: int) -> bool:
    """Whether a condition over metrics holds on the morning of `day`."""
    return bool(condition.expression.evaluate(ObservedMetrics(world, day))[0])


@dataclass
class Watch:
    """A condition that is looked at every morning, and on how many mornings in a row it has held."""

    condition: Condition
    n_days: int = 0

    def look(self, world: World, day: int) -> int:
        """The mornings in a row, this one included, on which the condition has held; 0 when it does not."""
        self.n_days = self.n_days + 1 if is_met(self.condition, world, day) else 0
        return self.n_days
