"""Validating: every problem of scenarios and of files of expectations, without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.errors import Problem, ScenarioError, UsageError
from sim.pipeline import AnyPath, load
from sim.scenario.changes import Changes
from sim.scenario.expectations import FILE_NAMES
from sim.scenario.files import scenario_files_below
from sim.scenario.naming import shared_names
from sim.scenario.tree import Tree


def validate(paths: Sequence[AnyPath], changes: Changes) -> list[Problem]:
    """As `sim.validate`."""
    found: dict[Problem, None] = {}
    loaded: dict[Path, Tree] = {}
    for path in paths:
        for file in _scenario_files(Path(path)):
            try:
                if file.name in FILE_NAMES:
                    found.update(dict.fromkeys(_checked_expectations(file)))
                    continue
                scenario = load(file, changes)
            except ScenarioError as error:
                found.update(dict.fromkeys(error.problems))
            else:
                found.update(dict.fromkeys(scenario.warnings))
                loaded[file.resolve()] = scenario.tree
    return [*found, *shared_names(loaded.values())]


def _checked_expectations(file: Path) -> tuple[Problem, ...]:
    """The warnings of a file of expectations, and of the scenarios that it names."""
    from sim.checks.reading import read_check_file

    return read_check_file(file).warnings


def _scenario_files(path: Path) -> list[Path]:
    """The file itself, or those of a folder and below."""
    if not path.is_dir():
        return [path]
    files = scenario_files_below(path)
    if not files:
        raise UsageError(f"{path}: no scenario in this folder (*.yaml)")
    return files
