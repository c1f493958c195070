"""The one import of Numba: a compiler whose cache works wherever the package is installed.

Numba refuses to compile when neither the package's folder nor its own cache folder can be written (a read-only
home, a system-wide installation). So the cache goes to a folder that this module has written to.

Numba takes a cached function for current when its own file has not changed. Functions here are copied into callers in
other files, so each state of the engine's sources has a cache of its own.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numba

Compiled = Callable[..., Any]


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _fingerprint() -> str:
    """A short hash of the engine's sources."""
    digest = hashlib.blake2s(digest_size=6)
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _choose_cache_folder() -> Path:
    """The user's cache folder, else one of this user's in the temporary folder."""
    name = f"userops-sim/{_fingerprint()}"
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    user = str(getattr(os, "getuid", lambda: "user")())
    candidates = [Path(base)] if base else []
    if os.environ.get("HOME"):
        candidates.append(Path(os.environ["HOME"]) / ".cache")
    for folder in candidates:
        if _is_writable(folder / name):
            return folder / name
    fallback = Path(tempfile.gettempdir()) / f"userops-sim-{user}" / name
    return fallback if _is_writable(fallback) else Path(tempfile.mkdtemp(prefix="userops-sim-"))


_config: Any = numba.config
if not _config.CACHE_DIR:  # what NUMBA_CACHE_DIR said when Numba was first imported, holds
    _config.CACHE_DIR = str(_choose_cache_folder())


def compiled(function: Compiled) -> Compiled:
    """`function` as machine code, compiled at the first call and kept on disk; division by zero as in NumPy.

    It lets other threads run meanwhile.
    """
    return cast(Compiled, numba.njit(cache=True, error_model="numpy", nogil=True)(function))


def inlined(function: Compiled) -> Compiled:
    """`function` as machine code that its compiled callers copy into themselves, so that loops stay vectorised."""
    return cast(Compiled, numba.njit(cache=True, inline="always", error_model="numpy")(function))
