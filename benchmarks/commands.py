"""How long the commands take that a user waits for, in fresh processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.engines import ROOT

SIM = (sys.executable, "-m", "sim")


@dataclass(frozen=True)
class CommandTime:
    """A command, the median of its wall seconds, and the time that it may take."""

    command: str
    seconds: float
    repetitions: int
    allowed_seconds: float


def seconds_of(arguments: tuple[str, ...], cwd: Path) -> float:
    """Wall seconds of one call, which must succeed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    subprocess.run((*SIM, *arguments), cwd=cwd, env=environment, capture_output=True, check=True)
    return time.perf_counter() - start


CASES = ("lunch", "rfm", "stages", "core-users/early", "core-users/scale")


def compare_case(case: str, out: Path) -> tuple[tuple[str, ...], str, int, float, Path]:
    """The comparison of all policies of a case over one year; all of them together may take a minute."""
    folder, _, part = case.partition("/")
    policies = sorted((ROOT / "scenarios" / folder / "policies" / part).glob("*.yaml"))
    names = [str(path.relative_to(ROOT)) for path in policies]
    arguments = ("compare", *names, "--days", "365", "--no-charts", "--fresh", "--out", str(out))
    return arguments, f"sim compare of the {len(policies)} {case} policies, 20 replicates, 365 days", 1, 20.0, ROOT


def time_commands(say: Callable[[str], None]) -> list[CommandTime]:
    """Time the commands, each warmed up by one call (compiled code is cached on disk)."""
    policies = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "scenarios/haitao/policies").glob("*.yaml"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds_of(("init", "shop"), folder)
        todo = [
            (("--help",), "sim --help", 7, 0.3, ROOT),
            (("validate", "scenarios/haitao"), "sim validate scenarios/haitao", 7, 0.6, ROOT),
            (
                ("run", "shop/policies/today.yaml", "--replicates", "1", "--fresh"),
                "sim run, of the project that `sim init` writes, 1 replicate",
                3,
                2.0,
                folder,
            ),
            (
                ("run", "shop/policies/today.yaml", "--fresh"),
                "sim run, of the same, 20 replicates (the default)",
                3,
                2.5,
                folder,
            ),
            (
                ("compare", *policies, "--replicates", "20", "--fresh", "--out", str(folder / "results")),
                f"sim compare of the {len(policies)} haitao policies, 20 replicates, 365 days",
                1,
                40.0,
                ROOT,
            ),
            *(compare_case(case, folder / "results") for case in CASES),
        ]
        times = []
        for arguments, command, repetitions, allowed, cwd in todo:
            say(f"{command} …")
            if repetitions > 1:
                seconds_of(arguments, cwd)
            seconds = median(seconds_of(arguments, cwd) for _ in range(repetitions))
            times.append(CommandTime(command, seconds, repetitions, allowed))
    return times
