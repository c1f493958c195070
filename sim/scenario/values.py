"""The types of values that schemas are made of: what may be written in YAML, and what the program gets.

Every quantity may be written plainly (`12%`), with its evidence (`{value: 6%, low: 3%, high: 9%, source: …}`) and,
unless its type starts with `Fixed`, dated (`{2026-01-01: 0, 2026-06-01: 30 CNY}`).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from sim import units
from sim.errors import printable
from sim.scenario.findings import Finding, Path, problem, problems
from sim.scenario.lookalikes import lookalike_advice, plainly
from sim.scenario.section import Section
from sim.scenario.words import (
    DATE,
    Currency,
    Date,
    Expr,
    FilePath,
    Flag,
    Json,
    Name,
    NumberExpr,
    Text,
    ValueRule,
    Whole,
    parse_date,
)
from sim.units import Quantity, UnitError, describe

__all__ = [
    "Currency", "Date", "Expr", "FilePath", "Finding", "Flag", "Name", "NumberExpr", "Quantity", "Section", "Text",
    "Whole", "parse_date", "problem", "problems",
]  # fmt: skip

ParsedQuantity = tuple[float, str | None]  # in base units, and what a price is paid for

_SUGGESTION = re.compile(r"did you mean: (.+)\?")
_EVIDENCE_KEYS = ("value", "low", "high", "source")


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
        findings.append(Finding(path, error.message, error.allowed, _advice(raw, error.hint, parse)))
        return None
    return Quantity(value, per=per, text=str(raw))


def _advice(raw: object, hint: str | None, parse: Callable[[object], ParsedQuantity]) -> str | None:
    """The hint, if what it suggests is valid here; else what the value is without its full-width signs."""
    wide = lookalike_advice(raw) if isinstance(raw, str) and len(raw) <= 100 else None
    meant = _valid(plainly(raw), parse) if wide and isinstance(raw, str) else None
    if meant is not None:
        return f"did you mean: {meant}? {wide}"
    suggested = _SUGGESTION.fullmatch(hint or "")
    if suggested is None:
        return hint
    meant = _valid(suggested[1], parse)
    return f"did you mean: {meant}?" if meant is not None else None


def _valid(text: str, parse: Callable[[object], ParsedQuantity], n_tries: int = 3) -> str | None:
    """The text, or what the parser suggests in its place, if one of them is valid."""
    try:
        parse(text)
    except UnitError as error:
        suggested = _SUGGESTION.fullmatch(error.hint or "")
        return _valid(suggested[1], parse, n_tries - 1) if suggested and n_tries else None
    return text


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
    message = f"`{shown}` is not {'in the calendar' if DATE.fullmatch(key) else 'a date'}"
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
_POSITIVE = _json(1.5, pattern=rf"^{_DIGITS}\s*%?$", exclusiveMinimum=0)
_COUNT = _json(3, "2_000_000 persons", pattern=rf"^{_DIGITS}(\s+\S+)*$", minimum=0)
_MONEY = _json("30 CNY", 0, pattern=rf"^{_DIGITS}\s*[A-Z]{{3}}$", minimum=0, maximum=0)
_MONEY_RATE = _json("5000 CNY / day", 0, pattern=rf"^{_DIGITS}\s*[A-Z]{{3}}{_PER_TIME}", minimum=0, maximum=0)
_RATE = _json("90 / day", "0.25% / day", 0, pattern=rf"^{_DIGITS}\s*[^/]*{_PER_TIME}", minimum=0, maximum=0)
_DURATION: Json = {
    "type": "string",
    "pattern": rf"^{_DIGITS}\s*(minute|hour|day|week|month|quarter|year)s?$",
    "examples": ["14 days"],
}


def _money(raw: object, currency: str | None) -> ParsedQuantity:
    if _is_percent(raw):
        raise UnitError(
            f"is {describe(raw)}, a share; must be an amount of money",
            f"an amount of money, such as 30 {currency or 'CNY'}",
        )
    return units.parse_money(raw, currency), None


def _money_rate(raw: object, currency: str | None) -> ParsedQuantity:
    if _is_percent(raw):
        hint = "write the amount; to multiply a budget, a rule takes `times: 0.7`"
        raise UnitError(
            f"is {describe(raw)}, a share; must be money per time",
            f"money per time, such as 5000 {currency or 'CNY'} / day",
            hint,
        )
    return units.parse_money_rate(raw, currency), None


def _is_percent(raw: object) -> bool:
    return isinstance(raw, str) and re.fullmatch(r"[+-]?[0-9._]+ ?%", raw.strip()) is not None


def _above_zero(
    parse: Callable[[object, str | None], ParsedQuantity],
) -> Callable[[object, str | None], ParsedQuantity]:
    """The same parser, for what must be above zero."""

    def parse_above_zero(raw: object, currency: str | None) -> ParsedQuantity:
        value, per = parse(raw, currency)
        if value <= 0:
            raise UnitError(f"is {describe(raw)}; must be above 0")
        return value, per

    return parse_above_zero


def _at_most(
    parse: Callable[[object], float], most: float, unit: str = ""
) -> Callable[[object, str | None], ParsedQuantity]:
    """The same parser, for what has an upper bound."""

    def parse_bounded(raw: object, currency: str | None) -> ParsedQuantity:
        value = parse(raw)
        if value > most:
            raise UnitError(f"is {describe(raw)}; must be at most {most:g}{unit}")
        return value, None

    return parse_bounded


def factor_up_to(most: float, *, may_be_dated: bool = True) -> ValueRule:
    """The rule of a factor from 0 to `most`."""
    return quantity_rule(_at_most(units.parse_factor, most), _FACTOR, may_be_dated=may_be_dated)


def rate_up_to(most_per_day: float) -> ValueRule:
    """The rule of a rate from 0 to `most_per_day`."""
    return quantity_rule(_at_most(units.parse_rate, most_per_day, " / day"), _RATE)


def whole_days(most: int | None = None) -> ValueRule:
    """The rule of a duration of whole days, from 1 to `most`; never dated."""

    def parse(raw: object, currency: str | None) -> ParsedQuantity:
        return units.parse_whole_days(raw, most), None

    return quantity_rule(parse, _DURATION, may_be_dated=False)


def duration_from(lowest_days: int, highest_days: int | None = None) -> ValueRule:
    """The rule of a duration of at least so many days, and of no more than `highest_days`; never dated."""

    def parse(raw: object, currency: str | None) -> ParsedQuantity:
        days = units.parse_duration(raw)
        if days < lowest_days:
            raise UnitError(f"is {describe(raw)}; must be at least {lowest_days} day{'s' * (lowest_days != 1)}")
        if highest_days is not None and days > highest_days:
            raise UnitError(f"is {describe(raw)}; must be at most {highest_days:,} days")
        return days, None

    return quantity_rule(parse, _DURATION, may_be_dated=False)


def count_from(lowest: int, highest: int | None = None) -> ValueRule:
    """The rule of a count that has bounds; never dated."""

    def parse(raw: object, currency: str | None) -> ParsedQuantity:
        number = units.parse_whole(raw)
        if number < lowest or (highest is not None and number > highest):
            bounds = f"from {lowest} to {highest}" if highest is not None else f"of at least {lowest}"
            raise UnitError(f"is {describe(raw)}; must be a whole number {bounds}")
        return number, None

    return quantity_rule(parse, _COUNT, may_be_dated=False)


def price_per(*pers: str, may_be_dated: bool = True, may_be_zero: bool = False) -> ValueRule:
    """The rule of a price paid per one of `pers`: `Annotated[Quantity, price_per("view", "click", "sign-up")]`."""

    def parse(raw: object, currency: str | None) -> ParsedQuantity:
        return units.parse_price(raw, currency, pers)

    examples = [f"9 CNY / {per}" for per in pers]
    pattern = rf"^{_DIGITS}\s*\S.*$"
    if may_be_zero:
        return quantity_rule(
            parse, _json(*examples, 0, pattern=pattern, minimum=0, maximum=0), may_be_dated=may_be_dated
        )
    return quantity_rule(_above_zero(parse), _json(*examples, pattern=pattern), may_be_dated=may_be_dated)


class OneOrMore:
    """Annotation of a list that a single value may stand for: `on: 2026-02-14` is `on: [2026-02-14]`."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._as_list, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        several = handler(schema)
        return {"anyOf": [several["items"], several]}

    @staticmethod
    def _as_list(raw: object) -> object:
        return raw if isinstance(raw, list) else [raw]


class OrPlainly:
    """Annotation of a section that one plain value may stand for: `coins: 100` is `coins: {units: 100}`."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._as_section, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        section = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [section["properties"][self._key], section]}

    def _as_section(self, raw: object) -> object:
        return raw if isinstance(raw, (Mapping, Section)) else {self._key: raw}


Share = Annotated[Quantity, quantity_rule(_plain(units.parse_share), _SHARE)]
Factor = Annotated[Quantity, quantity_rule(_plain(units.parse_factor), _FACTOR)]
Positive = Annotated[Quantity, quantity_rule(_plain(units.parse_positive), _POSITIVE)]
Count = Annotated[Quantity, quantity_rule(_plain(units.parse_count), _COUNT)]
Money = Annotated[Quantity, quantity_rule(_money, _MONEY)]
MoneyRate = Annotated[Quantity, quantity_rule(_money_rate, _MONEY_RATE)]
Rate = Annotated[Quantity, quantity_rule(_plain(units.parse_rate), _RATE)]

FixedShare = Annotated[Quantity, quantity_rule(_plain(units.parse_share), _SHARE, may_be_dated=False)]
FixedFactor = Annotated[Quantity, quantity_rule(_plain(units.parse_factor), _FACTOR, may_be_dated=False)]
FixedPositive = Annotated[Quantity, quantity_rule(_plain(units.parse_positive), _POSITIVE, may_be_dated=False)]
FixedCount = Annotated[Quantity, quantity_rule(_plain(units.parse_count), _COUNT, may_be_dated=False)]
FixedMoney = Annotated[Quantity, quantity_rule(_money, _MONEY, may_be_dated=False)]
FixedPositiveFactor = Annotated[
    Quantity, quantity_rule(_above_zero(_plain(units.parse_factor)), _FACTOR, may_be_dated=False)
]
FixedPositiveMoney = Annotated[Quantity, quantity_rule(_above_zero(_money), _MONEY, may_be_dated=False)]
FixedPositiveCount = Annotated[Quantity, count_from(1)]
PositiveMoneyRate = Annotated[Quantity, quantity_rule(_above_zero(_money_rate), _MONEY_RATE)]
FixedRate = Annotated[Quantity, quantity_rule(_plain(units.parse_rate), _RATE, may_be_dated=False)]
Duration = Annotated[Quantity, quantity_rule(_plain(units.parse_duration), _DURATION, may_be_dated=False)]
PositiveDuration = Annotated[
    Quantity, quantity_rule(_above_zero(_plain(units.parse_duration)), _DURATION, may_be_dated=False)
]
Days = Annotated[Quantity, whole_days()]
