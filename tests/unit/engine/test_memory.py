"""The memory that may be used: the machine's, or what a control group leaves of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sim.engine.memory import memory_bytes

GIB = 2**30


@pytest.fixture
def physical(monkeypatch: pytest.MonkeyPatch) -> int:
    """A machine of 64 GiB."""
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 64 * GIB // 4096}.__getitem__)
    return 64 * GIB


def write(root: Path, files: dict[str, str]) -> Path:
    """A root folder that holds these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_without_control_groups_it_is_the_machines(tmp_path: Path, physical: int) -> None:
    assert memory_bytes(tmp_path) == physical


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/\n", {"memory.max": f"{2 * GIB}\n"}, 2),
        ("0::/a/b\n", {"a/b/memory.max": "max\n", "a/memory.max": f"{3 * GIB}\n"}, 3),
        ("0::/a/b\n", {"a/b/memory.max": f"{GIB}\n", "a/memory.max": f"{3 * GIB}\n"}, 1),
        ("0::/a\n", {"a/memory.max": "max\n"}, 64),
        ("0::/a\n", {"a/memory.max": f"{128 * GIB}\n"}, 64),
        ("5:cpu:/x\n4:memory:/x\n0::/\n", {"memory/x/memory.limit_in_bytes": f"{5 * GIB}\n"}, 5),
        ("4:hugetlb,memory:/docker/1f\n", {"memory/memory.limit_in_bytes": f"{6 * GIB}\n"}, 6),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, 64),
        ("5:cpu:/x\n", {"memory/memory.limit_in_bytes": f"{GIB}\n"}, 64),
        ("nonsense\n\n", {"memory.max": f"{GIB}\n"}, 64),
    ],
)
def test_the_smallest_limit_holds(
    tmp_path: Path, physical: int, groups: str, files: dict[str, str], expected: int
) -> None:
    limits = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    assert memory_bytes(write(tmp_path, {"proc/self/cgroup": groups, **limits})) == expected * GIB


def test_what_is_not_told_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf")
    assert memory_bytes(tmp_path) is None
