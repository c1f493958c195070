"""Workload W on this engine: `python -m benchmarks.workload_w -n 100000 -s 1` prints a line of JSON a seed.

The line's counts are W's own: sign-up days and recalls answered count as active days in a scenario and not in W.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim import pipeline
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.scenario import Scenario
from sim.systems.world import RETURNED, SENT, World
from sim.units import Quantity

I64 = npt.NDArray[np.int64]
SCENARIO = Path(__file__).with_name("workload_w.yaml")
DAYS = 365
SHARE_OF_C0 = 0.6
PERSONS_OF_W = 1_000
"""The market of the file when nobody but W's users can come."""
SHOWN_DAYS = (0, 30, 90, 180, 364)


@dataclass
class Engaged:
    """Engaged users at the end of each day: what the output does not hold, as nobody observes it."""

    by_day: list[int] = field(default_factory=list)

    def __call__(self, world: World, day: int) -> None:
        listed = world.people.engaged_list
        self.by_day.append(listed.n - listed.n_gone)


def plan_of_size(n: int, seed: int, days: int = DAYS, file: Path = SCENARIO) -> Plan:
    """The plan of W, or of a scenario that extends it, with `n` users at first.

    Its market is as large as they and all who arrive later, times the thousands of persons that the file says.
    """
    random = np.random.default_rng(seed)
    arrivals = random.poisson(n / 1000, days)
    arrivals[0] += n
    first = random.binomial(arrivals, SHARE_OF_C0)
    scenario = pipeline.load(file).scenario
    channels = dict(scenario.channels)
    for name, counts in (("c0", first), ("c1", arrivals - first)):
        channels[name] = channels[name].model_copy(update={"signups": _by_date(scenario, counts)})
    size = np.ceil(arrivals.sum() * scenario.market.size.value / PERSONS_OF_W)
    market = scenario.market.model_copy(update={"size": Quantity(float(size))})
    update = {"channels": channels, "market": market, "horizon": Quantity(days + 1.0)}
    return pipeline.plan_of(scenario.model_copy(update=update))


def _by_date(scenario: Scenario, counts: I64) -> dict[object, Quantity]:
    start = scenario.start.toordinal()
    return {type(scenario.start).fromordinal(start + day): Quantity(float(n)) for day, n in enumerate(counts)}


def run_workload(n: int, seed: int, days: int = DAYS, n_threads: int = 1) -> dict[str, object]:
    """One run of W: its totals, and what it took."""
    plan = plan_of_size(n, seed, days)
    engaged = Engaged()
    started, cpu = time.perf_counter(), time.process_time()
    world = run_world(open_world(plan, seed, 0, n_threads), watch=engaged)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    new, dau = (getattr(world.tallies, name).sum(axis=1) for name in ("new", "dau"))
    rule = world.tallies.rules[1]
    returned = rule[:, RETURNED]
    active = (dau - new - returned)[1:]
    before = np.concatenate([[0], engaged.by_day[:-1]])
    lapsed = before + new + returned - np.array(engaged.by_day)
    user_days = int(np.cumsum(new)[:days].sum())
    return {
        "cpu_s": round(cpu, 4), "impl": "sim", "n": n, "seed": seed, "days": days, "threads": n_threads,
        "wall_s": round(wall, 4), "run_s": round(wall, 4), "reg_user_days": user_days,
        "mud_s": round(user_days / wall / 1e6, 3),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "dau": int(active.sum()), "new_users": int(new.sum()) - n, "dropouts": int(lapsed.sum()),
        "recalls": int(rule[:, SENT].sum()), "reactivations": int(returned.sum()),
        "revenue": round(float(world.tallies.gmv.sum()) / 100, 2), "cost": round(float(rule[:, SENT].sum()) * 0.05, 2),
        "dau_at": [int(active[day]) for day in SHOWN_DAYS if day < days],
    }  # fmt: skip


def main() -> None:
    """Print one line a seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=10_000)
    parser.add_argument("-s", "--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--days", type=int, default=DAYS)
    arguments = parser.parse_args()
    run_workload(1_000, 0, 40)  # compiles, or loads what was compiled
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        print(json.dumps(run_workload(arguments.n, seed, arguments.days, arguments.threads)), flush=True)


if __name__ == "__main__":
    main()
