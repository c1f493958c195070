"""Tasks over processes: order, exceptions, and where they run."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from typing import NoReturn

import pytest

from sim.engine.pool import hand_over_tasks, run_tasks
from sim.errors import SimError, WorkerError


class PickyError(Exception):
    """Pickles, but cannot be unpickled, as its constructor wants two arguments."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def square(number: int) -> int:
    return number * number


def own_pid(_: int) -> int:
    return os.getpid()


def fail_at_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is refused")
    return number


def fail_pickily(number: int) -> NoReturn:
    raise PickyError("picky", str(number))


def return_the_unpicklable(number: int) -> object:
    return lambda: number


def large(number: int) -> bytes:
    return bytes([number]) * 3_000_000


@pytest.mark.parametrize("jobs", [1, 2, 3, 50])
def test_results_come_in_task_order(jobs: int) -> None:
    assert run_tasks(square, range(20), jobs=jobs) == [number * number for number in range(20)]


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_each_start_method_works(start: str) -> None:
    assert run_tasks(square, [3, 4, 5], jobs=2, start=start) == [9, 16, 25]  # type: ignore[arg-type]


def test_results_larger_than_a_pipe_come_whole() -> None:
    assert run_tasks(large, range(6), jobs=2) == [large(number) for number in range(6)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_tasks_give_no_results(jobs: int) -> None:
    assert run_tasks(square, [], jobs=jobs) == []


def test_one_job_runs_here() -> None:
    assert set(run_tasks(own_pid, range(3), jobs=1)) == {os.getpid()}


def test_one_task_runs_here() -> None:
    assert run_tasks(own_pid, [0], jobs=8) == [os.getpid()]


def test_two_jobs_run_elsewhere() -> None:
    pids = set(run_tasks(own_pid, range(8), jobs=2))
    assert os.getpid() not in pids
    assert len(pids) <= 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_counts_finished_tasks(jobs: int) -> None:
    seen: list[int] = []
    run_tasks(square, range(5), jobs=jobs, on_done=seen.append)
    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_exception_of_a_task_propagates(jobs: int) -> None:
    with pytest.raises(ValueError, match="three is refused"):
        run_tasks(fail_at_three, range(6), jobs=jobs)


def test_the_workers_traceback_is_the_cause() -> None:
    with pytest.raises(ValueError, match="three") as caught:
        run_tasks(fail_at_three, range(6), jobs=2)
    assert "in fail_at_three" in str(caught.value.__cause__)


@pytest.mark.parametrize("function", [fail_pickily, return_the_unpicklable])
def test_what_cannot_be_pickled_is_told_in_text(function: object) -> None:
    with pytest.raises((WorkerError, AttributeError)) as caught:
        run_tasks(function, range(2), jobs=2)  # type: ignore[arg-type]
    story = f"{caught.value} {caught.value.__cause__}"
    assert "picky" in story or "pickle" in story


def test_an_error_in_progress_reaches_the_caller_and_leaves_no_workers() -> None:
    def broken(_: int) -> NoReturn:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run_tasks(square, range(6), jobs=2, on_done=broken)
    assert multiprocessing.active_children() == []


def test_nothing_is_left_behind() -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run_tasks(square, range(8), jobs=2)
    assert multiprocessing.active_children() == []
    assert threading.enumerate() == [threading.main_thread()]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def test_it_works_off_the_main_thread() -> None:
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.extend(run_tasks(square, range(4), jobs=2)))
    thread.start()
    thread.join()
    assert results == [0, 1, 4, 9]


def run_inside(number: int) -> list[int]:
    return run_tasks(own_pid, [number, number], jobs=2)


def test_inside_a_worker_it_runs_in_that_worker() -> None:
    inner = run_tasks(run_inside, range(2), jobs=2)
    assert all(len(set(pids)) == 1 for pids in inner)


def test_jobs_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="jobs is 0"):
        run_tasks(square, range(2), jobs=0)


def test_worker_error_is_ours() -> None:
    assert issubclass(WorkerError, SimError)


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_result_is_handed_over_once_and_not_kept(jobs: int) -> None:
    taken: list[tuple[int, int]] = []
    hand_over_tasks(square, range(9), lambda index, result: taken.append((index, result)), jobs=jobs)
    assert sorted(taken) == [(number, number * number) for number in range(9)]
