"""The types of values that schemas are made of: what may be written in YAML, and what the program gets.

Every quantity may be written plainly (`12%`), with its evidence (`{value: 6%, low: 3%, high: 9%, source: …}`) and,
unless its type starts with `Fixed`, dated (`{2026-01-01: 0, 2026-06-01: 30 CNY}`).
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from sim import units
from sim.errors import printable
from sim.scenario.expressions import Expression, ExpressionError, parse_expression
from sim.scenario.findings import Finding, Path, problem, problems
from sim.scenario.section import Section
from sim.units import Quantity, UnitError, describe

__all__ = ["Finding", "Quantity", "Section", "problem", "problems"]

Json = dict[str, Any]
ParsedQuantity = tuple[float, str | None]  # in base units, and what a price is paid for

_EVIDENCE_KEYS = ("value", "low", "high", "source")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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


# ---------------------------------------------------------------------------------------------------------------------
# Quantities


def quantity_rule(
    parse: Callable[[object, str | None], ParsedQuantity], json: Json, *, may_be_dated: bool = True
) -> ValueRule:
    """The rule of a quantity, from the parser of its plain form: (raw, currency) → (value, per)."""

    def read(raw: object, context: Mapping[str, Any]) -> Quantity:
        if isinstance(raw, Quantity):
            return raw
        currency = context.get("currency")
        findings: list[Finding] = []
        quantity = _read_quantity(raw, lambda plain: parse(plain, currency), may_be_dated, findings)
        if quantity is None:
            raise problems(*findings)
        return quantity

    return ValueRule(read, _quantity_json(json, may_be_dated))


def _read_quantity(
    raw: object, parse: Callable[[object], ParsedQuantity], may_be_dated: bool, findings: list[Finding]
) -> Quantity | None:
    """The quantity in any of its three forms; None, with findings, if it is wrong."""
    if not isinstance(raw, Mapping):
        return _read_plain(raw, parse, (), findings)
    n_dates = sum(1 for key in raw if _looks_dated(key))
    if n_dates == 0:
        return _read_evidence(raw, parse, (), findings)
    if not may_be_dated:
        findings.append(Finding((), "is read once, at the start: it cannot be dated"))
        return None
    return _read_dated(raw, parse, findings)


def _read_plain(
    raw: object, parse: Callable[[object], ParsedQuantity], path: Path, findings: list[Finding]
) -> Quantity | None:
    try:
        value, per = parse(raw)
    except UnitError as error:
        findings.append(Finding(path, error.message, error.allowed, error.hint))
        return None
    return Quantity(value, per=per, text=str(raw))


def _read_evidence(
    raw: Mapping[str, object], parse: Callable[[object], ParsedQuantity], path: Path, findings: list[Finding]
) -> Quantity | None:
    n_before = len(findings)
    findings.extend(_evidence_key_findings(raw, path))
    parts = {
        key: _read_plain(raw[key], parse, (*path, key), findings) for key in ("value", "low", "high") if key in raw
    }
    given = raw.get("source")
    source = given if isinstance(given, str) and given.strip() else None
    if "source" in raw and source is None:
        findings.append(Finding((*path, "source"), f"is {describe(given)}; must be text"))
    value, low, high = (parts.get(key) for key in ("value", "low", "high"))
    if low and value and low.value > value.value:
        findings.append(_bound_finding("low", "above", raw, path))
    if high and value and high.value < value.value:
        findings.append(_bound_finding("high", "below", raw, path))
    if value is None or len(findings) > n_before:
        return None
    return replace(value, low=low.value if low else None, high=high.value if high else None, source=source)


def _evidence_key_findings(raw: Mapping[str, object], path: Path) -> list[Finding]:
    from sim.scenario.findings import did_you_mean

    allowed = ", ".join(_EVIDENCE_KEYS)
    unknown = [key for key in raw if key not in _EVIDENCE_KEYS]
    findings = [
        Finding((*path, key), "unknown field", allowed, did_you_mean(key, _EVIDENCE_KEYS), at_key=True)
        for key in unknown[:50]
    ]
    if "value" not in raw and not unknown:
        findings.append(Finding(path, "is a mapping without `value`", allowed))
    if ("low" in raw) != ("high" in raw) and not unknown:
        present, absent = ("low", "high") if "low" in raw else ("high", "low")
        findings.append(Finding((*path, present), f"`{present}` needs `{absent}` beside it", at_key=True))
    return findings


def _bound_finding(bound: str, side: str, raw: Mapping[str, object], path: Path) -> Finding:
    message = f"is {describe(raw[bound])}, {side} `value`, which is {describe(raw['value'])}"
    return Finding((*path, bound), message, also=((*path, "value"),))


def _read_dated(
    raw: Mapping[str, object], parse: Callable[[object], ParsedQuantity], findings: list[Finding]
) -> Quantity | None:
    entries: list[tuple[datetime.date, Quantity]] = []
    for key, entry in raw.items():
        try:
            day = parse_date(key)
        except UnitError as error:
            findings.append(_date_key_finding(key, error))
            continue
        quantity = (
            _read_evidence(entry, parse, (key,), findings)
            if isinstance(entry, Mapping)
            else _read_plain(entry, parse, (key,), findings)
        )
        if quantity is not None:
            entries.append((day, quantity))
    if findings:
        return None
    entries.sort(key=lambda item: item[0])
    pers = {entry.per for _, entry in entries}
    if len(pers) > 1:
        findings.append(Finding((), f"is paid per {' and per '.join(sorted(map(str, pers)))}"))
        return None
    dated = tuple((day, entry.value) for day, entry in entries)
    return replace(entries[0][1], dated=dated, dated_evidence=tuple(entries), text="")


def _date_key_finding(key: str, error: UnitError) -> Finding:
    shown = printable(key)
    if not _looks_dated(key):
        return Finding((key,), f"dates and other keys are mixed: `{shown}` is no date", error.allowed, at_key=True)
    message = f"`{shown}` is not {'in the calendar' if _DATE.fullmatch(key) else 'a date'}"
    return Finding((key,), message, error.allowed, error.hint, at_key=True)


def _looks_dated(key: object) -> bool:
    return isinstance(key, str) and re.match(r"[0-9]{4}[-/.][0-9]", key) is not None


def _plain(parse: Callable[[object], float]) -> Callable[[object, str | None], ParsedQuantity]:
    """A parser that needs no currency, in the form that `quantity_rule` takes."""
    return lambda raw, currency: (parse(raw), None)


def _quantity_json(plain: Json, may_be_dated: bool) -> Json:
    bounds = dict.fromkeys(("value", "low", "high"), plain)
    evidence = {
        "type": "object",
        "properties": {**bounds, "source": {"type": "string"}},
        "required": ["value"],
        "additionalProperties": False,
    }
    forms = [plain, evidence]
    if may_be_dated:
        dates = {r"^\d{4}-\d{2}-\d{2}$": {"anyOf": [plain, evidence]}}
        forms.append({"type": "object", "patternProperties": dates, "additionalProperties": False, "minProperties": 1})
    return {"anyOf": forms, "examples": plain["examples"]}


def _json(*examples: str | float, pattern: str | None = None, **number: float) -> Json:
    """JSON Schema of a plain value: a number within bounds, or text of a pattern."""
    text: Json = {"type": "string", "pattern": pattern} if pattern else {"type": "string"}
    return {"anyOf": [{"type": "number", **number}, text], "examples": list(examples)}


_DIGITS = r"[+-]?\d[\d_]*(\.\d+)?([eE][+-]?\d+)?"
_PER_TIME = r"\s*(/|per)\s*(\d+\s*)?(minute|hour|day|week|month|quarter|year)s?$"

_SHARE = _json("12%", 0.12, pattern=rf"^{_DIGITS}\s*%?$", minimum=0, maximum=1)
_FACTOR = _json(1.3, "130%", "x1.3", pattern=rf"^[x×]?{_DIGITS}\s*%?$", minimum=0)
_NUMBER = _json(3, -0.5, pattern=rf"^{_DIGITS}\s*%?$")
_POSITIVE = _json(1.5, pattern=rf"^{_DIGITS}\s*%?$", exclusiveMinimum=0)
_COUNT = _json("2_000_000 persons", 3, pattern=rf"^{_DIGITS}(\s+\S+)*$", minimum=0)
_MONEY = _json("30 CNY", 0, pattern=rf"^{_DIGITS}\s*[A-Z]{{3}}$", minimum=0, maximum=0)
_MONEY_RATE = _json("5000 CNY / day", 0, pattern=rf"^{_DIGITS}\s*[A-Z]{{3}}{_PER_TIME}", minimum=0, maximum=0)
_RATE = _json("90 / day", "0.25% / day", 0, pattern=rf"^{_DIGITS}\s*[^/]*{_PER_TIME}", minimum=0, maximum=0)
_DURATION: Json = {
    "type": "string",
    "pattern": rf"^{_DIGITS}\s*(minute|hour|day|week|month|quarter|year)s?$",
    "examples": ["14 days"],
}


def _money(raw: object, currency: str | None) -> ParsedQuantity:
    return units.parse_money(raw, currency), None


def _money_rate(raw: object, currency: str | None) -> ParsedQuantity:
    return units.parse_money_rate(raw, currency), None


def _positive_duration(raw: object) -> float:
    days = units.parse_duration(raw)
    if days == 0:
        raise UnitError(f"is {describe(raw)}; must be above 0 days")
    return days


def price_per(*pers: str, may_be_dated: bool = True) -> ValueRule:
    """The rule of a price paid per one of `pers`: `Annotated[Quantity, price_per("view", "click", "sign-up")]`."""

    def parse(raw: object, currency: str | None) -> ParsedQuantity:
        return units.parse_price(raw, currency, pers)

    examples = [f"9 CNY / {per}" for per in pers]
    return quantity_rule(parse, _json(*examples, pattern=rf"^{_DIGITS}\s*\S.*$"), may_be_dated=may_be_dated)


def count_of(*nouns: str, may_be_dated: bool = True) -> ValueRule:
    """The rule of a count whose unit, if written, must be one of `nouns`."""

    def parse(raw: object, currency: str | None) -> ParsedQuantity:
        return units.parse_count(raw, nouns), None

    return quantity_rule(parse, _COUNT, may_be_dated=may_be_dated)


Share = Annotated[Quantity, quantity_rule(_plain(units.parse_share), _SHARE)]
Factor = Annotated[Quantity, quantity_rule(_plain(units.parse_factor), _FACTOR)]
Number = Annotated[Quantity, quantity_rule(_plain(units.parse_number), _NUMBER)]
Positive = Annotated[Quantity, quantity_rule(_plain(units.parse_positive), _POSITIVE)]
Count = Annotated[Quantity, quantity_rule(_plain(units.parse_count), _COUNT)]
Money = Annotated[Quantity, quantity_rule(_money, _MONEY)]
MoneyRate = Annotated[Quantity, quantity_rule(_money_rate, _MONEY_RATE)]
Rate = Annotated[Quantity, quantity_rule(_plain(units.parse_rate), _RATE)]

FixedShare = Annotated[Quantity, quantity_rule(_plain(units.parse_share), _SHARE, may_be_dated=False)]
FixedFactor = Annotated[Quantity, quantity_rule(_plain(units.parse_factor), _FACTOR, may_be_dated=False)]
FixedNumber = Annotated[Quantity, quantity_rule(_plain(units.parse_number), _NUMBER, may_be_dated=False)]
FixedPositive = Annotated[Quantity, quantity_rule(_plain(units.parse_positive), _POSITIVE, may_be_dated=False)]
FixedCount = Annotated[Quantity, quantity_rule(_plain(units.parse_count), _COUNT, may_be_dated=False)]
FixedMoney = Annotated[Quantity, quantity_rule(_money, _MONEY, may_be_dated=False)]
FixedMoneyRate = Annotated[Quantity, quantity_rule(_money_rate, _MONEY_RATE, may_be_dated=False)]
FixedRate = Annotated[Quantity, quantity_rule(_plain(units.parse_rate), _RATE, may_be_dated=False)]
Duration = Annotated[Quantity, quantity_rule(_plain(units.parse_duration), _DURATION, may_be_dated=False)]
PositiveDuration = Annotated[Quantity, quantity_rule(_plain(_positive_duration), _DURATION, may_be_dated=False)]
DatedDuration = Annotated[Quantity, quantity_rule(_plain(units.parse_duration), _DURATION)]


# ---------------------------------------------------------------------------------------------------------------------
# Dates, names and texts


def parse_date(raw: object) -> datetime.date:
    """A calendar date, from `2026-01-31`."""
    allowed = "a date such as 2026-01-31"
    if isinstance(raw, datetime.date) and not isinstance(raw, datetime.datetime):
        return raw
    if isinstance(raw, str) and _DATE.fullmatch(raw) and raw.isascii():
        try:
            return datetime.date.fromisoformat(raw)
        except ValueError:
            raise UnitError(f"is {describe(raw)}, which is not in the calendar", allowed) from None
    raise UnitError(f"is {describe(raw)}; must be a date", allowed, _date_hint(raw))


def _date_hint(raw: object) -> str | None:
    match = re.fullmatch(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", raw) if isinstance(raw, str) else None
    if match is None:
        return None
    return f"did you mean: {match[1]}-{int(match[2]):02d}-{int(match[3]):02d}?"


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
    is_lower = isinstance(raw, str) and re.fullmatch(r"[A-Za-z]{3}", raw)
    hint = f"did you mean: {str(raw).upper()}?" if is_lower else None
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


def _read_expression(raw: object, context: Mapping[str, Any]) -> Expression:
    if isinstance(raw, Expression):
        return raw
    if not isinstance(raw, str):
        raise _value_finding(f"is {describe(raw)}; must be an expression", "such as days_inactive >= 21")
    try:
        return parse_expression(raw, context.get("attributes", {}))
    except ExpressionError as error:
        finding = Finding((), error.message, error.allowed, error.hint, offset=error.column, length=error.length)
        raise problems(finding) from None


Date = Annotated[datetime.date, ValueRule(_read_date, {"type": "string", "format": "date", "examples": ["2026-01-31"]})]
Currency = Annotated[str, ValueRule(_read_currency, {"type": "string", "pattern": "^[A-Z]{3}$"})]
Text = Annotated[str, ValueRule(_read_text, {"type": "string", "minLength": 1, "maxLength": 10_000})]
Name = Annotated[str, ValueRule(_read_name, {"type": "string", "minLength": 1, "maxLength": 300})]
Flag = Annotated[bool, ValueRule(_read_flag, {"type": "boolean"})]
Whole = Annotated[int, ValueRule(_read_whole, {"type": ["integer", "string"], "minimum": 0})]
FilePath = Annotated[str, ValueRule(_read_file_path, {"type": "string", "examples": ["retention.csv"]})]
Expr = Annotated[
    Expression, ValueRule(_read_expression, {"type": "string", "maxLength": 1000, "examples": ["days_inactive >= 21"]})
]
