"""Whom a rule reaches first: somebody worth tracing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.engine.limits import MAX_HORIZON_DAYS
from sim.errors import UsageError
from sim.scenario.findings import did_you_mean
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.rules.plan import NO_LIMIT
from sim.systems.world import World


def first_reached(plan: Plan, rule: str, *, seed: int, replicate: int) -> int | None:
    """The agent, numbered through the segments, on whom the rule acts first in one replicate; None if on nobody.

    Of several on one day the one who signed up first.

    Raises:
        UsageError: there is no such rule, or it acts on no person.
    """
    names = [one.name for one in plan.rules]
    if rule not in names:
        hint = did_you_mean(rule, names)
        raise UsageError(f"there is no rule `{rule}`{f'; {hint}' if hint else ''} ({', '.join(names) or 'no rules'})")
    if not plan.rules[names.index(rule)].is_about_users:
        raise UsageError(f"rule `{rule}` changes budgets and acts on no person; `sim run` tells when it did")
    found: list[int] = []

    def watch(world: World, day: int) -> None:
        if not found:
            found.extend(np.flatnonzero(world.rules[rule].attempts[: world.people.n])[:1].tolist())

    world = run_world(open_world(_remembering(plan, rule), seed, replicate), watch)
    return _number(world, found[0]) if found else None


def _remembering(plan: Plan, name: str) -> Plan:
    """The plan with a limit of attempts that the rule never meets, so that it remembers on whom it acted."""
    most = MAX_HORIZON_DAYS + 1
    rules = tuple(
        replace(rule, attempts=most) if rule.name == name and rule.attempts >= NO_LIMIT else rule for rule in plan.rules
    )
    return replace(plan, rules=rules)


def _number(world: World, row: int) -> int:
    agents = world.plan.market.agents
    segment = int(world.people.cell[row]) % world.plan.n_segments
    return int(agents[:segment].sum()) + int(world.people.person[row])
