"""The scenario files of a git revision in a folder of their own; nothing is checked out, and no hook or filter runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sim.errors import UsageError, printable, shown_path
from sim.scenario.files import STORED_MARKS

SUFFIXES = (".yaml", ".yml", ".csv", ".tsv", ".txt")
"""What scenarios are made of: other files of a revision are not read."""
ROOT_MARK = ".sim-root"
MARKS = ("pyproject.toml", ROOT_MARK)
MOST_BYTES = 256 << 20
"""What the files of a revision may have together."""
_CHUNK_BYTES = 1 << 20
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")
"""What git tells its hooks; it would send us to another repository than that of the path."""


@dataclass(frozen=True)
class Revision:
    """A commit, and a folder that holds its files as its repository does."""

    name: str
    commit: str
    folder: Path


def repository_of(path: Path) -> Path:
    """The top folder of the repository that holds a path, which need not exist any more.

    Raises:
        UsageError: it is in no repository, or there is no git.
    """
    there = Path(os.path.realpath(path))
    folder = next(parent for parent in (there, *there.parents) if parent.is_dir())
    done = _git(folder, "rev-parse", "--show-toplevel")
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        is_outside = not reason or "not a git repository" in reason[0]
        told = "is in no git repository" if is_outside else printable(reason[0].removeprefix("fatal: "), 200)
        raise UsageError(f"{shown_path(path)}: {told}; name two scenarios instead: `sim diff A.yaml B.yaml`")
    return Path(os.fsdecode(done.stdout.rstrip(b"\n")))


def not_ignored(repository: Path, inside: Path) -> frozenset[str]:
    """The files below a folder of the repository that git knows or would add, by their paths below that folder."""
    folder = repository / inside
    if not folder.is_dir():
        return frozenset()
    done = _git(folder, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if done.returncode:
        raise UsageError(f"git cannot list the files here: {printable(done.stderr.decode(errors='replace'), 200)}")
    return frozenset(os.fsdecode(name) for name in done.stdout.split(b"\0") if name)


@contextmanager
def opened(repository: Path, name: str, inside: Path = Path()) -> Iterator[Revision]:
    """The revision that git calls `name`; its folder goes when the context ends.

    Args:
        inside: the path that is wanted, in the repository; only files of its project are written.
    Raises:
        UsageError: there is no such revision, git cannot read it, or its files are too large.
    """
    found = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if found.returncode or name.startswith("-"):
        told = "is a path and" if Path(name).exists() else "is no file or folder, and"
        raise UsageError(f"`{printable(name)}` {told} no revision of the repository {repository}")
    commit = found.stdout.decode().strip()
    with tempfile.TemporaryDirectory(prefix="sim-diff-") as made:
        folder = Path(os.path.realpath(made))
        (folder / ROOT_MARK).touch()
        _write_files(repository, commit, folder, inside)
        yield Revision(name, commit, folder)


def _write_files(repository: Path, commit: str, folder: Path, inside: Path) -> None:
    listed = list(_listed(repository, commit))
    top = _project_root([path for _, path in listed], inside)
    wanted = [(code, path) for code, path in listed if path.is_relative_to(top)]
    left = MOST_BYTES
    with tempfile.TemporaryFile() as codes:
        codes.write(b"".join(code + b"\n" for code, _ in wanted))
        codes.seek(0)
        arguments = [_program(), "-C", str(repository), "cat-file", "--batch"]
        with subprocess.Popen(
            arguments, stdin=codes, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
        ) as process:
            assert process.stdout is not None
            for _, path in wanted:
                left -= _write_file(process.stdout, folder / path, path, left)


def _project_root(paths: Iterable[Path], inside: Path) -> Path:
    """The nearest folder of the revision, at a path or above, that is marked as a project; the top where none is."""
    marked = {path.parent for path in paths if path.name in MARKS}
    return next((folder for folder in (inside, *inside.parents) if folder in marked), Path())


def _listed(repository: Path, commit: str) -> Iterator[tuple[bytes, Path]]:
    """(hash, path) of each plain file that a scenario may be made of."""
    done = _git(repository, "ls-tree", "-r", "-z", "--full-tree", commit)
    if done.returncode:
        raise UsageError(
            f"git cannot list the files of {commit}: {printable(done.stderr.decode(errors='replace'), 200)}"
        )
    for line in done.stdout.split(b"\0")[:-1]:
        mode, _, code = line.partition(b"\t")[0].split(b" ")
        path = Path(os.fsdecode(line.partition(b"\t")[2]))
        is_ours = path.suffix.lower() in SUFFIXES or path.name in (*MARKS, *STORED_MARKS)
        is_inside = not path.is_absolute() and ".." not in path.parts
        if mode.startswith(b"100") and is_ours and is_inside:
            yield code, path


def _write_file(stream: IO[bytes], file: Path, path: Path, most: int) -> int:
    """Writes the next file of `git cat-file --batch`; how many bytes it has.

    Raises:
        UsageError: git does not have it, or it has more than `most` bytes.
    """
    header = stream.readline().split()
    n_bytes = n_left = int(header[2]) if len(header) == 3 else -1
    if n_bytes > most:
        raise UsageError(
            f"the {', '.join(SUFFIXES)} files of this revision have more than {MOST_BYTES >> 20} MiB, at {path}; "
            f"an empty file named {ROOT_MARK} in the folder of the scenarios makes it a project of its own"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as written:
        while n_left > 0 and (chunk := stream.read(min(n_left, _CHUNK_BYTES))):
            written.write(chunk)
            n_left -= len(chunk)
    if n_left:
        raise UsageError(
            f"git cannot read {path} of this revision; "
            "`git fsck` says more, or `git fetch` brings what a partial clone left out"
        )
    stream.read(1)
    return n_bytes


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [_program(), "-C", str(folder), *arguments], capture_output=True, check=False, env=_environment()
    )


def _program() -> str:
    program = shutil.which("git")
    if program is None:
        raise UsageError("git is not installed here, and a revision needs it; name two scenario files instead")
    return program


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    ours = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    return {**environment, **ours, "LC_ALL": "C"}
