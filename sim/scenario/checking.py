"""The gate: a tree and a schema → a frozen model, or every problem at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sim.errors import SET, Place, Problem, ScenarioError, printable, sort_problems, source_lines
from sim.scenario.complaints import located_findings
from sim.scenario.findings import Finding, Path, did_you_mean
from sim.scenario.lookalikes import lookalike_advice
from sim.scenario.tree import Entry, ListNode, MappingNode, Node, ScalarNode, Span, Tree, child
from sim.units import describe

Model = TypeVar("Model", bound=BaseModel)

_KINDS_NAMED_AT_MOST = 5  # each costs a validation
_HARDLY_WHOLE = 3  # sections that are missing at once

CrossCheck = Callable[[Model], Iterable[Finding]]
NameCheck = Callable[[object], Iterable[Finding]]


def check(
    tree: Tree,
    model_type: type[Model],
    *,
    context: Mapping[str, Any] | None = None,
    cross_checks: Sequence[CrossCheck[Model]] = (),
    name_check: NameCheck | None = None,
) -> tuple[Model, tuple[Problem, ...]]:
    """The model of a scenario, and the warnings about it.

    Args:
        tree: the resolved scenario.
        model_type: the schema, a `Section`.
        context: what validators may look up, such as the `attributes` of expressions; `currency` is added.
        cross_checks: what must hold between values; they run on a model that is valid in itself, all of them.
        name_check: which names do not exist; it runs on the model, or on the plain content where that is not valid.
    Raises:
        ScenarioError: with every error and warning, by place.
    """
    known = {"currency": _currency(tree), **(context or {})}
    try:
        model = model_type.model_validate(tree.plain(), context=known)
    except ValidationError as error:
        findings = [finding for finding in located_findings(error, tree.root) if not _is_unread(finding.path, tree)]
        without_kind = [finding for finding in findings if finding.message.startswith("missing `kind`")]
        for finding in without_kind[:_KINDS_NAMED_AT_MOST]:
            findings[findings.index(finding)] = _with_kinds(finding, tree, model_type, known)
        told = {finding.path for finding in findings}
        findings += [f for f in name_check(tree.plain()) if f.path not in told] if name_check is not None else []
        findings = _with_a_world(findings)
        raise ScenarioError(sort_problems([*tree.problems, *(problem_of(f, tree) for f in findings)])) from None
    unknown = [] if name_check is None else name_check(model)
    findings = [*unknown, *(finding for cross_check in cross_checks for finding in cross_check(model))]
    found = [problem_of(finding, tree) for finding in findings]
    if tree.problems or any(problem.severity == "error" for problem in found):
        raise ScenarioError(sort_problems([*tree.problems, *found]))
    return model, sort_problems(found)


def _is_unread(path: Path, tree: Tree) -> bool:
    """Whether a finding is about content that a series file should have brought."""
    return any(path[: len(unread)] == unread for unread in tree.unread)


def _with_a_world(findings: list[Finding]) -> list[Finding]:
    """The findings; where so many sections are missing that the file is hardly whole, they are one, with advice."""
    missing = [f for f in findings if not f.path and f.message.startswith("missing `")]
    if len(missing) < _HARDLY_WHOLE:
        return findings
    names = ", ".join(f.message.removeprefix("missing ") for f in missing)
    hint = "what stands in another file, as a policy's world, is taken in by `extends`: extends: ../world.yaml"
    return [replace(missing[0], message=f"missing {names}", hint=hint), *(f for f in findings if f not in missing)]


def _with_kinds(finding: Finding, tree: Tree, model_type: type[BaseModel], context: Mapping[str, Any]) -> Finding:
    """A finding that a `kind` is missing, with the kinds: pydantic names them only to who gives a wrong one."""
    content = tree.plain()
    place: Any = content
    for step in finding.path:
        place = place[step]
    place["kind"] = ""
    try:
        model_type.model_validate(content, context=context)
    except ValidationError as error:
        wrong_kind = (*finding.path, "kind")
        found = [other for other in located_findings(error, tree.root) if other.path == wrong_kind]
        return replace(finding, allowed=found[0].allowed) if found else finding
    return finding


def problem_of(finding: Finding, tree: Tree) -> Problem:
    """The finding at the place of its path, or of the nearest part of it that exists."""
    node, entry, depth = _descend(tree.root, finding.path)
    is_whole = depth == len(finding.path)
    span = _span_of(node, entry, at_key=finding.at_key or not is_whole)
    place, length = span.place, span.length
    message = finding.message
    if finding.starts_with_verb:
        message = f"{spoken_name(finding.path)} {message}"
    if finding.offset is not None and isinstance(node, ScalarNode):
        place, length, seen = _inside(node, finding.offset, finding.length)
        message += seen
    also = tuple(_also(path, tree) for path in finding.also)
    if entry is None and not isinstance(node, ScalarNode):
        length = 0
    hint = finding.hint or _meant_by_change(finding, place, tree)
    if finding.severity == "error" and (hint is None or finding.at_key):
        written = str(finding.path[-1]) if finding.at_key and is_whole and finding.path else ""
        hint = lookalike_advice(node.text if isinstance(node, ScalarNode) and not finding.at_key else written) or hint
    return Problem(message, place, length, finding.allowed, hint, finding.severity, also)


def _meant_by_change(finding: Finding, place: Place, tree: Tree) -> str | None:
    """What a change meant that made a new, incomplete entry: perhaps one of the names beside it."""
    if not place.file.startswith(SET) or not finding.message.startswith("missing ") or not finding.path:
        return None
    around = tree.node_at(finding.path[:-1])
    names = list(around.entries) if isinstance(around, MappingNode) else []
    return did_you_mean(str(finding.path[-1]), [name for name in names if name != finding.path[-1]])


def spoken_name(path: Path) -> str:
    """How a message calls the value at a path."""
    if not path:
        return "the scenario"
    last = path[-1]
    before = f" of {_quoted(path[-2])}" if len(path) > 1 and not isinstance(path[-2], int) else ""
    if isinstance(last, int):
        return f"item {last + 1}{before}"
    if last in ("value", "low", "high", "source") or re.fullmatch(r"[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}", last):
        return f"{_quoted(last)}{before}"
    return _quoted(last)


def _full_name(path: Path) -> str:
    """The name of a value that stands elsewhere: with that of what it belongs to."""
    name = spoken_name(path)
    is_short = len(path) > 1 and " of " not in name and not isinstance(path[-2], int)
    return f"{name} of {_quoted(path[-2])}" if is_short else name


def _quoted(step: str | int) -> str:
    return f"`{printable(str(step))}`"


def _currency(tree: Tree) -> str | None:
    entry = tree.root.entries.get("currency")
    value = entry.node.value if entry and isinstance(entry.node, ScalarNode) else None
    return value if isinstance(value, str) and re.fullmatch(r"[A-Z]{3}", value) else None


def _descend(root: Node, path: Path) -> tuple[Node, Entry | None, int]:
    """(deepest node of the path that exists, the entry that holds it, number of steps taken)."""
    node, entry = root, None
    for depth, step in enumerate(path):
        if step == 0 and isinstance(node, ScalarNode):
            continue  # one item, written without a list
        below = child(node, step)
        if below is None:
            return node, entry, depth
        entry = node.entries[str(step)] if isinstance(node, MappingNode) else None
        node = below
    return node, entry, len(path)


def _span_of(node: Node, entry: Entry | None, *, at_key: bool) -> Span:
    """A value is pointed at itself; a mapping or list by its key."""
    is_pointed_by_key = at_key or isinstance(node, (MappingNode, ListNode))
    return entry.key_span if entry is not None and is_pointed_by_key else node.span


def _inside(node: ScalarNode, offset: int, length: int) -> tuple[Place, int, str]:
    """The place of a part of a text; where it cannot be found in the file, the text's own with the part quoted."""
    quotes = 0 if node.is_plain else 1
    place = node.span.place
    if node.span.length == len(node.text) + 2 * quotes:
        return replace(place, column=place.column + quotes + offset), length, ""
    found = _unfolded(node, offset)
    if found is not None:
        return found, length, ""
    part = printable(node.text[offset : offset + max(length, 12)].strip(), 40)
    return place, node.span.length, f" (at `{part}`)"


def _unfolded(node: ScalarNode, offset: int) -> Place | None:
    """The place of a character of a text of several lines: folding changes only the spaces between words."""
    place = node.span.place
    lines = source_lines(place.file)[place.line - 1 :]
    if not lines or offset >= len(node.text) or node.text[offset].isspace():
        return None
    is_block = lines[0][place.column - 1 : place.column] in ("|", ">")
    is_quoted = not is_block and not node.is_plain
    lines[0] = "" if is_block else " " * (place.column - 1 + is_quoted) + lines[0][place.column - 1 + is_quoted :]
    n_before = sum(not character.isspace() for character in node.text[:offset])
    for number, line in enumerate(lines):
        for column, character in enumerate(line):
            if character.isspace():
                continue
            if n_before == 0:
                is_same = character == node.text[offset]
                return Place(place.file, place.line + number, column + 1) if is_same else None
            n_before -= 1
    return None


def _also(path: Path, tree: Tree) -> tuple[str, Place]:
    node, entry, depth = _descend(tree.root, path)
    span = _span_of(node, entry, at_key=False)
    is_value = depth == len(path) and isinstance(node, ScalarNode)
    said = f"is {describe(node.value)}" if is_value and isinstance(node, ScalarNode) else "stands here"
    return f"{_full_name(path[:depth] or path)} {said}", span.place
