"""What a team sees of its product on the morning of a day, by names that conditions of stages and rules may use.

Everything is counted up to the evening before, and nothing is latent. A ratio whose denominator is still 0 is no
number, and no comparison with it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt

from sim.scenario.expressions import Expression, ExpressionError, parse_expression
from sim.scenario.findings import Finding, problems
from sim.scenario.words import ValueRule
from sim.units import describe

if TYPE_CHECKING:
    from sim.systems.world import World

F64 = npt.NDArray[np.float64]
Reader = Callable[["World", int], float]

FOUR_WEEKS = 28
"""Sums of flows are taken over so many days, so that no weekday counts more than another."""


@dataclass(frozen=True)
class ObservedMetric:
    """A number that a team sees every morning, as conditions name it."""

    name: str
    definition: str
    read: Reader


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


OBSERVED = (
    ObservedMetric(
        "days", "days since the start; 0 on the first day", lambda world, day: float(day - world.plan.first_day)
    ),
    ObservedMetric("users", "persons who have signed up", _users),
    ObservedMetric(
        "new_users_28d",
        "sign-ups of the last 28 days",
        lambda world, day: _scaled(world, world.tallies.new[_last_weeks(day)]),
    ),
    ObservedMetric("dau", "persons active yesterday", _active("dau")),
    ObservedMetric("wau", "persons active in the 7 days up to yesterday", _active("wau")),
    ObservedMetric("mau", "persons active in the 30 days up to yesterday", _active("mau")),
    ObservedMetric("stickiness", "`dau` ÷ `mau`", _stickiness),
    *(
        ObservedMetric(
            f"d{age}_retention",
            f"of those whose day {age} after sign-up fell into the last 28 days, the share active on it",
            _retention(age),
        )
        for age in (1, 7, 30)
    ),
    ObservedMetric(
        "orders_28d",
        "orders of the last 28 days",
        lambda world, day: _scaled(world, world.tallies.orders[_last_weeks(day)]),
    ),
    ObservedMetric("revenue_28d", "revenue of the last 28 days, in the scenario's currency", _money(("revenue",))),
    ObservedMetric(
        "cost_28d", "cost of the last 28 days, above zero", lambda world, day: -_money(("cost",))(world, day)
    ),
    ObservedMetric("profit_28d", "revenue less cost of the last 28 days", _money(("revenue", "cost"))),
    ObservedMetric("penetration", "`users` ÷ persons of the market", _penetration),
)
SHARES = ("stickiness", "d1_retention", "d7_retention", "d30_retention", "penetration")
"""Metrics that are never above 1."""
READERS: dict[str, Reader] = {metric.name: metric.read for metric in OBSERVED}


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


@dataclass(frozen=True)
class Condition:
    """A condition over observed metrics; its names are no attributes of users, though `orders_28d` may be either."""

    expression: Expression


def parse_condition(text: str) -> Condition:
    """The condition that a text holds.

    Raises:
        ExpressionError: at the column of the first mistake.
    """
    expression = parse_expression(text, dict.fromkeys(READERS, "number"))
    if expression.ranks:
        raise ExpressionError("a metric is one number: there is nothing to rank", 0, len(text))
    return Condition(expression)


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


def _read_condition(raw: object, context: Mapping[str, Any]) -> Condition:
    """A condition over observed metrics, from `d30_retention >= 8% and users >= 10_000`."""
    if isinstance(raw, Condition):
        return raw
    if not isinstance(raw, str):
        message = f"is {describe(raw)}; must be a condition over metrics"
        raise problems(Finding((), message, "such as d30_retention >= 8%"))
    try:
        return parse_condition(raw)
    except ExpressionError as error:
        message = error.message.replace("unknown attribute", "unknown metric")
        finding = Finding((), message, error.allowed, error.hint, offset=error.column, length=error.length)
        raise problems(finding) from None


MetricCondition = Annotated[
    Condition, ValueRule(_read_condition, {"type": "string", "examples": ["d30_retention >= 8% and users >= 10_000"]})
]
