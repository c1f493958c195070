"""What systems add to workload W: `python -m benchmarks.systems` prints a line of JSON for each scenario.

Users, luck and the core of the run are those of workload W; world and policy have further systems beside it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
import tracemalloc
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.workload_w import DAYS, SCENARIO, plan_of_size
from sim.systems.day import open_world, run_world
from sim.systems.world import World

FOLDER = Path(__file__).parent
CORE = "workload W"
INCENTIVES: Mapping[str, Path] = {
    CORE: SCENARIO,
    "with points": FOLDER / "incentives_points.yaml",
    "with points and levels": FOLDER / "incentives_levels.yaml",
    "with points and the pull of a near reward": FOLDER / "incentives_nearness.yaml",
    "with memberships": FOLDER / "incentives_memberships.yaml",
}
ALL_OF_PEOPLE = "with all of these"
PEOPLE: Mapping[str, Path] = {
    CORE: SCENARIO,
    "with word of mouth and referral": FOLDER / "people_talking.yaml",
    "with a service desk and satisfaction": FOLDER / "people_service.yaml",
    "with these and the ladder of loyalty": FOLDER / "people_loyalty.yaml",
    "with content": FOLDER / "people_content.yaml",
    "with a journey": FOLDER / "people_journey.yaml",
    ALL_OF_PEOPLE: FOLDER / "people.yaml",
}
N_USERS = 1_000_000
N_USERS_MEASURED = 300_000
"""Memory is traced on fewer users: it is the same for each, and tracing is slow."""
N_USERS_WARM = 1_000
ROUNDS = 3


@dataclass(frozen=True)
class SystemsCost:
    """One scenario: CPU seconds of its days, users summed over days, bytes for each user: kept, and at the highest."""

    scenario: str
    cpu_s: float
    user_days: int
    kept_bytes: float
    peak_bytes: float


def user_days(world: World) -> int:
    """Users of all days."""
    return int(world.tallies.new.sum(axis=1).cumsum()[: world.plan.n_run_days].sum())


def run_file(file: Path, n_users: int, replicate: int = 0) -> tuple[float, int]:
    """CPU seconds of one replicate on one thread, and its user-days."""
    plan = plan_of_size(n_users, 1, DAYS, file)
    started = time.process_time()
    world = run_world(open_world(plan, 1, replicate))
    return time.process_time() - started, user_days(world)


def _bytes_per_user(file: Path, n_users: int) -> tuple[float, float]:
    plan = plan_of_size(n_users, 1, DAYS, file)
    tracemalloc.start()
    world: World = run_world(open_world(plan, 1, 0))
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return kept / world.people.n, peak / world.people.n


def measure_systems(
    scenarios: Mapping[str, Path], say: Callable[[str], None], n_users: int = N_USERS, rounds: int = ROUNDS
) -> list[SystemsCost]:
    """All scenarios, warm, on one thread; they take turns, so that a busy machine slows all of them."""
    runs: dict[str, list[tuple[float, int]]] = {scenario: [] for scenario in scenarios}
    for file in scenarios.values():
        run_file(file, N_USERS_WARM)  # compiles, or loads what was compiled
    for turn in range(rounds):
        for scenario, file in scenarios.items():
            say(f"{scenario}, round {turn + 1} …")
            runs[scenario].append(run_file(file, n_users))
    n_measured = min(n_users, N_USERS_MEASURED)
    memory = {scenario: _bytes_per_user(file, n_measured) for scenario, file in scenarios.items()}
    return [
        SystemsCost(scenario, median(seconds for seconds, _ in found), found[0][1], *memory[scenario])
        for scenario, found in runs.items()
    ]


def _run_warm(file: Path, n_users: int, replicate: int) -> tuple[float, float, int]:
    """When a warm run began and ended, and its user-days."""
    run_file(file, N_USERS_WARM)
    plan = plan_of_size(n_users, 1, DAYS, file)
    started = time.time()
    world = run_world(open_world(plan, 1, replicate))
    return started, time.time(), user_days(world)


def measure_throughput(file: Path, n_users: int = N_USERS, n_processes: int = 2) -> float:
    """User-days per second of wall time, of a replicate on each of so many processes, side by side."""
    with ProcessPoolExecutor(n_processes, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(partial(_run_warm, file, n_users), range(n_processes)))
    begun, ended = min(begun for begun, _, _ in found), max(ended for _, ended, _ in found)
    return sum(days for _, _, days in found) / (ended - begun)


def main() -> None:
    """Print one line a scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=N_USERS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--group", choices=["incentives", "people"], default="people")
    arguments = parser.parse_args()
    scenarios = INCENTIVES if arguments.group == "incentives" else PEOPLE
    for cost in measure_systems(scenarios, lambda _: None, arguments.n, arguments.rounds):
        print(json.dumps(asdict(cost)), flush=True)


if __name__ == "__main__":
    main()
