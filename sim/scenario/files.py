"""Reading a file that a user named: what may go wrong with it, said kindly."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from sim.errors import Place, Problem, ScenarioError, printable, shown_path
from sim.scenario.findings import did_you_mean

MAX_BYTES = 1 << 20
STORED_MARKS = ("run.json", "baseline.json")
"""Beside a `scenario.yaml` that sim stored: what was run or accepted, not what somebody wrote."""


def file_trouble(path: Path, limit_bytes: int | None = MAX_BYTES) -> tuple[str, str | None] | None:
    """Why a file cannot be read, and advice; None if it can."""
    name = printable(shown_path(path) if "\0" not in str(path) else path.name, 200)
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return f"there is no file {name}", _similar_file(path)
    except NotADirectoryError:
        return f"there is no file {name}: a part of its path is a file, not a folder", None
    except (OSError, ValueError) as error:
        return f"{name} cannot be read: {_reason(error)}", None
    if stat.S_ISDIR(status.st_mode):
        return f"{name} is a folder, not a file", _file_inside(path)
    if not stat.S_ISREG(status.st_mode):
        return f"{name} is not a regular file", None
    if limit_bytes is not None and status.st_size > limit_bytes:
        return f"{name} has {_size(status.st_size)}; may have {_size(limit_bytes)}", None
    if not os.access(path, os.R_OK):
        return f"{name} cannot be read: permission denied", None
    return None


def scenario_files_below(folder: Path, names: Sequence[str] | None = None) -> list[Path]:
    """The YAML files below a folder, in the order of their paths; not in hidden folders, nor what sim stored.

    Args:
        names: only files of these names.
    """
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if Path(place) != folder and not set(STORED_MARKS).isdisjoint(files):
            continue
        wanted = (name for name in files if (name in names if names else name.endswith((".yaml", ".yml"))))
        found += [Path(place) / name for name in wanted]
    return sorted(found)


def read_text(path: Path, limit_bytes: int = MAX_BYTES) -> str:
    """The text of a UTF-8 file, without a byte order mark; ScenarioError if there is none."""
    file = shown_path(path)
    trouble = file_trouble(path, limit_bytes)
    if trouble is not None:
        raise ScenarioError([Problem(trouble[0], None, hint=trouble[1])])
    try:
        with open(path, "rb") as stream:
            data = stream.read(limit_bytes + 1)
    except OSError as error:
        raise ScenarioError([Problem(f"{file} cannot be read: {_reason(error)}", None)]) from None
    if len(data) > limit_bytes:
        raise ScenarioError([Problem(f"{file} has more than {_size(limit_bytes)}", None)])
    return decode(data, file)


def decode(data: bytes, file: str, first_line: int = 1) -> str:
    """UTF-8 bytes as text; ScenarioError at the first byte that is none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ScenarioError([Problem("is saved as UTF-16", Place(file, 0, 0), hint="save it as UTF-8")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
        line = first_line + before.count("\n")
        place = Place(file, line, len(before) - (before.rfind("\n") + 1) + 1)
        message = f"is not UTF-8: byte 0x{data[error.start]:02x}"
        raise ScenarioError([Problem(message, place, 1, hint="save it as UTF-8")]) from None


def _similar_file(path: Path) -> str | None:
    try:
        names = sorted(os.listdir(path.parent))[:1000]
    except (OSError, ValueError):
        return None
    hint = did_you_mean(path.name, names)
    return hint if hint else _file_inside(path.parent, "its folder")


def _file_inside(folder: Path, called: str = "it") -> str | None:
    try:
        shown = (name for name in os.listdir(folder) if not name.startswith("."))
        names = sorted(name for name in shown if name.endswith((".yaml", ".yml")))
    except OSError:
        return None
    return f"{called} holds: {', '.join(printable(name) for name in names[:5])}" if names else None


def _reason(error: OSError | ValueError) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return reason[:1].lower() + reason[1:]


def _size(n_bytes: int) -> str:
    if n_bytes >= 1 << 20:
        return f"{n_bytes / (1 << 20):,.0f} MiB"
    return f"{n_bytes / 1024:,.0f} KiB"
