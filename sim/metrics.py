"""The types by which systems declare what a run measures; analysis and report know no more of a system than this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["persons", "share", "currency", "orders", "days", "messages", "units", "tickets", "minutes"]
Aggregate = Literal["sum", "mean", "recent_mean", "last", "ratio", "ratio_to_last"]

RECENT_DAYS = 28
"""The last days of the horizon that "recent_mean" takes: whole weeks, so that no single day decides."""


@dataclass(frozen=True)
class Metric:
    """One number that a run answers with, and how it comes from the columns of a stored table.

    Args:
        name: the word used in YAML, columns, JSON and docs.
        label: the word shown on axes and in tables.
        unit: what it counts; "currency" is the scenario's currency.
        definition: one sentence for the docs.
        aggregate: how days become one number: "sum", "mean" or "last" of `column` over the horizon; "recent_mean", its
            mean over the last RECENT_DAYS, or over the whole horizon where that is shorter; "ratio", which is
            sum(`column`) / sum(`per`); or "ratio_to_last", where `per` is that of the last day.
        column: the column of `table`.
        per: the denominator's column, for ratios only.
        better: the direction that a policy wants, or None where neither is better.
        table: the stored table that holds the columns.
    """

    name: str
    label: str
    unit: Unit
    definition: str
    aggregate: Aggregate
    column: str
    per: str | None = None
    better: Literal["higher", "lower"] | None = None
    table: str = "daily"


@dataclass(frozen=True)
class TableSchema:
    """The columns of one stored table, by kind, in the order in which they are stored.

    Args:
        keys: whole numbers that identify a row (day, age).
        texts: names that identify a row (channel, segment); stored as dictionaries.
        dates: calendar dates, as days since 1970-01-01.
        counts: whole numbers that are measured.
        money: amounts in whole cents, stored as decimals in currency units.
    """

    name: str
    keys: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
