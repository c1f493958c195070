"""The types of values that are not quantities: dates, names, texts, yes or no, expressions, file names."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from sim import units
from sim.scenario.expressions import Attributes, Expression, ExpressionError, parse_expression, parse_number
from sim.scenario.findings import Finding, problems
from sim.scenario.lookalikes import plainly
from sim.units import MISNAMED_CURRENCIES, UnitError, describe

Json = dict[str, Any]

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, eq=False)
class ValueRule:
    """Annotation of a schema's field: how its raw YAML value is read, and its JSON Schema."""

    read: Callable[[object, Mapping[str, Any]], object]
    json: Json

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(raw: object, info: ValidationInfo) -> object:
            return self.read(raw, info.context or {})

        return core_schema.with_info_plain_validator_function(validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return dict(self.json)


def parse_date(raw: object) -> datetime.date:
    """A calendar date, from `2026-01-31`."""
    allowed = "a date such as 2026-01-31"
    if isinstance(raw, datetime.date) and not isinstance(raw, datetime.datetime):
        return raw
    if isinstance(raw, str) and DATE.fullmatch(raw) and raw.isascii():
        try:
            return datetime.date.fromisoformat(raw)
        except ValueError:
            raise UnitError(f"is {describe(raw)}, which is not in the calendar", allowed) from None
    raise UnitError(f"is {describe(raw)}; must be a date", allowed, _date_hint(raw))


def _date_hint(raw: object) -> str | None:
    text = plainly(raw) if isinstance(raw, str) else ""
    match = re.fullmatch(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?", text)
    try:
        meant = datetime.date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        meant = None
    return f"did you mean: {meant}?" if meant else None


def _value_finding(message: str, allowed: str | None = None, hint: str | None = None) -> Exception:
    return problems(Finding((), message, allowed, hint))


def _read_date(raw: object, context: Mapping[str, Any]) -> datetime.date:
    try:
        return parse_date(raw)
    except UnitError as error:
        raise _value_finding(error.message, error.allowed, error.hint) from None


def _read_currency(raw: object, context: Mapping[str, Any]) -> str:
    if isinstance(raw, str) and re.fullmatch(r"[A-Z]{3}", raw):
        return raw
    meant = plainly(raw).upper() if isinstance(raw, str) else ""
    meant = MISNAMED_CURRENCIES.get(meant, meant)
    hint = f"did you mean: {meant}?" if re.fullmatch(r"[A-Z]{3}", meant) else None
    raise _value_finding(f"is {describe(raw)}; must be a currency", "three capital letters, such as CNY or USD", hint)


def _read_text(raw: object, context: Mapping[str, Any]) -> str:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        raise _value_finding(f"is the number {describe(raw)}; must be text", hint=f'write: "{describe(raw)}"')
    if not isinstance(raw, str):
        raise _value_finding(f"is {describe(raw)}; must be text")
    if not raw.strip():
        raise _value_finding("is blank; must be text")
    if len(raw) > 10_000:
        raise _value_finding(f"has {len(raw):,} characters; may have 10,000")
    return raw


def _read_name(raw: object, context: Mapping[str, Any]) -> str:
    name = _read_text(raw, context)
    if len(name) > 300:
        raise _value_finding(f"has {len(name):,} characters; a name may have 300")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        raise _value_finding("holds a control character; a name is one line of text")
    if name != name.strip():
        raise _value_finding("starts or ends with a space", hint=f'write: "{name.strip()}"')
    return name


def _read_flag(raw: object, context: Mapping[str, Any]) -> bool:
    if isinstance(raw, bool):
        return raw
    word = raw.lower() if isinstance(raw, str) else ""
    meant = "true" if word in ("yes", "on", "y") else "false" if word in ("no", "off", "n") else None
    raise _value_finding(
        f"is {describe(raw)}; must be true or false", hint=f"did you mean: {meant}?" if meant else None
    )


def _read_whole(raw: object, context: Mapping[str, Any]) -> int:
    try:
        return int(units.parse_count(raw))
    except UnitError as error:
        raise _value_finding(error.message, error.allowed, error.hint) from None


def _read_file_path(raw: object, context: Mapping[str, Any]) -> str:
    text = _read_text(raw, context)
    if "\0" in text or text.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", text):
        raise _value_finding(f"is {describe(raw)}; must be relative to the file that names it", "such as retention.csv")
    return text


def expression_rule(parse: Callable[[str, Attributes], Expression], names: str, example: str) -> ValueRule:
    """The rule of an expression: its parser, and where the context holds the names that it may use."""

    def read(raw: object, context: Mapping[str, Any]) -> Expression:
        if isinstance(raw, Expression):
            return raw
        if not isinstance(raw, str):
            hint = f'in quotes it is one: "{str(raw).lower()}"' if isinstance(raw, bool) else None
            raise _value_finding(f"is {describe(raw)}; must be an expression", f"such as {example}", hint)
        try:
            return parse(raw, context.get(names, {}))
        except ExpressionError as error:
            raise problems(
                *(
                    Finding((), each.message, each.allowed, each.hint, offset=each.column, length=each.length)
                    for each in (error, *error.others)
                )
            ) from None

    return ValueRule(read, {"type": "string", "maxLength": 1000, "examples": [example]})


Date = Annotated[datetime.date, ValueRule(_read_date, {"type": "string", "format": "date", "examples": ["2026-01-31"]})]
Currency = Annotated[str, ValueRule(_read_currency, {"type": "string", "pattern": "^[A-Z]{3}$"})]
Text = Annotated[str, ValueRule(_read_text, {"type": "string", "minLength": 1, "maxLength": 10_000})]
Name = Annotated[str, ValueRule(_read_name, {"type": "string", "minLength": 1, "maxLength": 300})]
Flag = Annotated[bool, ValueRule(_read_flag, {"type": "boolean"})]
Whole = Annotated[int, ValueRule(_read_whole, {"type": ["integer", "string"], "minimum": 0})]
FilePath = Annotated[str, ValueRule(_read_file_path, {"type": "string", "examples": ["retention.csv"]})]
Expr = Annotated[Expression, expression_rule(parse_expression, "attributes", "days_inactive >= 21")]
NumberExpr = Annotated[Expression, expression_rule(parse_number, "attributes", "max(days_since_order - 60, 0)")]
