"""What a team sees of its product every morning, by names, and conditions over it; their readers are in `observed`.

Everything is counted up to the evening before, and nothing is latent. `sim schema` and the docs are made from this
table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from sim.scenario.expressions import Expression, ExpressionError, parse_expression
from sim.scenario.findings import Finding, problems
from sim.scenario.words import ValueRule
from sim.units import describe


@dataclass(frozen=True)
class ObservedMetric:
    """A number that a team sees every morning, as conditions name it."""

    name: str
    definition: str


OBSERVED = (
    ObservedMetric("days", "days since the start; 0 on the first day"),
    ObservedMetric("users", "persons who have signed up"),
    ObservedMetric("new_users_28d", "sign-ups of the last 28 days"),
    ObservedMetric("dau", "persons active yesterday"),
    ObservedMetric("wau", "persons active in the 7 days up to yesterday"),
    ObservedMetric("mau", "persons active in the 30 days up to yesterday"),
    ObservedMetric("stickiness", "`dau` ÷ `mau`"),
    *(
        ObservedMetric(
            f"d{age}_retention",
            f"of those whose day {age} after sign-up fell into the last 28 days, the share active on it",
        )
        for age in (1, 7, 30)
    ),
    ObservedMetric("orders_28d", "orders of the last 28 days"),
    ObservedMetric("revenue_28d", "revenue of the last 28 days, in the scenario's currency"),
    ObservedMetric("cost_28d", "cost of the last 28 days, above zero"),
    ObservedMetric("profit_28d", "revenue less cost of the last 28 days"),
    ObservedMetric("penetration", "`users` ÷ persons of the market"),
)
OBSERVED_KINDS = {metric.name: "number" for metric in OBSERVED}
SHARES = ("stickiness", "d1_retention", "d7_retention", "d30_retention", "penetration")
"""Metrics that are never above 1."""


@dataclass(frozen=True)
class Condition:
    """A condition over observed metrics; its names are no attributes of users, though `orders_28d` may be either."""

    expression: Expression


def parse_condition(text: str) -> Condition:
    """The condition that a text holds.

    Raises:
        ExpressionError: at the column of the first mistake.
    """
    expression = parse_expression(text, OBSERVED_KINDS)
    if expression.ranks:
        raise ExpressionError("a metric is one number: there is nothing to rank", 0, len(text))
    return Condition(expression)


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
