"""What of satisfaction is legal and hardly meant: nothing that moves it, or nobody whom it says anything of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.expressions import Expression
from sim.scenario.findings import Finding, Path, warning
from sim.scenario.leaves import leaves
from sim.systems.channels.schema import WordOfMouth
from sim.units import Quantity

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario

HOME: Path = ("response", "satisfaction")


def doubts_of_satisfaction(scenario: Scenario) -> Iterator[Finding]:
    """Warnings that need more than the section itself."""
    satisfaction = scenario.response.satisfaction
    if satisfaction is None:
        for path, value in leaves(scenario.policy, ("policy",)):
            if isinstance(value, Expression) and "satisfaction" in value.names:
                message = "is about `satisfaction`, which is 0 for all: the scenario has no `response.satisfaction`"
                yield warning(path, message)
        for name, channel in scenario.channels.items():
            if isinstance(channel, WordOfMouth) and channel.by_satisfaction.value:
                message = "changes nothing: the scenario has no `response.satisfaction`, and all are neutral"
                yield warning(("channels", name, "by_satisfaction"), message)
        return
    moves = (value for group in (satisfaction.pleases, satisfaction.annoys) for _, value in leaves(group))
    if not any(value.value for value in moves if isinstance(value, Quantity)):
        yield warning(HOME, "changes nothing: all of `pleases` and `annoys` is 0", at_key=True)
    for group, name, there, section in (
        ("pleases", "onboarded", scenario.onboarding.steps, "onboarding"),
        ("pleases", "content", scenario.content, "content"),
        ("annoys", "failed_step", scenario.onboarding.steps, "onboarding"),
    ):
        if not there and getattr(getattr(satisfaction, group), name).value:
            yield warning((*HOME, group, name), f"changes nothing: the scenario has no `{section}`")
