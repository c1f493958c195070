"""Columns to Parquet bytes and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.metrics import TableSchema
from sim.store.columns import encode_table, names_of, numbers_of, read_table

MONEY_ONLY = TableSchema("t", money=("amount",))
NAMES_ONLY = TableSchema("t", texts=("channel",))
COUNTS_ONLY = TableSchema("t", counts=("n",))


def round_trip(schema: TableSchema, *parts: dict[str, Any] | None) -> pa.Table:
    return read_table(bytes(encode_table(schema, parts)))


def test_money_is_decimal_in_currency_units() -> None:
    table = round_trip(MONEY_ONLY, {"amount": np.array([1234, -1, 0, -100])})
    assert table.schema.field("amount").type == pa.decimal128(18, 2)
    assert table["amount"].to_pylist() == [Decimal("12.34"), Decimal("-0.01"), Decimal("0.00"), Decimal("-1.00")]


@settings(deadline=None)  # a loaded machine is no fault
@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), max_size=50))
def test_cents_come_back_exactly(cents: list[int]) -> None:
    table = round_trip(MONEY_ONLY, {"amount": np.array(cents, dtype=np.int64)})
    assert numbers_of(table["amount"]).tolist() == cents
    assert table["amount"].to_pylist() == [Decimal(number).scaleb(-2) for number in cents]


@settings(deadline=None)  # a loaded machine is no fault
@given(st.lists(st.lists(st.sampled_from(["渠道", "paid", "", "🙂"]), max_size=20), min_size=1, max_size=4))
def test_names_come_back_exactly(names: list[list[str]]) -> None:
    table = round_trip(NAMES_ONLY, *({"channel": part} for part in names))
    flat = [name for part in names for name in part]
    assert table["channel"].to_pylist() == flat
    codes, labels = names_of(table["channel"])
    assert [labels[code] for code in codes] == flat
    assert labels == tuple(dict.fromkeys(flat))


@settings(deadline=None)  # a loaded machine is no fault
@given(st.lists(st.integers(0, 3), max_size=30))
def test_codes_and_strings_give_the_same_bytes(codes: list[int]) -> None:
    labels = ("d", "c", "b", "a")
    by_code = encode_table(NAMES_ONLY, [{"channel": (np.array(codes, dtype=np.int8), labels)}])
    by_name = encode_table(NAMES_ONLY, [{"channel": [labels[code] for code in codes]}])
    assert by_code == by_name


def test_a_name_that_no_row_has_leaves_every_byte() -> None:
    codes = np.array([0, 1, 0])
    without = encode_table(NAMES_ONLY, [{"channel": (codes, ("paid", "store"))}])
    with_unused = encode_table(NAMES_ONLY, [{"channel": (codes + 1, ("unused", "paid", "store", "also unused"))}])
    assert without == with_unused


def test_replicates_may_label_differently() -> None:
    table = round_trip(
        NAMES_ONLY,
        {"channel": (np.array([0, 1]), ("a", "b"))},
        {"channel": (np.array([0, 1]), ("b", "c"))},
    )
    assert table["channel"].to_pylist() == ["a", "b", "b", "c"]
    assert table["replicate"].to_pylist() == [0, 0, 1, 1]


def test_columns_have_the_order_and_types_of_the_schema() -> None:
    schema = TableSchema("t", keys=("day",), texts=("who",), dates=("date",), counts=("n",), money=("amount",))
    part = {"amount": [5], "n": [4], "date": [3], "who": ["x"], "day": [1]}
    table = round_trip(schema, part)
    assert [(field.name, str(field.type)) for field in table.schema] == [
        ("replicate", "int32"),
        ("day", "int32"),
        ("who", "dictionary<values=string, indices=int32, ordered=0>"),
        ("date", "date32[day]"),
        ("n", "int64"),
        ("amount", "decimal128(18, 2)"),
    ]
    assert table.schema.metadata == {b"sim.schema": b"1", b"sim.table": b"t"}


def test_dates_come_from_days_or_datetimes() -> None:
    schema = TableSchema("t", dates=("date",))
    days = np.array([20454, 20455])
    table = round_trip(schema, {"date": days}, {"date": days.astype("datetime64[D]")})
    assert [str(date) for date in table["date"].to_pylist()] == ["2026-01-01", "2026-01-02"] * 2
    assert numbers_of(table["date"]).dtype == np.dtype("datetime64[D]")


def test_a_replicate_without_the_table_has_no_rows() -> None:
    table = round_trip(COUNTS_ONLY, {"n": [7]}, None, {"n": [8, 9]})
    assert table.to_pydict() == {"replicate": [0, 2, 2], "n": [7, 8, 9]}


def test_a_table_without_rows_keeps_its_columns() -> None:
    schema = TableSchema("t", keys=("day",), texts=("who",), dates=("date",), counts=("n",), money=("amount",))
    empty = {name: np.empty(0, dtype=np.int64) for name in ("day", "date", "n", "amount")}
    for parts in ([None, None], [{**empty, "who": []}], [{**empty, "who": (np.empty(0, dtype=np.int32), ("a",))}]):
        table = read_table(bytes(encode_table(schema, parts)))
        assert table.num_rows == 0
        assert table.column_names == ["replicate", "day", "who", "date", "n", "amount"]
        assert numbers_of(table["amount"]).tolist() == []
        assert names_of(table["who"])[1] == ()


def test_more_rows_than_a_row_group_come_back() -> None:
    n = 2_200_000
    schema = TableSchema("t", texts=("who",), money=("amount",))
    codes, cents = np.arange(n) % 3, np.arange(n) - n // 2
    table = round_trip(schema, {"who": (codes, ("a", "b", "c")), "amount": cents})
    assert table["who"].num_chunks > 0
    read_codes, labels = names_of(table["who"])
    assert labels == ("a", "b", "c")
    assert np.array_equal(read_codes, codes)
    assert np.array_equal(numbers_of(table["amount"]), cents)


def test_pandas_reads_the_file_as_it_is(tmp_path: Any) -> None:
    import pandas as pd

    schema = TableSchema("t", keys=("day",), texts=("channel",), money=("amount",))
    content = encode_table(schema, [{"day": [1, 2], "channel": ["渠道", "paid"], "amount": [150, -250]}])
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    frame = pd.read_parquet(path)
    assert frame["channel"].tolist() == ["渠道", "paid"]
    assert frame["amount"].astype(float).tolist() == [1.5, -2.5]


@pytest.mark.parametrize(
    ("schema", "part", "message"),
    [
        (COUNTS_ONLY, {}, r"table t: missing columns \['n'\]"),
        (COUNTS_ONLY, {"n": [1], "m": [1]}, r"unknown columns \['m'\]"),
        (COUNTS_ONLY, {"n": [1.5]}, "column n of table t: holds float64; must be whole numbers"),
        (TableSchema("t", keys=("day",)), {"day": [2**31]}, "column day of table t: holds 2147483648"),
        (MONEY_ONLY, {"amount": [10**18]}, "column amount of table t: holds 1000000000000000000"),
        (NAMES_ONLY, {"channel": (np.array([-1]), ("a",))}, "column channel of table t: holds -1"),
        (NAMES_ONLY, {"channel": (np.array([1]), ("a",))}, "column channel of table t: holds 1"),
        (TableSchema("t", counts=("a", "b")), {"a": [1], "b": [1, 2]}, "unequal length: {'a': 1, 'b': 2}"),
    ],
)
def test_what_does_not_fit_the_schema_is_refused(schema: TableSchema, part: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode_table(schema, [part])


def test_numbers_and_names_are_not_mixed_up() -> None:
    with pytest.raises(ValueError, match="names, not numbers"):
        numbers_of(round_trip(NAMES_ONLY, {"channel": ["a"]})["channel"])
    with pytest.raises(ValueError, match="numbers, not names"):
        names_of(round_trip(COUNTS_ONLY, {"n": [1]})["n"])
