"""Files laid over each other by `extends`: mappings merge by key, `null` removes, every value keeps its place."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sim.errors import SET, Problem, ScenarioError, printable, shown_path
from sim.scenario.changes import Change
from sim.scenario.files import file_trouble
from sim.scenario.findings import NO_DASH, did_you_mean, spaced
from sim.scenario.lookalikes import lookalike_advice
from sim.scenario.reading import read_document
from sim.scenario.tree import Entry, ListNode, MappingNode, Node, ScalarNode, Span, Tree

MAX_LEVELS = 16
MAX_FILES = 32
MAX_TOTAL_BYTES = 2 << 20
_PROBLEMS_AT_MOST = 1000
_ROOT_MARKS = (".git", "pyproject.toml", ".sim-root")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HAS_NO = "has no"
_EVIDENCE = frozenset(("value", "low", "high", "source"))


def load_layers(path: str | os.PathLike[str], changes: Sequence[Change] = ()) -> Tree:
    """The scenario that a file describes, after `extends`, with the changes laid over it.

    Later files of a list lie over earlier ones, and the file itself over all; a file that is reached twice counts once,
    where it comes first. The scenario's project is the nearest folder above that holds `.git`, `pyproject.toml` or
    `.sim-root`, else the folder above the file's own; no `extends` may leave it.

    Raises:
        ScenarioError: with all problems of the first file that cannot be used, or of the merge.
    """
    main = Path(os.path.abspath(path))
    trouble = file_trouble(main)
    if trouble is not None:
        raise ScenarioError([Problem(trouble[0], None, hint=trouble[1])])
    stack = _Stack(find_project_root(main))
    stack.lay(main, ())
    root = stack.layers[0]
    problems: list[Problem] = []
    if len(stack.layers) == 1:
        root = _without_nulls(root, problems)
    for layer in stack.layers[1:]:
        root = _merged(root, layer, problems)
    below = root
    for change in changes:
        of_change: list[Problem] = []
        root = _merged(root, change.layer, of_change)
        problems += [_with_name(problem, main.stem) for problem in of_change]
    if problems:
        raise ScenarioError(problems)
    files = {shown_path(main): main} | {shown_path(file): file for file in stack.files}
    files |= {change.source: main for change in changes}  # a file that a change names is found beside the scenario
    return Tree(root, files, stack.project_root, before_changes=below if changes else None)


def _with_name(problem: Problem, scenario: str) -> Problem:
    """The problem of a change that finds nothing to remove, with the scenario that lacks it."""
    if not problem.message.startswith(_HAS_NO):
        return problem
    return replace(problem, message=f"`{printable(scenario, 100)}` {problem.message}")


def find_project_root(main: Path) -> Path:
    """The folder that the files of a scenario must stay in."""
    folder = Path(os.path.realpath(main.parent))
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in _ROOT_MARKS):
            return candidate
    is_top = folder.parent == Path(folder.anchor)
    return folder if is_top else folder.parent


def resolve_inside(named: str, span: Span, folder: Path, project_root: Path) -> Path:
    """The file that a text in a scenario file names; ScenarioError unless it can be read and lies in the project."""

    def refuse(message: str, hint: str | None = None) -> ScenarioError:
        return ScenarioError([Problem(message, span.place, span.length, hint=hint)])

    if "\0" in named or not named.strip():
        raise refuse(f"`{printable(named)}` is not the name of a file")
    if "\\" in named:
        forward = printable(named.replace("\\", "/"))
        raise refuse(f"`{printable(named)}` has backslashes", f"did you mean: {forward}?")
    if os.path.isabs(named) or re.match(r"[A-Za-z]:|~", named):
        raise refuse(f"`{printable(named)}` must be relative to the file that names it")
    target = Path(os.path.realpath(folder / named))
    if not target.is_relative_to(project_root):
        raise refuse(f"`{printable(named)}` lies outside of the project", _outside_hint(project_root))
    return target


def _outside_hint(project_root: Path) -> str:
    has_mark = any((project_root / mark).exists() for mark in _ROOT_MARKS)
    if has_mark:
        return f"copy the file into the project, which is the nearest folder that holds {' or '.join(_ROOT_MARKS)}"
    return "mark the top of the project with an empty file named .sim-root"


@dataclass(slots=True)
class _Stack:
    """The files read so far, lowest first."""

    project_root: Path
    layers: list[MappingNode] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    n_bytes: int = 0

    def lay(self, file: Path, chain: tuple[Path, ...], span: Span | None = None) -> None:
        """Puts the files that `file` extends, then `file` itself, on the stack."""
        chain = (*chain, file)
        self._check_budget(file, chain, span)
        document = read_document(file)
        for named, named_span in _extended(document):
            target = self._target(named, named_span, chain)
            if target not in self.files:
                self.lay(target, chain, named_span)
        entries = {key: entry for key, entry in document.entries.items() if key != "extends"}
        self.layers.append(MappingNode(entries, document.span))
        self.files.append(Path(os.path.realpath(file)))

    def _target(self, named: str, span: Span, chain: tuple[Path, ...]) -> Path:
        target = resolve_inside(named, span, chain[-1].parent, self.project_root)
        if target in [Path(os.path.realpath(file)) for file in chain]:
            loop = _shown_chain((*chain, target))
            message = "the file extends itself" if len(chain) == 1 else f"`extends` goes in a loop: {loop}"
            raise ScenarioError([Problem(message, span.place, span.length)])
        trouble = file_trouble(target)
        if trouble is not None:
            where = f" (extended by {_shown_chain(chain)})" if len(chain) > 1 else ""
            is_loop = trouble[1] in [f"did you mean: {file.name}?" for file in chain]
            hint = _found_nearby(named, chain) or (None if is_loop else trouble[1])
            raise ScenarioError([Problem(trouble[0] + where, span.place, span.length, hint=hint)])
        return target

    def _check_budget(self, file: Path, chain: tuple[Path, ...], span: Span | None) -> None:
        self.n_bytes += os.stat(file).st_size
        message = None
        if len(chain) > MAX_LEVELS:
            message = f"`extends` goes through more than {MAX_LEVELS} levels: {_shown_chain(chain)}"
        elif len(self.files) + len(chain) > MAX_FILES:
            message = f"`extends` reaches more than {MAX_FILES} files"
        elif self.n_bytes > MAX_TOTAL_BYTES:
            message = f"`extends` reaches files of more than {MAX_TOTAL_BYTES >> 20} MiB together"
        if message is not None and span is not None:
            raise ScenarioError([Problem(message, span.place, span.length)])


def _found_nearby(named: str, chain: tuple[Path, ...]) -> str | None:
    """Advice where the file lies in the folder of the one that names it, or above, and not where it is looked for."""
    name, folder = Path(named).name, chain[-1].parent
    for meant in (name, f"../{name}"):
        target = Path(os.path.realpath(folder / meant))
        if target.is_file() and target not in [Path(os.path.realpath(file)) for file in chain]:
            return f"did you mean: {printable(meant, 200)}? paths start at the file that names them"
    return None


def _shown_chain(chain: tuple[Path, ...]) -> str:
    names = [printable(shown_path(file), 200) for file in chain]
    return " → ".join(names if len(names) <= 6 else [*names[:3], "…", *names[-2:]])


def _extended(document: MappingNode) -> list[tuple[str, Span]]:
    """The files that a document names under `extends`, lowest first."""
    entry = document.entries.get("extends")
    if entry is None:
        return []
    items = entry.node.items if isinstance(entry.node, ListNode) else (entry.node,)
    names: list[tuple[str, Span]] = []
    for item in items:
        if not isinstance(item, ScalarNode) or not isinstance(item.value, str):
            span = item.span if isinstance(item, ScalarNode) else entry.key_span
            raise ScenarioError([_extends_problem("names no file", span)])
        names.append((item.value, item.span))
    if not names:
        raise ScenarioError([_extends_problem("is an empty list", entry.key_span)])
    return names


def _extends_problem(message: str, span: Span) -> Problem:
    return Problem(f"`extends` {message}", span.place, span.length, allowed="a file, or a list of files")


# ---------------------------------------------------------------------------------------------------------------------
# Merging


def _merged(below: MappingNode, above: MappingNode, problems: list[Problem]) -> MappingNode:
    """`above` laid over `below`; what a change only passes on its way to a value keeps its place."""
    is_change = above.span.place.file.startswith(SET)
    entries = dict(below.entries)
    for key, entry in above.entries.items():
        under = entries.get(key)
        if _is_null(entry.node):
            if under is None:
                _report_nothing_to_remove(key, entry, below, problems)
            entries.pop(key, None)
        elif under is None:
            entries[key] = Entry(key, entry.key_span, _cleaned(entry.node, problems))
        else:
            is_passed = is_change and isinstance(entry.node, MappingNode)
            key_span = under.key_span if is_passed else entry.key_span
            entries[key] = Entry(key, key_span, _laid_over(under.node, entry.node, problems))
    return MappingNode(entries, below.span if is_change else above.span)


def _laid_over(below: Node, above: Node, problems: list[Problem]) -> Node:
    if isinstance(below, MappingNode) and isinstance(above, MappingNode) and _can_merge(below, above):
        return _merged(below, above, problems)
    return _cleaned(above, problems)


def _can_merge(below: MappingNode, above: MappingNode) -> bool:
    """Whether two mappings are of one kind: a value with evidence, or dates, replace what they lie over.

    A new `value` must not keep the range and source of the old one.
    """
    if "value" in above.entries and _EVIDENCE.issuperset(above.entries):
        return False
    return _is_dated(below) == _is_dated(above)


def _is_dated(node: MappingNode) -> bool:
    return bool(node.entries) and all(_DATE.fullmatch(key) for key in node.entries)


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is None


def _cleaned(node: Node, problems: list[Problem]) -> Node:
    """The node, which lies over nothing; a null in it removes nothing and is a problem."""
    if isinstance(node, MappingNode):
        return _without_nulls(node, problems)
    if isinstance(node, ListNode):
        for item in node.items:
            if _is_null(item):
                place = item.span.place
                problems.append(Problem("an item of the list is empty", place, item.span.length))
            elif (named := _first_if_empty(item)) is not None:
                span = named.key_span
                problems.append(Problem(f"`{printable(named.key)}` is empty", span.place, span.length, hint=NO_DASH))
            elif isinstance(item, (MappingNode, ListNode)):
                _cleaned(item, problems)
    return node


def _first_if_empty(item: Node) -> Entry | None:
    """The first entry of a mapping, if it is empty: a name, with what belongs to it on its own level."""
    first = next(iter(item.entries.values()), None) if isinstance(item, MappingNode) else None
    return first if first is not None and _is_null(first.node) else None


def _without_nulls(node: MappingNode, problems: list[Problem]) -> MappingNode:
    entries = {}
    for key, entry in node.entries.items():
        if _is_null(entry.node):
            _report_nothing_to_remove(key, entry, None, problems)
        else:
            entries[key] = Entry(key, entry.key_span, _cleaned(entry.node, problems))
    return MappingNode(entries, node.span)


def _report_nothing_to_remove(key: str, entry: Entry, below: MappingNode | None, problems: list[Problem]) -> None:
    message = f"`{printable(key)}` is empty" + (", and no file below has it" if below is not None else "")
    hint = did_you_mean(key, list(below.entries)) if below is not None and len(problems) < 50 else None
    span, meant = entry.key_span, spaced(key)
    if meant is not None:
        problem = Problem(
            "a space is missing after the colon", span.place, span.length, hint=f"write: {printable(meant)}"
        )
        problems.append(problem)
        return
    is_rest_of_a_text = re.search(r"[()<>=]", key) is not None
    advice = (
        "inside { } a text with a comma needs quotes" if is_rest_of_a_text else "give it a value, or remove the line"
    )
    if span.place.file.startswith(SET):
        message, advice = f"{_HAS_NO} `{printable(key)}` to remove", "a change applies to every scenario that is named"
    problems.append(Problem(message, span.place, span.length, hint=lookalike_advice(key) or hint or advice))
    if len(problems) >= _PROBLEMS_AT_MOST:
        raise ScenarioError(problems)
