"""Made-up points programmes for made-up runs: one whose units expire every 30 days, one that never loses any."""

from __future__ import annotations

from typing import cast

import numpy as np

from sim.store import StoredRun
from tests.unit.analysis.synthetic import MadeUpRun

PROGRAMMES = ("會員積分與成長值計劃", "coins")
REWARDS = ("五元優惠券", "tote bag of unbleached cotton")
BATCH_DAYS = 30


def with_points(run: StoredRun) -> StoredRun:
    """The same run with the tables of points: 100 units a day and replicate + 1, 60% spent, the rest lost in time."""
    made_up = cast(MadeUpRun, run)
    replicates, days = cast(int, run.facts["replicates"]), cast(int, run.facts["days"])
    points, batches = [], []
    for replicate in range(replicates):
        per_day = 100 * (replicate + 1)
        left = per_day * 4 // 10
        issued = np.full(days, per_day)
        is_end = np.arange(days) % BATCH_DAYS == BATCH_DAYS - 1
        lost = np.where(is_end, left * BATCH_DAYS, 0)
        for code, expired in enumerate((lost, np.zeros_like(lost))):
            points.append(_daily(replicate, code, issued, issued - left, expired))
        ends = np.arange(BATCH_DAYS - 1, days + BATCH_DAYS, BATCH_DAYS)
        within = np.minimum(ends + 1, days) - (ends + 1 - BATCH_DAYS)
        batches.append(_batches(replicate, 0, ends, per_day * within, np.where(ends < days, left * within, 0)))
        batches.append(_batches(replicate, 1, np.array([days]), np.array([per_day * days]), np.zeros(1, np.int64)))
    made_up.tables["points"] = _stacked(points)
    made_up.tables["batches"] = _stacked(batches)
    taken = {"replicate": np.repeat(np.arange(replicates), 3), "day": np.tile([0, 1, 1], replicates)}
    names = {"programme": np.tile([0, 0, 1], replicates), "reward": np.tile([0, 1, 1], replicates)}
    held = {"programme": np.tile([0, 1], replicates), "held": np.tile([800, 0], replicates)}
    held |= {"top_held": held["held"] // 4, "replicate": np.repeat(np.arange(replicates), 2)}
    made_up.tables["holders"] = held
    made_up.tables["first_rewards"] = {
        "replicate": np.repeat(np.arange(replicates), 3),
        "programme": np.zeros(3 * replicates, np.int64),
        "days": np.tile([0, 2, 5], replicates),
        "users": np.tile([1, 2, 4], replicates),
    }
    made_up.tables["rewards"] = taken | names | {"taken": np.tile([3, 5, 7], replicates)}
    made_up.labels |= {"programme": PROGRAMMES, "reward": REWARDS}
    return run


def _daily(
    replicate: int, code: int, issued: np.ndarray, redeemed: np.ndarray, expired: np.ndarray
) -> dict[str, np.ndarray]:
    n = issued.size
    outstanding = np.cumsum(issued - redeemed - expired)
    counts = {"issued": issued, "redeemed": redeemed, "expired": expired, "outstanding": outstanding}
    counts |= {"forfeited": np.zeros_like(issued), "fees": np.zeros_like(issued), "farmed": issued // 4}
    money = {
        "rewards": redeemed // 10,
        "cost": redeemed * 2,
        "paid": redeemed * code,
        "transferred": issued // 10,
        "liability": outstanding * 3,
    }
    keys = {"replicate": np.full(n, replicate), "day": np.arange(n), "programme": np.full(n, code)}
    return keys | counts | money


def _batches(
    replicate: int, code: int, ends: np.ndarray, issued: np.ndarray, expired: np.ndarray
) -> dict[str, np.ndarray]:
    keys = {"replicate": np.full(ends.size, replicate), "programme": np.full(ends.size, code), "last_day": ends}
    return keys | {"issued": issued, "expired": expired}


def _stacked(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
