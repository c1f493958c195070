"""The rows of a file of ties → columns, with every mistake at its row and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sim.errors import ScenarioError, shown_path
from sim.systems.csv_rows import Rows, open_rows
from sim.systems.networks.edges import EdgeList

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

COLUMNS = ("person", "friend")


def read_edges(path: Path, content: bytes, n_persons: int | None) -> EdgeList:
    """The ties of a file, whose persons are numbered from 1.

    Args:
        n_persons: of the market; None where that is not known.
    Raises:
        ScenarioError: with every problem, up to 100.
    """
    rows = open_rows(shown_path(path), content, ", ".join(COLUMNS))
    rows.require(COLUMNS, COLUMNS)
    persons, friends = (_persons(rows, column, n_persons) for column in COLUMNS)
    if not rows.problems:
        rows.report(np.flatnonzero(persons == friends), "friend", lambda text, _: f"is {text}, the person itself")
        _check_twice(rows, persons, friends)
    if rows.problems:
        raise ScenarioError(rows.problems)
    return EdgeList(persons - 1, friends - 1)


def _persons(rows: Rows, column: str, n_persons: int | None) -> I32:
    """A column of numbers of persons, from 1."""
    cells = rows.matching(column, r"^0*[1-9][0-9]{0,8}$", "must be the number of a person, from 1")
    numbers: I32 = pc.cast(cells, pa.int32()).to_numpy()
    if n_persons is not None:
        say = f"the market has {n_persons:,} persons"
        rows.report(np.flatnonzero(numbers > n_persons), column, lambda text, _: f"is {text}; {say}")
    return numbers


def _check_twice(rows: Rows, persons: I32, friends: I32) -> None:
    """Ties that stand twice, in whichever order."""
    low, high = np.minimum(persons, friends).astype(np.int64), np.maximum(persons, friends).astype(np.int64)
    pairs: I64 = low << 32 | high
    order = np.argsort(pairs, kind="stable")
    is_again = pairs[order[1:]] == pairs[order[:-1]]
    first = order[np.searchsorted(pairs[order], pairs)]
    rows.report(
        np.sort(order[1:][is_again]),
        "friend",
        lambda text, row: f"is {text}; this tie stands in row {first[row] + 2} already",
    )
