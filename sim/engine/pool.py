"""Replicates over processes: tasks in, results in task order out, whatever happens to a worker.

The parent talks to each worker through its own pipe and waits on all of them from its main thread: no helper thread,
no queue whose lock a killed worker could take to its grave. A worker holds one task at a time, so that a death costs
that task alone, which is then repeated.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from types import FrameType
from typing import Any, Generic, Literal, NoReturn, TypeVar

from sim.errors import WorkerError

T = TypeVar("T")
R = TypeVar("R")

Start = Literal["auto", "fork", "spawn", "forkserver"]

MAX_DEATHS = 3
_OUT_OF_MEMORY = 77  # exit code of a worker that ran into MemoryError


def run_tasks(
    function: Callable[[T], R],
    tasks: Sequence[T],
    *,
    jobs: int,
    on_done: Callable[[int], None] | None = None,
    start: Start = "auto",
) -> list[R]:
    """Results of `function` for each task, in task order; otherwise as `hand_over_tasks`.

    Args:
        on_done: called in this thread after each finished task, with the number of finished tasks.
    """
    results: dict[int, R] = {}

    def take(index: int, result: R) -> None:
        results[index] = result
        if on_done is not None:
            on_done(len(results))

    hand_over_tasks(function, tasks, take, jobs=jobs, start=start)
    return [results[index] for index in range(len(tasks))]


def hand_over_tasks(
    function: Callable[[T], R],
    tasks: Sequence[T],
    take: Callable[[int, R], None],
    *,
    jobs: int,
    start: Start = "auto",
) -> None:
    """Give the result of `function` for each task to `take`, from up to `jobs` processes, as soon as it is there.

    One job (or one task) runs in this process. A worker that is killed, also for want of memory, is replaced and its
    task is repeated. SIGTERM counts as an interrupt while tasks run. No worker outlives the call, nor the parent.

    Args:
        function: a pure function; with `spawn` it and the tasks are pickled once per worker.
        tasks: any sequence.
        take: called in this thread with the number of each finished task and its result; they are not kept here.
            Workers go on meanwhile. What it raises ends the call.
        jobs: most processes at once, >= 1.
        start: how workers start; "auto" is fork on Linux, where it is quick and shares memory, else spawn.
    Raises:
        WorkerError: the worker of one task died three times.
        KeyboardInterrupt: interrupted, or terminated; the workers are gone by then.
    """
    if jobs < 1:
        raise ValueError(f"jobs is {jobs}; must be at least 1")
    with _termination_as_interrupt():
        # A daemonic process (somebody else's pool) may not have children.
        if min(jobs, len(tasks)) <= 1 or multiprocessing.current_process().daemon:
            for index, task in enumerate(tasks):
                take(index, function(task))
            return
        crew = _Crew(_context(start), function, tasks, take)
        try:
            crew.run(jobs)
        finally:
            crew.stop()


def _context(start: Start) -> BaseContext:
    """The multiprocessing context that starts workers as asked."""
    if start != "auto":
        return multiprocessing.get_context(start)
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


@dataclass
class _Worker:
    """A worker process, our end of its pipe, and the task that it has now."""

    process: Any  # each start method has its own Process class, without a public common one
    connection: Connection[Any, Any]
    task: int | None
    is_ready: bool = False


class _Crew(Generic[T, R]):
    """The workers of one call and what they still have to do."""

    def __init__(
        self, context: BaseContext, function: Callable[[T], R], tasks: Sequence[T], take: Callable[[int, R], None]
    ) -> None:
        self._context = context
        self._function = function
        self._tasks = tasks
        self._take = take
        self._waiting = deque(range(len(tasks)))
        self._deaths: Counter[int] = Counter()
        self._workers: list[_Worker] = []
        self._n_left = len(tasks)

    def run(self, jobs: int) -> None:
        """Do all tasks."""
        while self._n_left:
            while self._waiting and len(self._workers) < jobs:
                self._hire(self._waiting.popleft())
            for worker in self._ready():
                self._hear(worker)

    def stop(self) -> None:
        """Kill and reap all workers; a second interrupt waits until this is done."""
        with _signals_blocked():
            for worker in self._workers:
                worker.process.kill()
            for worker in self._workers:
                _bury(worker)
            self._workers.clear()

    def _hire(self, task: int) -> None:
        """Start a worker on a task."""
        with _signals_blocked(), warnings.catch_warnings():
            # Python 3.12 warns of any thread at a fork, also of a BLAS pool that sleeps; the workers use none of them.
            warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
            ours, theirs = self._context.Pipe()
            process = self._context.Process(  # type: ignore[attr-defined]
                target=_work, args=(theirs, self._function, self._tasks), daemon=True
            )
            try:
                process.start()
            except OSError as error:
                raise WorkerError(
                    f"cannot start a worker process: {error.strerror or error}; run with fewer --jobs"
                ) from error
            theirs.close()
            self._workers.append(_Worker(process, ours, None))
        self._give(self._workers[-1], task)

    def _give(self, worker: _Worker, task: int) -> None:
        """Hand a task to a worker; if it is dead already, that shows when it is heard."""
        worker.task = task
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            worker.connection.send(task)

    def _ready(self) -> list[_Worker]:
        """The busy workers that have spoken or died; waits until there is one."""
        busy = [worker for worker in self._workers if worker.task is not None]
        heard = set(wait([worker.connection for worker in busy] + [worker.process.sentinel for worker in busy]))
        return [worker for worker in busy if worker.connection in heard or worker.process.sentinel in heard]

    def _hear(self, worker: _Worker) -> None:
        """Hand over the worker's result, after its next task is given to it; replace it if it has died."""
        task = worker.task
        assert task is not None
        try:
            if not worker.connection.poll():  # it died in silence
                raise EOFError
            message = worker.connection.recv()
        except (EOFError, OSError):  # it died, perhaps in mid-sentence
            self._replace(worker, task)
            return
        if message is None:
            worker.is_ready = True
            return
        is_result, answer = message
        if not is_result:
            _raise_remote(answer)
        worker.task = None
        if self._waiting:
            self._give(worker, self._waiting.popleft())
        self._n_left -= 1
        self._take(task, answer)

    def _replace(self, worker: _Worker, task: int) -> None:
        """Put the task of a dead worker first in the queue, unless it has cost too many lives."""
        worker.process.kill()  # a pipe may break before its process ends
        code = _bury(worker)
        self._workers.remove(worker)
        if code > 0 and not worker.is_ready and self._context.get_start_method() != "fork":
            raise WorkerError(
                "a worker process ended before it could begin: it imports the script that started it; "
                'put the call there under `if __name__ == "__main__":`, or use jobs=1'
            )
        self._deaths[task] += 1
        if self._deaths[task] >= MAX_DEATHS:
            raise WorkerError(
                f"the worker of task {task + 1} of {len(self._tasks)} died {MAX_DEATHS} times ({_cause(code)}); "
                "if memory ran out: run with fewer --jobs or more people_per_agent"
            )
        self._waiting.appendleft(task)


def _bury(worker: _Worker) -> int:
    """Exit code of a killed worker, whose process and pipe are released."""
    worker.process.join()
    code = int(worker.process.exitcode)
    worker.process.close()
    worker.connection.close()
    return code


def _cause(code: int) -> str:
    """Why a worker ended, in words."""
    if code == _OUT_OF_MEMORY:
        return "out of memory"
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
    hint = ", as the system does when memory runs out" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"


def _raise_remote(answer: tuple[bytes | None, str]) -> NoReturn:
    """Raise in this process the exception that a task raised in a worker, with the worker's traceback as its cause."""
    pickled, text = answer
    if pickled is None:
        raise WorkerError(f"a worker failed:\n{text}")
    try:
        error = pickle.loads(pickled)
    except (TypeError, AttributeError, ValueError, ImportError, pickle.UnpicklingError):
        # Exceptions whose constructor does not take their `args` pickle well and unpickle badly.
        raise WorkerError(f"a worker failed:\n{text}") from None
    raise error from WorkerError(f"in a worker:\n{text}")


# --- in the worker ---------------------------------------------------------------------------------------------------


def _work(connection: Connection[Any, Any], function: Callable[[T], R], tasks: Sequence[T]) -> None:
    """A worker's life: say that it is ready, then do the tasks whose numbers come through the pipe until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPTS)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.send(None)
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        try:
            reply = pickle.dumps((True, function(tasks[task])), pickle.HIGHEST_PROTOCOL)
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)  # a death like the kernel's: the task is repeated, perhaps with more room
        except Exception as error:  # noqa: BLE001 - whatever a task raises is the parent's to handle
            reply = pickle.dumps((False, _packed(error)))
        try:
            connection.send_bytes(reply)
        except (BrokenPipeError, ConnectionResetError):
            return


def _packed(error: Exception) -> tuple[bytes | None, str]:
    """The exception as bytes, if it can be pickled, and its traceback as text."""
    text = "".join(traceback.format_exception(error)).rstrip()
    try:
        return pickle.dumps(error), text
    except (TypeError, AttributeError, ValueError, pickle.PicklingError):
        return None, text


def _die_with_parent() -> None:
    """End this worker as soon as its parent is gone, also after `kill -9`, when nobody can tell it to."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


# --- signals ---------------------------------------------------------------------------------------------------------

_INTERRUPTS = frozenset({signal.SIGINT, signal.SIGTERM})


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Interrupts wait in here: a worker is either known to its crew or not started, and a clean-up is not cut short."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """SIGTERM raises KeyboardInterrupt in here, unless the program handles or ignores it already."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _raise_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _raise_interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Signal handler: what Ctrl-C does."""
    raise KeyboardInterrupt
