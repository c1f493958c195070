"""The table of memberships: who came and went, what was paid, and what of it is earned, day by day."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.day_rows import Columns, day_rows
from sim.systems.memberships.roll import (
    CANCELLED,
    CASH,
    CONVERTED,
    JOINED,
    MEMBERSHIP_COUNTS,
    NOT_CONVERTED,
    NOT_RESUMED,
    PAUSES,
    REFUNDED,
    RESUMED,
    SWITCHED_IN,
    SWITCHED_OUT,
    TRIALS_BEGUN,
    UNPAID,
)
from sim.systems.world import World

I64 = npt.NDArray[np.int64]


def memberships_table(world: World) -> Columns:
    """One row per day and membership; names as (codes, labels), money in cents."""
    plan, roll = world.plan, world.roll
    names = tuple(one.name for one in plan.memberships.plans)
    counts = world.scaled(roll.counts[:, plan.first_day :])
    recognised = roll.recognised[:, plan.first_day :]
    columns: dict[str, I64] = {
        "members": np.cumsum(_members(counts), axis=1),
        "trials": np.cumsum(_of(counts, TRIALS_BEGUN) - _of(counts, CONVERTED) - _of(counts, NOT_CONVERTED), axis=1),
    }
    columns["on_pause"] = np.cumsum(_of(counts, PAUSES) - _of(counts, RESUMED) - _of(counts, NOT_RESUMED), axis=1)
    columns |= {name: _of(counts, i) for i, name in enumerate(MEMBERSHIP_COUNTS)}
    columns["recognised"] = recognised
    columns["deferred"] = np.cumsum(_of(counts, CASH) - recognised, axis=1)
    table = day_rows(plan, "membership", names)
    return table | {name: np.ascontiguousarray(values.T).ravel() for name, values in columns.items()}


def _of(counts: I64, what: int) -> I64:
    return counts[:, :, what]


def _members(counts: I64) -> I64:
    """How many members a day has brought, int64 (n_memberships, n_days)."""
    came = _of(counts, JOINED) - _of(counts, TRIALS_BEGUN) + _of(counts, CONVERTED) + _of(counts, SWITCHED_IN)
    came += _of(counts, RESUMED)
    for left in (SWITCHED_OUT, CANCELLED, UNPAID, PAUSES, REFUNDED):
        came -= _of(counts, left)
    return came


def cohort_micro(world: World) -> I64:
    """What each cohort's members bring at each age, 1/10,000 cents of agents, int64 (n_cohorts, n_days, n_channels)."""
    if not world.plan.memberships.plans:
        return np.zeros((1, 1, 1), np.int64)
    found: I64 = np.cumsum(world.roll.cohort_changes, axis=1)[:, :-1]
    return found
