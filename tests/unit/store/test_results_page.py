"""docs/results.md explains every stored column, account and key."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sim.metrics import TableSchema
from sim.systems.books.accounts import ACCOUNTS
from sim.systems.books.metrics import TABLES
from tests.unit.store.small_run import save

PAGE = (Path(__file__).parents[3] / "docs" / "results.md").read_text(encoding="utf-8")


def section(table: str) -> str:
    """The part of the page about a table."""
    for part in PAGE.split("\n## "):
        if table in part.partition("\n")[0].split(", "):
            return part
    raise AssertionError(f"docs/results.md has no section on {table}")


@pytest.mark.parametrize("schema", TABLES, ids=lambda schema: schema.name)
def test_every_column_is_explained(schema: TableSchema) -> None:
    explained = set(re.findall(r"`(\w+)`", section(schema.name)))
    columns = {*schema.keys, *schema.texts, *schema.dates, *schema.counts, *schema.money}
    assert columns <= explained
    assert f"`{schema.name}.parquet`" in PAGE


def test_every_account_is_explained() -> None:
    explained = set(re.findall(r"`(\w+)`", section("ledger")))
    assert {account.name for account in ACCOUNTS} <= explained


def test_the_stores_own_keys_are_explained(tmp_path: Path) -> None:
    keys = json.loads((save(tmp_path, facts={}) / "run.json").read_bytes())
    assert set(keys) <= set(re.findall(r"`(\w+)`", section("run.json")))
