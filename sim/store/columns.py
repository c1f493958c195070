"""Columns of numbers and names → Parquet bytes, and back.

Imports pyarrow: import this module only inside the functions that need it. Nothing here depends on the clock, the
machine or the number of threads: the same columns give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.metrics import TableSchema
from sim.store.manifest import SCHEMA_VERSION

Columns = Mapping[str, Any]
"""The columns of one table of one replicate: integer arrays; names as (codes, labels) or as a sequence of str."""

MONEY = pa.decimal128(18, 2)
NAMES = pa.dictionary(pa.int32(), pa.string())
_MOST_CENTS = 10**18 - 1


def encode_table(schema: TableSchema, parts: Sequence[Columns | None]) -> memoryview:
    """The Parquet file of a table, the replicates one after the other.

    Args:
        schema: the columns by kind.
        parts: the columns of each replicate, all of one length; None where a replicate has no such table.
    Raises:
        ValueError: columns are missing, unknown, of unequal length, not whole numbers, or too large.
    """
    lengths = [0 if part is None else _n_rows(schema, part) for part in parts]
    replicate = np.repeat(np.arange(len(parts), dtype=np.int32), lengths)
    arrays = {"replicate": _integers(replicate)}
    present = [part for part in parts if part is not None]
    for names, make in _kinds(schema):
        for name in names:
            try:
                arrays[name] = make([part[name] for part in present])
            except (ValueError, TypeError) as error:
                raise ValueError(f"column {name} of table {schema.name}: {error}") from error
    metadata = {"sim.schema": str(SCHEMA_VERSION), "sim.table": schema.name}
    return _as_parquet(pa.table(arrays).replace_schema_metadata(metadata), schema.texts)


def read_table(content: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """The table in a Parquet file, or some of its columns."""
    # One thread: reading takes milliseconds, and a pool of threads would be in the way of later forks.
    return pq.ParquetFile(pa.BufferReader(content)).read(columns=columns, use_threads=False)


def column_names(content: bytes) -> list[str]:
    """The names of the columns in a Parquet file."""
    return list(pq.ParquetFile(pa.BufferReader(content)).schema_arrow.names)


def numbers_of(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """A column's numbers: int64, money in whole cents, dates as datetime64[D].

    Raises:
        ValueError: the column holds names.
    """
    if pa.types.is_decimal(column.type):
        return _cents_of(column)
    if pa.types.is_date32(column.type):
        return _raw(column.chunks, np.int32).astype("datetime64[D]")
    if not pa.types.is_integer(column.type):
        raise ValueError("holds names, not numbers")
    return _raw(column.chunks, column.type.to_pandas_dtype()).astype(np.int64, copy=False)


def _raw(chunks: Sequence[pa.Array], dtype: Any) -> np.ndarray[Any, Any]:
    """The numbers as they lie in memory, for the reason that `_integers` tells."""
    parts = [np.empty(0, dtype=dtype)]
    for chunk in filter(len, chunks):
        parts.append(np.frombuffer(chunk.buffers()[1], dtype=dtype)[chunk.offset : chunk.offset + len(chunk)])
    return np.concatenate(parts)


def names_of(column: pa.ChunkedArray) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """A column's names as (codes, labels), the labels in the order of their first row.

    Raises:
        ValueError: the column holds numbers.
    """
    if not pa.types.is_dictionary(column.type):
        raise ValueError("holds numbers, not names")
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # no rows: no chunk to combine
        return np.empty(0, dtype=np.int32), ()
    return _raw([whole.indices], np.int32), tuple(whole.dictionary.to_pylist())


def _kinds(schema: TableSchema) -> tuple[tuple[tuple[str, ...], Callable[[list[Any]], pa.Array]], ...]:
    """The columns in stored order, with what makes an array of each."""
    return (
        (schema.keys, _key_array),
        (schema.texts, _name_array),
        (schema.dates, _date_array),
        (schema.counts, _count_array),
        (schema.money, _money_array),
    )


def _n_rows(schema: TableSchema, part: Columns) -> int:
    """The number of rows of one replicate's table, whose columns are checked."""
    wanted = [name for names, _ in _kinds(schema) for name in names]
    if set(part) != set(wanted):
        missing, unknown = sorted(set(wanted) - set(part)), sorted(set(part) - set(wanted))
        raise ValueError(f"table {schema.name}: missing columns {missing}, unknown columns {unknown}")
    lengths = {name: len(part[name][0] if isinstance(part[name], tuple) else part[name]) for name in wanted}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"table {schema.name}: columns of unequal length: {lengths}")
    return next(iter(lengths.values()), 0)


def _whole(parts: list[Any], least: int, most: int) -> np.ndarray[Any, Any]:
    """The numbers of all parts as int64, checked to be whole and in range."""
    if not parts:
        return np.empty(0, dtype=np.int64)
    numbers = np.concatenate([np.asarray(part) for part in parts])
    if numbers.size == 0:
        return np.empty(0, dtype=np.int64)
    if numbers.dtype.kind not in "iub":
        raise ValueError(f"holds {numbers.dtype}; must be whole numbers")
    low, high = int(numbers.min()), int(numbers.max())
    if low < least or high > most:
        raise ValueError(f"holds {low if low < least else high}; must lie in [{least}, {most}]")
    return numbers.astype(np.int64, copy=False)


def _integers(numbers: np.ndarray[Any, Any]) -> pa.Array:
    """The numbers as they lie in memory: `pa.array` would import pandas where it is installed, which takes longer."""
    return pa.Array.from_buffers(pa.from_numpy_dtype(numbers.dtype), numbers.size, [None, pa.py_buffer(numbers)])


def _strings(texts: list[str]) -> pa.Array:
    """The texts as Arrow keeps them: where each begins, and their bytes."""
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.Array.from_buffers(
        pa.string(), len(texts), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    )


def _key_array(parts: list[Any]) -> pa.Array:
    """Whole numbers that identify rows, as int32."""
    return _integers(_whole(parts, -(2**31), 2**31 - 1).astype(np.int32))


def _count_array(parts: list[Any]) -> pa.Array:
    """Whole numbers that were measured, as int64."""
    return _integers(_whole(parts, -(2**63), 2**63 - 1))


def _date_array(parts: list[Any]) -> pa.Array:
    """Dates, from days since 1970-01-01 or datetime64."""
    days = [np.asarray(part) for part in parts]
    days = [part.astype("datetime64[D]").astype(np.int64) if part.dtype.kind == "M" else part for part in days]
    return _key_array(days).view(pa.date32())


def _money_array(parts: list[Any]) -> pa.Array:
    """Decimals in currency units, from whole cents: each is its 64 bits, then 64 bits of sign."""
    cents = _whole(parts, -_MOST_CENTS, _MOST_CENTS)
    halves = np.empty((cents.size, 2), dtype="<i8")
    halves[:, 0] = cents
    halves[:, 1] = cents >> 63
    return pa.Array.from_buffers(MONEY, cents.size, [None, pa.py_buffer(halves)])


def _cents_of(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Whole cents, from the lower halves of the decimals."""
    cents = [np.empty(0, dtype=np.int64)]
    for chunk in filter(len, column.chunks):
        halves = np.frombuffer(chunk.buffers()[1], dtype="<i8").reshape(-1, 2)
        cents.append(halves[chunk.offset : chunk.offset + len(chunk), 0])
    return np.concatenate(cents)


def _name_array(parts: list[Any]) -> pa.Array:
    """A dictionary of the names that occur, in the order of their first row, whatever form the parts have."""
    labels: dict[str, int] = {}
    columns = [np.empty(0, dtype=np.int32)]
    for part in parts:
        codes, part_labels = part if isinstance(part, tuple) else _coded(part)
        codes = _whole([codes], 0, len(part_labels) - 1)
        lookup = np.array([labels.setdefault(str(label), len(labels)) for label in part_labels], dtype=np.int32)
        columns.append(lookup[codes])
    codes = np.concatenate(columns)
    order, new_codes = _order_of_appearance(codes, len(labels))
    names = list(labels)
    dictionary = _strings([names[code] for code in order])
    return pa.DictionaryArray.from_arrays(_integers(new_codes[codes]), dictionary)


def _coded(names: Sequence[str]) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """A sequence of names as (codes, labels)."""
    labels: dict[str, int] = {}
    codes = [labels.setdefault(name, len(labels)) for name in names]
    return np.array(codes, dtype=np.int32), tuple(labels)


def _order_of_appearance(codes: np.ndarray[Any, Any], n_labels: int) -> tuple[list[int], np.ndarray[Any, Any]]:
    """The codes that occur, in the order of their first row, and the new code of each old one."""
    first_row = np.full(n_labels, codes.size, dtype=np.int64)
    first_row[codes[::-1]] = np.arange(codes.size - 1, -1, -1)  # of several rows the last one written stays
    by_row = np.argsort(first_row, kind="stable")
    new_codes = np.empty(n_labels, dtype=np.int32)
    new_codes[by_row] = np.arange(n_labels, dtype=np.int32)
    return [int(code) for code in by_row if first_row[code] < codes.size], new_codes


def _as_parquet(table: pa.Table, names: tuple[str, ...]) -> memoryview:
    """Parquet bytes. Deltas suit counts and cents, and are written three times as fast as the default."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        version="2.6",
        compression="zstd",
        compression_level=1,
        use_dictionary=list(names),
        column_encoding={name: "DELTA_BINARY_PACKED" for name in table.column_names if name not in names},
        store_decimal_as_integer=True,
    )
    return memoryview(sink.getvalue())
