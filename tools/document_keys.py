"""Write the tables of keys, attributes, metrics, accounts and steps into the pages under docs/, from the code itself.

A page says where: `<!-- keys: Market -->` … `<!-- end -->`; what stands between is replaced. `--check` writes nothing
and ends with 1 where a page is not current.

    python tools/document_keys.py [--check]
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.scenario.words import ValueRule
from sim.systems.attributes import ATTRIBUTES
from sim.systems.audiences.schema import Audiences
from sim.systems.books.accounts import ACCOUNTS
from sim.systems.books.metrics import METRICS
from sim.systems.channels.schema import Channel
from sim.systems.conditions import OBSERVED
from sim.systems.scenario import Scenario
from sim.systems.windows.names import KINDS
from sim.units import Quantity

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
BLOCK = re.compile(r"(<!-- (\w+)(?:: ([^>]*?))? -->\n).*?(<!-- end -->)", re.DOTALL)
NAMED = {"Name": "a name", "Text": "text", "Currency": "`CNY`"}


def models() -> dict[str, type[BaseModel]]:
    """Every section of a scenario by the name of its class, the scenario first."""
    found: dict[str, type[BaseModel]] = {}
    waiting: list[type[BaseModel]] = [Scenario]
    while waiting:
        model = waiting.pop(0)
        if found.setdefault(model.__name__, model) is model:
            nested = [part for field in model.model_fields.values() for part in _parts(field.annotation)]
            waiting += [part for part in nested if _is_section(part) and part.__name__ not in found]
    return found


def _parts(annotation: object) -> Iterator[typing.Any]:
    """The annotation and everything that it is made of."""
    yield annotation
    for part in typing.get_args(annotation):
        yield from _parts(part)
    for part in getattr(annotation, "__metadata__", ()):
        yield part


def _is_section(part: object) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def key_table(name: str) -> list[str]:
    """The table of a section's keys; `Paid beyond Channel` leaves out those that all channels have."""
    name, _, shared = name.partition(" beyond ")
    known = {**models(), "Channel": Channel, "Audiences": Audiences}
    left_out = known[shared].model_fields if shared else {}
    rows: list[tuple[str, str]] = []  # keys, and what the rest of the row says
    for key, field in known[name].model_fields.items():
        if key in left_out:
            continue
        cells = (_form(field.annotation, field.metadata), _dated(field), _absent(field), _meaning(field))
        rest = " | ".join(cell.replace("|", "\\|") for cell in cells)
        before = rows.pop()[0] + " " if rows and rows[-1][1] == rest else ""
        rows.append((f"{before}`{field.alias or key}`", rest))
    head = ["| key | is written | dated | when absent | meaning |", "| --- | --- | --- | --- | --- |"]
    return [*head, *(f"| {keys} | {rest} |" for keys, rest in rows)]


def _rules(annotation: object, metadata: list[typing.Any]) -> list[ValueRule]:
    return [part for part in (*metadata, *_parts(annotation)) if isinstance(part, ValueRule)]


def _form(annotation: object, metadata: list[typing.Any]) -> str:
    """How a value of this type is written."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if _is_section(annotation):
        return "keys of its own"
    if origin is typing.Literal:
        return ", ".join(f"`{choice}`" for choice in arguments)
    if origin is dict:
        keys = "weekdays" if typing.get_origin(arguments[0]) is typing.Literal else _KEYS.get(arguments[0], "names")
        return f"by {keys}: {_form(arguments[1], [])}"
    if origin is list:
        if _form(arguments[0], []) == NAMED["Name"]:
            return "a list of names"
        forms = "a list of " if not any(type(part).__name__ == "OneOrMore" for part in metadata) else "one, or a list: "
        return forms + _form(arguments[0], [])
    if origin is typing.Annotated:
        return _form(arguments[0], list(arguments[1:]))
    if type(None) in arguments:
        (inner,) = (part for part in arguments if part is not type(None))
        return _form(inner, metadata)
    if arguments and all(_is_section(part) for part in arguments):
        return "keys of its own"
    return _example(_rules(annotation, metadata))


def _key_names() -> dict[object, str]:
    from sim.scenario.values import Date

    return {Date: "dates", int: "days"}


_KEYS = _key_names()


def _example(rules: list[ValueRule]) -> str:
    """The first example of a rule; names and texts have none."""
    from sim.scenario import words

    for rule in rules:
        for name, written in NAMED.items():
            if rule in typing.get_args(getattr(words, name)):
                return written
        if rule.json.get("examples"):
            return f"`{rule.json['examples'][0]}`"
    return "text"


def _dated(field: FieldInfo) -> str:
    forms = [form for rule in _rules(field.annotation, field.metadata) for form in rule.json.get("anyOf", [])]
    return "yes" if any("patternProperties" in form for form in forms) else ""


def _absent(field: FieldInfo) -> str:
    if field.is_required():
        return "**must stand**"
    default = field.default
    if isinstance(default, Quantity):
        return default.text or f"{default.value:g}"
    return f"`{default}`" if isinstance(default, str) and default else "–"


def _meaning(field: FieldInfo) -> str:
    if field.description:
        return field.description
    for part in _parts(field.annotation):
        if _is_section(part):
            return _sentence(part)
    return "this kind" if typing.get_origin(field.annotation) is typing.Literal else ""


def _sentence(thing: object) -> str:
    """The first sentence of a docstring, as part of another."""
    first = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ").rstrip(".")
    is_name = re.match(r"[A-Z]{2}|\w+-[A-Z]", first) is not None  # DAU, Gamma-Gamma
    return first if is_name else first[:1].lower() + first[1:]


def attribute_table(_: str) -> list[str]:
    """What expressions may name."""
    rows = [f"| `{entry.name}` | {entry.kind} | {entry.definition} |" for entry in ATTRIBUTES]
    return ["| attribute | kind | meaning |", "| --- | --- | --- |", *rows]


def window_table(_: str) -> list[str]:
    """What a window may count."""
    rows = [f"| `{kind}_<n>d` | `{kind}_90d` | {meaning}, in the last n days |" for kind, meaning in KINDS.items()]
    return ["| attribute | such as | meaning |", "| --- | --- | --- |", *rows]


def observed_table(_: str) -> list[str]:
    """What conditions over metrics may name."""
    rows = [f"| `{metric.name}` | {metric.definition} |" for metric in OBSERVED]
    return ["| metric | meaning |", "| --- | --- |", *rows]


def metric_table(_: str) -> list[str]:
    """The metrics of a run."""
    rows = [f"| {metric.label} | {metric.definition} | {metric.unit} | {metric.aggregate} |" for metric in METRICS]
    return ["| metric | definition | unit | over days |", "| --- | --- | --- | --- |", *rows]


def account_table(_: str) -> list[str]:
    """The accounts of the ledger."""
    rows = [
        f"| {account.name} | {account.group} | {'yes' if account.is_contribution else ''} | {account.definition} |"
        for account in ACCOUNTS
    ]
    return ["| account | group | in LTV | holds |", "| --- | --- | --- | --- |", *rows]


def step_list(_: str) -> list[str]:
    """The steps of a day, in their order."""
    from sim.systems.day import STEPS

    return [f"{i}. `{step.__name__}`: {_sentence(step)}." for i, step in enumerate(STEPS, 1)]


TABLES: dict[str, Callable[[str], list[str]]] = {
    "keys": key_table,
    "attributes": attribute_table,
    "windows": window_table,
    "observed": observed_table,
    "metrics": metric_table,
    "accounts": account_table,
    "steps": step_list,
}


def current(text: str) -> str:
    """A page's text with every table as the code says it today."""

    def written(match: re.Match[str]) -> str:
        start, kind, argument, end = match.groups()
        return f"{start}{chr(10).join(TABLES[kind](argument or ''))}\n{end}"

    return BLOCK.sub(written, text)


def main() -> int:
    """Write the pages, or with --check say which are not current."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where a page is not current")
    is_check = parser.parse_args().check
    n_old = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        new = current(text)
        if new != text:
            n_old += 1
            print(f"{page.relative_to(ROOT)}: {'is not current' if is_check else 'written'}")
            if not is_check:
                page.write_text(new, encoding="utf-8")
    return 1 if is_check and n_old else 0


if __name__ == "__main__":
    sys.exit(main())
