"""Made-up audiences for made-up runs: three audiences, ten layers, of which the largest holds three users of four."""

from __future__ import annotations

from typing import cast

import numpy as np

from sim.store import StoredRun
from tests.unit.analysis.synthetic import CHANNELS, SEGMENTS, MadeUpRun

AUDIENCES = ("從未下單", "quiet and valuable mothers of two", "nobody")
LAYERS = (
    "never bought", "重要價值", "重要發展", "重要保持", "重要挽留客戶群體裏的全部用戶", "quiet for up to 45 days more",
    "one order short of the core of all", "一般發展", "a", "gone for good, as far as one can tell", "other",
)  # fmt: skip
SHARES = np.array([750, 20, 3, 30, 1, 40, 2, 0, 100, 54, 0])  # 一般發展 is empty at the end, `other` always
CITIES = tuple(f"city of ten thousand lakes {index}" for index in range(15))
AGES = tuple(str(age) for age in range(20, 46))


def with_audiences(run: StoredRun) -> StoredRun:
    """The same run with the tables of audiences, portraits and flows, on every 7th day."""
    made_up = cast(MadeUpRun, run)
    replicates, days = cast(int, run.facts["replicates"]), cast(int, run.facts["days"])
    users = np.array([sizes_on(day) for day in range(0, days, 7)])  # (n_measured, n_sets and labels)
    n_measured, n_names = users.shape
    keys = {
        "replicate": np.repeat(np.arange(replicates), users.size),
        "day": np.tile(np.repeat(np.arange(n_measured) * 7, n_names), replicates),
        "audience": np.tile(np.arange(n_names), replicates * n_measured),
    }
    keys["set"] = (keys["audience"] >= len(AUDIENCES)).astype(np.int64)
    counts = np.tile(users.ravel(), replicates)
    by_market = {"channel": keys["audience"] % len(CHANNELS), "segment": keys["audience"] % 2}
    made_up.tables["audiences"] = keys | by_market | {"users": counts, "latent_lapsed": counts // 2}
    n_values = len(CITIES) + len(AGES)
    crossed = {name: np.repeat(column, n_values) for name, column in (keys | {"users": counts}).items()}
    value = np.tile(np.arange(n_values), counts.size)
    made_up.tables["portraits"] = crossed | {"value": value, "attribute": (value >= len(CITIES)).astype(np.int64)}
    made_up.tables["flows"] = flows_of(replicates, n_measured)
    made_up.labels |= {
        "audience": (*AUDIENCES, *LAYERS), "set": ("", "life cycle"), "layers": ("life cycle",),
        "from": (*LAYERS, "(sign-up)"), "to": LAYERS, "value": (*CITIES, *AGES), "attribute": ("city", "age"),
    }  # fmt: skip
    assert len(SEGMENTS) == 2
    return run


def sizes_on(day: int) -> np.ndarray:
    """Users of the audiences and layers; all but the last day have somebody in every layer but `other`."""
    layers = SHARES * (1 + day) + np.where(np.arange(len(LAYERS)) == 7, 50 - day if day < 20 else 0, 0)
    return np.array([800 * (1 + day), 90 * (1 + day), 0, *layers])


def flows_of(replicates: int, n_measured: int) -> dict[str, np.ndarray]:
    """Each named layer keeps nine of ten and gives one to the next; newcomers come into the first."""
    n_layers = len(LAYERS) - 1
    source = np.concatenate([np.arange(n_layers), np.arange(n_layers), [len(LAYERS)]])
    target = np.concatenate([np.arange(n_layers), (np.arange(n_layers) + 1) % n_layers, [0]])
    moved = np.concatenate([np.full(n_layers, 90), np.full(n_layers, 10), [50]])
    n_moves = replicates * n_measured
    return {
        "replicate": np.repeat(np.arange(replicates), n_measured * moved.size),
        "day": np.tile(np.repeat(np.arange(n_measured) * 7, moved.size), replicates),
        "layers": np.zeros(n_moves * moved.size, np.int64),
        "from": np.tile(source, n_moves), "to": np.tile(target, n_moves), "users": np.tile(moved, n_moves),
    }  # fmt: skip
