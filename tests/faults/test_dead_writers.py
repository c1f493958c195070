"""Writers that die, and what they leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.store import find_run, folders, open_run, prepare_results
from tests.unit.store.small_run import identity, save

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0


def started(script: str, folder: Path) -> subprocess.Popen[bytes]:
    """A process that runs a script on a folder, and has said that it is ready."""
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"ready\n"
    return writer


# Saves again and again, each time another run; says so after the first.
ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from tests.unit.store.small_run import save
for number in count():
    save(Path(sys.argv[1]), seed=number)
    if number == 0:
        print("ready", flush=True)
"""


@pytest.mark.parametrize("delay_s", [0.0, 0.003, 0.007, 0.013, 0.029])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_writer_that_is_killed_leaves_whole_runs_only(tmp_path: Path, number: signal.Signals, delay_s: float) -> None:
    writer = started(ENDLESS, tmp_path)
    time.sleep(delay_s)
    writer.send_signal(number)
    writer.communicate(timeout=PATIENCE_S)
    runs = [path for path in (tmp_path / "海淘").iterdir() if not path.name.startswith(".")]
    assert runs
    for run in runs:
        open_run(run).verify()
    prepare_results(tmp_path)
    assert not list(tmp_path.rglob(".partial-*"))
    assert all(run.exists() for run in runs)


# Dies between the writing of the files and the renaming of the folder.
DYING = """
import os, sys, time
from pathlib import Path
from sim.store import folders
from tests.unit.store.small_run import save
def stop(*_):
    print("ready", flush=True)
    time.sleep(60)
folders.os.rename = stop
save(Path(sys.argv[1]))
"""


@pytest.fixture
def stopped_writer(tmp_path: Path) -> Any:
    """A process that has written a partial folder and sleeps before it is renamed."""
    with started(DYING, tmp_path) as writer:
        yield writer
        writer.kill()


@pytest.mark.parametrize("clean", [prepare_results, save])
def test_the_next_run_removes_what_a_dead_writer_left(
    tmp_path: Path, stopped_writer: subprocess.Popen[bytes], clean: Callable[[Path], object]
) -> None:
    assert len(list(tmp_path.rglob(".partial-*"))) == 1
    stopped_writer.kill()
    stopped_writer.wait()
    assert find_run(tmp_path, identity()) is None
    clean(tmp_path)
    assert not list(tmp_path.rglob(".partial-*"))


def test_the_next_run_leaves_what_a_living_writer_is_at(
    tmp_path: Path, stopped_writer: subprocess.Popen[bytes]
) -> None:
    prepare_results(tmp_path)
    save(tmp_path, seed=2)
    assert stopped_writer.poll() is None
    (partial,) = tmp_path.rglob(".partial-*")
    assert (partial / "run.json").exists()


def test_without_locks_only_old_leftovers_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "fcntl", None)
    old, young = tmp_path / ".partial-old", tmp_path / "海淘" / ".partial-young"
    old.mkdir()
    young.mkdir(parents=True)
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    assert open_run(save(tmp_path)).identity == identity()
    assert not old.exists()
    assert young.exists()


def test_a_link_with_the_name_of_a_leftover_is_left(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    root = tmp_path / "results"
    root.mkdir()
    (root / ".partial-link").symlink_to(precious)
    prepare_results(root)
    assert (precious / "file").exists()
