"""How much memory this process may use: the machine's, or less where a container's limit says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


def memory_bytes(root: Path = Path("/")) -> int | None:
    """Physical memory or the smallest limit of this process's control groups; None where the system tells neither.

    Args:
        root: where `proc` and `sys` are, for tests.
    """
    return min((size for size in (_physical_bytes(), *_limits(root)) if size is not None), default=None)


def _physical_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows, or a system that does not tell
        return None


def _limits(root: Path) -> Iterator[int]:
    """The limits of this process's groups and of all groups around them, of both versions of Linux's control groups."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if number == "0":  # version 2
            top, file = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in controllers.split(","):
            top, file = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        below = PurePosixPath(group.lstrip("/"))
        # A container may see its group's path as the host does, where it does not exist; its limit then is at the top.
        for folder in (below, *below.parents):
            limit = _text(top / folder / file).strip()
            if limit.isdecimal():  # `max` is none
                yield int(limit)


def _text(path: Path) -> str:
    """A file's text; empty where there is none to read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
