"""What the verifications of memberships share: plans in which everybody joins at once, and what they count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.systems.books.tables import tables_of
from sim.systems.plan import Plan
from sim.systems.pulls import log_of
from sim.systems.world import World
from tests.verify.worlds import plan_for

Document = dict[str, Any]
I64 = npt.NDArray[np.int64]

N = 20_000
ONE_DAY = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e6, "b": 1e-6}}}
"""Everybody is there on the day of sign-up and has no habit from the next day on."""
ALWAYS = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}}
IRRESISTIBLE = 1e6
AT_ONCE = {"looks": 1, "former_members": 0, "payment_fails": 0}
"""Everybody joins on the first day, and nobody again."""


def alike(p: float) -> Document:
    """A Beta in which everybody has the same probability."""
    return {"a": p * 1e7, "b": (1 - p) * 1e7}


def memberships_plan(memberships: Document, response: Document, days: int, n: int = N, **sections: Any) -> Plan:
    """n users who sign up on the first day."""
    return plan_for(
        **(
            {
                "market": {"size": n},
                "channels": {"past": {"kind": "history", "signups": {"2026-01-01": n}}},
                "retention": ONE_DAY,
                "horizon": f"{days} days",
                "policy": {"memberships": memberships},
                "response": {"memberships": AT_ONCE | response},
            }
            | sections
        )
    )


def with_first(plan: Plan, **fields: Any) -> Plan:
    """The plan with fields of its first membership replaced."""
    first, *others = plan.memberships.plans
    return replace(plan, memberships=replace(plan.memberships, plans=(replace(first, **fields), *others)))


def pulling(plan: Plan, *odds: float) -> Plan:
    """From the second day on the memberships pull with these odds."""
    plans = []
    for one, later in zip(plan.memberships.plans, odds, strict=True):
        log_pull = one.log_pull.copy()
        log_pull[1:] = log_of(later)
        plans.append(replace(one, log_pull=log_pull))
    return replace(plan, memberships=replace(plan.memberships, plans=tuple(plans)))


def counted(world: World, what: int, position: int = 0) -> I64:
    """int64 (n_days,)."""
    counts: I64 = world.roll.counts[position, :, what]
    return counts


def column(world: World, name: str, position: int = 0) -> I64:
    """A column of the table of memberships, of one of them."""
    table = tables_of(world)["memberships"]
    values: I64 = np.asarray(table[name])[np.asarray(table["membership"][0]) == position]
    return values
