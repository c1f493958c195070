"""What all tests share: the command line in a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SimCommand = Callable[..., "subprocess.CompletedProcess[str]"]

# A shell lets what it starts in the background ignore interrupts, and so would the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout."""
    return ROOT


def run_sim(
    *arguments: str | Path, cwd: Path, environment: Mapping[str, str] | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run `sim ARGUMENTS…` in a folder, as a user's shell would, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "sim", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "120", **(environment or {})},
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


@pytest.fixture
def sim(tmp_path: Path) -> SimCommand:
    """`run_sim` in an empty folder."""
    return partial(run_sim, cwd=tmp_path)
