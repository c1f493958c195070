"""How long an audience takes over a million users, in a process that holds them: `python -m benchmarks.audiences`."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from sim import pipeline
from sim.systems.audiences.columns import select
from sim.systems.day import open_world
from sim.systems.world import World

N_USERS = 1_000_000
N_DAYS = 400
ROUNDS = 15

AUDIENCES = {
    "quiet and valuable": "days_inactive >= 21 and spend_365d >= 600",
    "quiet": "days_inactive >= 21",
    "valuable so far": "spend >= 600",
    "of a segment": 'segment == "students" and orders > 2',
    "large baskets": "spend / orders > 40 and days_since_order > 60",
    "the top fifth": "spend >= quantile(spend, 0.8)",
    "the first 500": "rank(spend) <= 500",
}

SCENARIO = f"""\
start: 2026-01-01
horizon: {N_DAYS} days
currency: CNY
market: {{size: {N_USERS}, segments: {{students: {{share: 40%}}, office workers: {{share: 60%}}}}}}
channels: {{organic: {{kind: organic, signups: 1 / day}}}}
retention: {{default: {{d1: 40%, d7: 25%, d30: 12%}}}}
orders: {{per_active_day: 20%, basket: {{mean: 100 CNY}}, margin: 30%}}
policy:
  audiences:
"""


@dataclass(frozen=True)
class AudienceTime:
    """An audience, the fastest of its evaluations and their median, in milliseconds of CPU time."""

    expression: str
    fastest_ms: float
    median_ms: float


def million_users() -> World:
    """A world on its last day, with users of a made-up past; its columns are as a run would fill them."""
    named = "".join(f"    {name}: '{text}'\n" for name, text in AUDIENCES.items())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(SCENARIO + named, encoding="utf-8")
        world = open_world(pipeline.plan_of(pipeline.load(path).scenario), seed=1, replicate=0)
    people, random, last = world.people, np.random.default_rng(1), N_DAYS - 1
    n_first = int(world.plan.market.agents[0])
    cell = np.repeat(np.arange(2, dtype=np.uint16), (n_first, N_USERS - n_first))
    people.add(np.arange(N_USERS, dtype=np.uint32), random.permutation(cell), 0)
    people.last_active[:] = random.integers(last - 100, last, N_USERS)
    people.last_order[:] = random.integers(last - 100, last, N_USERS)
    people.orders[:] = random.integers(0, 9, N_USERS)
    people.spend[:] = random.integers(0, 200_000, N_USERS)
    world.windows["spend"].sums[365][:] = people.spend
    return world


def time_audiences() -> list[AudienceTime]:
    """Each audience, evaluated over everybody on one thread."""
    world = million_users()
    times = []
    for column, expression in world.plan.audiences.expressions.items():
        seconds = []
        for _ in range(ROUNDS):
            start = time.thread_time()
            select(world, expression, N_DAYS - 1)
            seconds.append(time.thread_time() - start)
        text = AUDIENCES[column.removeprefix("audience:")]
        times.append(AudienceTime(text, 1000 * min(seconds), 1000 * median(seconds)))
    return times


if __name__ == "__main__":
    from benchmarks.page import audiences_table

    print(audiences_table(time_audiences()))
