"""What incentives add to workload W: `python -m benchmarks.incentives` prints a line of JSON for each scenario.

Users, luck and the core of the run are those of workload W; the policy gives units, levels or plans beside it.
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.workload_w import DAYS, plan_of_size
from sim.systems.day import open_world, run_world
from sim.systems.world import World

FOLDER = Path(__file__).parent
CORE = "workload W"
SCENARIOS = {
    CORE: FOLDER / "workload_w.yaml",
    "with points": FOLDER / "incentives_points.yaml",
    "with points and levels": FOLDER / "incentives_levels.yaml",
    "with points and the pull of a near reward": FOLDER / "incentives_nearness.yaml",
    "with memberships": FOLDER / "incentives_memberships.yaml",
}
N_USERS = 1_000_000
N_USERS_MEASURED = 300_000
"""Memory is traced on fewer users: it is the same for each, and tracing is slow."""
ROUNDS = 3


@dataclass(frozen=True)
class IncentiveCost:
    """One scenario: CPU seconds of its days, and bytes for each user: kept at the end, and at the highest."""

    scenario: str
    cpu_s: float
    kept_bytes: float
    peak_bytes: float


def _seconds(scenario: str, n_users: int) -> float:
    plan = plan_of_size(n_users, 1, DAYS, SCENARIOS[scenario])
    started = time.process_time()
    run_world(open_world(plan, 1, 0))
    return time.process_time() - started


def _bytes_per_user(scenario: str, n_users: int) -> tuple[float, float]:
    plan = plan_of_size(n_users, 1, DAYS, SCENARIOS[scenario])
    tracemalloc.start()
    world: World = run_world(open_world(plan, 1, 0))
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return kept / world.people.n, peak / world.people.n


def measure_incentives(say: Callable[[str], None], n_users: int = N_USERS, rounds: int = ROUNDS) -> list[IncentiveCost]:
    """All scenarios, warm, on one thread; they take turns, so that a busy machine slows all of them."""
    seconds: dict[str, list[float]] = {scenario: [] for scenario in SCENARIOS}
    for scenario in SCENARIOS:
        _seconds(scenario, 1_000)  # compiles, or loads what was compiled
    for turn in range(rounds):
        for scenario, found in seconds.items():
            say(f"{scenario}, round {turn + 1} …")
            found.append(_seconds(scenario, n_users))
    n_measured = min(n_users, N_USERS_MEASURED)
    memory = {scenario: _bytes_per_user(scenario, n_measured) for scenario in SCENARIOS}
    return [IncentiveCost(scenario, median(found), *memory[scenario]) for scenario, found in seconds.items()]


def main() -> None:
    """Print one line a scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=N_USERS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    for cost in measure_incentives(lambda _: None, arguments.n, arguments.rounds):
        print(json.dumps(asdict(cost)), flush=True)


if __name__ == "__main__":
    main()
