"""Stored runs, read back: never a truncated or edited file taken for what was measured."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.errors import ResultsError, shown_path
from sim.metrics import Metric
from sim.store.identity import RunIdentity
from sim.store.manifest import MANIFEST, damaged, describe, read_identity, read_manifest, read_metrics

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Array = np.ndarray[Any, Any]

_RUNS_SHOWN = 5


@dataclass(frozen=True)
class StoredRun:
    """A run's folder. Each file is checked against its hash in run.json whenever it is read.

    Args:
        path: the folder.
        facts: the content of run.json.
    """

    path: Path
    facts: dict[str, Any]
    _columns: dict[tuple[str, str], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.facts["scenario"])

    @property
    def identity(self) -> RunIdentity:
        """What was run."""
        return read_identity(self.facts)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that the run defines, in the order in which they are shown."""
        return read_metrics(self.facts)

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the stored tables."""
        return tuple(name.removesuffix(".parquet") for name in self.facts["files"] if name.endswith(".parquet"))

    @property
    def scenario_yaml(self) -> str:
        """The resolved scenario."""
        return self._content("scenario.yaml").decode()

    def files_of_scenario(self) -> dict[str, bytes]:
        """The resolved scenario and the files that it names, by name: what it takes to run it again."""
        return {name: self._content(name) for name in self.facts["files"] if not name.endswith(".parquet")}

    def table(self, name: str) -> pa.Table:
        """A whole table, money as exact decimals; `frame` gives a data frame."""
        from sim.store.columns import read_table

        return read_table(self._table_content(name))

    def frame(self, name: str) -> pd.DataFrame:
        """A whole table as a data frame: money as float64 in currency units, names as categories.

        Raises:
            MissingExtra: pandas is not installed.
        """
        from sim.store.frames import frame_of

        return frame_of(self.table(name))

    def numbers(self, table: str, column: str) -> Array:
        """A column of numbers, read-only: int64, money in whole cents, dates as datetime64[D]."""
        from sim.store.columns import numbers_of

        numbers: Array = self._column(table, column, numbers_of)
        numbers.flags.writeable = False
        return numbers

    def codes(self, table: str, column: str) -> tuple[Array, tuple[str, ...]]:
        """A column of names as (codes, labels): `labels[codes[row]]` is the name; labels in order of first row."""
        from sim.store.columns import names_of

        codes, labels = self._column(table, column, names_of)
        codes.flags.writeable = False
        return codes, labels

    def texts(self, table: str, column: str) -> Array:
        """A column of names as an array of str; `codes` is quicker for millions of rows."""
        codes, labels = self.codes(table, column)
        names: Array = np.array([*labels, None], dtype=object)[codes]
        return names

    def verify(self) -> None:
        """Check all files against run.json.

        Raises:
            ResultsError: names the first file that is missing, truncated or edited.
        """
        for file in self.facts["files"]:
            self._content(file)

    def contents(self) -> dict[str, bytes]:
        """The bytes of all files but run.json, checked, by name."""
        return {file: self._content(file) for file in self.facts["files"]}

    def _column(self, table: str, column: str, convert: Callable[[Any], Any]) -> Any:
        """A converted column, read once."""
        from sim.store.columns import column_names, read_table

        key = (table, column)
        if key not in self._columns:
            content = self._table_content(table)
            names = column_names(content)
            if column not in names:
                raise ResultsError(f"table {table} of {self._shown} has no column {column}; it has {', '.join(names)}")
            try:
                self._columns[key] = convert(read_table(content, [column]).column(0))
            except ValueError as error:
                raise ResultsError(f"column {column} of table {table} {error}") from error
        return self._columns[key]

    def _table_content(self, name: str) -> bytes:
        """The bytes of a table's file."""
        if name not in self.tables:
            hint = "; run again with --users" if name in ("users", "orders") else f"; it has {', '.join(self.tables)}"
            raise ResultsError(f"{self._shown} has no table {name}{hint}")
        return self._content(f"{name}.parquet")

    def _content(self, file: str) -> bytes:
        """The bytes of a file, which are those that the run stored."""
        path = self.path / file
        expected = self.facts["files"][file]
        self._check_size(file)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ResultsError(f"cannot read {shown_path(path)}: {error.strerror or error}") from error
        if describe(content) != expected:
            raise damaged(path, "was edited: it does not have the content that the run stored")
        return content

    def _check_size(self, file: str) -> None:
        """Refuse a file that is missing or has another size than the run stored."""
        path = self.path / file
        expected = self.facts["files"][file]["bytes"]
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            raise damaged(path, "is missing") from None
        except OSError as error:
            raise ResultsError(f"cannot read {shown_path(path)}: {error.strerror or error}") from error
        if size != expected:
            what = "is truncated" if size < expected else "was edited"
            raise damaged(path, f"{what}: it has {size:,} bytes, the run stored {expected:,}")

    @property
    def _shown(self) -> str:
        return shown_path(self.path)


def open_run(path: Path) -> StoredRun:
    """The run stored in a folder.

    Sizes are checked here, contents when they are read, so that a folder of large tables opens at once.

    Args:
        path: the run's folder, or its run.json.
    Raises:
        ResultsError: it holds no run, or names the file that is missing, truncated, edited, or of another version.
    """
    folder = path.parent if path.name == MANIFEST else path
    if not os.path.exists(folder):
        raise ResultsError(f"{shown_path(folder)} does not exist")
    if not os.path.exists(folder / MANIFEST):
        raise ResultsError(_not_a_run(folder))
    run = StoredRun(folder, read_manifest(folder))
    for file in run.facts["files"]:
        run._check_size(file)
    return run


def find_run(
    root: Path,
    identity: RunIdentity,
    *,
    tables: Iterable[str] = (),
    warn: Callable[[str], None] | None = None,
) -> StoredRun | None:
    """The stored run of this identity, if it is there, complete and undamaged.

    Args:
        root: the results folder.
        identity: what would be run.
        tables: tables that it must hold (such as "users").
        warn: called with a text when a run is there but cannot be used; it is then to be run again.
    """
    folder = identity.folder(root)
    if not os.path.exists(folder / MANIFEST):
        return None
    try:
        run = open_run(folder)
        run.verify()
    except ResultsError as error:
        if warn is not None:
            warn(f"{error}".partition("; ")[0] + "; running it again")
        return None
    is_usable = run.identity == identity and set(tables) <= set(run.tables)
    return run if is_usable else None


def _not_a_run(folder: Path) -> str:
    """Why a folder without run.json cannot be opened, with the runs that it holds, if any."""
    start = f"{shown_path(folder)} is not a run's folder: it holds no {MANIFEST}"
    if not folder.is_dir():
        return f"{shown_path(folder)} is not a run's folder: it is a file"
    runs = sorted(path.parent for pattern in ("*", "*/*") for path in folder.glob(f"{pattern}/{MANIFEST}"))
    if not runs:
        return start
    shown = ", ".join(shown_path(run) for run in runs[:_RUNS_SHOWN])
    more = f" and {len(runs) - _RUNS_SHOWN} more" if len(runs) > _RUNS_SHOWN else ""
    return f"{start}; it holds the runs {shown}{more}"
