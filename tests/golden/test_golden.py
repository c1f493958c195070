"""Nothing moved: the golden scenario gives the stored numbers, all of them and no others.

After a change that is meant to move numbers: `python -m tests.golden.refresh --reason "…"`, and a line under
"Numbers" in the changelog.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache

import pytest

from tests.golden.measure import Record, differences, golden_plan, measure, read_golden
from tests.verify.measuring import altered

REFRESH = 'numbers moved; if they should, run: python -m tests.golden.refresh --reason "…"'


@cache
def today() -> Record:
    return measure(golden_plan())


def test_the_golden_numbers_stand() -> None:
    assert differences(read_golden()["record"], today()) == [], REFRESH


def test_the_reason_of_the_last_refresh_is_told() -> None:
    assert len(read_golden()["reason"]) > 10


def test_everything_happens_in_the_golden_scenario() -> None:
    metrics, rows = today()["metrics"], today()["rows"]
    assert all(value > 0 for name, value in metrics.items() if name != "profit")
    assert metrics["profit"] != 0
    assert all(n > 0 for n in rows.values())


def drop_a_metric(record: Record) -> None:
    del record["metrics"]["ltv"]


def add_a_table(record: Record) -> None:
    record["tables"]["tickets"] = "0" * 32


def move_a_number(record: Record) -> None:
    record["metrics"]["orders"] += 1


def turn_a_count_into_a_float(record: Record) -> None:
    record["metrics"]["orders"] = float(record["metrics"]["orders"])


def move_a_digest(record: Record) -> None:
    record["tables"]["ledger"] = record["tables"]["daily"]


@pytest.mark.parametrize("spoil", [drop_a_metric, add_a_table, move_a_number, turn_a_count_into_a_float, move_a_digest])
def test_a_missing_an_extra_and_a_moved_number_are_seen(spoil: Callable[[Record], None]) -> None:
    spoiled = copy.deepcopy(today())
    spoil(spoiled)
    assert len(differences(today(), spoiled)) == 1
    assert len(differences(spoiled, today())) == 1


def test_a_plan_with_one_number_altered_is_seen() -> None:
    """0.06 cents more advertising a day: the ledger moves, and what does not depend on it stands."""
    price = altered(golden_plan(), "income.advertising_micro", lambda micro: micro + 600)
    moved = {line.split(":")[0] for line in differences(today(), measure(price))}
    assert "/tables/ledger" in moved
    assert "/metrics/profit" in moved
    assert "/tables/rules" not in moved
    assert "/metrics/users" not in moved
