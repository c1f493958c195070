"""`{file: name.csv}` replaced by what the file holds, so that a resolved scenario stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sim.errors import Problem, ScenarioError, printable
from sim.scenario.files import file_trouble
from sim.scenario.layering import resolve_inside
from sim.scenario.series import SeriesFile, read_series_csv
from sim.scenario.tree import Entry, MappingNode, ScalarNode, Tree, TreePath

Pattern = tuple[str, ...]

_KEYS = ("file", "column")


def inline_files(tree: Tree, loaders: Mapping[Pattern, SeriesFile]) -> Tree:
    """The tree with the content of the series files that it names, and the problems of those that cannot be read.

    Args:
        tree: the resolved scenario.
        loaders: for the path of each mapping that may be written `{file: name.csv}` or `{file: name.csv, column: name}`
            what the file holds; `*` in a path stands for any key. Files are found relative to the YAML file that names
            them and must lie in the project.
    """
    work = _Work(tree)
    root = work.inlined(tree.root, {pattern: wanted for pattern, wanted in loaders.items() if pattern}, ())
    return replace(
        tree,
        root=root,
        files=tree.files | work.files,
        problems=(*tree.problems, *work.problems),
        unread=tree.unread | work.unread,
    )


@dataclass(slots=True)
class _Work:
    """The problems and files of one inlining."""

    tree: Tree
    problems: list[Problem] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    unread: set[TreePath] = field(default_factory=set)

    def inlined(self, node: MappingNode, loaders: Mapping[Pattern, SeriesFile], path: TreePath) -> MappingNode:
        """The mapping with the files of all entries that a pattern reaches."""
        entries = {}
        for key, entry in node.entries.items():
            below = {pattern[1:]: wanted for pattern, wanted in loaders.items() if pattern[0] in (key, "*")}
            content = entry.node
            if below and isinstance(content, MappingNode):
                wanted = below.pop((), None)
                if wanted is not None and "file" in content.entries:
                    content = self._content(content, wanted, (*path, key))
                elif below:
                    content = self.inlined(content, below, (*path, key))
            entries[key] = Entry(key, entry.key_span, content)
        return MappingNode(entries, node.span)

    def _content(self, node: MappingNode, wanted: SeriesFile, path: TreePath) -> MappingNode:
        try:
            named = self._text(node, "file")
            column = self._text(node, "column") if "column" in node.entries else wanted.column
            self._refuse_others(node)
            return self._read(node, named, replace(wanted, column=column))
        except ScenarioError as error:
            self.problems.extend(error.problems)
            self.unread.add(path)
            return node

    def _read(self, node: MappingNode, named: str, wanted: SeriesFile) -> MappingNode:
        span = node.entries["file"].node.span
        folder = self.tree.files.get(span.place.file, Path(span.place.file).absolute()).parent
        target = resolve_inside(named, span, folder, self.tree.project_root)
        trouble = file_trouble(target, None)
        if trouble is not None:
            raise ScenarioError([Problem(trouble[0], span.place, span.length, hint=trouble[1])])
        series = read_series_csv(target, wanted)
        self.files[series.span.place.file] = target
        return series

    def _text(self, node: MappingNode, key: str) -> str:
        entry = node.entries[key]
        if isinstance(entry.node, ScalarNode) and isinstance(entry.node.value, str):
            return entry.node.value
        raise ScenarioError([Problem(f"`{key}` must be text", entry.key_span.place, entry.key_span.length)])

    def _refuse_others(self, node: MappingNode) -> None:
        unknown = [entry for key, entry in node.entries.items() if key not in _KEYS]
        if unknown:
            raise ScenarioError(
                Problem(
                    f"unknown field `{printable(entry.key)}` beside `file`",
                    entry.key_span.place,
                    entry.key_span.length,
                    ", ".join(_KEYS),
                )
                for entry in unknown[:50]
            )
