"""Made-up memberships for made-up runs: each day the same happens, twice as much of it in the second replicate."""

from __future__ import annotations

from typing import cast

import numpy as np

from sim.analysis.memberships import COLUMNS
from sim.store import StoredRun
from tests.unit.analysis.synthetic import MadeUpRun

MEMBERSHIPS = ("月卡", "yearly")
A_DAY = {
    "members": 3, "joined": 5, "converted": 2, "not_converted": 6, "renewed": 6, "switched_out": 1, "cancelled": 2,
    "payment_failed": 1, "recovered": 1, "unpaid": 3, "paused": 10, "resumed": 1, "not_resumed": 3, "cash": 900,
    "refunds": 100, "trials_begun": 4, "switched_in": 16, "refunded": 1, "recognised": 700, "deferred": 200,
}  # fmt: skip


def with_memberships(run: StoredRun) -> StoredRun:
    """The same run with two memberships; the second sees nothing. Stocks grow by the same each day."""
    made_up = cast(MadeUpRun, run)
    shape = (cast(int, run.facts["replicates"]), cast(int, run.facts["days"]), 2)
    replicate, day, code = (axis.ravel() for axis in np.indices(shape))
    table = {column: np.where(code == 0, A_DAY[column] * (replicate + 1), 0) for column in COLUMNS}
    for stock in ("members", "deferred"):
        table[stock] = table[stock] * (day + 1)
    made_up.tables["memberships"] = {"replicate": replicate, "day": day, "membership": code} | table
    made_up.labels |= {"membership": MEMBERSHIPS}
    return run
