"""Results folders that cannot be written: full, read-only, in the way, removed."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim.errors import ResultsError
from sim.store import folders, open_run, prepare_results
from tests.unit.store.small_run import identity, save

ROOT = Path(__file__).parents[2]


def names_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def refuse(monkeypatch: pytest.MonkeyPatch, function: str, code: int) -> None:
    """Make a call of the system fail, as it does on a full or read-only disk."""

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(folders.os, function, fail)


@pytest.mark.parametrize(
    ("function", "code", "advice"),
    [
        ("fsync", errno.ENOSPC, "the disk is full; free some space or choose another folder with --out"),
        ("fsync", errno.EDQUOT, "the disk is full"),
        ("mkdir", errno.EROFS, "the folder is not writable; choose another folder with --out"),
        ("mkdir", errno.EACCES, "the folder is not writable"),
        ("rename", errno.ENOENT, "the folder was removed in the meantime; run again"),
        ("rename", errno.EIO, "Input/output error; choose another folder with --out"),
    ],
)
def test_a_refusal_of_the_system_says_what_to_do_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, code: int, advice: str
) -> None:
    other = save(tmp_path, seed=2)
    before = names_below(tmp_path)
    with monkeypatch.context() as patch:
        refuse(patch, function, code)
        with pytest.raises(ResultsError, match="cannot store results in") as caught:
            save(tmp_path)
    assert str(caught.value).endswith(advice) or advice in str(caught.value)
    assert names_below(tmp_path) == before
    open_run(other).verify()


def test_a_refusal_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        refuse(patch, "mkdir", errno.EROFS)
        with pytest.raises(ResultsError, match="not writable"):
            prepare_results(tmp_path / "results")


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path, depth: int) -> None:
    root = tmp_path / "results"
    target = identity().folder(root)
    in_the_way = (root, target.parent, target)[depth]
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    in_the_way.write_text("mine")
    with pytest.raises(ResultsError, match=r"is not a folder; remove it or choose another folder") as caught:
        save(root)
    assert in_the_way.name in str(caught.value)
    assert in_the_way.read_text() == "mine"
    assert not list(tmp_path.rglob(".partial-*"))


def test_a_file_above_the_results_folder_is_named_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResultsError, match="file is not a folder"):
        prepare_results(tmp_path / "file" / "results")


def test_a_path_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="too long; choose a shorter one with --out"):
        prepare_results(tmp_path / ("x" * 300))


def test_a_results_folder_removed_in_mid_run_is_made_again(tmp_path: Path) -> None:
    root = tmp_path / "results"
    prepare_results(root)
    shutil.rmtree(root)
    assert open_run(save(root)).identity == identity()


def run_python(program: str, *arguments: str | Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program that can import the package, after shell commands in a mount namespace of its own if given."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    if before:
        shell = ["sh", "-c", f'{before} && exec "$@"', "sh"]
        command = ["unshare", "--user", "--map-root-user", "--mount", *shell, *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


SAVE = """
import sys
from pathlib import Path
from sim.errors import ResultsError
from sim.store import prepare_results
from tests.unit.store.small_run import save
root = Path(sys.argv[1])
try:
    prepare_results(root)
    print("prepared")
    save(root)
    print("saved")
except ResultsError as error:
    print(error)
print(sorted(path.name for path in root.rglob("*")))
"""


def can_mount(options: str) -> bool:
    """True where a private mount is allowed."""
    if shutil.which("unshare") is None:
        return False
    done = run_python("", before=f"mount -t tmpfs -o {options} tmpfs /mnt")
    return done.returncode == 0


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    if not can_mount("size=8k"):
        pytest.skip("no private mounts here")
    done = run_python(SAVE, tmp_path, before=f"mount -t tmpfs -o size=8k tmpfs {tmp_path}")
    lines = done.stdout.splitlines()
    assert lines[0] == "prepared"
    assert "the disk is full; free some space or choose another folder with --out" in lines[1]
    assert lines[2] == "['海淘']"


def test_a_disk_that_is_really_read_only(tmp_path: Path) -> None:
    if not can_mount("ro"):
        pytest.skip("no private mounts here")
    done = run_python(SAVE, tmp_path, before=f"mount -t tmpfs -o ro tmpfs {tmp_path}")
    assert "the folder is not writable; choose another folder with --out" in done.stdout.splitlines()[0]


def test_a_limit_on_file_size_is_a_full_disk(tmp_path: Path) -> None:
    done = run_python(
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500, {resource.RLIM_INFINITY}))" + SAVE, tmp_path
    )
    assert "the disk is full" in done.stdout.splitlines()[1]
    assert done.stdout.splitlines()[2] == "['海淘']"


def test_an_interrupt_while_the_lock_is_taken_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folders, "_take_lock", interrupt)
    with pytest.raises(KeyboardInterrupt):
        prepare_results(tmp_path)
    assert names_below(tmp_path) == []


def test_a_place_that_is_never_free_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "rename", errno.ENOTEMPTY)
    with pytest.raises(ResultsError, match="cannot store results"):
        save(tmp_path)
    assert not list(tmp_path.rglob(".partial-*"))
