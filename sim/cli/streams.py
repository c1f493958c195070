"""Standard output and error on any terminal, in any locale, behind any pipe; results as JSON; progress."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.errors import Problem, render_problems

Progress = Callable[[int, int, str], None]
NARROWEST, WIDEST = 60, 160


def make_streams_safe() -> None:
    """Write UTF-8 whatever the locale says (LC_ALL=C, cp1252 …): names are in any script, and output must not crash."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def silence_closed_streams() -> None:
    """Point standard output to nowhere, so that the interpreter's last flush does not fail once more."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def say(text: str) -> None:
    """Print a message on standard error; a closed one is no reason to fail."""
    if sys.stderr is None:
        return
    try:
        print(text.rstrip("\n"), file=sys.stderr, flush=True)
    except OSError:
        return


def say_warnings(warnings: tuple[Problem, ...], *, quiet: bool) -> None:
    """Print the warnings of a scenario, unless they are not wanted."""
    if warnings and not quiet:
        say(render_problems(warnings))


def warner(*, quiet: bool) -> Callable[[str], None] | None:
    """Says a warning, unless they are not wanted."""
    return None if quiet else lambda text: say(f"warning: {text}")


def announcer(*, quiet: bool) -> Callable[[str], None] | None:
    """Says how much is going to be simulated, unless it is not wanted."""
    return None if quiet else say


def print_json(content: Any) -> None:
    """Print a result as JSON, with names in their own script; NaN would be no JSON and is an error."""
    print(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))


def shell_path(path: Path) -> str:
    """The path as it can be pasted into a shell: in quotes where it holds more than letters, digits and plain signs."""
    text = str(path)
    return text if re.fullmatch(r"[\w@%+=:,./~-]+", text) else shlex.quote(text)


def terminal_width() -> int:
    """Columns for tables: the terminal's, or 120 where there is none, within what a table can use."""
    return min(max(shutil.get_terminal_size((120, 24)).columns, NARROWEST), WIDEST)


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress | None]:
    """A callback that shows progress on standard error; None unless that is a terminal that can redraw a line."""
    if quiet or sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def show(done: int, total: int, label: str) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=total)
            bars.update(tasks[label], completed=done, total=total)

        yield show
