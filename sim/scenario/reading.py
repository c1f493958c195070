"""YAML text → nodes with places, read as YAML 1.2 reads it, within limits.

PyYAML's own loaders read YAML 1.1 (`no` is false, `12:30` is 750) and drop places, so only its parser is used: it gives
events, and the tree is composed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sim.errors import Place, Problem, ScenarioError, printable, shown_path
from sim.scenario.files import read_text
from sim.scenario.refusals import not_a_mapping, place_of_index, yaml_problem
from sim.scenario.tree import TO_LINE_END, Entry, ListNode, MappingNode, Node, ScalarNode, Span

MAX_DEPTH = 64
MAX_VALUES = 50_000
MAX_KEY_LENGTH = 300
_PROBLEMS_AT_MOST = 100
_DIGITS_AT_MOST = 300

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_KEYS = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_NULL = re.compile(r"|~|null|Null|NULL")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NOT_A_NUMBER = re.compile(r"\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+(\.[0-9]*)?")

_QUOTES_NEEDED = "a text that starts with one of * & ! @ % ` { [ needs quotes"


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been read yet."""

    start: Any
    is_mapping: bool
    entries: dict[str, Entry] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    key: tuple[str, Span] | None = None
    n_values: int = 1
    height: int = 1


def read_document(path: Path) -> MappingNode:
    """The content of a YAML file, which must be a mapping.

    Raises:
        ScenarioError: with every problem of the file's text; anything that PyYAML refuses ends the reading.
    """
    return read_yaml(read_text(path), shown_path(path))


def read_yaml(text: str, file: str) -> MappingNode:
    """The mapping that a YAML text holds; `file` is the name to show in places."""
    root, problems = _compose(text, file)
    if not problems and not isinstance(root, MappingNode):
        problems.append(not_a_mapping(root, text, file))
    if problems or not isinstance(root, MappingNode):
        raise ScenarioError(problems)
    return root


def read_value(text: str, file: str, n_before: int) -> Node:
    """The value that a YAML text holds, null if none; in its places `n_before` characters stand before it."""
    root, problems = _compose(" " * n_before + text, file)
    if problems:
        raise ScenarioError(problems)
    return root or ScalarNode(None, "", Span(Place(file, 1, n_before + 1), 1))


def _compose(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """(the tree of a YAML text, what is wrong with it)."""
    bad = _NOT_YAML.search(text)
    if bad:
        place = place_of_index(text, bad.start(), file)
        name = "a NUL character" if bad[0] == "\0" else f"the control character U+{ord(bad[0]):04X}"
        return None, [Problem(f"holds {name}; a scenario is plain text", place, 1)]
    composer = _Composer(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            composer.take(event)
    except yaml.YAMLError as error:
        composer.problems.append(yaml_problem(error, text, file))
    except _Stop:
        pass
    return composer.root, composer.problems


@dataclass(frozen=True, slots=True)
class _Part:
    """A node with the number of its values and of its levels, aliases written out."""

    node: Node
    n_values: int = 1
    height: int = 0


class _Stop(Exception):
    """Reading further would cost too much."""


class _Composer:
    """Takes the events of one file and builds its tree, without recursion."""

    def __init__(self, file: str) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._file = file
        self._open: list[_Open] = []
        self._anchors: dict[str, _Part | None] = {}
        self._n_values = 0
        self._n_documents = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._take_start(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._take_end()
        elif isinstance(event, yaml.AliasEvent):
            self._take_alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._take_document(event)

    def _take_document(self, event: Any) -> None:
        self._n_documents += 1
        if self._n_documents > 1:
            self._stop("a second document starts here; a scenario file is one document", event)
        if event.version and tuple(event.version) != (1, 2):
            version = ".".join(map(str, event.version))
            self._report(f"asks to be read as YAML {version}; scenario files are YAML 1.2", event)
        if event.tags:
            self._report("tags cannot be used in scenario files", event)

    def _take_scalar(self, event: Any) -> None:
        if self._is_key_next():
            self._take_key(event)
            return
        self._refuse_tag(event)
        span = self._span(event)
        is_plain = event.style is None or event.style == ""
        value = self._resolve(event) if is_plain else event.value
        self._count(1, event)
        self._add(_Part(ScalarNode(value, event.value, span, is_plain)), event.anchor)

    def _take_key(self, event: Any) -> None:
        self._refuse_tag(event)
        text = event.value
        is_plain = event.style is None or event.style == ""
        if is_plain and text == "":
            self._report("a key is missing before `:`", event)
        elif is_plain and text == "<<":
            self._report(
                "merge keys are not part of YAML 1.2",
                event,
                hint="write the keys out, or lay files over each other with extends",
            )
        elif len(text) > MAX_KEY_LENGTH:
            self._report(f"the key has {len(text):,} characters; may have {MAX_KEY_LENGTH}", event)
        elif _NOT_IN_KEYS.search(text):
            self._report("the key holds a control character; a key is one line of text", event)
        opened = self._open[-1]
        first = opened.entries.get(text)
        if first is not None:
            also = ((f"`{printable(text)}` stands here first", first.key_span.place),)
            self._report(f"duplicate key `{printable(text)}`", event, also=also)
        if event.anchor:
            self._anchors[event.anchor] = _Part(ScalarNode(text, text, self._span(event), False))
        opened.key = (text, self._span(event))

    def _take_start(self, event: Any) -> None:
        self._refuse_tag(event)
        if self._is_key_next():
            self._stop("a key must be text, not a mapping or a list", event, hint=_QUOTES_NEEDED)
        if len(self._open) >= MAX_DEPTH:
            self._stop(f"is nested deeper than {MAX_DEPTH} levels", event)
        if event.anchor:
            self._anchors[event.anchor] = None
        self._count(1, event)
        self._open.append(_Open(event, isinstance(event, yaml.MappingStartEvent)))

    def _take_end(self) -> None:
        opened = self._open.pop()
        span = self._span(opened.start, is_open=True)
        node = MappingNode(opened.entries, span) if opened.is_mapping else ListNode(tuple(opened.items), span)
        self._add(_Part(node, opened.n_values, opened.height), opened.start.anchor)

    def _take_alias(self, event: Any) -> None:
        name = printable(event.anchor)
        if self._is_key_next():
            self._stop("a key must be text, not an alias", event, hint=_QUOTES_NEEDED)
        if event.anchor not in self._anchors:
            hint = f"an alias needs `&{name}` above it; a text that starts with * needs quotes"
            self._stop(f"the alias `*{name}` names nothing", event, hint=hint)
        known = self._anchors[event.anchor]
        if known is None:
            self._stop(f"the alias `*{name}` stands inside of what it names", event)
        elif len(self._open) + known.height > MAX_DEPTH:
            self._stop(f"is nested deeper than {MAX_DEPTH} levels", event)
        else:
            self._count(known.n_values, event)
            self._add(known, None)

    def _count(self, n_values: int, event: Any) -> None:
        self._n_values += n_values
        if self._n_values > MAX_VALUES:
            cause = ", with its aliases written out" if isinstance(event, yaml.AliasEvent) else ""
            self._stop(f"holds more than {MAX_VALUES:,} values{cause}", event)

    def _add(self, part: _Part, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = part
        if not self._open:
            self.root = part.node
            return
        opened = self._open[-1]
        opened.n_values += part.n_values
        opened.height = max(opened.height, part.height + 1)
        if not opened.is_mapping:
            opened.items.append(part.node)
        elif opened.key is not None:
            key, span = opened.key
            opened.entries[key] = Entry(key, span, part.node)
            opened.key = None

    def _is_key_next(self) -> bool:
        return bool(self._open) and self._open[-1].is_mapping and self._open[-1].key is None

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            tag = printable(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self._report(f"the tag `{tag}` cannot be used; scenario files hold plain values", event)

    def _resolve(self, event: Any) -> str | int | float | bool | None:
        """The value of a plain scalar by the core schema of YAML 1.2."""
        text = event.value
        if _LEADING_ZERO.fullmatch(text):
            plain = re.sub(r"^([-+]?)0+(?=[0-9])", r"\1", text)
            hint = f'write: {plain} for the number, "{printable(text)}" for the text'
            self._report(f"`{printable(text)}` starts with a zero", event, hint=hint)
            return None
        if len(text) > _DIGITS_AT_MOST and _FLOAT.fullmatch(text):
            self._report(f"the number has {len(text):,} digits; may have {_DIGITS_AT_MOST}", event)
            return None
        value = _core_value(text)
        if value in (float("inf"), float("-inf")) and not _INFINITE.fullmatch(text):
            self._report(f"{printable(text)} is too large for a number", event)
        return value

    def _span(self, event: Any, *, is_open: bool = False) -> Span:
        start, end = event.start_mark, event.end_mark
        place = Place(self._file, start.line + 1, start.column + 1)
        if is_open:
            return Span(place, 1)
        return Span(place, max(1, end.column - start.column) if end.line == start.line else TO_LINE_END)

    def _report(
        self, message: str, event: Any, *, hint: str | None = None, also: tuple[tuple[str, Place], ...] = ()
    ) -> None:
        span = self._span(event)
        self.problems.append(Problem(message, span.place, span.length, hint=hint, also=also))
        if len(self.problems) >= _PROBLEMS_AT_MOST:
            raise _Stop

    def _stop(self, message: str, event: Any, *, hint: str | None = None) -> None:
        self._report(message, event, hint=hint)
        raise _Stop


def _core_value(text: str) -> str | int | float | bool | None:
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text[0] in "tT"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return float(text.replace(".", "").lower())
    return float("nan") if _NOT_A_NUMBER.fullmatch(text) else text
