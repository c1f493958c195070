"""Made-up journeys for made-up runs: each day the same happens, twice as much of it in the second replicate."""

from __future__ import annotations

from typing import cast

import numpy as np

from sim.analysis.journeys import STEP_COLUMNS, TOUCHPOINT_COLUMNS
from sim.store import StoredRun
from tests.unit.analysis.synthetic import MadeUpRun

STEPS = (("車", "lead"), ("車", "order"), ("app", "lead"))
A_DAY = {
    "lead": {"entered": 100, "passed": 30, "dropped_out": 60, "gave_up": 5},
    "order": {"entered": 30, "passed": 10, "dropped_out": 15, "orders": 10, "commission": 50_000, "cost": 7_000},
}
SHOP = {"capacity": 40, "visits": 30, "gave_up": 10, "waiting": 12, "wait_days": 60, "wait_p90_days": 4, "cost": 90_000}
WEB = {"visits": 5, "cost": 1_000}


def with_journeys(run: StoredRun) -> StoredRun:
    """Two journeys of steps of one name, and two touchpoints; the second replicate counts twice as much."""
    made = cast(MadeUpRun, run)
    n, days = int(made.facts["replicates"]), int(made.facts["days"])
    replicate, day, code = (axis.ravel() for axis in np.indices((n, days, len(STEPS))))
    journey, step = np.array([0, 0, 1])[code], np.array([0, 1, 0])[code]
    per_day = {name: np.array([A_DAY[one].get(name, 0) for _, one in STEPS]) for name in STEP_COLUMNS}
    table = {name: values[code] * (replicate + 1) for name, values in per_day.items()}
    table["waiting"] = np.zeros_like(day)
    made.tables["journeys"] = {"replicate": replicate, "day": day, "journey": journey, "step": step} | table
    replicate, took = (axis.ravel() for axis in np.indices((n, 10)))
    zeros = np.zeros_like(took)
    made.tables["journey_times"] = {
        "replicate": replicate, "days": took, "journey": zeros, "step": zeros + 1, "passed": (replicate + 1) * 7
    }  # fmt: skip
    replicate, day, code = (axis.ravel() for axis in np.indices((n, days, 2)))
    places = {name: np.array([SHOP[name], WEB.get(name, 0)])[code] * np.ones_like(day) for name in TOUCHPOINT_COLUMNS}
    made.tables["touchpoints"] = {"replicate": replicate, "day": day, "touchpoint": code} | places
    made.labels |= {"journey": ("車", "app"), "step": ("lead", "order"), "touchpoint": ("shop", "web")}
    return run
