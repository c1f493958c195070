"""Columns of stored runs as arrays: the only place of the analysis that reads the store."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from sim.errors import ResultsError

if TYPE_CHECKING:
    from sim.store import Run, StoredRun

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def n_replicates(run: Run) -> int:
    """The replicates of the run."""
    return cast(int, run.facts["replicates"])


def n_days(run: Run) -> int:
    """The days of the run's horizon."""
    return cast(int, run.facts["days"])


def currency(run: Run) -> str:
    """The currency of the run's amounts, as its code."""
    return str(run.facts.get("currency", ""))


def apart(run: StoredRun) -> StoredRun:
    """The same run, keeping the columns that are read through it to itself.

    A stored run keeps what was read. Tables of a million rows are read once, summed and let go: five runs would hold
    hundreds of megabytes.
    """
    return replace(run)


def names_of(run: Run, table: str, column: str) -> tuple[Ints, tuple[str, ...]]:
    """A column of names as row codes and the names, in the order in which the table first shows them."""
    codes, names = run.codes(table, column)
    return codes.astype(np.int64), names


def totals(values: Ints, *groups: tuple[Ints, int]) -> Ints:
    """Exact sums of whole numbers by groups.

    Args:
        values: int64 (n_rows,).
        groups: for each axis of the result, int64 (n_rows,) the group of each row, and how many groups there are.
    Returns:
        int64 with one axis per group.
    """
    shape = tuple(size for _, size in groups)
    place = np.zeros(values.shape, dtype=np.int64)
    for codes, size in groups:
        place *= size
        place += codes
    result = np.zeros(int(np.prod(shape)), dtype=np.int64)
    np.add.at(result, place, values)
    return result.reshape(shape)


def axis_of(run: Run, table: str, column: str, size: int) -> tuple[Ints, int]:
    """A key column with its size, for `totals`; refuses keys outside of 0..size-1, which a sound run does not hold."""
    codes = run.numbers(table, column).astype(np.int64, copy=False)
    if codes.size and (int(codes.min()) < 0 or int(codes.max()) >= size):
        raise ResultsError(f"{run.name}: `{column}` of {table} lies outside of 0..{size - 1}; use --fresh")
    return codes, size


def replicate_axis(run: Run, table: str) -> tuple[Ints, int]:
    """The replicate of each row, for `totals`."""
    return axis_of(run, table, "replicate", n_replicates(run))


def day_axis(run: Run, table: str) -> tuple[Ints, int]:
    """The day of each row, for `totals`."""
    return axis_of(run, table, "day", n_days(run))


def by_day(run: Run, column: str, table: str = "daily") -> Ints:
    """A measured column summed to int64 (n_replicates, n_days)."""
    values = run.numbers(table, column).astype(np.int64, copy=False)
    return totals(values, replicate_axis(run, table), day_axis(run, table))


def by_name_and_day(run: Run, table: str, name: str, columns: Sequence[str]) -> tuple[tuple[str, ...], list[Ints]]:
    """Names, and for each measured column int64 (n_names, n_replicates, n_days)."""
    codes, labels = names_of(run, table, name)
    groups = ((codes, len(labels)), replicate_axis(run, table), day_axis(run, table))
    return labels, [totals(run.numbers(table, column).astype(np.int64, copy=False), *groups) for column in columns]


def has_days_of(run: StoredRun, table: str) -> bool:
    """Whether the run has stored the table, and has any day to tell of."""
    return table in run.tables and n_days(run) > 0


def daily_by_name(run: StoredRun, table: str, name: str, columns: Sequence[str]) -> dict[str, dict[str, Ints]]:
    """By name, in the table's order: each measured column, int64 (n_replicates, n_days); none without the table."""
    if not has_days_of(run, table):
        return {}
    names, measured = by_name_and_day(apart(run), table, name, columns)
    return {
        one: {column: values[index] for column, values in zip(columns, measured, strict=True)}
        for index, one in enumerate(names)
    }


def over_horizon(daily: Mapping[str, Ints]) -> dict[str, Floats]:
    """The sum over the days of each measured column, float64 (n_replicates,)."""
    return {column: values.sum(axis=1).astype(np.float64) for column, values in daily.items()}


def dates(run: Run) -> tuple[datetime.date, ...]:
    """The calendar date of each day of the horizon."""
    if n_days(run) == 0:
        return ()
    first = run.numbers("daily", "date")[0] - run.numbers("daily", "day")[0]
    return tuple((first + np.arange(n_days(run))).tolist())
