"""What of statuses and privileges is legal and yet does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.expressions import Expression
from sim.scenario.findings import Finding, Path, warning
from sim.scenario.grammar import Attribute, Chain, Constant
from sim.systems.channels.schema import WordOfMouth
from sim.systems.market.schema import doubt_motive
from sim.systems.statuses.schema import Status

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario


def doubts_of_statuses(scenario: Scenario) -> Iterator[Finding]:
    """Warnings that need more than the statuses themselves."""
    nothing = {"orders": scenario.orders is None, "cost_per_order": not scenario.has_orders}
    for name, privilege in scenario.privileges.items():
        for key, is_nothing in nothing.items():
            if is_nothing and key in privilege.model_fields_set:
                yield warning(("privileges", name, key), "changes nothing: the scenario has no `orders`")
    for name, privilege in scenario.privileges.items():
        yield from doubt_motive(("privileges", name, "motive"), privilege.motive, scenario.market.segments)
    has_friends = any(isinstance(channel, WordOfMouth) for channel in scenario.channels.values())
    per_agent = scenario.market.people_per_agent.value
    for name, status in scenario.policy.statuses.items():
        path = ("policy", "statuses", name)
        yield from _harder_to_stay(path, status)
        if status.advocacy.value != 1 and not has_friends:
            message = "changes nothing: the scenario has no channel of kind word_of_mouth"
            yield warning((*path, "advocacy"), message)
        if status.capacity is not None and status.capacity.value < per_agent:
            message = f"is less than the {per_agent:,.0f} persons of one agent: nobody ever holds it"
            yield warning((*path, "capacity"), message, also=(("market", "people_per_agent"),))


def _harder_to_stay(path: Path, status: Status) -> Iterator[Finding]:
    """Staying that asks for more of the same column than entering, so that who has just entered leaves again."""
    enters = _level(status.enters)
    stays = None if status.stays is None else _level(status.stays)
    if enters is not None and stays is not None and enters[0] == stays[0] and stays[1] > enters[1]:
        message = "asks for more than `enters`: who enters by less leaves at the next review"
        yield warning((*path, "stays"), message, also=((*path, "enters"),))


def _level(condition: Expression) -> tuple[str, float] | None:
    """(column, number) of the condition `column >= number`; None of any other."""
    match condition.tree:
        case Chain(level="comparison", operands=(Attribute(name=column), Constant(value=number)), operators=(sign,)):
            return (column, float(number)) if sign in (">", ">=") and not isinstance(number, str) else None
    return None
