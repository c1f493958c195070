"""Observable attributes as columns: each is computed for the rows in question only when an expression names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from sim.engine.people import NEVER
from sim.scenario.expressions import Coded
from sim.systems.attributes import ATTRIBUTE_KINDS
from sim.systems.windows.names import Window, window_of
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
Column = npt.NDArray[np.generic] | Coded
Reader = Callable[[World, U32, int], Column]


def _days_since_order(world: World, rows: U32, day: int) -> Column:
    people = world.people
    last = people.last_order[rows]
    since: Column = day - np.where(last != NEVER, last, people.signup_day[rows]).astype(np.int64)
    return since


def _has_coupon(world: World, rows: U32, day: int) -> Column:
    held = (world.people.coupon_rule[rows] >= 0) & (day <= world.people.coupon_until[rows])
    return np.asarray(held, np.int64)


def _in_window(world: World, rows: U32, window: Window) -> Column:
    sums = world.windows[window.kind].sums[window.days][rows]
    return sums / 100.0 if window.kind == "spend" else sums


def _declared(world: World, rows: U32, name: str) -> Column:
    attribute = next(attribute for attribute in world.plan.attributes if attribute.name == name)
    values = world.declared[name][rows]
    return Coded(values, attribute.labels) if attribute.labels else values


READERS: dict[str, Reader] = {
    "days_inactive": lambda world, rows, day: day - world.people.last_active[rows].astype(np.int64),
    "days_since_signup": lambda world, rows, day: day - world.people.signup_day[rows].astype(np.int64),
    "active_days": lambda world, rows, day: world.people.active_days[rows].astype(np.int64),
    "orders": lambda world, rows, day: world.people.orders[rows],
    "spend": lambda world, rows, day: world.people.spend[rows] / 100.0,
    "days_since_order": _days_since_order,
    "messages": lambda world, rows, day: world.people.messages[rows],
    "has_coupon": _has_coupon,
    "segment": lambda world, rows, day: Coded(
        world.people.cell[rows] % world.plan.n_segments, world.plan.market.segments
    ),
    "channel": lambda world, rows, day: Coded(
        world.people.cell[rows] // world.plan.n_segments, world.plan.channels.names
    ),
}
assert READERS.keys() == ATTRIBUTE_KINDS.keys()


class AttributeColumns(Mapping[str, Column]):
    """The attributes of some users on some day, as the mapping that expressions read."""

    def __init__(self, world: World, rows: U32, day: int) -> None:
        self._world, self._rows, self._day = world, rows, day

    def __getitem__(self, name: str) -> Column:
        window = window_of(name)
        if window is not None:
            return _in_window(self._world, self._rows, window)
        if name not in READERS:
            return _declared(self._world, self._rows, name.removeprefix("attribute:"))
        return READERS[name](self._world, self._rows, self._day)

    def __iter__(self) -> Iterator[str]:
        return iter(READERS)

    def __len__(self) -> int:
        return len(READERS)
