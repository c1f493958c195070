"""Changes laid over a scenario without a file: `--set response.message.brings_back=9%`, or `changes=` in Python."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.errors import SET, Place, Problem, ScenarioError, printable
from sim.scenario.reading import read_value
from sim.scenario.tree import Entry, MappingNode, Node, Span

Changes = Mapping[str, object] | Sequence[str]
"""Values by path, or texts `PATH=VALUE`."""

MAX_CHANGES = 100
_LONGEST = 10_000
_SHOWN = 60  # characters of a value in the name of a scenario
_KEY = re.compile(r'"(?P<quoted>[^"]*)"|(?P<plain>[^.="]+)')
_ALLOWED = 'PATH=VALUE, such as response.message.brings_back=9%; a key with a dot or "=" stands in double quotes'


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the layer that it lays over the scenario, and how names and places call it."""

    keys: tuple[str, ...]
    label: str
    source: str
    layer: MappingNode


def read_changes(changes: Changes) -> tuple[Change, ...]:
    """The changes in their order.

    Raises:
        ScenarioError: with every change that is none.
    """
    read: list[Change] = []
    problems: list[Problem] = []
    for text in _texts(changes)[: MAX_CHANGES + 1]:
        try:
            read.append(_read_change(text))
        except ScenarioError as error:
            problems.extend(error.problems)
    if len(read) > MAX_CHANGES:
        problems.append(Problem(f"more than {MAX_CHANGES} changes: write a file with `extends`", None))
    if problems:
        raise ScenarioError(problems)
    return tuple(read)


def _texts(changes: Changes) -> list[str]:
    if not isinstance(changes, Mapping):
        return list(changes)
    return [f"{path}={_value_text(value)}" for path, value in changes.items()]


def _value_text(value: object) -> str:
    """A value of Python's as YAML: a text as it would stand in a file, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _read_change(text: str) -> Change:
    source = SET + text
    if len(text) > _LONGEST:
        raise ScenarioError([Problem(f"has {len(text):,} characters; may have {_LONGEST:,}", Place(source, 1, 1))])
    keys, start = _keys(text, source)
    node: Node = read_value(text[start:], source, start)
    for key, span in reversed(keys):
        node = MappingNode({key: Entry(key, span, node)}, span)
    assert isinstance(node, MappingNode)
    value = printable(" ".join(text[start:].split()), _SHOWN)
    return Change(tuple(key for key, _ in keys), f"{text[: start - 1].strip()}={value or 'null'}", source, node)


def _keys(text: str, source: str) -> tuple[list[tuple[str, Span]], int]:
    """(the path's keys with their places, where the value starts)."""
    keys: list[tuple[str, Span]] = []
    position = 0
    while (match := _KEY.match(text, position)) is not None:
        key = match["quoted"] if match["plain"] is None else match["plain"].strip()
        if not key:
            break
        keys.append((key, Span(Place(source, 1, position + 1), len(match[0]))))
        position = match.end()
        following = text[position : position + 1]
        if following == "=":
            return keys, position + 1
        if following != ".":
            break
        position += 1
    message = "is no `PATH=VALUE`" if "=" not in text else "the path is not a row of keys joined by dots"
    place = Place(source, 1, min(position, max(len(text) - 1, 0)) + 1)
    raise ScenarioError([Problem(message, place, 1, allowed=_ALLOWED)])
