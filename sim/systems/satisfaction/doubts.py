"""What of satisfaction is legal and hardly meant: nothing that moves it, or nothing that it could be moved by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.expressions import Expression
from sim.scenario.findings import Finding, Path, warning
from sim.scenario.leaves import leaves

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario

HOME: Path = ("response", "satisfaction")
OF_THE_DESK = (("pleases", "resolved"), ("annoys", "wait"), ("annoys", "unresolved"), ("annoys", "abandoned"))
OF_POINTS = (("pleases", "reward"), ("annoys", "loss"))


def doubts_of_satisfaction(scenario: Scenario) -> Iterator[Finding]:
    """Warnings that need more than the section itself; a world without a policy raises none."""
    satisfaction = scenario.response.satisfaction
    if satisfaction is None:
        for path, value in leaves(scenario.policy, ("policy",)):
            if isinstance(value, Expression) and "satisfaction" in value.names:
                message = (
                    "is about `satisfaction`, which is 0 for all: the scenario has no `response.satisfaction`"
                )
                yield warning(path, message)
        return
    moves = {
        (group, key): value.value for group in ("pleases", "annoys") for key, value in getattr(satisfaction, group)
    }
    if not any(moves.values()):
        yield warning(HOME, "changes nothing: all of `pleases` and `annoys` is 0", at_key=True)
    if "policy" not in scenario.model_fields_set:
        return
    for places, there_is, what in (
        (OF_THE_DESK, scenario.policy.desks, "policy.desks"),
        (OF_POINTS, scenario.policy.points, "policy.points"),
    ):
        for place in places if not there_is else ():
            if moves[place]:
                yield warning((*HOME, *place), f"is never felt: the scenario has no `{what}`")
