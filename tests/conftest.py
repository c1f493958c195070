"""What all tests share: the command line in a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SimCommand = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def sim(tmp_path: Path) -> SimCommand:
    """Run `sim ARGUMENTS…` in an empty folder, as a user's shell would, with warnings as errors."""

    def run(
        *arguments: str | Path, cwd: Path = tmp_path, environment: Mapping[str, str] | None = None, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "sim", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "COLUMNS": "120", **(environment or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    return run
