"""What pydantic complains of, in the words of this project, at paths of the scenario's tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from sim.errors import printable
from sim.scenario.findings import FINDINGS, NO_DASH, Finding, Path, did_you_mean, spaced
from sim.scenario.tree import MappingNode, Node, ScalarNode, child
from sim.units import describe

_AT_MOST = 1000  # a hostile file may hold more; nobody reads them

_MUST_BE = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "mapping_type": "a mapping",
    "date_type": "a date such as 2026-01-31",
    "none_required": "left out",
}
_CHOICES = ("literal_error", "enum")
_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}


@dataclass(frozen=True)
class _Complaint:
    """One pydantic error: where it is, which key is missing there, by which branches of unions, and what it says."""

    path: Path
    missing: str | None
    branches: tuple[tuple[Path, str], ...]
    detail: dict[str, Any]
    at_key: bool


def located_findings(error: ValidationError, root: Node) -> list[Finding]:
    """All findings of a validation, with paths from the root."""
    details: list[Any] = error.errors(include_url=False)[:_AT_MOST]
    complaints = [_complaint(detail, root) for detail in details]
    return [finding for complaint in _best_branches(complaints) for finding in _findings_of(complaint)]


def _complaint(detail: dict[str, Any], root: Node) -> _Complaint:
    location, missing = detail["loc"], None
    at_key = bool(location) and location[-1] == "[key]"
    if detail["type"] == "missing":
        missing = str(location[-1])
    path, branches = _align(root, location[:-1] if at_key or missing else location, ())
    return _Complaint(path, missing, branches, detail, at_key)


def _align(node: Node, location: Path, base: Path) -> tuple[Path, tuple[tuple[Path, str], ...]]:
    """(path in the tree, names of union branches that pydantic put into the location)."""
    if not location:
        return base, ()
    step, rest = location[0], location[1:]
    below = child(node, step)
    inside = _align(below, rest, (*base, step)) if below is not None else None
    if isinstance(step, int):  # without an item: a single value that the schema takes as a list
        return inside if inside is not None else _align(node, rest, base)
    path, branches = _align(node, rest, base) if inside is None or _is_kind(node, step) else ((), ())
    skipped = (path, ((base, step), *branches))
    if inside is None:
        return skipped
    return skipped if _is_kind(node, step) and len(skipped[1]) <= len(inside[1]) else inside


def _is_kind(node: Node, step: str) -> bool:
    entry = node.entries.get("kind") if isinstance(node, MappingNode) else None
    return entry is not None and isinstance(entry.node, ScalarNode) and entry.node.value == step


def _best_branches(complaints: list[_Complaint]) -> Iterable[_Complaint]:
    """Of a union's branches only the one that came furthest; the first of equals."""
    scores: dict[Path, dict[str, tuple[int, int]]] = {}
    for complaint in complaints:
        for base, name in complaint.branches:
            known = scores.setdefault(base, {})
            known[name] = max(known.get(name, (-1, -1)), _progress(complaint))
    chosen = {base: max(known, key=lambda name: known[name]) for base, known in scores.items()}
    for complaint in complaints:
        if all(chosen[base] == name for base, name in complaint.branches):
            yield complaint


def _progress(complaint: _Complaint) -> tuple[int, int]:
    """(how deep the mistake lies, whether the form of the value was right)."""
    if complaint.detail["type"] == FINDINGS:
        found: tuple[Finding, ...] = complaint.detail["ctx"]["findings"]
        return max((len(complaint.path) + len(f.path), int(f.message != "unknown field")) for f in found)
    return len(complaint.path) + (complaint.missing is not None), int(complaint.detail["type"] not in _MUST_BE)


def _findings_of(complaint: _Complaint) -> list[Finding]:
    detail = complaint.detail
    if detail["type"] == FINDINGS:
        found: tuple[Finding, ...] = detail["ctx"]["findings"]
        return [_placed(finding, complaint) for finding in found]
    if complaint.missing is not None:
        return [_missing(complaint.path, complaint.missing)]
    if detail["type"] == "union_tag_not_found":
        return [_missing(complaint.path, _tag_key(detail))]
    if detail["type"] == "union_tag_invalid":
        return [_unknown_kind(complaint)]
    said, allowed, hint = _said(detail)
    if complaint.at_key:
        is_choice = detail["type"] in _CHOICES
        said = _unknown_field(complaint.path) if is_choice else _said_of_key(str(complaint.path[-1]), said)
    return [Finding(complaint.path, said, allowed, hint, at_key=complaint.at_key)]


def _placed(finding: Finding, complaint: _Complaint) -> Finding:
    path = (*complaint.path, *finding.path)
    also = tuple((*complaint.path, *other) for other in finding.also)
    message = finding.message
    if complaint.at_key and not finding.path:
        message = _said_of_key(str(complaint.path[-1]), message)
    if message == "unknown field":
        message = _unknown_field(path)
    return replace(finding, path=path, also=also, message=message, at_key=finding.at_key or complaint.at_key)


def _unknown_field(path: Path) -> str:
    name = printable(str(path[-1]))
    return f"unknown field `{name}`" + (f" in `{printable(str(path[-2]))}`" if len(path) > 1 else "")


def _said_of_key(key: str, message: str) -> str:
    """What is wrong with a key: "is x; must be a date" names it twice."""
    rest = message.removeprefix(f"is {describe(key)}").lstrip(",;: ").removeprefix("which ")
    return f"key `{printable(key)}` {rest or 'does not belong here'}"


def _missing(path: Path, key: str) -> Finding:
    where = f" in {_where(path)}" if path else ""
    return Finding(path, f"missing `{printable(key)}`{where}", at_key=True)


def _where(path: Path) -> str:
    last = path[-1]
    if isinstance(last, int):
        return f"item {last + 1}" + (f" of `{printable(str(path[-2]))}`" if len(path) > 1 else "")
    return f"`{printable(last)}`"


def _unknown_kind(complaint: _Complaint) -> Finding:
    detail = complaint.detail
    kinds = _kinds(detail)
    key = _tag_key(detail)
    given = detail["input"].get(key)
    message = f"is {describe(given)}; there is no such {key}"
    return Finding((*complaint.path, key), message, ", ".join(kinds), did_you_mean(str(given), kinds))


def _tag_key(detail: dict[str, Any]) -> str:
    return str(detail["ctx"]["discriminator"]).strip("'")


def _kinds(detail: dict[str, Any]) -> list[str]:
    return re.findall(r"'([^']*)'", str(detail["ctx"].get("expected_tags", "")))


def _said(detail: dict[str, Any]) -> tuple[str, str | None, str | None]:
    """(continuation of a sentence, what is allowed, advice) for an error of pydantic's own."""
    kind, context, raw = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind in _MUST_BE:
        return f"is {describe(raw)}; must be {_MUST_BE[kind]}", None, _form_hint(kind, raw)
    if kind in _CHOICES:
        choices = re.findall(r"'([^']*)'", str(context["expected"]))
        return (
            f"is {describe(raw)}; there is no such choice",
            ", ".join(choices),
            did_you_mean(raw, choices) if isinstance(raw, str) else None,
        )
    if kind in _BOUNDS:
        word, key = _BOUNDS[kind]
        return f"is {describe(raw)}; must be {word} {describe(context[key])}", None, None
    if kind in ("too_short", "too_long"):
        word, key = ("at least", "min_length") if kind == "too_short" else ("at most", "max_length")
        n = context["actual_length"]
        return f"has {n} {'entry' if n == 1 else 'entries'}; must have {word} {context[key]}", None, None
    if kind in ("value_error", "assertion_error"):
        return str(context["error"]), None, None
    message = detail["msg"]
    return f"is {describe(raw)}: {message[:1].lower()}{message[1:]}", None, None


def _form_hint(kind: str, raw: object) -> str | None:
    if kind == "string_type" and isinstance(raw, (int, float)):
        return f'write: "{describe(raw)}"'
    if kind.startswith("bool") and isinstance(raw, str):
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(raw.lower())
        return f"did you mean: {meant}?" if meant else None
    if _MUST_BE[kind] == "a mapping":
        if isinstance(raw, list) and any(isinstance(item, dict) for item in raw):
            return NO_DASH
        meant = spaced(raw) if isinstance(raw, str) else None
        return f"a space is missing after the colon: {printable(meant)}" if meant else None
    if kind in ("list_type", "tuple_type") and not isinstance(raw, dict):
        return f"did you mean: [{printable(str(raw), 60)}]?"
    return None
