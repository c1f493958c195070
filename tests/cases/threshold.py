"""The cold start of the case community as a picture: `python -m tests.cases.threshold` draws it from its runs.

What the site is to readers at the end of the year, against the answers that the team has written on each day of the
first half of it: a dot for each replicate, a line for the mean field, which knows no luck. Plain SVG: the same bytes
wherever it is drawn.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from sim import pipeline
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan, compile_plan
from tests.cases.files import DOCS, files_of
from tests.verify.mean_field import Habit, from_a_market, mean_field

F64 = npt.NDArray[np.float64]

PICTURE = DOCS / "cases" / "community-threshold.svg"
LEVELS = (500, 800, 1200)
"""Answers in stock with which a site has half of its appeal."""
SEEDS = tuple(range(0, 41, 4))
REPLICATES = 6
FINE = tuple(half / 2 for half in range(81))
COLOURS = ("#0072b2", "#009e73", "#d55e00")
WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 60, 190, 60, 55


@cache
def plan_with(seeds: float, half_at: int) -> Plan:
    """The policy `seed` with so many answers a day, in a world of such an appeal."""
    changes = {
        "content.回答.appeal.half_at": str(half_at),
        "policy.content.回答.seeds.items": f"{{2026-01-01: {seeds} / day, 2026-07-01: 0 / day}}",
    }
    return compile_plan(pipeline.load(files_of("community/policies")["seed"], changes).scenario)


def simulated(seeds: float, half_at: int, n: int = REPLICATES) -> F64:
    """The appeal at the end of the year in each replicate, float64 (n,)."""
    plan = plan_with(seeds, half_at)
    worlds = (run_world(open_world(plan, 1, replicate)) for replicate in range(n))
    return np.array([appeal_of(plan, world.shelves.of_kind[0].good, world.shelves.of_kind[0].bad) for world in worlds])


def appeal_of(plan: Plan, good: float, bad: float) -> float:
    """The appeal of a stock."""
    return plan.content[0].appeal.of(good, bad)


def expected(seeds: float, half_at: int) -> float:
    """The same in the mean field."""
    plan = plan_with(seeds, half_at)
    ((_, fit),) = plan.retention.fits
    habit = Habit(3 * fit.activity_mean, 3 * (1 - fit.activity_mean), fit.alpha, fit.beta)
    sizes = plan.market.persons
    newcomers = from_a_market(float(sizes.sum()), 160.0, plan.n_days)[:, None] * (sizes / sizes.sum())
    return float(mean_field(plan.content[0], habit, newcomers).appeal[-1])


def threshold(half_at: int) -> float:
    """Answers a day with which the mean field ends at an appeal of one half; infinite where no number of them does."""
    low, high = 0.0, 2.0 * SEEDS[-1]
    if expected(high, half_at) < 0.5:
        return float("inf")
    while high - low > 0.1:
        middle = (low + high) / 2
        low, high = (low, middle) if expected(middle, half_at) > 0.5 else (middle, high)
    return high


# --- the picture


def x_of(seeds: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * seeds / SEEDS[-1]


def y_of(appeal: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * appeal


def text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = "#222", size: int = 13) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}"'
    return f"<text {place}>{words}</text>"


def line(x: float, y: float, to_x: float, to_y: float, style: str) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" {style}/>'


def axes() -> list[str]:
    """Both axes with their lines and words."""
    drawn = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawn.append(line(LEFT, y_of(share), WIDTH - RIGHT, y_of(share), 'stroke="#ddd"'))
        drawn.append(text(LEFT - 8, y_of(share) + 4, f"{share:g}", anchor="end"))
    for seeds in SEEDS[::2]:
        drawn.append(line(x_of(seeds), y_of(0), x_of(seeds), y_of(0) + 5, 'stroke="#888"'))
        drawn.append(text(x_of(seeds), y_of(0) + 20, f"{seeds}", anchor="middle"))
    below = "answers that the team writes on each day of the first half of the year"
    drawn.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, below, anchor="middle"))
    return drawn


def level_drawn(half_at: int, colour: str, position: int) -> list[str]:
    """The mean field as a line with its threshold, the replicates as dots."""
    points = " ".join(f"{x_of(seeds):.1f},{y_of(expected(seeds, half_at)):.1f}" for seeds in FINE)
    at = threshold(half_at)
    drawn = [f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>']
    drawn.append(line(x_of(at), y_of(0), x_of(at), y_of(0.5), f'stroke="{colour}" stroke-dasharray="5 4"'))
    for seeds in SEEDS:
        for appeal in simulated(seeds, half_at):
            place = f'cx="{x_of(seeds):.1f}" cy="{y_of(appeal):.1f}" r="3"'
            drawn.append(f'<circle {place} fill="{colour}" fill-opacity="0.45"/>')
    beside = x_of(SEEDS[-1]) + 10, TOP + 14 + 46 * position
    named = f"half of it at {half_at:,} answers,"
    drawn.append(text(*beside, named, colour=colour))
    drawn.append(text(beside[0], beside[1] + 16, f"threshold {at:.1f} a day", colour=colour))
    return drawn


def picture() -> str:
    """The whole picture as SVG."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    title = text(LEFT - 45, 22, "The appeal of the site at the end of the year", size=16)
    about = f"dots: {REPLICATES} replicates each; lines: the mean field, dashed where it reaches one half"
    levels = enumerate(zip(LEVELS, COLOURS, strict=True))
    drawn = [part for position, (half_at, colour) in levels for part in level_drawn(half_at, colour, position)]
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, ground, title, text(LEFT - 45, 42, about, colour="#666"), *axes(), *drawn, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"{PICTURE.name}: {PICTURE.stat().st_size:,} bytes")
