"""The engines that run workload W, and how one is run: in a process of its own, which prints a JSON line per seed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PEERS = Path(os.environ.get("SIM_PEERS", ROOT.parent / "shared" / "peers"))
OURS = "sim"
"""The label of this engine with one thread, which the ratios refer to."""


@dataclass(frozen=True)
class Engine:
    """An implementation of workload W.

    Args:
        label: the name in tables.
        command: what runs it, without -n, -s and --seeds.
        module: what must be installed.
        sizes: initial users → seeds in one process; the first seed warms the compiled code up where there is more
            than one.
    """

    label: str
    command: tuple[str, ...]
    module: str
    sizes: dict[int, int]


@dataclass(frozen=True)
class Timing:
    """What one seed took, warm, in its process."""

    wall_s: float
    cpu_s: float
    user_days: int
    peak_mib: float


def peer(file: str, *arguments: str) -> tuple[str, ...]:
    """The command of one of the peers' files."""
    return (sys.executable, str(PEERS / "impl" / f"{file}.py"), *arguments)


def engines() -> list[Engine]:
    """Those that can run here, ours first."""
    small, quick, slow = {10_000: 6, 100_000: 6}, {1_000_000: 4}, {10_000: 1, 100_000: 1}
    ours = (sys.executable, "-m", "benchmarks.workload_w")
    known = [
        Engine(OURS, ours, "sim", {**small, **quick}),
        Engine("sim, two threads", (*ours, "--threads", "2"), "sim", quick),
        Engine("numba, one thread", peer("w_numba"), "numba", {**small, **quick}),
        Engine("numba, two threads", peer("w_numba", "--threads", "2"), "numba", quick),
        Engine("numpy", peer("w_numpy"), "numpy", {**small, **quick}),
        Engine("mesa", peer("w_mesa"), "mesa", slow),
        Engine("simpy, skipping idle days", peer("w_simpy_skip"), "simpy", slow),
    ]
    return [engine for engine in known if is_present(engine)]


def is_present(engine: Engine) -> bool:
    """Is its file there, and its library installed?"""
    if engine.module != "sim" and not Path(engine.command[1]).is_file():
        return False
    return importlib.util.find_spec(engine.module) is not None


def run_seeds(engine: Engine, n_users: int, n_seeds: int, first_seed: int = 1) -> list[dict[str, Any]]:
    """The lines that the engine prints: totals and times of each seed.

    Raises:
        RuntimeError: the engine failed, or printed fewer lines than seeds.
    """
    command = (*engine.command, "-n", str(n_users), "-s", str(first_seed), "--seeds", str(n_seeds))
    with tempfile.TemporaryDirectory() as caches:
        # the peers' folder is only read: their byte code and compiled code go elsewhere
        elsewhere = {} if engine.module == "sim" else {"NUMBA_CACHE_DIR": caches, "PYTHONDONTWRITEBYTECODE": "1"}
        environment = {**os.environ, **elsewhere}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or len(lines) != n_seeds:
        raise RuntimeError(f"{engine.label} failed with {n_users} users: {done.stderr[-600:]}")
    return lines


def time_engine(engine: Engine, n_users: int) -> list[Timing]:
    """The timings of one process, without the seed that warmed it up."""
    lines = run_seeds(engine, n_users, engine.sizes[n_users])
    warm = lines[1:] or lines
    return [Timing(line["wall_s"], line["cpu_s"], line["reg_user_days"], line["peak_mib"]) for line in warm]
