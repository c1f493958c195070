"""Series from CSV files: a header, one row per date or day, every mistake with its row and column."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from sim.errors import Place, Problem, ScenarioError, printable, shown_path
from sim.scenario.files import decode, file_trouble
from sim.scenario.findings import closest, problem
from sim.scenario.tree import Entry, MappingNode, ScalarNode, Span
from sim.scenario.values import parse_date
from sim.units import UnitError, describe, parse_count, parse_number, parse_share

Key = Literal["date", "day"]
Kind = Literal["count", "share", "number"]

MAX_ROWS = 40_000
_MAX_LINE_BYTES = 1 << 16
_PROBLEMS_AT_MOST = 100
_SEPARATORS = (",", ";", "\t")
_PARSERS = {"count": parse_count, "share": parse_share, "number": parse_number}


@dataclass(frozen=True, slots=True)
class SeriesFile:
    """What a CSV file must hold: a column `key` with dates, or days from 0, and a column of numbers."""

    key: Key
    column: str
    kind: Kind = "count"


@dataclass(frozen=True, slots=True)
class FromFile:
    """Annotation of a schema's field whose mapping may also be written `{file: name.csv}`: tells editors so."""

    example: str = "{2026-01-01: 12, 2026-01-02: 15}"

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._refuse_other_than_mappings, handler(source))

    def _refuse_other_than_mappings(self, raw: object) -> object:
        if raw is None or isinstance(raw, Mapping):
            return raw
        allowed = f"numbers, such as {self.example}, or {{file: name.csv}}"
        raise problem(f"is {describe(raw)}; must be a series", allowed=allowed)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        text = {"type": "string"}
        named = {
            "type": "object",
            "properties": {"file": text, "column": text},
            "required": ["file"],
            "additionalProperties": False,
        }
        return {"anyOf": [handler(schema), named]}


@dataclass(slots=True)
class _Reader:
    """One file being read; collects entries and problems."""

    file: str
    wanted: SeriesFile
    header: list[str] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    line_text: str = ""

    def report_at(self, span: Span, message: str, **more: str | None) -> None:
        """Keeps a problem of a cell."""
        self.report(message, span.place.line, span.place.column, span.length, **more)

    def report(self, message: str, line: int, column: int, length: int, **more: str | None) -> None:
        """Keeps a problem; raises when there are too many."""
        place = Place(self.file, line, column)
        self.problems.append(Problem(message, place, length, more.get("allowed"), more.get("hint")))
        if len(self.problems) >= _PROBLEMS_AT_MOST:
            raise ScenarioError(self.problems)


def read_series_csv(path: Path, wanted: SeriesFile) -> MappingNode:
    """The series of a CSV file as a mapping of keys to numbers in ascending order, each with its place.

    Separators are `,`, `;` or tabs, texts may be quoted, a byte order mark is skipped; the file is read line by line.

    Raises:
        ScenarioError: with every problem of the file, up to 100.
    """
    trouble = file_trouble(path, None)
    if trouble is not None:
        raise ScenarioError([Problem(trouble[0], None, hint=trouble[1])])
    reader = _Reader(shown_path(path), wanted)
    with open(path, "rb") as stream:
        _read_rows(reader, stream)
    if not reader.problems and not reader.entries:
        reader.report("holds no rows", 1 if reader.header else 0, 1, 0)
    if reader.problems:
        raise ScenarioError(reader.problems)
    ordered = sorted(reader.entries.items(), key=lambda item: int(item[0]) if wanted.key == "day" else item[0])
    return MappingNode(dict(ordered), Span(Place(reader.file, 1, 1), 1))


def _read_rows(reader: _Reader, stream: BinaryIO) -> None:
    lines = _lines(stream, reader)
    header_line = next(lines, "")
    if not header_line.strip():
        reader.report("is empty", 0, 0, 0, hint=f"its first line names the columns: {_columns(reader.wanted)}")
        return
    separator = max(_SEPARATORS, key=header_line.count)
    reader.header = [name.strip() for name in next(csv.reader([header_line], delimiter=separator), [])]
    positions = _positions(reader, header_line)
    if positions is None:
        return
    rows = csv.reader(lines, delimiter=separator, strict=True)
    n_rows = 0
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            n_rows += 1
            if n_rows > MAX_ROWS:
                reader.report(f"has more than {MAX_ROWS:,} rows", rows.line_num + 1, 1, 0)
                return
            _take_row(reader, row, rows.line_num + 1, separator, positions)
    except csv.Error as error:
        hint = "a quote is not closed" if "end of data" in str(error) else None
        reader.report(f"is not CSV: {printable(str(error))}", rows.line_num + 1, 1, 0, hint=hint)


def _lines(stream: BinaryIO, reader: _Reader) -> Iterator[str]:
    number = 0
    while data := stream.readline(_MAX_LINE_BYTES + 1):
        number += 1
        if len(data) > _MAX_LINE_BYTES:
            problem = Problem(f"the line has more than {_MAX_LINE_BYTES >> 10} KiB", Place(reader.file, number, 1))
            raise ScenarioError([problem])
        reader.line_text = decode(data, reader.file, number)
        yield reader.line_text


def _columns(wanted: SeriesFile) -> str:
    return f"{wanted.key},{wanted.column}"


def _positions(reader: _Reader, line: str) -> tuple[int, int] | None:
    """Where the two columns stand; None, with problems, if one is missing."""
    plain = [name.casefold() for name in reader.header]
    wanted = (reader.wanted.key, reader.wanted.column)
    for name in wanted:
        if name.casefold() not in plain:
            found = ", ".join(printable(column, 40) for column in reader.header[:20])
            message = f"has no column `{printable(name)}`; its columns are: {found}"
            reader.report(message, 1, 1, len(line.rstrip()), hint=_column_advice(name, reader))
    if reader.problems:
        return None
    return plain.index(wanted[0].casefold()), plain.index(wanted[1].casefold())


def _column_advice(name: str, reader: _Reader) -> str | None:
    nearest = closest(name, reader.header[:100])
    if nearest is None:
        return None
    or_say = f", or write `column: {printable(nearest)}` beside `file`" if name == reader.wanted.column else ""
    return f"rename `{printable(nearest)}`{or_say}"


def _take_row(reader: _Reader, row: list[str], line: int, separator: str, positions: tuple[int, int]) -> None:
    if len(row) != len(reader.header):
        n = f"{len(row)} column" if len(row) == 1 else f"{len(row)} columns"
        message = f"the row has {n}; the header has {len(reader.header)}"
        reader.report(message, line, 1, sum(map(len, row)) + len(row) - 1)
        return
    key = _parsed_key(reader, row, line, positions[0])
    value = _parsed_value(reader, row, line, separator, positions[1])
    if key is None or value is None:
        return
    span, key_span = (_cell(reader, row, line, position) for position in (positions[1], positions[0]))
    first = reader.entries.get(key)
    if first is not None:
        message = f"`{reader.wanted.key}` {key} stands twice"
        also = ((f"{key} stands here first", first.key_span.place),)
        reader.problems.append(Problem(message, key_span.place, key_span.length, also=also))
        return
    text = str(int(value)) if value.is_integer() else repr(value)
    number = int(value) if value.is_integer() else value
    reader.entries[key] = Entry(key, key_span, ScalarNode(number, text, span))


def _parsed_key(reader: _Reader, row: list[str], line: int, position: int) -> str | None:
    text = row[position].strip()
    if reader.wanted.key == "day":
        if re.fullmatch(r"[0-9]{1,6}", text):
            return str(int(text))
        message = f"`day` is {_said(text)}; must be a whole number of days, from 0"
        reader.report_at(_cell(reader, row, line, position), message)
        return None
    try:
        return parse_date(text).isoformat()
    except UnitError as error:
        cell = _cell(reader, row, line, position)
        reader.report_at(cell, f"`date` {error.message}", allowed=error.allowed, hint=error.hint)
        return None


def _parsed_value(reader: _Reader, row: list[str], line: int, separator: str, position: int) -> float | None:
    text = row[position].strip()
    if separator != "," and re.fullmatch(r"-?[0-9]+,([0-9]{1,2}|[0-9]{4,})%?", text):
        text = text.replace(",", ".")
    try:
        return _PARSERS[reader.wanted.kind](text)
    except UnitError as error:
        name = printable(reader.wanted.column)
        message = f"`{name}` {error.message}" if text else f"`{name}` is empty"
        reader.report_at(_cell(reader, row, line, position), message, hint=error.hint)
        return None


def _said(text: str) -> str:
    return f"`{printable(text, 40)}`" if text else "empty"


def _cell(reader: _Reader, row: list[str], line: int, position: int) -> Span:
    """Where a cell stands; the whole line where quotes move the columns."""
    if '"' in reader.line_text:
        return Span(Place(reader.file, line, 1), len(reader.line_text.rstrip("\r\n")))
    column = sum(len(cell) + 1 for cell in row[:position]) + 1
    return Span(Place(reader.file, line, column), max(1, len(row[position])))
