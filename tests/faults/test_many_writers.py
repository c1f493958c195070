"""Several writers at one results folder, and places that are never free."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from sim.store import find_run, folders, open_run
from tests.unit.store.small_run import identity, save

PATIENCE_S = 20.0


def save_in_step(root: Path, barrier: Any, rounds: int) -> None:
    for number in range(rounds):
        barrier.wait(PATIENCE_S)
        open_run(save(root, seed=number, facts={"writer": os.getpid()})).verify()


def save_at_once(root: Path) -> None:
    """Three processes save the same eight runs at once; all must succeed, and leave the runs alone."""
    context = multiprocessing.get_context("fork")
    rounds, barrier = 8, context.Barrier(3)
    writers = [context.Process(target=save_in_step, args=(root, barrier, rounds)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    runs = [identity(seed=number) for number in range(rounds)]
    assert sorted(path.name for path in (root / "海淘").iterdir()) == sorted(run.run_id for run in runs)
    assert all(find_run(root, run) is not None for run in runs)


def test_processes_that_save_the_same_run_at_once_all_succeed(tmp_path: Path) -> None:
    save_at_once(tmp_path)
    assert len(list((tmp_path / "海淘").iterdir())) == 8


def test_processes_that_replace_a_damaged_run_at_once_all_succeed(tmp_path: Path) -> None:
    for number in range(4):
        folder = save(tmp_path, seed=number)
        (folder / "daily.parquet").write_bytes(b"")
    save_at_once(tmp_path)
    assert all((path / "daily.parquet").stat().st_size > 0 for path in (tmp_path / "海淘").iterdir())


def test_a_partial_folder_that_a_cleaner_takes_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take, taken = folders._take_lock, []

    def cleaned_first(folder: Path) -> int | None:
        if len(taken) < 3:
            taken.append(folder)
            folder.rmdir()
        return take(folder)

    monkeypatch.setattr(folders, "_take_lock", cleaned_first)
    assert open_run(save(tmp_path)).identity == identity()
    assert len(taken) == 3
