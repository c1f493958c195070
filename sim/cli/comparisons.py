"""Where a comparison is kept: results/comparisons/<names and a hash>/, with its numbers as JSON and its charts."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import ResultsError

if TYPE_CHECKING:
    from sim.analysis import Comparison

LONGEST_NAME = 24
NUMBERS = "comparison.json"


def comparison_folder(out: Path, comparison: Comparison) -> Path:
    """The folder of a comparison: the same runs give the same folder."""
    runs = [run for _, run in comparison.runs]
    names = [readable(run.name) for run in runs]
    others = names[1] if len(names) == 2 else f"{len(names) - 1}-others"
    digest = hashlib.sha256("\n".join(run.identity.run_id for run in runs).encode()).hexdigest()[:8]
    return out / "comparisons" / f"{names[0]}-and-{others}-{digest}"


def readable(name: str) -> str:
    """The letters and digits of a name, in any script, as part of a folder's name."""
    words = "".join(character if character.isalnum() else " " for character in name).split()
    return "-".join(words)[:LONGEST_NAME].strip("-") or "scenario"


def save_numbers(folder: Path, content: Any, name: str = NUMBERS) -> Path:
    """Write a comparison's numbers beside their place and move them there, so that no reader sees half of them.

    Raises:
        ResultsError: the folder cannot be written.
    """
    path = folder / name
    unfinished = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(
            json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8"
        )
        unfinished.replace(path)
    except OSError as error:
        raise ResultsError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def runs_of(path: Path) -> list[Path]:
    """The runs' folders that a folder stands for: those of a comparison, the baseline first; itself if it is none.

    Raises:
        ResultsError: the comparison cannot be read.
    """
    numbers = path if path.name == NUMBERS else path / NUMBERS
    if not numbers.is_file():
        return [path]
    try:
        content = json.loads(numbers.read_text(encoding="utf-8"))
        stored = [Path(one["path"]) for one in (content["baseline"], *content["policies"])]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ResultsError(f"cannot read {numbers}: it is no comparison's numbers; compare again") from error
    results = numbers.resolve().parents[2]  # the folder may have been moved as a whole
    return [results / run.parent.name / run.name for run in stored]
