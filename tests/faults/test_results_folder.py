"""Results folders that are full, read-only, in the way, shared, damaged, or left behind by the dead."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.errors import ResultsError
from sim.store import find_run, folders, manifest, open_run, prepare_results
from tests.unit.store.small_run import identity, save

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0
DATA_FILES = ["daily.parquet", "by_channel.parquet", "rules.parquet", "scenario.yaml"]


def names_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def refuse(monkeypatch: pytest.MonkeyPatch, function: str, code: int) -> None:
    """Make a call of the system fail, as it does on a full or read-only disk."""

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(folders.os, function, fail)


# --- folders that cannot be written ----------------------------------------------------------------------------------


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


# --- more than one at once -------------------------------------------------------------------------------------------


def save_in_step(root: Path, barrier: Any, rounds: int) -> None:
    for number in range(rounds):
        barrier.wait(PATIENCE_S)
        open_run(save(root, seed=number, facts={"writer": os.getpid()})).verify()


def test_processes_that_save_the_same_run_at_once_all_succeed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    rounds, barrier = 8, context.Barrier(3)
    writers = [context.Process(target=save_in_step, args=(tmp_path, barrier, rounds)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    runs = [identity(seed=number) for number in range(rounds)]
    assert sorted(path.name for path in (tmp_path / "海淘").iterdir()) == sorted(run.run_id for run in runs)
    assert all(find_run(tmp_path, run) is not None for run in runs)


def test_processes_that_replace_a_damaged_run_at_once_all_succeed(tmp_path: Path) -> None:
    for number in range(4):
        folder = save(tmp_path, seed=number)
        (folder / "daily.parquet").write_bytes(b"")
    test_processes_that_save_the_same_run_at_once_all_succeed(tmp_path)


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


# --- writers that die ------------------------------------------------------------------------------------------------

# Saves again and again, each time another run; says so after the first.
ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from tests.unit.store.small_run import save
for number in count():
    save(Path(sys.argv[1]), seed=number)
    if number == 0:
        print("going", flush=True)
"""


@pytest.mark.parametrize("delay_s", [0.0, 0.003, 0.007, 0.013, 0.029])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_writer_that_is_killed_leaves_whole_runs_only(tmp_path: Path, number: signal.Signals, delay_s: float) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"going\n"
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
    print("written", flush=True)
    time.sleep(60)
folders.os.rename = stop
save(Path(sys.argv[1]))
"""


@pytest.fixture
def stopped_writer(tmp_path: Path) -> Any:
    """A process that has written a partial folder and sleeps before it is renamed."""
    writer = subprocess.Popen(
        [sys.executable, "-c", DYING, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"written\n"
    with writer:
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


# --- files that are not as they were stored --------------------------------------------------------------------------


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def edit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def change_to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (truncate, "is truncated: it has"),
    (edit, "was edited: it does not have the content"),
    (lengthen, "was edited: it has"),
    (Path.unlink, "is missing"),
    (change_to_folder, "cannot read|was edited|is truncated"),
]


@pytest.mark.parametrize("file", DATA_FILES)
@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_damaged_file_is_named_and_never_read(
    tmp_path: Path, file: str, damage: Callable[[Path], None], message: str
) -> None:
    folder = save(tmp_path)
    damage(folder / file)
    with pytest.raises(ResultsError, match=message) as caught:
        open_run(folder).verify()
    assert file in str(caught.value)
    if file.endswith(".parquet"):
        with pytest.raises(ResultsError, match=message):
            open_run(folder).table(file.removesuffix(".parquet"))


@pytest.mark.parametrize("file", [*DATA_FILES, "run.json"])
@pytest.mark.parametrize("damage", [truncate, edit, lengthen])
def test_a_damaged_run_is_run_again_and_replaced(tmp_path: Path, file: str, damage: Callable[[Path], None]) -> None:
    folder = save(tmp_path)
    before = (folder / "daily.parquet").read_bytes()
    damage(folder / file)
    warnings: list[str] = []
    assert find_run(tmp_path, identity(), warn=warnings.append) is None
    assert len(warnings) == 1
    assert file in warnings[0]
    assert warnings[0].endswith("; running it again")
    assert save(tmp_path) == folder
    assert find_run(tmp_path, identity()) is not None
    assert (folder / "daily.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "it is not a mapping"),
        (b"{}", "it has no schema_version"),
        (b'{"schema_version": "1"}', "it has no schema_version"),
        (b'{"schema_version": 1}', "its checksum does not match"),
        (b'{"schema_version": 0}', "written by an older version of sim"),
        (b'{"schema_version": 2}', "written by a newer version of sim"),
    ],
)
def test_a_strange_run_json_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    folder = save(tmp_path)
    (folder / "run.json").write_bytes(content)
    with pytest.raises(ResultsError, match=message) as caught:
        open_run(folder)
    assert "run.json" in str(caught.value)
    assert "run the scenario again" in str(caught.value)


@pytest.mark.parametrize("key", ["seed", "scenario", "metrics", "days"])
def test_an_edited_fact_is_noticed(tmp_path: Path, key: str) -> None:
    folder = save(tmp_path)
    facts = json.loads((folder / "run.json").read_bytes())
    facts[key] = 7
    (folder / "run.json").write_text(json.dumps(facts))
    with pytest.raises(ResultsError, match="was edited"):
        open_run(folder)


def test_another_layout_of_run_json_is_no_edit(tmp_path: Path) -> None:
    folder = save(tmp_path)
    facts = json.loads((folder / "run.json").read_bytes())
    (folder / "run.json").write_text(json.dumps(dict(reversed(facts.items()))))
    assert open_run(folder).identity == identity()


def test_a_file_name_in_run_json_cannot_leave_the_folder(tmp_path: Path) -> None:
    folder = save(tmp_path)
    facts = json.loads((folder / "run.json").read_bytes())
    del facts["checksum"]
    facts["files"]["../secret"] = facts["files"]["scenario.yaml"]
    facts["checksum"] = manifest._checksum(facts)
    (folder / "run.json").write_text(json.dumps(facts))
    with pytest.raises(ResultsError, match="was edited"):
        open_run(folder)


def test_a_run_of_an_older_version_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "SCHEMA_VERSION", 2)
        warnings: list[str] = []
        with pytest.raises(ResultsError, match=r"an older version of sim \(schema 1; this one reads 2\)"):
            open_run(folder)
        assert find_run(tmp_path, identity(), warn=warnings.append) is None
        assert "older version" in warnings[0]
        save(tmp_path)
        assert find_run(tmp_path, identity()) is not None
