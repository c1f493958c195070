"""The rows of a file of first users → columns, with every mistake at its row and column.

Imports pyarrow: a million rows are read in a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sim.engine.limits import MAX_HORIZON_DAYS
from sim.errors import ScenarioError, printable, shown_path
from sim.scenario.findings import did_you_mean
from sim.systems.csv_rows import Rows, open_rows
from sim.systems.first_users.table import NONE, UsersTable

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

REQUIRED = ("days_since_signup", "days_inactive", "active_days")
OPTIONAL = ("orders", "spend", "days_since_order")
MAX_PAST_DAYS = 20_000
"""Days before the start: with the longest horizon they still fit into 16 bits."""
_WHOLE, _AMOUNT = r"^[0-9]{1,9}$", r"^[0-9]{1,12}(\.[0-9]{1,2})?$"
assert MAX_PAST_DAYS + MAX_HORIZON_DAYS < 0xFFFF


def read_rows(
    path: Path,
    content: bytes,
    sha256: str,
    segments: tuple[str, ...],
    channels: tuple[str, ...],
    attributes: Mapping[str, tuple[str, ...]],
    ranges: Mapping[str, tuple[int, int]],
) -> UsersTable:
    """The users of a file.

    Args:
        attributes: the declared ones, each with its values; none for numbers.
        ranges: the smallest and the largest number of each declared attribute that is one.
    Raises:
        ScenarioError: with every problem, up to 100.
    """
    rows = open_rows(shown_path(path), content, f"{', '.join(REQUIRED)} …")
    _check_header(rows, segments, channels)
    table = UsersTable(
        path=path,
        sha256=sha256,
        segments=segments,
        channels=channels,
        segment=_named(rows, "segment", segments),
        channel=_named(rows, "channel", channels),
        declared=_declared(rows, attributes),
        spend_cents=_cents(rows, "spend"),
        **{name: _whole(rows, name) for name in (*REQUIRED, "orders")},
        days_since_order=_days_since_order(rows),
    )
    if not rows.problems:
        _check_history(rows, table)
        _check_ranges(rows, table, ranges)
    if rows.problems:
        raise ScenarioError(rows.problems)
    return table


def _check_header(rows: Rows, segments: Sequence[str], channels: Sequence[str]) -> None:
    """A name says which of several; what there is one of, need not be said."""
    wanted = [*REQUIRED]
    wanted += [name for name, known in (("segment", segments), ("channel", channels)) if len(known) > 1]
    known = [*REQUIRED, *OPTIONAL, "segment", "channel"]
    rows.require(wanted, known)


def _named(rows: Rows, column: str, names: tuple[str, ...]) -> I32:
    """The position of each cell in `names`."""
    if column not in rows.columns:
        return np.zeros(rows.n, np.int32)
    found = pc.fill_null(pc.index_in(rows.columns[column], value_set=pa.array(names, pa.string())), -1)
    codes: I32 = found.to_numpy().astype(np.int32)
    unknown = np.flatnonzero(codes < 0)
    if unknown.size:
        text = rows.columns[column][int(unknown[0])].as_py()
        hint = did_you_mean(text, names)
        rows.report(unknown, column, lambda text, _: f"is `{printable(text, 40)}`", allowed=", ".join(names), hint=hint)
    return codes


def _whole(rows: Rows, column: str) -> I32:
    """A column of whole numbers; zeros where the file has none."""
    if column not in rows.columns:
        return np.zeros(rows.n, np.int32)
    cells = rows.matching(column, _WHOLE, "must be a whole number, from 0")
    numbers: I32 = pc.cast(cells, pa.int32()).to_numpy()
    return numbers


def _declared(rows: Rows, attributes: Mapping[str, tuple[str, ...]]) -> dict[str, I32]:
    """The columns of declared attributes that the file has."""
    return {
        name: _named(rows, name, values) if values else _whole(rows, name)
        for name, values in attributes.items()
        if name in rows.columns
    }


def _cents(rows: Rows, column: str) -> I64:
    """A column of money in units of the scenario's currency, as whole cents."""
    if column not in rows.columns:
        return np.zeros(rows.n, np.int64)
    cells = rows.matching(column, _AMOUNT, "must be an amount without its currency, such as 129.90")
    cents: I64 = np.rint(pc.cast(cells, pa.float64()).to_numpy() * 100).astype(np.int64)
    return cents


def _days_since_order(rows: Rows) -> I32:
    """NONE where the cell is empty."""
    column = "days_since_order"
    if column not in rows.columns:
        return np.full(rows.n, NONE, np.int32)
    is_empty = pc.equal(rows.columns[column], "").to_numpy()
    filled = Rows(rows.file, rows.columns | {column: pc.if_else(pa.array(is_empty), "0", rows.columns[column])})
    days = np.where(is_empty, NONE, _whole(filled, column))
    rows.problems += filled.problems
    return days


def _check_ranges(rows: Rows, users: UsersTable, ranges: Mapping[str, tuple[int, int]]) -> None:
    """Numbers that the declared attribute never is: its column has no room for them."""
    for name, (low, high) in ranges.items():
        if name in users.declared:
            numbers, must = users.declared[name], f"the attribute goes from {low:,} to {high:,}"
            wrong = np.flatnonzero((numbers < low) | (numbers > high))
            rows.report(wrong, name, lambda text, _, must=must: f"is {text}; {must}")


def _check_history(rows: Rows, users: UsersTable) -> None:
    """Histories that cannot be: away for longer than a user, active more often than there were days, and so on."""
    tenure, away, active = users.days_since_signup, users.days_inactive, users.active_days
    most = np.where(tenure == away, 1, tenure - away + 1)

    def check(wrong: Any, column: str, say: Any) -> None:
        rows.report(np.flatnonzero(wrong), column, say)

    check(tenure > MAX_PAST_DAYS, "days_since_signup", lambda text, _: f"is {text}; must be at most {MAX_PAST_DAYS:,}")
    check(away > tenure, "days_inactive", lambda text, i: f"is {text}, more than `days_since_signup`, {tenure[i]}")
    check(active < 1, "active_days", lambda text, _: f"is {text}; the day of sign-up is an active day")
    check(
        (away <= tenure) & (active > most),
        "active_days",
        lambda text, i: f"is {text}; from sign-up to the last active day there are {most[i]}",
    )
    check(
        (away < tenure) & (active == 1),
        "active_days",
        lambda text, i: f"is {text}, yet `days_inactive` says that the user came again after the day of sign-up",
    )
    if "spend" in rows.columns:
        check((users.orders == 0) & (users.spend_cents > 0), "spend", lambda text, _: f"is {text}, without any order")
    if "days_since_order" in rows.columns:
        since, has_order = users.days_since_order, users.orders > 0
        check(
            has_order & (since > tenure),
            "days_since_order",
            lambda text, i: f"is {text}, more than `days_since_signup`, {tenure[i]}",
        )
        check(
            has_order & (since == NONE), "days_since_order", lambda text, i: f"is empty, with {users.orders[i]} orders"
        )
