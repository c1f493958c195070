"""Run the benchmarks, print the tables, keep them in docs/performance.md: `make bench`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.agreement import compare_engines
from benchmarks.audiences import time_audiences
from benchmarks.commands import time_commands
from benchmarks.engines import OURS, PEERS, ROOT, Engine, Timing, engines, time_engine
from benchmarks.page import performance_page
from benchmarks.systems import ALL_OF_PEOPLE, INCENTIVES, PEOPLE, measure_systems, measure_throughput

PAGE = ROOT / "docs" / "performance.md"


def say(text: str) -> None:
    """What is being measured, on standard error."""
    print(text, file=sys.stderr, flush=True)


def time_all(present: list[Engine], sizes: list[int], rounds: int) -> dict[int, dict[str, list[Timing]]]:
    """Timings by size and engine; the engines take turns, so that a busy machine slows all of them."""
    timings: dict[int, dict[str, list[Timing]]] = {}
    for n_users in sizes:
        running = [engine for engine in present if n_users in engine.sizes]
        by_label: dict[str, list[Timing]] = {engine.label: [] for engine in running}
        for turn in range(rounds):
            for engine in running:
                if turn and engine.sizes[n_users] == 1:
                    continue  # minutes long: once is enough
                say(f"{engine.label}, {n_users:,} users, round {turn + 1} …")
                by_label[engine.label] += time_engine(engine, n_users)
        timings[n_users] = by_label
    return timings


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000", help="initial users, comma-separated")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each engine")
    parser.add_argument("--no-commands", action="store_true", help="do not time the commands")
    parser.add_argument("--no-agreement", action="store_true", help="do not compare what the engines simulate")
    parser.add_argument("--write", type=Path, default=PAGE, help="the page to write (docs/performance.md)")
    arguments = parser.parse_args()

    present = engines()
    if all(engine.module == "sim" for engine in present):
        say(f"no other engine found in {PEERS}: set SIM_PEERS; measuring only ours")
    timings = time_all(present, [int(size) for size in arguments.sizes.split(",")], arguments.rounds)
    by_label = {engine.label: engine for engine in present}
    scores = None
    if "numpy" in by_label and not arguments.no_agreement:
        say("agreement with the NumPy reference …")
        scores = compare_engines(by_label[OURS], by_label["numpy"])
    commands = [] if arguments.no_commands else time_commands(say)
    say("audiences …")
    found = time_audiences()
    incentives, people = (measure_systems(scenarios, say) for scenarios in (INCENTIVES, PEOPLE))
    throughput = measure_throughput(PEOPLE[ALL_OF_PEOPLE])
    page = performance_page(timings, scores, commands, found, incentives, people, throughput)
    arguments.write.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
