"""The tables of referral: what each programme did day by day, and how deep the chains are."""

from __future__ import annotations

import numpy as np

from sim.systems.day_rows import Columns, counts_by_day, day_rows
from sim.systems.referral.chains import REFERRAL_COUNTS, depths_of
from sim.systems.world import World


def referral_tables(world: World) -> dict[str, Columns]:
    """`referrals`, one row per day and programme; `chains`, one row per depth; in persons, money in cents."""
    return {"referrals": _referrals(world), "chains": _chains(world)}


def _referrals(world: World) -> Columns:
    plan, chains = world.plan, world.chains
    names = tuple(referral.name for referral in plan.referrals)
    table = day_rows(plan, "programme", names)
    if chains is None:
        return table | dict.fromkeys((*REFERRAL_COUNTS, "cost"), np.zeros(0, np.int64))
    counts = world.scaled(chains.counts[:, plan.first_day :])
    cost = chains.cost_cents[:, plan.first_day :].T.ravel()
    return table | counts_by_day(counts, REFERRAL_COUNTS) | {"cost": np.ascontiguousarray(cost)}


def _chains(world: World) -> Columns:
    """Users by how many invitations lead to them, how many of them have brought somebody, and whom they brought."""
    if world.chains is None:
        return {name: np.zeros(0, np.int64) for name in ("depth", "users", "bringers", "brought")}
    n = world.people.n
    referrer = world.chains.referrer[:n]
    depth = depths_of(referrer)
    brought = np.bincount(referrer[referrer > 0] - 1, minlength=n)
    users = np.bincount(depth, minlength=1)
    by_depth = {
        "users": users,
        "bringers": np.bincount(depth[brought > 0], minlength=users.size),
        "brought": np.bincount(depth, weights=brought, minlength=users.size).astype(np.int64),
    }
    return {"depth": np.arange(users.size)} | {name: world.scaled(counts) for name, counts in by_depth.items()}
