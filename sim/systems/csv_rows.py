"""The rows of a large CSV file as texts, whose mistakes are told at their row and column.

Imports pyarrow: a million rows are read in a second.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from sim.errors import Place, Problem, ScenarioError, printable
from sim.scenario.files import decode
from sim.scenario.findings import closest

PROBLEMS_AT_MOST = 100
_SEPARATORS = (",", ";", "\t")


@dataclass
class Rows:
    """A file whose rows are being read."""

    file: str
    columns: dict[str, pa.ChunkedArray]
    problems: list[Problem] = field(default_factory=list)

    @property
    def n(self) -> int:
        """How many rows, without the header."""
        return len(next(iter(self.columns.values())))

    def report(self, rows: Any, column: str, say: Any, **more: Any) -> None:
        """Keep a problem of some rows' cells; `say` makes the message from a cell's text."""
        for row in rows[: max(PROBLEMS_AT_MOST - len(self.problems), 0)]:
            before = list(self.columns)[: list(self.columns).index(column)]
            at = sum(len(self.columns[name][int(row)].as_py()) + 1 for name in before) + 1
            text = self.columns[column][int(row)].as_py()
            place = Place(self.file, int(row) + 2, at)
            self.problems.append(Problem(f"`{printable(column)}` {say(text, row)}", place, max(len(text), 1), **more))

    def matching(self, column: str, pattern: str, must: str) -> pa.ChunkedArray:
        """The cells of a column, those that do not match reported and replaced by 0."""
        cells = self.columns[column]
        is_right = pc.match_substring_regex(cells, pattern)
        wrong = np.flatnonzero(~is_right.to_numpy())
        if wrong.size:
            self.report(wrong, column, lambda text, _: f"is {f'`{printable(text, 40)}`' if text else 'empty'}; {must}")
        return pc.if_else(is_right, cells, "0")

    def require(self, wanted: Sequence[str], known: Sequence[str]) -> None:
        """Refuse a file without these columns.

        Raises:
            ScenarioError: with each that is missing; at the name that may be a misspelling, one that is not known.
        """
        for name in wanted:
            if name not in self.columns:
                self.problems.append(_missing(self, name, [column for column in self.columns if column not in known]))
        if self.problems:
            raise ScenarioError(self.problems)


def open_rows(file: str, content: bytes, wanted: str) -> Rows:
    """The cells as texts.

    Args:
        file: its name in messages.
        wanted: the columns that an empty file is told to have.
    Raises:
        ScenarioError: it is no CSV, or holds no rows.
    """
    header = decode(content.partition(b"\n")[0], file).rstrip("\r")
    if not header.strip():
        raise ScenarioError([Problem("is empty", Place(file, 0, 0), hint=f"its columns are {wanted}")])
    separator = max(_SEPARATORS, key=header.count)
    names = [name.strip().strip('"') for name in header.split(separator)]
    wrong: list[Problem] = []

    def refuse(row: Any) -> str:
        if len(wrong) < PROBLEMS_AT_MOST:
            message = f"the row has {row.actual_columns} columns; the header has {row.expected_columns}"
            wrong.append(Problem(message, Place(file, row.number or 1, 1), len(row.text)))
        return "skip"

    try:
        table = csv.read_csv(
            io.BytesIO(content),
            csv.ReadOptions(use_threads=False, column_names=names, skip_rows=1),
            csv.ParseOptions(delimiter=separator, invalid_row_handler=refuse),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        message = f"is not CSV: {printable(str(error).splitlines()[0], 200)}"
        raise ScenarioError([Problem(message, Place(file, 1, 1))]) from None
    if wrong:
        raise ScenarioError(wrong)
    if not table.num_rows:
        raise ScenarioError([Problem("holds no rows", Place(file, 1, 1), len(header))])
    return Rows(file, {name: pc.utf8_trim_whitespace(table[name]) for name in names})


def _missing(rows: Rows, name: str, others: Sequence[str]) -> Problem:
    """A column that is missing: where its name is misspelt, at the name that is there."""
    meant = closest(name, others)
    if meant is None:
        found = ", ".join(printable(column, 40) for column in rows.columns)
        return Problem(f"has no column `{name}`; its columns are: {found}", Place(rows.file, 1, 1), 1)
    names = list(rows.columns)
    at = sum(len(column) + 1 for column in names[: names.index(meant)]) + 1
    message = f"has no column `{name}`; this one is called `{printable(meant, 40)}`"
    return Problem(message, Place(rows.file, 1, at), len(meant), hint=f"did you mean: {name}?")


def release_memory() -> None:
    """Give back what the texts of the cells took: a run needs it."""
    pa.default_memory_pool().release_unused()
