"""A small run with every kind of column, for the tests of the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sim.metrics import TableSchema
from sim.store import RunIdentity, save_run

SCHEMAS = (
    TableSchema("daily", keys=("day",), dates=("date",), counts=("users", "orders"), money=("revenue",)),
    TableSchema("by_channel", keys=("day",), texts=("channel",), counts=("users",)),
    TableSchema("rules", keys=("day",), texts=("rule",), counts=("sent",)),
)
CHANNELS = ("渠道", "paid", "קהילה")
N_DAYS = 10
METRICS = [
    {
        "name": "users",
        "label": "Users",
        "unit": "persons",
        "definition": "Persons who have signed up.",
        "aggregate": "last",
        "column": "users",
        "per": None,
        "better": "higher",
        "table": "daily",
    }
]


def identity(**changes: Any) -> RunIdentity:
    """The identity of the small run."""
    values = {
        "scenario": "海淘",
        "scenario_hash": "ab12",
        "seed": 1,
        "replicates": 3,
        "days": N_DAYS,
        "version": "0.1.0",
    }
    return RunIdentity(**{**values, **changes})


def tables(replicate: int) -> dict[str, dict[str, Any]]:
    """The tables of one replicate; the last one has no rules table."""
    rng = np.random.default_rng(replicate)
    day = np.arange(N_DAYS)
    result: dict[str, dict[str, Any]] = {
        "daily": {
            "day": day,
            "date": np.datetime64("2026-01-01") + day,
            "users": rng.integers(0, 1000, N_DAYS),
            "orders": rng.integers(0, 10**12, N_DAYS),
            "revenue": rng.integers(-(10**15), 10**15, N_DAYS),
        },
        "by_channel": {
            "day": np.repeat(day, len(CHANNELS)),
            "channel": (np.tile(np.arange(len(CHANNELS)), N_DAYS), CHANNELS),
            "users": rng.integers(0, 1000, N_DAYS * len(CHANNELS)),
        },
        "rules": {"day": day, "rule": ["mail"] * N_DAYS, "sent": day * 2},
    }
    if replicate == 2:
        del result["rules"]
    return result


def save(root: Path, *, facts: dict[str, Any] | None = None, **changes: Any) -> Path:
    """The folder of the small run, stored under `root`."""
    who = identity(**changes)
    return save_run(
        root,
        who,
        tables=[tables(replicate) for replicate in range(who.replicates)],
        schemas=SCHEMAS,
        scenario_yaml="name: 海淘\n",
        facts={"metrics": METRICS, "currency": "CNY"} if facts is None else facts,
    )
