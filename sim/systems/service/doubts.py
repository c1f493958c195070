"""What of service desks is legal and hardly meant: tickets that nobody is there to answer, queues without an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path, warning
from sim.systems.service.schema import Desk, kinds_of

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario

DESKS: Path = ("policy", "desks")


def doubts_of_service(scenario: Scenario) -> Iterator[Finding]:
    """Warnings that need more than the desks themselves."""
    service, desks = scenario.service, scenario.policy.desks
    if service.tickets and not desks and "policy" in scenario.model_fields_set:
        message = "is simulated only where a desk answers, and the policy has no `desks`: no ticket arises"
        yield warning(("service", "tickets"), message)
    for name, kind in service.tickets.items():
        path: Path = ("service", "tickets", name)
        if kind.for_ == "loss" and desks and not scenario.policy.points:
            yield warning((*path, "for"), "is `loss`, and there are no `policy.points` to lose: it never happens")
        if kind.brings.largest == 0:
            yield warning((*path, "brings"), "is 0: no such ticket ever arises")
    for name, desk in desks.items():
        yield from _empty((*DESKS, name), desk, scenario)


def _empty(path: Path, desk: Desk, scenario: Scenario) -> Iterator[Finding]:
    """Desks at which nobody ever works."""
    if any(shift.staff.largest > 0 for shift in desk.shifts.values()):
        return
    stays = any(scenario.service.tickets[kind].patience is None for kind in kinds_of(desk, scenario.service))
    fate = "tickets pile up for ever" if stays else "everybody gives up"
    yield warning(path, f"has nobody at work in any shift: {fate}", at_key=True)
