"""Folders that appear whole or not at all, and the removal of what killed runs left.

A folder is written under a hidden name beside its place, flushed to the disk, and renamed. While its writer lives, it
holds a lock on the hidden folder, which the system releases however the writer ends; so whoever can take the lock may
remove the folder. This also holds between containers and after a reboot, where a process number would mislead.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sim.errors import ResultsError, shown_path

if sys.platform == "win32":
    fcntl = None
else:
    import fcntl

PARTIAL_PREFIX = ".partial-"
_ATTEMPTS = 100
_NO_LOCKS = -1
_ABANDONED_S = 24 * 3600.0


def prepare_results(root: Path) -> None:
    """Make sure, before any long work, that results can be stored below `root`, and remove what killed runs left.

    Raises:
        ResultsError: the folder cannot be made or written to; says what to do.
    """
    with explained(root):
        root.mkdir(parents=True, exist_ok=True)
        remove_leftovers(root)
        with _partial_folder(root):
            pass


@contextlib.contextmanager
def scratch_results(root: Path) -> Iterator[Path]:
    """A hidden results folder for as long as it is used; a process that is killed leaves it to the next one to remove.

    Args:
        root: the results folder, which holds it.
    """
    with explained(root), _partial_folder(root) as scratch:
        yield scratch


def publish(
    target: Path,
    files: Mapping[str, bytes | memoryview],
    *,
    is_same: Callable[[Path], bool] = lambda _: False,
    refresh: str | None = None,
) -> None:
    """Make `target` a folder that holds `files`, whole or not at all.

    Args:
        target: the folder; a folder that is there already is replaced, unless it is the same.
        files: content by plain file name.
        is_same: whether a folder that is there already, perhaps just stored by another process, may stay.
        refresh: the one file that is replaced in a folder that stays.
    Raises:
        ResultsError: it cannot be written; says what to do. What was there before is untouched.
    """
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _partial_folder(target.parent) as partial:
            for name, content in files.items():
                _write(partial / name, content)
            _flush_folder(partial)
            _put_in_place(partial, target, is_same, refresh)
            _flush_folder(target.parent)


def remove_leftovers(root: Path) -> None:
    """Remove the partial folders below `root` whose writers are dead; what cannot be removed is left."""
    for folder in (root, *_folders_in(root)):
        for leftover in _folders_in(folder):
            if leftover.name.startswith(PARTIAL_PREFIX):
                _remove_if_abandoned(leftover)


@contextlib.contextmanager
def explained(target: Path) -> Iterator[None]:
    """Turn the system's refusals to write at `target` into errors that say what to do."""
    try:
        yield
    except OSError as error:
        raise ResultsError(f"cannot store results in {shown_path(target)}: {_advice(error, target)}") from error


def _advice(error: OSError, target: Path) -> str:
    """What is wrong and what to do about it."""
    elsewhere = "choose another folder with --out"
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return f"the disk is full; free some space or {elsewhere}"
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return f"the folder is not writable; {elsewhere}"
        case errno.ENOTDIR | errno.EEXIST | errno.ELOOP:
            return f"{shown_path(_in_the_way(target))} is not a folder; remove it or {elsewhere}"
        case errno.ENAMETOOLONG:
            return "the path is too long; choose a shorter one with --out"
        case errno.ENOENT:
            return "the folder was removed in the meantime; run again"
    return f"{error.strerror or error}; {elsewhere}"


def _in_the_way(target: Path) -> Path:
    """The first part of the path that is there and is not a folder."""
    for path in (*reversed(target.parents), target):
        if os.path.lexists(path) and not os.path.isdir(path):
            return path
    return target


# --- writing ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _partial_folder(parent: Path) -> Iterator[Path]:
    """A new hidden folder in `parent`, locked while in use; removed at the end unless it was renamed."""
    for _ in range(_ATTEMPTS):
        path = parent / f"{PARTIAL_PREFIX}{uuid.uuid4().hex}"
        path.mkdir()
        try:
            lock = _take_lock(path)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        if lock is not None:
            break
    else:
        raise FileNotFoundError(errno.ENOENT, "removed at once, again and again")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        _release(lock)


def _write(path: Path, content: bytes | memoryview) -> None:
    """Write a new file through to the disk."""
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _renamed(partial: Path, target: Path) -> bool:
    """Rename the partial folder to `target`, unless there is one already."""
    try:
        os.rename(partial, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    return True


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other writers out while a run in the folder is replaced; where locks do not work, nobody is kept out."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _put_in_place(partial: Path, target: Path, is_same: Callable[[Path], bool], refresh: str | None) -> None:
    """Rename the partial folder to `target`, or leave the same folder there."""
    for _ in range(_ATTEMPTS):
        if _renamed(partial, target):
            return
        # Looked at, moved away and replaced under one lock: else a good folder, put there since, could be moved away.
        with contextlib.suppress(FileNotFoundError), _alone_in(target.parent):
            if is_same(target):
                if refresh is not None:
                    os.replace(partial / refresh, target / refresh)
                return
            with _partial_folder(target.parent) as away:
                os.rename(target, away / "replaced")
                if _renamed(partial, target):
                    return
    raise OSError(errno.EBUSY, "other processes store there again and again")


def _flush_folder(folder: Path) -> None:
    """Write a folder's entries through to the disk, where the system can do that."""
    with contextlib.suppress(OSError):  # Windows and some network file systems cannot; the rename is atomic anyway
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# --- leftovers -------------------------------------------------------------------------------------------------------


def _folders_in(folder: Path) -> list[Path]:
    """The real folders in a folder, in order; none if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _remove_if_abandoned(leftover: Path) -> None:
    """Remove a partial folder unless its writer may be alive."""
    lock = _take_lock(leftover)
    if lock is None:
        return
    try:
        if lock != _NO_LOCKS or _is_old(leftover):
            shutil.rmtree(leftover, ignore_errors=True)
    finally:
        _release(lock)


def _is_old(folder: Path) -> bool:
    """True if nothing was added to the folder for a day: the rule where locks do not work."""
    try:
        return time.time() - folder.stat().st_mtime > _ABANDONED_S
    except OSError:
        return False


def _take_lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock, or `_NO_LOCKS`; None if another holds it or the folder is gone."""
    if fcntl is None:
        return _NO_LOCKS
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:  # a file system without locks
        os.close(descriptor)
        return _NO_LOCKS
    if not os.path.exists(folder):  # removed by a run that cleaned up before the lock was ours
        os.close(descriptor)
        return None
    return descriptor


def _release(lock: int) -> None:
    """Let go of a lock."""
    if lock != _NO_LOCKS:
        os.close(lock)
