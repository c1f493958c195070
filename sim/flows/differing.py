"""The flow of `sim diff`: two scenarios, two folders, or two revisions of one of them → what differs in meaning."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from sim.analysis.diffs import Diff, ScenarioChange, ScenarioDiff, Standing
from sim.errors import Place, Problem, ScenarioError, UsageError, shown_path
from sim.flows.revisions import Revision, not_ignored, opened, repository_of
from sim.pipeline import AnyPath, LoadedScenario, load
from sim.scenario.contrasts import Contrast, Evidence, contrasts, parts_of
from sim.scenario.expectations import FILE_NAMES
from sim.scenario.files import scenario_files_below

WORKING_TREE = "the working tree"
HASH_SHOWN = 7
Parts = tuple[str, ...]


def diff(left: AnyPath | LoadedScenario, right: AnyPath | LoadedScenario) -> Diff:
    """What differs in meaning between two scenarios, or between the scenarios of two folders, by their file names.

    Raises:
        ScenarioError: one of two scenarios cannot be read; in folders that is told of each.
        UsageError: a folder and a file, or folders without scenarios.
    """
    if isinstance(left, LoadedScenario) or isinstance(right, LoadedScenario):
        pair = [one if isinstance(one, LoadedScenario) else load(one) for one in (left, right)]
        files = [shown_path(one.tree.main) for one in pair]
        found = _of_pair(files[1], pair[0], pair[1], _Source(pair[0].tree.main), _Source(pair[1].tree.main))
        return Diff(files[0], files[1], (found,), (*pair[0].warnings, *pair[1].warnings))
    sources = _Source(Path(left)), _Source(Path(right))
    for source in sources:
        if not source.path.exists():
            source.loaded(source.path)
    if sources[0].path.is_dir() != sources[1].path.is_dir():
        raise UsageError("one is a folder and one a file; name two scenarios, or two folders")
    return _of_sources(*sources, shown_path(left), shown_path(right))


def diff_revisions(path: AnyPath, left: str, right: str | None = None) -> Diff:
    """What differs in meaning in a scenario, or a folder of them, between two git revisions.

    Args:
        right: the working tree when None.
    Raises:
        ScenarioError: the one scenario that is named cannot be read; in folders that is told of each.
        UsageError: no repository, no such revision, no git, or a path that is in neither revision.
    """
    repository = repository_of(Path(path))
    inside = Path(os.path.realpath(path)).relative_to(repository)
    with ExitStack() as stack:
        revisions = [
            None if name is None else stack.enter_context(opened(repository, name, inside)) for name in (left, right)
        ]
        first, second = (
            _Source(Path(path), known=not_ignored(repository, inside))
            if revision is None
            else _Source(revision.folder / inside, revision)
            for revision in revisions
        )
        if not first.path.exists() and not second.path.exists():
            raise UsageError(f"{shown_path(path)} is neither in {_label(revisions[0])} nor in {_label(revisions[1])}")
        return _of_sources(first, second, f"{shown_path(path)} in {_label(revisions[0])}", _label(revisions[1]))


def _label(revision: Revision | None) -> str:
    return WORKING_TREE if revision is None else f"{revision.name} ({revision.commit[:HASH_SHOWN]})"


@dataclass(frozen=True)
class _Source:
    """One side: a scenario or a folder of them, on disk or out of a revision.

    Args:
        known: the files below the folder that git does not ignore; None where git is not asked.
    """

    path: Path
    revision: Revision | None = None
    known: frozenset[str] | None = None

    def files(self) -> dict[str, Path]:
        """Each scenario by its path below the folder; "" for a scenario that was named itself."""
        if not self.path.is_dir():
            return {"": self.path} if self.path.exists() else {}
        found = [file for file in scenario_files_below(self.path) if file.name not in FILE_NAMES]
        kept = {file.relative_to(self.path).as_posix(): file for file in found}
        return kept if self.known is None else {name: file for name, file in kept.items() if name in self.known}

    def loaded(self, file: Path | None) -> LoadedScenario | None:
        """The scenario of a file; None where this side has none."""
        try:
            return None if file is None else load(file)
        except ScenarioError as error:
            raise ScenarioError(map(self.problem, error.problems)) from None

    def shown(self, file: str) -> str:
        """A file as its reader knows it: `REVISION:path in the repository`, or its path."""
        absolute = Path(os.path.abspath(file))
        if self.revision is None or not absolute.is_relative_to(self.revision.folder):
            return file
        return f"{self.revision.name}:{absolute.relative_to(self.revision.folder).as_posix()}"

    def place(self, place: Place) -> Place:
        """The place in its file as its reader knows it."""
        return replace(place, file=self.shown(place.file))

    def standing(self, value: str | None, known: Evidence, place: Place | None, parts: Parts) -> Standing | None:
        """What stands at a path on this side."""
        return None if value is None or place is None else Standing(value, *known, self.place(place), parts)

    def problem(self, problem: Problem) -> Problem:
        """The problem with the files of a revision called by it."""
        if self.revision is None:
            return problem
        message = problem.message.replace(f"{shown_path(self.revision.folder)}{os.sep}", f"{self.revision.name}:")
        also = tuple((text, self.place(place)) for text, place in problem.also)
        return replace(problem, message=message, place=problem.place and self.place(problem.place), also=also)


def _of_sources(left: _Source, right: _Source, left_label: str, right_label: str) -> Diff:
    files = left.files(), right.files()
    names = sorted({*files[0], *files[1]})
    if not names:
        raise UsageError(f"no scenario (*.yaml) in {left_label}, nor in {right_label}")
    found, warnings = [], dict[Problem, None]()
    for name in names:
        try:
            sides = left.loaded(files[0].get(name)), right.loaded(files[1].get(name))
        except ScenarioError as error:
            if not name:
                raise
            found.append(ScenarioDiff(name, "unreadable", problems=error.problems))
            continue
        found.append(_of_pair(name or shown_path(right.path), *sides, left, right))
        for source, side in zip((left, right), sides, strict=True):
            told = side.warnings if side is not None and source.revision is None else ()
            warnings.update(dict.fromkeys(told))
    return Diff(left_label, right_label, tuple(found), tuple(warnings))


def _of_pair(
    file: str, left: LoadedScenario | None, right: LoadedScenario | None, of_left: _Source, of_right: _Source
) -> ScenarioDiff:
    names = left.name if left else None, right.name if right else None
    if left is None or right is None:
        return ScenarioDiff(file, "added" if left is None else "removed", *names)
    changes = tuple(_changes(contrasts(left, right), of_left, of_right))
    return ScenarioDiff(file, "changed" if changes else "same", *names, changes)


def _changes(found: Iterable[Contrast], of_left: _Source, of_right: _Source) -> Iterator[ScenarioChange]:
    for one in found:
        has_parts = not one.is_order and one.kind != "data"
        parts = [parts_of(node) if has_parts else () for node in (one.left_node, one.right_node)]
        left = of_left.standing(one.left, one.left_evidence, one.left_place, parts[0])
        right = of_right.standing(one.right, one.right_evidence, one.right_place, parts[1])
        yield ScenarioChange(one.kind, one.name, left, right, one.is_order)
