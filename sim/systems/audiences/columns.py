"""Observable attributes as columns: each is computed for the users in question only when an expression names it.

A system adds its attributes here: in `READERS` by plain name, or in `FAMILIES` by the function that names them
(`opted_in` for `opted_in("push")`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engine.people import NEVER
from sim.scenario.evaluation import Statistics
from sim.scenario.expressions import Coded, Expression
from sim.systems.attributes import ATTRIBUTE_KINDS
from sim.systems.journeys.roads import days_in_step, has_passed, step_of
from sim.systems.messages.consent import has_opted_in
from sim.systems.networks.ties import ties_of
from sim.systems.referral.chains import brought_by
from sim.systems.satisfaction.mood import satisfaction_of
from sim.systems.statuses.holders import holds
from sim.systems.windows.names import EVER, Window, window_of
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
Rows = U32 | slice
"""Users by row, or a stretch of them: a stretch is read where it lies."""
Column = npt.NDArray[Any] | Coded
Reader = Callable[[World, Rows, int], Column]
FamilyReader = Callable[[World, Rows, int, str], Column]
"""The last argument is the name that the function is given."""

BLOCK = 1 << 14
"""Users who are evaluated at a time: their columns stay in the cache."""


def _days_since(column: npt.NDArray[np.uint16], rows: Rows, day: int) -> Column:
    since: Column = day - column[rows].astype(np.int32)
    return since


def _days_since_order(world: World, rows: Rows, day: int) -> Column:
    people = world.people
    last = people.last_order[rows]
    return _days_since(np.where(last != NEVER, last, people.signup_day[rows]), slice(None), day)


def _has_coupon(world: World, rows: Rows, day: int) -> Column:
    held = (world.people.coupon_rule[rows] >= 0) & (day <= world.people.coupon_until[rows])
    return np.asarray(held, np.uint8)


def _in_window(world: World, rows: Rows, window: Window) -> Column:
    if window.days == EVER and window.is_of_units and world.wallets[window.programme].plan.only_grows:
        return _balance(world, rows, 0, window.programme)
    sums = world.windows[window.kind].sums[window.days][rows]
    return sums / 100.0 if window.kind == "spend" else sums


def _declared(world: World, rows: Rows, name: str) -> Column:
    attribute = next(attribute for attribute in world.plan.attributes if attribute.name == name)
    values = world.declared[name][rows]
    return Coded(values, attribute.labels) if attribute.labels else values


def _opted_in(world: World, rows: Rows, day: int, name: str) -> Column:
    medium = next(medium for medium in world.plan.media if medium.name == name)
    asked = np.arange(rows.start, rows.stop, dtype=np.uint32) if isinstance(rows, slice) else rows
    return has_opted_in(world, asked, medium)


def _holds(world: World, rows: Rows, day: int, name: str) -> Column:
    return holds(world, rows, name)


def _balance(world: World, rows: Rows, day: int, name: str) -> Column:
    """How much of the programme each of these users holds."""
    return world.wallets[name].lots.balance[rows]


def _expiring(world: World, rows: Rows, day: int, name: str) -> Column:
    """How much of it each of these users loses when units of the programme next expire."""
    return world.wallets[name].expiring(day, rows)


def _step(world: World, rows: Rows, day: int, name: str) -> Column:
    return Coded(*step_of(world, rows, name))


def _passed(world: World, rows: Rows, day: int, name: str) -> Column:
    return has_passed(world, rows, name)


def _ties(world: World, rows: Rows, day: int, name: str) -> Column:
    """How many ties each of these users has in the network of a channel."""
    return ties_of(world, rows, name)


READERS: dict[str, Reader] = {
    "days_inactive": lambda world, rows, day: _days_since(world.people.last_active, rows, day),
    "days_since_signup": lambda world, rows, day: _days_since(world.people.signup_day, rows, day),
    "active_days": lambda world, rows, day: world.people.active_days[rows],
    "orders": lambda world, rows, day: world.people.orders[rows],
    "spend": lambda world, rows, day: world.people.spend[rows] / 100.0,
    "days_since_order": _days_since_order,
    "messages": lambda world, rows, day: world.people.messages[rows],
    "has_coupon": _has_coupon,
    "satisfaction": satisfaction_of,
    "brought": brought_by,
    "segment": lambda world, rows, day: Coded(
        world.plan.segment_of_cell.take(world.people.cell[rows]), world.plan.market.segments
    ),
    "channel": lambda world, rows, day: Coded(
        world.plan.channel_of_cell.take(world.people.cell[rows]), world.plan.channels.names
    ),
}
FAMILIES: dict[str, FamilyReader] = {
    "opted_in": _opted_in, "holds": _holds, "balance": _balance, "expiring": _expiring, "step": _step,
    "passed": _passed, "days_in_step": days_in_step, "ties": _ties,
}  # fmt: skip
assert READERS.keys() == ATTRIBUTE_KINDS.keys()


class AttributeColumns(Mapping[str, Column]):
    """The attributes of some users at one moment, as the mapping that expressions read; each is read once."""

    def __init__(self, world: World, rows: Rows, day: int, base: Base | None = None) -> None:
        self._world, self._rows, self._day = world, rows, day
        self._base = base or Base(world, day)
        self._read: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._read:
            self._read[name] = self._column(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(READERS)

    def __len__(self) -> int:
        return len(READERS)

    def evaluate(self, expression: Expression) -> npt.NDArray[Any]:
        """Whom the condition selects, bool (n,); or the number's values, float64 (n,)."""
        return expression.evaluate(self, self._base.statistics(expression))

    def _column(self, name: str) -> Column:
        audiences = self._world.plan.audiences
        if name in READERS:
            return READERS[name](self._world, self._rows, self._day)
        if name in audiences.expressions:
            return self.evaluate(audiences.expressions[name])
        if name in audiences.layers:
            return self._layer(name)
        if f"measure:{name}" in audiences.expressions:  # as `choose_by` names it
            return self.evaluate(audiences.expressions[f"measure:{name}"])
        window = window_of(name)
        if window is not None:
            return _in_window(self._world, self._rows, window)
        family, colon, argument = name.partition(":")
        if colon and family in FAMILIES:
            return FAMILIES[family](self._world, self._rows, self._day, argument)
        return _declared(self._world, self._rows, name)

    def _layer(self, name: str) -> Coded:
        """The first layer whose condition holds, else the last."""
        layers = self._world.plan.audiences.layers[name]
        selected = [self.evaluate(condition) for condition in layers.conditions]
        codes = np.full(selected[0].size, len(selected), np.int8)
        for code in reversed(range(len(selected))):
            codes[selected[code]] = code
        return Coded(codes, layers.labels)


class Base:
    """All users at one moment: whom quantiles and ranks are about."""

    def __init__(self, world: World, day: int) -> None:
        self._world, self._day = world, day
        self._statistics: dict[int, Statistics] = {}
        self._columns: AttributeColumns | None = None

    def statistics(self, expression: Expression) -> Statistics:
        """What the expression needs to know of everybody, computed once."""
        key = id(expression)
        if key not in self._statistics:
            per_row = self._world.plan.market.people_per_agent
            self._statistics[key] = expression.statistics(self._everybody(), per_row) if expression.ranks else {}
        return self._statistics[key]

    def _everybody(self) -> AttributeColumns:
        if self._columns is None:
            self._columns = AttributeColumns(self._world, slice(0, self._world.people.n), self._day, self)
        return self._columns

    def blocks(self, rows: U32 | None = None) -> Iterator[tuple[slice, AttributeColumns]]:
        """The attributes of these users, of all where none are given, some at a time."""
        n = self._world.people.n if rows is None else rows.size
        for start in range(0, n, BLOCK):
            block = slice(start, min(start + BLOCK, n))
            yield block, AttributeColumns(self._world, block if rows is None else rows[block], self._day, self)


def select(world: World, expression: Expression, day: int, rows: U32 | None = None) -> npt.NDArray[np.bool_]:
    """Whom of `rows` (of all users where none are given) the condition selects, bool (n,)."""
    selected = np.empty(world.people.n if rows is None else rows.size, np.bool_)
    for block, columns in Base(world, day).blocks(rows):
        selected[block] = columns.evaluate(expression)
    return selected
