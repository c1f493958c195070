"""The tables of programmes: units as persons', day by day, by reward, and by the batch with which they expire."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sim.systems.day_rows import Columns, day_rows
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

HOLDERS_COUNTS = ("holders", "held", "top_holders", "top_held", "away_holders", "away_held")
TOP_SHARE = 0.05
"""Of those who hold units: they hold the most."""
AWAY_DAYS = 30
"""Who has not been active for so long is away."""


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
    names = tuple(wallet.plan.name for wallet in wallets)
    columns = [_measures(world, wallet) for wallet in wallets]
    measured = (
        "issued", "redeemed", "expired", "forfeited", "farmed", "outstanding", "rewards", "transferred", "fees", "cost",
        "paid", "liability",
    )  # fmt: skip
    stacked = {
        name: np.stack([of[name] for of in columns], axis=1).ravel() if columns else np.empty(0, np.int64)
        for name in measured
    }
    return day_rows(world.plan, "programme", names) | stacked


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
    """One row per programme and segment: who holds units at the end, who of them holds most, and who has been away."""
    people, segments = world.people, world.plan.market.segments
    names, n_segments = tuple(wallet.plan.name for wallet in wallets), len(segments)
    parts: dict[str, list[I64]] = {}
    segment = world.plan.segment_of_cell[people.cell[: people.n]]
    is_away = people.last_active[: people.n] < world.plan.n_days - AWAY_DAYS
    for wallet in wallets:
        balance = wallet.lots.balance[: people.n]
        held = np.argsort(-balance, kind="stable")[: np.count_nonzero(balance)]
        groups = {"": held, "top_": held[: math.ceil(held.size * TOP_SHARE)], "away_": held[is_away[held]]}
        for group, rows in groups.items():
            counts = np.bincount(segment[rows], minlength=n_segments)
            units = np.bincount(segment[rows], balance[rows], n_segments).astype(np.int64)
            parts.setdefault(f"{group}holders", []).append(world.scaled(counts))
            parts.setdefault(f"{group}held", []).append(world.scaled(units))
    columns = {name: _joined(parts.get(name, [])) for name in HOLDERS_COUNTS}
    codes = np.repeat(np.arange(len(names)), n_segments)
    return {"programme": (codes, names), "segment": (np.tile(np.arange(n_segments), len(names)), segments)} | columns


def _joined(parts: list[I64]) -> I64:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
