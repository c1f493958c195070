"""The measured numbers as text: printed, and kept in docs/performance.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.agreement import LARGEST_Z
from benchmarks.audiences import N_USERS, ROUNDS, AudienceTime
from benchmarks.commands import CommandTime
from benchmarks.engines import OURS, Timing
from benchmarks.systems import N_USERS as N_USERS_OF_SYSTEMS
from benchmarks.systems import N_USERS_MEASURED, SystemsCost
from benchmarks.systems import ROUNDS as ROUNDS_OF_SYSTEMS

Timings = Mapping[int, Mapping[str, Sequence[Timing]]]

INTRODUCTION = """\
# Performance

Written by `make bench`; the numbers are of one machine, and only ratios within one run carry over to another.

{machine}

## Workload W beside other engines

A product's user base: N users at the start, more each day, 365 days of activity, orders, lapse and recall. Every engine
credits the same registered user-days. Wall and CPU time of the simulation in a process that has done it before (warm),
the median over seeds, on one thread unless named; peak memory is the whole process's. The other engines are read from
the folder that the variable `SIM_PEERS` names; what is not installed is left out.
"""


def machine() -> str:
    """One sentence on what was measured on."""
    names = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    processor = names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "simpy"))
    return (
        f"{date.today().isoformat()}: {processor}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, {libraries}."
    )


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column to the left, the others to the right."""
    marks = ["---", *("---:" for _ in header[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, marks, *rows))


def engines_table(by_label: Mapping[str, Sequence[Timing]]) -> str:
    """One size: seconds, speed, memory, and how many times faster ours is."""
    ours = median(timing.wall_s for timing in by_label[OURS])
    rows = []
    for label, timings in sorted(by_label.items(), key=lambda item: median(t.wall_s for t in item[1])):
        wall = median(timing.wall_s for timing in timings)
        cpu = median(timing.cpu_s for timing in timings)
        speed = timings[0].user_days / wall / 1e6
        peak = max(timing.peak_mib for timing in timings)
        ratio = "1" if label == OURS else f"{wall / ours:,.2f}" if wall < 10 * ours else f"{wall / ours:,.0f}"
        rows.append((label, f"{wall:,.3f}", f"{cpu:,.3f}", f"{speed:,.2f}", f"{peak:,.0f}", ratio, str(len(timings))))
    return table(
        ("engine", "wall s", "CPU s", "million user-days / s", "peak MiB", "time ÷ time of sim", "timings"), rows
    )


def agreement_table(scores: Mapping[str, float]) -> str:
    """The ten statistics and the verdict."""
    largest = max(map(abs, scores.values()))
    verdict = "agrees" if largest <= LARGEST_Z else "DISAGREES"
    return (
        f"{verdict} with the NumPy reference: largest |z| {largest:.2f} (allowed {LARGEST_Z}), "
        "12 seeds against 40, 200,000 initial users each.\n\n"
        + table(("statistic", "z"), [(name, f"{score:+.2f}") for name, score in scores.items()])
    )


def commands_table(times: Sequence[CommandTime]) -> str:
    """The commands, what they took and what they may take."""
    return table(
        ("command, in a fresh process", "seconds", "median of", "allowed"),
        [(t.command, f"{t.seconds:.2f}", str(t.repetitions), f"{t.allowed_seconds:g}") for t in times],
    )


def audiences_table(times: Sequence[AudienceTime]) -> str:
    """The audiences, and what one evaluation of each took."""
    return table(
        (f"audience over {N_USERS:,} users, one thread", f"CPU ms, fastest of {ROUNDS}", "CPU ms, median"),
        [(f"`{time.expression}`", f"{time.fastest_ms:.1f}", f"{time.median_ms:.1f}") for time in times],
    )


def systems_table(costs: Sequence[SystemsCost]) -> str:
    """What each scenario takes beside workload W: time, and bytes for each user."""
    core = costs[0]
    rows = [
        (
            cost.scenario,
            f"{cost.cpu_s:.2f}",
            f"{cost.cpu_s / core.cpu_s - 1:+.2f}" if cost is not core else "–",
            f"{cost.user_days / cost.cpu_s / 1e6:.1f}",
            f"{cost.kept_bytes - core.kept_bytes:+.0f}" if cost is not core else f"{core.kept_bytes:.0f}",
            f"{cost.peak_bytes - core.peak_bytes:+.0f}" if cost is not core else f"{core.peak_bytes:.0f}",
        )
        for cost in costs
    ]
    header = ("scenario", "CPU s", "added, of the core run", "million user-days / CPU s", "bytes a user, kept")
    return table((*header, "at the highest"), rows)


INCENTIVES = """\
## Incentives

{n_users:,} initial users, 365 days, one thread, warm: the median of {rounds}. Points have a lot for each of twelve
months, a streak and two rewards; levels are a second currency and two statuses with privileges; the pull of a near
reward is an effect on everybody who has earned something in three months. Points and levels may add as much time as
the core run takes, and 60 bytes a user. Memory is that of the run's own data, traced on {n_measured:,} initial users.

{table}
"""

PEOPLE = """\
## People who move each other

As above. Word of mouth goes by satisfaction where there is any; the desk gets a ticket for one active day in a hundred,
and satisfaction moves activity and lapse; the ladder has three rungs with reviews every week; content has creators, an
ageing stock and moderation; the journey has four steps, two of them at touchpoints with lines. All of it together, a
replicate on each of two processes side by side: **{throughput:.1f} million user-days a second**, of 10 that are asked.

{table}
"""


def performance_page(
    timings: Timings,
    scores: Mapping[str, float] | None,
    commands: Sequence[CommandTime],
    audiences: Sequence[AudienceTime] = (),
    incentives: Sequence[SystemsCost] = (),
    people: Sequence[SystemsCost] = (),
    throughput: float = 0.0,
) -> str:
    """The whole page, in Markdown."""
    parts = [INTRODUCTION.format(machine=machine())]
    for n_users, by_label in timings.items():
        parts.append(f"### {n_users:,} initial users\n\n{engines_table(by_label)}\n")
    if scores is not None:
        parts.append(f"## Does it simulate the same thing?\n\n{agreement_table(scores)}\n")
    if commands:
        parts.append(f"## The commands that a user waits for\n\n{commands_table(commands)}\n")
    if audiences:
        parts.append(f"## Audiences\n\n{audiences_table(audiences)}\n")
    if incentives:
        filled = {"n_users": N_USERS_OF_SYSTEMS, "n_measured": N_USERS_MEASURED, "rounds": ROUNDS_OF_SYSTEMS}
        parts.append(INCENTIVES.format(table=systems_table(incentives), **filled))
    if people:
        parts.append(PEOPLE.format(table=systems_table(people), throughput=throughput / 1e6))
    return "\n".join(parts)
