"""Where machine code is kept: in a folder of ours, also when somebody else has imported Numba before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def cache_folder(imports: str, **environment: str) -> str:
    """The cache folder of a fresh interpreter after the imports."""
    code = f"{imports}; import numba.core.config as config; print(config.CACHE_DIR)"
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("imports", ["import sim.engine.compiled", "import numba, sim.engine.compiled"])
def test_code_is_kept_in_a_folder_that_can_be_written(tmp_path: Path, imports: str) -> None:
    folder = cache_folder(imports, XDG_CACHE_HOME=str(tmp_path))
    assert Path(folder).parent == tmp_path / "userops-sim"
    assert Path(folder).is_dir()


@pytest.mark.parametrize("imports", ["import sim.engine.compiled", "import numba, sim.engine.compiled"])
def test_a_cache_folder_that_was_chosen_stays(tmp_path: Path, imports: str) -> None:
    chosen = str(tmp_path / "mine")
    assert cache_folder(imports, XDG_CACHE_HOME=str(tmp_path), NUMBA_CACHE_DIR=chosen) == chosen
