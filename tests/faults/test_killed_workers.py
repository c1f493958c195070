"""Workers that die, and parents that are interrupted, terminated or killed."""

from __future__ import annotations

import errno
import os
import signal
import struct
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from sim.engine.pool import run_tasks
from sim.errors import WorkerError

PATIENCE_S = 20.0


def die_once(task: tuple[int, Path, int]) -> int:
    number, folder, deadly = task
    mark = folder / f"died-{number}"
    if number == deadly and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * 10


def die_always(task: tuple[int, Path]) -> int:
    number, folder = task
    if number == 1:
        (folder / f"life-{time.monotonic_ns()}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def run_out_of_memory_once(task: tuple[int, Path]) -> int:
    number, folder = task
    mark = folder / f"died-{number}"
    if not mark.exists():
        mark.touch()
        raise MemoryError
    return number


def run_out_of_memory(_: int) -> int:
    raise MemoryError


@pytest.mark.parametrize("deadly", [0, 3, 7])
def test_the_task_of_a_killed_worker_is_repeated(tmp_path: Path, deadly: int) -> None:
    tasks = [(number, tmp_path, deadly) for number in range(8)]
    assert run_tasks(die_once, tasks, jobs=2) == [number * 10 for number in range(8)]
    assert (tmp_path / f"died-{deadly}").exists()


def test_a_worker_killed_in_mid_sentence_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent, mark, send = os.getpid(), tmp_path / "died", Connection.send_bytes

    def send_half(connection: Any, content: bytes) -> None:
        if os.getpid() != parent and not mark.exists():
            mark.touch()
            os.write(connection.fileno(), struct.pack("!i", len(content)) + content[:5])
            os.kill(os.getpid(), signal.SIGKILL)
        send(connection, content)

    monkeypatch.setattr(Connection, "send_bytes", send_half)
    tasks = [(number, tmp_path, -1) for number in range(5)]
    assert run_tasks(die_once, tasks, jobs=2, start="fork") == [0, 10, 20, 30, 40]
    assert mark.exists()


def test_a_system_without_room_for_a_process_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", refuse)
    with pytest.raises(WorkerError, match=r"cannot start a worker process: .*; run with fewer --jobs"):
        run_tasks(abs, range(3), jobs=2, start="fork")


def test_three_deaths_of_one_task_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=r"task 2 of 4 died 3 times \(killed by SIGKILL.*fewer --jobs"):
        run_tasks(die_always, [(number, tmp_path) for number in range(4)], jobs=2)
    assert len(list(tmp_path.glob("life-*"))) == 3


def test_want_of_memory_is_tried_again(tmp_path: Path) -> None:
    assert run_tasks(run_out_of_memory_once, [(number, tmp_path) for number in range(3)], jobs=2) == [0, 1, 2]


def test_lasting_want_of_memory_is_an_error() -> None:
    with pytest.raises(WorkerError, match="out of memory"):
        run_tasks(run_out_of_memory, range(2), jobs=2)


def test_a_script_without_a_main_guard_is_told_what_to_do(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    call = 'run_tasks(abs, range(3), jobs=2, start="spawn")'
    script.write_text(f"from sim.engine.pool import run_tasks\n{call}\n")
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, script], env={**os.environ, "PYTHONPATH": root}, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 1
    assert "WorkerError: a worker process ended before it could begin" in done.stderr
    assert 'put the call there under `if __name__ == "__main__":`, or use jobs=1' in done.stderr


# A program whose workers leave their pids and then work for longer than any test waits.
PROGRAM = """
import os, sys, time
from pathlib import Path
from sim.engine.pool import run_tasks

def work(number):
    (Path(sys.argv[1]) / str(os.getpid())).touch()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        sum(range(1000))

if __name__ == "__main__":
    try:
        run_tasks(work, range(4), jobs=2, start=sys.argv[2])
    except KeyboardInterrupt:
        (Path(sys.argv[1]) / "interrupted").touch()
        sys.exit(130)
"""


def start_program(tmp_path: Path, start: str) -> tuple[subprocess.Popen[bytes], list[int]]:
    """The program, once both of its workers are at work, and their pids."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    folder = tmp_path / "pids"
    folder.mkdir()
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder), start],
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    wait_until(lambda: len(list(folder.iterdir())) == 2)
    return process, [int(path.name) for path in folder.iterdir()]


def wait_until(condition: Any) -> None:
    """Return when the condition holds; fail when it never does."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """True if the process exists and is not a zombie that waits for its reaper."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_all(tmp_path: Path, number: signal.Signals, start: str) -> None:
    process, workers = start_program(tmp_path, start)
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert (tmp_path / "pids" / "interrupted").exists()
    assert not any(is_running(pid) for pid in workers)
    assert errors == b""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ctrl_c_twice_to_the_whole_group_is_quiet(tmp_path: Path) -> None:
    process, workers = start_program(tmp_path, "fork")
    os.killpg(process.pid, signal.SIGINT)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (130, -signal.SIGINT)
    assert not any(is_running(pid) for pid in workers)
    assert b"Process ForkProcess" not in errors  # the headline of a traceback in a worker


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path, start: str) -> None:
    process, workers = start_program(tmp_path, start)
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    wait_until(lambda: not any(is_running(pid) for pid in workers))
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_killed_from_outside_is_replaced(tmp_path: Path) -> None:
    process, workers = start_program(tmp_path, "fork")
    os.kill(workers[0], signal.SIGKILL)
    wait_until(lambda: len(list((tmp_path / "pids").iterdir())) == 3)
    assert process.poll() is None
    process.terminate()
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
