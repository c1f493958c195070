"""Made-up content for made-up runs: each day the same happens, twice as much of it in the second replicate."""

from __future__ import annotations

from typing import cast

import numpy as np

from sim.analysis.content import COLUMNS
from sim.store import StoredRun
from tests.unit.analysis.synthetic import MadeUpRun

KINDS = ("答案", "notes")
A_DAY = {
    "makers": 4, "created": 10, "bad": 2, "prompted": 5, "reviewed": 4, "removed": 1, "seeded": 3, "stock": 100,
    "bad_stock": 25, "appeal_millionths": 200_000, "reward_cost": 900, "moderation_cost": 40, "seed_cost": 1_100,
}  # fmt: skip


def with_content(run: StoredRun) -> StoredRun:
    """The same run with two kinds of content; of the second nothing is made. The stock grows by the same each day."""
    made_up = cast(MadeUpRun, run)
    shape = (cast(int, run.facts["replicates"]), cast(int, run.facts["days"]), 2)
    replicate, day, code = (axis.ravel() for axis in np.indices(shape))
    table = {column: np.where(code == 0, A_DAY[column] * (replicate + 1), 0) for column in COLUMNS}
    for stock in ("stock", "bad_stock"):
        table[stock] = table[stock] * (day + 1)
    made_up.tables["content"] = {"replicate": replicate, "day": day, "kind": code} | table
    made_up.labels |= {"kind": KINDS}
    return run
