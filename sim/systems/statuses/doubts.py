"""What of statuses and privileges is legal and yet does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, warning
from sim.systems.channels.schema import WordOfMouth
from sim.systems.market.schema import doubt_motive

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario


def doubts_of_statuses(scenario: Scenario) -> Iterator[Finding]:
    """Warnings that need more than the statuses themselves."""
    if scenario.orders is None:
        for name, privilege in scenario.privileges.items():
            for key in ("orders", "cost_per_order"):
                if key in privilege.model_fields_set:
                    yield warning(("privileges", name, key), "changes nothing: the scenario has no `orders`")
    for name, privilege in scenario.privileges.items():
        yield from doubt_motive(("privileges", name, "motive"), privilege.motive, scenario.market.segments)
    has_friends = any(isinstance(channel, WordOfMouth) for channel in scenario.channels.values())
    per_agent = scenario.market.people_per_agent.value
    for name, status in scenario.policy.statuses.items():
        path = ("policy", "statuses", name)
        if status.advocacy.value != 1 and not has_friends:
            message = "changes nothing: the scenario has no channel of kind word_of_mouth"
            yield warning((*path, "advocacy"), message)
        if status.capacity is not None and status.capacity.value < per_agent:
            message = f"is less than the {per_agent:,.0f} persons of one agent: nobody ever holds it"
            yield warning((*path, "capacity"), message, also=(("market", "people_per_agent"),))
