"""Amounts in bounds and margins: a share of a level, percentage points, money, or a number of what a metric counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from sim.scenario.findings import Finding, did_you_mean, problems
from sim.scenario.words import Json, ValueRule
from sim.units import MISNAMED_CURRENCIES, UnitError, describe, split_number

PER_CENT, POINTS = "%", "pp"
EXAMPLES = "such as 0.3%, 0.5pp, 20000 CNY or 150"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, as written: `number` 0.3 and `unit` "%"; no unit for a plain number."""

    number: float
    unit: str = ""

    @property
    def value(self) -> float:
        """The number; of per cent and percentage points as a fraction of 1."""
        return self.number / 100 if self.unit in (PER_CENT, POINTS) else self.number

    @property
    def is_relative(self) -> bool:
        """Whether it is written in per cent."""
        return self.unit == PER_CENT

    def text(self, *, is_signed: bool = False) -> str:
        """As "+0.3%", "20,000 CNY", "−0.5 pp"."""
        sign = "−" if self.number < 0 else "+" if is_signed and self.number > 0 else ""
        space = "" if self.unit in ("", PER_CENT) else " "
        return f"{sign}{_plainly(abs(self.number))}{space}{self.unit}"


@dataclass(frozen=True, slots=True)
class Margins:
    """How far outcomes may move: all metrics alike, or each that is named."""

    every: Amount | None
    by_metric: Mapping[str, Amount]


def read_amount(raw: object) -> Amount:
    """A number with any unit; which one fits is known where the metric is."""
    allowed = f"an amount, {EXAMPLES}"
    number, unit = split_number(raw, allowed)
    return Amount(number, unit)


def read_margin(raw: object) -> Amount:
    """An amount of at least 0."""
    amount = read_amount(raw)
    if amount.number < 0:
        raise UnitError(f"is {describe(raw)}; must be at least 0", f"an amount, {EXAMPLES}")
    return amount


def check_unit(amount: Amount, unit: str, currency: str, *, is_difference: bool) -> None:
    """Refuse an amount that a metric of this unit cannot be held to.

    Args:
        unit: the metric's: "currency", "share", or what it counts.
        is_difference: a difference may be told in per cent of the other side; a level has no other side.
    Raises:
        UnitError.
    """
    if amount.number == 0 and amount.unit == "":
        return
    said, number = f"is {describe(_written(amount))}", f"{amount.number:.15g}"
    if unit == "share":
        _check_share(amount, said, number, is_difference)
    elif amount.unit == PER_CENT and is_difference:
        return
    elif amount.unit == PER_CENT:
        allowed = f"an amount, such as {_example(unit, currency)}"
        raise UnitError(f"{said}; per cent of what? Only a difference has another side", allowed)
    elif unit == "currency":
        _check_money(amount, said, number, currency, is_difference)
    elif amount.unit not in ("", unit):
        hint = did_you_mean(amount.unit, [unit])
        meant = f"did you mean: {number} {unit}?" if hint else None
        raise UnitError(f"{said}; the metric counts {unit}", _forms(_example(unit, currency), is_difference), meant)


def _check_share(amount: Amount, said: str, number: str, is_difference: bool) -> None:
    if is_difference and amount.unit != POINTS:
        meant = f"did you mean: {number}pp?" if amount.unit == PER_CENT else None
        raise UnitError(f"{said}; a difference of shares is told in percentage points", "such as 0.5pp", meant)
    if not is_difference and (amount.unit not in (PER_CENT, "") or not 0 <= amount.value <= 1):
        percent = amount.unit in (POINTS, "") and 0 <= amount.number <= 100
        allowed = "a share from 0% to 100%, such as 12% or 0.12"
        raise UnitError(f"{said}; must be a share", allowed, f"did you mean: {number}%?" if percent else None)


def _check_money(amount: Amount, said: str, number: str, currency: str, is_difference: bool) -> None:
    if amount.unit == currency:
        return
    meant = amount.unit.upper() == currency or MISNAMED_CURRENCIES.get(amount.unit) == currency or not amount.unit
    what = f"{said}; the scenario's currency is {currency}" if amount.unit else f"{said}, without a currency"
    hint = f"did you mean: {number} {currency}?" if meant else None
    raise UnitError(what, _forms(_example("currency", currency), is_difference), hint)


def _example(unit: str, currency: str) -> str:
    return f"20000 {currency}" if unit == "currency" else f"150 {unit}"


def _forms(example: str, is_difference: bool) -> str:
    return f"such as {example} or 0.3%" if is_difference else f"such as {example}"


def _written(amount: Amount) -> str:
    space = "" if amount.unit in ("", PER_CENT, POINTS) else " "
    return f"{amount.number:.15g}{space}{amount.unit}"


def _plainly(number: float) -> str:
    """A number with its thousands parted, and no more digits than it has."""
    whole, _, rest = f"{number:.10f}".rstrip("0").partition(".")
    return f"{int(whole):,}" + (f".{rest}" if rest else "")


# ---------------------------------------------------------------------------------------------------------------------
# As types of values


def _rule(parse: Callable[[object], Amount]) -> ValueRule:
    def read(raw: object, context: Mapping[str, Any]) -> Amount:
        if isinstance(raw, Amount):
            return raw
        try:
            return parse(raw)
        except UnitError as error:
            raise problems(Finding((), error.message, error.allowed, error.hint)) from None

    return ValueRule(read, _JSON)


def _read_metric(raw: object, context: Mapping[str, Any]) -> str:
    finding = _metric_finding(raw, context.get("metrics", ()))
    if finding is not None:
        raise problems(finding)
    return str(raw)


def _metric_finding(raw: object, metrics: Sequence[str], path: tuple[str, ...] = ()) -> Finding | None:
    """What is wrong with the name of a metric; None if nothing is."""
    if raw in metrics:
        return None
    hint = did_you_mean(raw, metrics) if isinstance(raw, str) else None
    what = "is no metric" if path else f"is {describe(raw)}, which is no metric"
    return Finding(path, what, ", ".join(metrics), hint, at_key=bool(path))


def _read_margins(raw: object, context: Mapping[str, Any]) -> Margins:
    if isinstance(raw, Margins):
        return raw
    findings: list[Finding] = []
    found: dict[str, Amount] = {}
    for key, entry in raw.items() if isinstance(raw, Mapping) else [("", raw)]:
        path = (key,) if isinstance(raw, Mapping) else ()
        wrong = _metric_finding(key, context.get("metrics", ()), path) if path else None
        try:
            found[key] = read_margin(entry)
            if not path and not found[key].is_relative:
                raise UnitError(f"is {describe(raw)}; one margin for all metrics is a share of each", "such as 1%")
        except UnitError as error:
            wrong = wrong or Finding(path, error.message, error.allowed, error.hint)
        if wrong is not None:
            findings.append(wrong)
    if findings:
        raise problems(*findings[:50])
    return Margins(None, found) if isinstance(raw, Mapping) else Margins(found[""], {})


_JSON: Json = {"anyOf": [{"type": "number"}, {"type": "string"}], "examples": ["0.3%", "0.5pp", "20000 CNY", 150]}
_MARGINS: Json = {"anyOf": [*_JSON["anyOf"], {"type": "object", "additionalProperties": _JSON}], "examples": ["1%"]}

Bound = Annotated[Amount, _rule(read_amount)]
Margin = Annotated[Amount, _rule(read_margin)]
MetricMargins = Annotated[Margins, ValueRule(_read_margins, _MARGINS)]
MetricName = Annotated[str, ValueRule(_read_metric, {"type": "string", "examples": ["profit"]})]
