"""Quantities as scenarios write them: plainly, with their evidence, or dated; the rule that reads all three.

What a plain one may be is for the parser that a rule is made from: `values` has one for each type.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sim.errors import printable
from sim.scenario.findings import Finding, Path, did_you_mean, problems
from sim.scenario.lookalikes import lookalike_advice, plainly
from sim.scenario.words import DATE, Json, ValueRule, parse_date
from sim.units import Quantity, UnitError, describe

ParsedQuantity = tuple[float, str | None]
"""In base units, and what a price is paid for."""
_SUGGESTION = re.compile(r"did you mean: (.+)\?")
_EVIDENCE_KEYS = ("value", "low", "high", "source")


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
