"""Whether the replicates of two scenarios are the same worlds, so that their difference is that of their policies."""

from __future__ import annotations

from typing import NamedTuple

from sim.errors import UsageError
from sim.systems.scenario import Scenario


class Unequal(NamedTuple):
    """A fact in which two scenarios differ, by its name in the file, with what it is in each."""

    name: str
    left: str
    right: str


def unequal_facts(left: Scenario, right: Scenario) -> list[Unequal]:
    """The facts that must be equal for a replicate of one to be the same world as that of the other, and are not."""
    sides = _facts(left), _facts(right)
    return [Unequal(name, value, sides[1][name]) for name, value in sides[0].items() if value != sides[1][name]]


def refuse_unless_paired(left: Scenario, right: Scenario, names: tuple[str, str]) -> None:
    """Refuse two scenarios whose replicates are not the same worlds.

    Raises:
        UsageError: with the facts in which they differ.
    """
    found = [f"{one.name} ({one.left} and {one.right})" for one in unequal_facts(left, right)]
    if found:
        hint = f"; with --days {min(left.n_days, right.n_days)} both run as long" if left.n_days != right.n_days else ""
        raise UsageError(f"{names[0]} and {names[1]} cannot be compared: they differ in {', '.join(found)}{hint}")


def _facts(one: Scenario) -> dict[str, str]:
    return {
        "start": one.start.isoformat(),
        "horizon": f"{one.n_days:,} days",
        "currency": one.currency,
        "people_per_agent": f"{one.market.people_per_agent.value:,.0f}",
    }
