"""The tables of programmes: units as persons', day by day, by reward, and by the batch with which they expire."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.systems.points.liability import unit_costs
from sim.systems.points.wallets import (
    EXPIRED,
    FARMED,
    FEES,
    FORFEITED,
    ISSUED,
    REDEEMED,
    REWARDS_TAKEN,
    TRANSFERRED,
    Wallet,
)  # fmt: skip
from sim.systems.world import World

I64 = npt.NDArray[np.int64]
Columns = dict[str, Any]

TOP_SHARE = 0.05
"""Of those who hold units: they hold the most."""


def points_tables(world: World) -> dict[str, Columns]:
    """The tables of a finished replicate, by their names; names in them as (codes, labels), money in cents."""
    wallets = list(world.wallets.values())
    return {
        "points": _daily(world, wallets),
        "rewards": _rewards(world, wallets),
        "batches": _batches(world, wallets),
        "holders": _holders(world, wallets),
        "first_rewards": _first_rewards(world, wallets),
    }


def _daily(world: World, wallets: list[Wallet]) -> Columns:
    """One row per day and programme."""
    n_days, names = world.plan.n_run_days, tuple(wallet.plan.name for wallet in wallets)
    columns = [_measures(world, wallet) for wallet in wallets]
    measured = (
        "issued", "redeemed", "expired", "forfeited", "farmed", "outstanding", "rewards", "transferred", "fees", "cost",
        "paid", "liability",
    )  # fmt: skip
    stacked = {
        name: np.stack([of[name] for of in columns], axis=1).ravel() if columns else np.empty(0, np.int64)
        for name in measured
    }
    days = np.repeat(np.arange(n_days), len(names))
    return {"day": days, "programme": (np.tile(np.arange(len(names)), n_days), names)} | stacked


def _measures(world: World, wallet: Wallet) -> dict[str, I64]:
    """int64 (n_days,) of one programme."""
    counts = world.scaled(wallet.counts[world.plan.first_day :])
    issued, redeemed, expired, forfeited = (counts[:, i] for i in (ISSUED, REDEEMED, EXPIRED, FORFEITED))
    outstanding = np.cumsum(issued - redeemed - expired - forfeited)
    unit_cost = unit_costs(wallet)[world.plan.first_day :]
    return {
        "issued": issued,
        "redeemed": redeemed,
        "expired": expired,
        "forfeited": forfeited,
        "farmed": counts[:, FARMED],
        "outstanding": outstanding,
        "rewards": counts[:, REWARDS_TAKEN],
        "transferred": counts[:, TRANSFERRED],
        "fees": counts[:, FEES],
        "cost": wallet.cost_cents[world.plan.first_day :],
        "paid": wallet.paid_cents[world.plan.first_day :],
        "liability": np.rint(outstanding * wallet.plan.expected_redemption * unit_cost).astype(np.int64),
    }


def _rewards(world: World, wallets: list[Wallet]) -> Columns:
    """One row per day and reward that somebody took."""
    names = tuple(wallet.plan.name for wallet in wallets)
    labels = tuple(dict.fromkeys(name for wallet in wallets for name in wallet.plan.rewards.names))
    days, programmes, rewards, taken = (list[I64]() for _ in range(4))
    for code, wallet in enumerate(wallets):
        day, reward = np.nonzero(wallet.taken)
        days.append(day - world.plan.first_day)
        programmes.append(np.full(day.size, code, np.int64))
        rewards.append(np.array([labels.index(name) for name in wallet.plan.rewards.names], np.int64)[reward])
        taken.append(world.scaled(wallet.taken[day, reward]))
    return {
        "day": _joined(days),
        "programme": (_joined(programmes), names),
        "reward": (_joined(rewards), labels),
        "taken": _joined(taken),
    }


def _first_rewards(world: World, wallets: list[Wallet]) -> Columns:
    """One row per programme and number of days after which anybody took the first reward."""
    names = tuple(wallet.plan.name for wallet in wallets)
    found = [np.flatnonzero(wallet.first_rewards) for wallet in wallets]
    users = [wallet.first_rewards[days] for wallet, days in zip(wallets, found, strict=True)]
    codes = [np.full(days.size, code, np.int64) for code, days in enumerate(found)]
    return {"programme": (_joined(codes), names), "days": _joined(found), "users": world.scaled(_joined(users))}


def _batches(world: World, wallets: list[Wallet]) -> Columns:
    """One row per programme and batch that anything was issued into; its last day may lie beyond the horizon."""
    names = tuple(wallet.plan.name for wallet in wallets)
    counted = ("issued", "redeemed", "expired", "forfeited")
    parts: dict[str, list[I64]] = {name: [] for name in ("last_day", "programme", *counted)}
    for code, wallet in enumerate(wallets):
        batches = np.flatnonzero(
            wallet.lots.issued + wallet.lots.redeemed + wallet.lots.expired + wallet.lots.forfeited
        )
        parts["last_day"].append(wallet.plan.batches.last_day[batches] - world.plan.first_day)
        parts["programme"].append(np.full(batches.size, code, np.int64))
        for name in counted:
            parts[name].append(world.scaled(getattr(wallet.lots, name)[batches]))
    columns = {name: _joined(values) for name, values in parts.items()}
    outstanding = columns["issued"] - columns["redeemed"] - columns["expired"] - columns["forfeited"]
    return columns | {"programme": (columns["programme"], names), "outstanding": outstanding}


def _holders(world: World, wallets: list[Wallet]) -> Columns:
    """One row per programme and segment: who holds units at the end, and who of them is among those who hold most."""
    names, segments = tuple(wallet.plan.name for wallet in wallets), world.plan.market.segments
    parts: dict[str, list[I64]] = {name: [] for name in ("holders", "held", "top_holders", "top_held")}
    segment = world.plan.segment_of_cell[world.people.cell[: world.people.n]]
    for wallet in wallets:
        balance = wallet.lots.balance[: world.people.n]
        order = np.argsort(-balance, kind="stable")[: np.count_nonzero(balance)]
        for top, rows in (("", order), ("top_", order[: math.ceil(order.size * TOP_SHARE)])):
            for name, weights in (("holders", None), ("held", balance[rows])):
                sums = np.bincount(segment[rows], weights, minlength=len(segments))
                parts[top + name].append(world.scaled(sums.astype(np.int64)))
    codes = np.repeat(np.arange(len(names)), len(segments))
    columns = {name: _joined(values) for name, values in parts.items()}
    return {"programme": (codes, names), "segment": (np.tile(np.arange(len(segments)), len(names)), segments)} | columns


def _joined(parts: list[I64]) -> I64:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
