"""What differs between scenarios, in words: text for the terminal, Markdown for a pull request, plain data for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.padding import Padding
from rich.text import Text

from sim.analysis.diffs import KINDS, ChangeKind, Diff, ScenarioChange, Standing, Status
from sim.errors import printable
from sim.report.check_markdown import escaped
from sim.report.tables import printed

NOTHING = "no difference in meaning"
ELSEWISE: tuple[Status, ...] = ("added", "removed", "unreadable")
TITLES: dict[ChangeKind, str] = {
    "policy": "policy",
    "assumption": "assumptions: outside of `policy`",
    "horizon": "days that are simulated",
    "data": "data: contents of files",
    "evidence": "evidence only: no result changes",
}
SHORT, LONGEST, LONGEST_IN_CELL = 44, 2_000, 300
PARTS_SHOWN = 12
SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "~"}


def diff_text(diff: Diff, *, width: int = 100) -> str:
    """The headline, scenarios that came and went, and each change once: path, what stands there, where."""
    parts: list[Text | Padding] = [Text(headline(diff), style="bold")]
    parts += [Text(line) for line in _arrivals(diff)]
    for files, changes in diff.shared.items():
        if len(diff.scenarios) > 1:
            parts += [Text(), Text(_whose(files, diff), style="bold")]
        for kind in KINDS:
            of_kind = [change for change in changes if change.kind == kind]
            if of_kind:
                parts += [Text(), Text(TITLES[kind])]
                parts += [line for change in of_kind for line in _lines(change)]
    return printed(parts, width, None)


def headline(diff: Diff) -> str:
    """One line: what was compared, and how much differs."""
    return f"{diff.left} → {diff.right}: {', '.join(_counts(diff)) or NOTHING}"


def _counts(diff: Diff) -> Iterator[str]:
    n, n_changes = len(diff.scenarios), sum(map(len, diff.shared.values()))
    if n_changes:
        n_changed = sum(one.status == "changed" for one in diff.scenarios)
        yield _counted(n_changes, "change") + (f" in {n_changed} of {n} scenarios" if n > 1 else "")
    for status in ELSEWISE:
        n_such = sum(one.status == status for one in diff.scenarios)
        if n_such:
            yield f"{n_such} {status}" if n > 1 else status
    if not diff.is_different and not diff.problems and n > 1:
        yield f"{NOTHING} ({n} scenarios)"


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'s' * (n != 1)}"


def _arrivals(diff: Diff) -> Iterator[str]:
    """Scenarios that only one side has, and those that cannot be read."""
    if len(diff.scenarios) == 1:
        return
    for one in diff.scenarios:
        if one.status in ELSEWISE:
            yield f"{one.status}: {one.file}"


def _whose(files: Sequence[str], diff: Diff) -> str:
    """The scenarios that share changes."""
    n_in_both = sum(one.status in ("same", "changed") for one in diff.scenarios)
    if len(files) == n_in_both > 1:
        return f"all {n_in_both} scenarios" + " that both sides have" * (n_in_both < len(diff.scenarios))
    return ", ".join(files)


def _what(change: ScenarioChange) -> str:
    if change.is_order:
        return "moved"
    return "added" if change.left is None else "removed" if change.right is None else "changed"


def _lines(change: ScenarioChange) -> Iterator[Text | Padding]:
    """A change on a few lines, each wrapped under itself."""
    yield Text(f"  {SIGNS[_what(change)]} {change.path}{', order' if change.is_order else ''}")
    below = [*_value_lines(change), *_evidence_lines(change), _places(change)]
    yield from (Padding(Text(printable(line, LONGEST)), (0, 0, 0, 6)) for line in below)


def _value_lines(change: ScenarioChange) -> list[str]:
    left, right = change.left, change.right
    if change.kind == "evidence":
        return []
    if left is None or right is None:
        there = left or right
        return _parts(there) if there else []
    if len(left.value) <= SHORT and len(right.value) <= SHORT:
        return [f"{left.value} → {right.value}"]
    first, *others = _parts(right, left)
    return [*_parts(left, right), f"→ {first}", *(f"  {other}" for other in others)]


def _parts(there: Standing, other: Standing | None = None) -> list[str]:
    """What stands there, by its parts where it is long; without those that the other side has too."""
    if not there.parts or len(there.value) <= SHORT:
        return [there.value]
    same = set(other.parts) if other else set()
    own = [part for part in there.parts if part not in same]
    told = own[:PARTS_SHOWN]
    n_more, n_same = len(own) - len(told), len(there.parts) - len(own)
    return told + [f"… {n_more:,} more"] * (n_more > 0) + [f"({n_same:,} on both sides)"] * (n_same > 0)


def _evidence_lines(change: ScenarioChange) -> list[str]:
    """Range and source, each where it differs."""
    left, right = change.left, change.right
    if left is None or right is None:
        there = left or right
        pairs = [("range", there and there.range), ("source", there and there.source)]
        return [f"{name}: {text}" for name, text in pairs if text]
    pairs_of_two = [("range", left.range, right.range), ("source", left.source, right.source)]
    return [f"{name}: {old or 'none'} → {new or 'none'}" for name, old, new in pairs_of_two if old != new]


def _places(change: ScenarioChange) -> str:
    return " → ".join(side.place.of_line for side in (change.left, change.right) if side)


# ---------------------------------------------------------------------------------------------------------------------
# Markdown and JSON


def diff_markdown(diff: Diff) -> str:
    """The headline and one table of all changes, for a comment on a pull request."""
    lines = [f"**{escaped(headline(diff))}**", *(f"- {escaped(line)}" for line in _arrivals(diff))]
    for files, changes in diff.shared.items():
        if len(diff.scenarios) > 1:
            lines.append(f"**{escaped(_whose(files, diff))}**")
        rows = ["| | Path | Before | After | Where |", "| --- | --- | --- | --- | --- |"]
        for kind in KINDS:
            rows += [_row(change) for change in changes if change.kind == kind]
        lines.append("\n".join(rows))
    return "\n\n".join(lines) + "\n"


def _row(change: ScenarioChange) -> str:
    cells = [_cell(side, change) for side in (change.left, change.right)]
    path = escaped(change.path) + (", order" if change.is_order else "")
    return f"| {change.kind} | {path} | {cells[0]} | {cells[1]} | {escaped(_places(change))} |"


def _cell(side: Standing | None, change: ScenarioChange) -> str:
    if side is None:
        return "–"
    told = escaped(printable(side.value, LONGEST_IN_CELL))
    known = ", ".join(text for text in (side.range, side.source) if text)
    return f"{told}<br>{escaped(printable(known, LONGEST_IN_CELL))}" if known and _evidence_lines(change) else told


def diff_as_json(diff: Diff) -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "left": diff.left,
        "right": diff.right,
        "different": diff.is_different,
        "scenarios": [
            {
                "file": one.file,
                "status": one.status,
                "left": one.left_name,
                "right": one.right_name,
                "changes": [_change_as_json(change) for change in one.changes],
                "problems": [str(problem.place or "") + f": {problem.message}" for problem in one.problems],
            }
            for one in diff.scenarios
        ],
    }


def _change_as_json(change: ScenarioChange) -> dict[str, Any]:
    sides = {"left": change.left, "right": change.right}
    return {"kind": change.kind, "path": change.path, "what": _what(change)} | {
        name: side
        and {
            "value": side.value,
            "range": side.range,
            "source": side.source,
            "file": side.place.file,
            "line": side.place.line,
            "column": side.place.column,
        }
        for name, side in sides.items()
    }
