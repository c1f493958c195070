"""Quantities with units: the one parser, and the only conversions.

Inside the program a share lies in 0..1, money is in currency units, a duration in days and a rate per day. A month is
365/12 days and a year 365, so that twelve months are a year and rates per month and per year agree.
"""

from __future__ import annotations

import datetime
import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from sim.errors import printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DAYS_PER_UNIT = {
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "month": 365 / 12,
    "quarter": 365 / 4,
    "year": 365.0,
}
MISNAMED_CURRENCIES = {
    "RMB": "CNY", "元": "CNY", "人民币": "CNY", "人民幣": "CNY", "¥": "CNY", "\uffe5": "CNY",
    "$": "USD", "€": "EUR", "£": "GBP",
}  # fmt: skip
_MISNAMED_TIMES = {
    "天": "day", "日": "day", "周": "week", "週": "week", "月": "month", "个月": "month", "個月": "month", "年": "year",
}  # fmt: skip
_THOUSANDS = {"k": 1e3, "K": 1e3, "M": 1e6, "百": 1e2, "千": 1e3, "万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8}
_SHORT = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)(?:([kKM])(?![^\W_])|\s?([百千万萬亿億])(?![百千万萬亿億]))")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?(?![0-9_.,:])")
_TIME = re.compile(r"(?:/|\bper\b)\s*([0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?)?\s*([^\W\d_]+)\s*$")
_NOUN = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+){0,2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LONGEST = 100  # characters of a quantity; keeps the patterns cheap
_LARGEST_FACTOR, _LARGEST_MONEY_A_DAY = 1e6, 1e12
COUNTS = "a whole number of at least 0, such as 2_000_000"
_LARGEST = 1e15  # counts and cents stay exact in float64 and int64 below this


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a scenario in base units, with its range, its source and, if dated, its values over time.

    `dated` holds (first day, value) in ascending order; `value`, `low` and `high` are then those of the first entry,
    and `dated_evidence` keeps each entry whole. `per` names what a price is paid for.
    """

    value: float
    low: float | None = None
    high: float | None = None
    source: str | None = None
    dated: tuple[tuple[datetime.date, float], ...] = ()
    per: str | None = None
    dated_evidence: tuple[tuple[datetime.date, Quantity], ...] = ()
    text: str = field(default="", compare=False)

    @property
    def is_dated(self) -> bool:
        """True if the value changes over time."""
        return bool(self.dated)

    @property
    def largest(self) -> float:
        """The largest value that it ever has."""
        return max((value for _, value in self.dated), default=self.value)

    @property
    def smallest(self) -> float:
        """The smallest value that it ever has."""
        return min((value for _, value in self.dated), default=self.value)

    def on(self, day: datetime.date) -> float:
        """The value in force on `day`; the first entry also holds before its date."""
        if not self.dated:
            return self.value
        position = bisect_right(self.dated, day, key=lambda entry: entry[0])
        return self.dated[max(0, position - 1)][1]

    def each_day(self, start: datetime.date, n_days: int) -> NDArray[np.float64]:
        """The value in force on each of `n_days` days from `start`, float64 (n_days,)."""
        import numpy as np

        values = np.full(n_days, self.dated[0][1] if self.dated else self.value, dtype=np.float64)
        for day, value in self.dated:
            first = (day - start).days
            if first < n_days:
                values[max(0, first) :] = value
        return values


class UnitError(ValueError):
    """A value that is no such quantity; `message` continues a sentence that starts with the value's name."""

    def __init__(self, message: str, allowed: str | None = None, hint: str | None = None) -> None:
        self.message = message
        self.allowed = allowed
        self.hint = hint
        super().__init__(message)


def parse_share(raw: object) -> float:
    """A share in 0..1, from `12%` or 0.12."""
    allowed = "a share from 0% to 100%, such as 12% or 0.12"
    number, unit = split_number(raw, allowed)
    value = _percent_or_plain(raw, number, unit, allowed)
    if not 0 <= value <= 1:
        is_percent_meant = unit == "" and 2 <= number <= 100
        hint = f"did you mean: {number:g}%?" if is_percent_meant else None
        raise UnitError(f"is {describe(raw)}; must lie in {'[0%, 100%]' if unit else '[0, 1]'}", allowed, hint)
    return value


def parse_factor(raw: object) -> float:
    """A multiplier >= 0, from 1.3, `130%` or `x1.3`."""
    allowed = "a factor of at least 0, such as 1.3, 130% or x1.3"
    stripped = raw[1:] if isinstance(raw, str) and raw[:1] in ("x", "×") else raw
    number, unit = split_number(stripped, allowed)
    value = _percent_or_plain(raw, number, unit, allowed)
    if value > _LARGEST_FACTOR:
        raise UnitError(f"is {describe(raw)}; must be at most {_LARGEST_FACTOR:,.0f}", allowed)
    return _at_least_zero(raw, value, allowed)


def parse_number(raw: object) -> float:
    """Any finite number, without a unit."""
    allowed = "a number, such as 3 or -0.5"
    number, unit = split_number(raw, allowed)
    return _percent_or_plain(raw, number, unit, allowed)


def parse_positive(raw: object) -> float:
    """A finite number above 0."""
    allowed = "a number above 0, such as 1.5"
    number, unit = split_number(raw, allowed)
    value = _percent_or_plain(raw, number, unit, allowed)
    if value <= 0:
        raise UnitError(f"is {describe(raw)}; must be above 0", allowed)
    return value


def parse_count(raw: object) -> float:
    """A whole number >= 0, with or without the word for what is counted."""
    return _at_least_zero(raw, parse_whole(raw), COUNTS)


def parse_whole(raw: object) -> float:
    """A whole number, with or without the word for what is counted."""
    allowed = COUNTS
    number, unit = split_number(raw, allowed)
    if unit and not _is_counted_noun(unit):
        raise UnitError(f"is {describe(raw)}; `{printable(unit)}` is not what is counted here", allowed)
    if number != math.floor(number):
        raise UnitError(f"is {describe(raw)}; must be a whole number", allowed)
    return number


def parse_money(raw: object, currency: str | None) -> float:
    """Money >= 0 in currency units, from `30 CNY`; a bare 0 needs no currency."""
    allowed = f"an amount of money, such as 30 {currency or 'CNY'}"
    number, unit = split_number(raw, allowed)
    if number == 0 and not unit:
        return 0.0
    _check_currency(raw, number, unit, currency, allowed)
    return _at_least_zero(raw, number, allowed)


def parse_money_rate(raw: object, currency: str | None) -> float:
    """Money per day, from `5000 CNY / week`; a bare 0 needs no unit."""
    allowed = f"money per time, such as 5000 {currency or 'CNY'} / day (week, month, year)"
    number, unit = split_number(raw, allowed)
    if number == 0 and not unit:
        return 0.0
    money_unit, days = _split_time(raw, unit, allowed)
    _check_currency(raw, number, money_unit, currency, allowed, unit.removeprefix(money_unit).strip())
    if number > _LARGEST_MONEY_A_DAY * days:
        raise UnitError(f"is {describe(raw)}; must be at most 1e12 a day")
    return _at_least_zero(raw, number, allowed) / days


def parse_price(raw: object, currency: str | None, pers: Sequence[str]) -> tuple[float, str]:
    """A price and what it is paid for, from `9 CNY / click`, `40 CNY / 1000 views` or `40 CNY CPM`."""
    code = currency or "CNY"
    allowed = "a price, such as " + " or ".join(f"9 {code} / {per}" for per in pers)
    number, unit = split_number(raw, allowed)
    money_unit, divisor, noun = _split_price(unit)
    if not noun:
        if number == 0 and not unit and len(pers) == 1:
            return 0.0, pers[0]
        raise UnitError(f"is {describe(raw)}; must say what it is paid for", allowed)
    per = _same_word(noun, pers)
    if per is None:
        raise UnitError(f"is {describe(raw)}; nothing is paid per `{printable(noun)}` here", allowed)
    _check_currency(raw, number, money_unit, currency, allowed, unit.removeprefix(money_unit).strip())
    return _at_least_zero(raw, number, allowed) / divisor, per


def parse_rate(raw: object) -> float:
    """A rate per day >= 0, from `90 / day`, `0.25% / day` or `4 events / month`; a bare 0 needs no unit."""
    allowed = "a number per time, such as 90 / day or 0.25% / day (week, month, year)"
    number, unit = split_number(raw, allowed)
    if number == 0 and not unit:
        return 0.0
    rest, days = _split_time(raw, unit, allowed)
    is_percent = rest.startswith("%")
    noun = rest[1:].strip() if is_percent else rest
    if noun and not _is_counted_noun(noun):
        raise UnitError(f"is {describe(raw)}; `{printable(noun)}` is not a unit", allowed)
    return _at_least_zero(raw, number / 100 if is_percent else number, allowed) / days


def parse_duration(raw: object) -> float:
    """A duration in days >= 0, from `14 days`, `2 weeks`, `3 months`, `1 year`, `36 hours`."""
    allowed = "a duration with its unit, such as 14 days, 2 weeks, 3 months, 1 year"
    number, unit = split_number(raw, allowed)
    if not unit:
        raise UnitError(f"is {describe(raw)}, without a unit", allowed, f"did you mean: {describe(raw)} days?")
    days = _days_per(unit)
    if days is None:
        meant = _MISNAMED_TIMES.get(unit)
        hint = f"did you mean: {number:.15g} {meant}{'s' * (number != 1)}?" if meant else None
        raise UnitError(f"is {describe(raw)}; `{printable(unit)}` is not a unit of time", allowed, hint)
    return _at_least_zero(raw, number * days, allowed)


def parse_whole_days(raw: object, most: int | None = None) -> float:
    """A duration of whole days, 1 or more; `most` days at most."""
    days = round(parse_duration(raw), 9)  # 72 hours are 3 days, not 2.9999999
    if days >= 1 and days % 1 == 0 and (most is None or days <= most):
        return days
    said = describe(raw)
    meant = "" if re.search(r"\bdays?$", said) or days == 0 else f", which is {days:,.6g} days"
    bounds = "whole days, 1 or more" if most is None else f"whole days, from 1 to {most:,}"
    is_near = days > 1 and days % 1 != 0 and (most is None or days <= most)
    raise UnitError(f"is {said}{meant}; must be {bounds}", hint=f"did you mean: {days:.0f} days?" if is_near else None)


def describe(raw: object) -> str:
    """A value of a scenario file as a message shows it."""
    if raw is None or raw == "":
        return "empty"
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}.get(repr(raw), f"{raw:.15g}")
    if isinstance(raw, int):
        return printable(str(raw), 40)
    if isinstance(raw, str):
        return printable(raw, 60) if re.match(r"[+-]?[0-9]", raw) else f"`{printable(raw, 60)}`"
    return "a list" if isinstance(raw, (list, tuple)) else "a mapping"


def split_number(raw: object, allowed: str) -> tuple[float, str]:
    """(number, unit text) of a raw value: of `-20 CNY` -20 and "CNY"."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise UnitError(f"is {describe(raw)}; must be a number", allowed)
    if not isinstance(raw, str):
        return _finite(raw, float(raw)), ""
    text = raw.strip()
    match = _NUMBER.match(text) if len(text) <= _LONGEST and not _SHORT.match(text) else None
    if match is None:
        short = _SHORT.match(text) if len(text) <= _LONGEST else None
        said = f"`{short[2] or short[3]}` is no part of a number" if short else "must be a number"
        raise UnitError(f"is {describe(raw)}; {said}", allowed, _number_hint(text))
    return _finite(raw, float(match[0].replace("_", ""))), text[match.end() :].strip()


def _number_hint(text: str) -> str | None:
    if len(text) > _LONGEST:
        return None
    if short := _SHORT.match(text):
        return (
            f"did you mean: {float(short[1]) * _THOUSANDS[short[2] or short[3]]:_.15g}{printable(text[short.end() :])}?"
        )
    if re.match(r"[+-]?[0-9]{1,3}(,[0-9]{3})+\b", text):
        return f"did you mean: {printable(text.replace(',', '_'))}?"
    if re.match(r"[+-]?[0-9]+,[0-9]+\b", text):
        return f"did you mean: {printable(text.replace(',', '.'))}?"
    if re.match(r"\.[0-9]", text):
        return f"did you mean: 0{printable(text)}?"
    symbol = next((s for s in MISNAMED_CURRENCIES if text.startswith(s)), None)
    found = _NUMBER.match(text[len(symbol) :].strip()) if symbol else None
    if symbol and found:
        return f"did you mean: {found[0]} {MISNAMED_CURRENCIES[symbol]}{printable(found.string[found.end() :])}?"
    return None


def _finite(raw: object, number: float) -> float:
    if not math.isfinite(number):
        raise UnitError(f"is {describe(raw)}; must be a finite number")
    if abs(number) > _LARGEST:
        raise UnitError(f"is {describe(raw)}; must be at most 1e15")
    return number


def _percent_or_plain(raw: object, number: float, unit: str, allowed: str) -> float:
    if unit == "%":
        return number / 100
    if unit:
        hint = f"did you mean: {number:.15g}%?" if unit.lower() in ("percent", "per cent", "pct", "\uff05") else None
        raise UnitError(f"is {describe(raw)}; `{printable(unit)}` does not belong here", allowed, hint)
    return number


def _at_least_zero(raw: object, number: float, allowed: str) -> float:
    if number < 0:
        raise UnitError(f"is {describe(raw)}; must be at least 0", allowed)
    return number


def _check_currency(raw: object, number: float, unit: str, currency: str | None, allowed: str, every: str = "") -> None:
    """Refuse money of no currency, or of another than the scenario's; `every` is what stands behind it, as `/ day`."""
    if not unit:
        hint = f"did you mean: {number:.15g} {currency} {every}".rstrip() + "?" if currency else None
        raise UnitError(f"is {describe(raw)}, without a currency", allowed, hint)
    if currency is None and _CURRENCY.fullmatch(unit):
        return
    if currency and (time := _TIME.search(unit)) and unit[: time.start()].strip() == currency:
        raise UnitError(f"is {describe(raw)}, money per time", allowed, f"did you mean: {number:.15g} {currency}?")
    if unit != currency:
        meant = unit.upper() if unit.upper() == currency else MISNAMED_CURRENCIES.get(unit)
        hint = f"did you mean: {number:.15g} {meant} {every}".rstrip() + "?" if meant and meant == currency else None
        scenario = f"; the scenario's currency is {currency}" if currency else f"; `{printable(unit)}` is no currency"
        raise UnitError(f"is {describe(raw)}{scenario}", allowed, hint)


def _split_time(raw: object, unit: str, allowed: str) -> tuple[str, float]:
    """(what stands before `/ day`, days in the time unit)."""
    match = _TIME.search(unit)
    if match is None:
        per_day = f"did you mean: {describe(raw).strip('`/ ')} / day?"
        raise UnitError(f"is {describe(raw)}, without a time", allowed, per_day)
    days = _days_per(match[2])
    count = float((match[1] or "1").replace("_", ""))
    if days is None or count <= 0:
        meant = _MISNAMED_TIMES.get(match[2])
        hint = f"did you mean: {str(raw).strip().removesuffix(match[2])}{meant}?" if meant else None
        raise UnitError(f"is {describe(raw)}; `{printable(match[2])}` is not a unit of time", allowed, hint)
    return unit[: match.start()].strip(), days * count


def _split_price(unit: str) -> tuple[str, float, str]:
    """(currency, divisor, what is paid for) of a price's unit text."""
    short = re.fullmatch(r"(.*?)\s*\b(CPM|CPC)", unit, re.IGNORECASE)
    if short:
        return (short[1], 1000.0, "view") if short[2].upper() == "CPM" else (short[1], 1.0, "click")
    match = re.search(r"(?:/|\bper\b)\s*([0-9]+(?:_[0-9]+)*)?\s*([^\W\d_][\w -]*)$", unit)
    if match is None:
        return unit, 1.0, ""
    return unit[: match.start()].strip(), max(1.0, float((match[1] or "1").replace("_", ""))), match[2].strip()


def _days_per(word: str) -> float | None:
    lowered = word.lower()
    return DAYS_PER_UNIT.get(lowered) or DAYS_PER_UNIT.get(lowered.removesuffix("s"))


def _same_word(word: str, choices: Sequence[str]) -> str | None:
    """The choice that the word names, whatever its plural, case and hyphens."""
    plain = {_plain_word(choice): choice for choice in choices}
    return plain.get(_plain_word(word))


def _plain_word(word: str) -> str:
    return word.lower().replace("-", "").replace(" ", "").removesuffix("s")


def _is_counted_noun(unit: str) -> bool:
    is_word = _NOUN.fullmatch(unit) is not None
    return is_word and _days_per(unit) is None and not _CURRENCY.fullmatch(unit)


# Conversions


def probability_from_rate(rate_per_day: float, days: float = 1.0) -> float:
    """The probability of at least one event within `days` at a constant rate: 1 - exp(-rate * days)."""
    return -math.expm1(-rate_per_day * days)


def to_cents(amount: float) -> int:
    """The amount in hundredths, halves away from zero, judged on the decimal number as it is written."""
    return int(Decimal(repr(float(amount))).scaleb(2).quantize(Decimal(1), ROUND_HALF_UP))
