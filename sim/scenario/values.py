"""The types of values that schemas are made of: what may be written in YAML, and what the program gets.

Every quantity may be written plainly (`12%`), with its evidence (`{value: 6%, low: 3%, high: 9%, source: …}`) and,
unless its type starts with `Fixed`, dated (`{2026-01-01: 0, 2026-06-01: 30 CNY}`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from sim import units
from sim.scenario.findings import Finding, problem, problems
from sim.scenario.quantities import ParsedQuantity, quantity_rule
from sim.scenario.section import Section
from sim.scenario.words import (
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
    "Whole", "parse_date", "problem", "problems", "quantity_rule",
]  # fmt: skip


def _plain(parse: Callable[[object], float]) -> Callable[[object, str | None], ParsedQuantity]:
    """A parser that needs no currency, in the form that `quantity_rule` takes."""
    return lambda raw, currency: (parse(raw), None)


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
