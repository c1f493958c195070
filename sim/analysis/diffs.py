"""What differs in meaning between two scenarios, or between two revisions of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.errors import Place, Problem

ChangeKind = Literal["policy", "assumption", "horizon", "data", "evidence"]
Status = Literal["same", "changed", "added", "removed", "unreadable"]
KINDS: tuple[ChangeKind, ...] = ("policy", "assumption", "horizon", "data", "evidence")


@dataclass(frozen=True)
class Standing:
    """What stands at a path in one of two scenarios.

    Args:
        value: in the words of its file.
        range: within which it lies, `3% to 9%`, where the file says so.
        source: who says so.
        place: where it stands; the file of a revision is called `REVISION:file`.
        parts: `key: value` of each part, where it holds several.
    """

    value: str
    range: str | None
    source: str | None
    place: Place
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScenarioChange:
    """One change: `left` or `right` is None where nothing stands; `is_order` where only the order of names differs."""

    kind: ChangeKind
    path: str
    left: Standing | None
    right: Standing | None
    is_order: bool = False


@dataclass(frozen=True)
class ScenarioDiff:
    """What became of one scenario.

    Args:
        file: below the folder that was named; of a scenario that was named, the right one's.
        status: "unreadable" where one of the two has `problems`.
        left_name: the scenario's name; None where it was added, or cannot be read.
        right_name: the same of the right one.
        changes: in the order of the files.
    """

    file: str
    status: Status
    left_name: str | None = None
    right_name: str | None = None
    changes: tuple[ScenarioChange, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Diff:
    """Two sides, as a reader knows them, and each scenario of either."""

    left: str
    right: str
    scenarios: tuple[ScenarioDiff, ...]
    warnings: tuple[Problem, ...] = ()

    @property
    def is_different(self) -> bool:
        """Whether any scenario came, went or means something else."""
        return any(one.status in ("changed", "added", "removed") for one in self.scenarios)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why some of the scenarios are unreadable, each problem once."""
        return tuple(dict.fromkeys(problem for one in self.scenarios for problem in one.problems))

    @property
    def shared(self) -> dict[tuple[str, ...], list[ScenarioChange]]:
        """Each change once, by the scenarios that have it; a world's change shows in every policy over it."""
        having: dict[ScenarioChange, list[str]] = {}
        for scenario in self.scenarios:
            for change in scenario.changes:
                having.setdefault(change, []).append(scenario.file)
        found: dict[tuple[str, ...], list[ScenarioChange]] = {}
        for change, files in having.items():
            found.setdefault(tuple(files), []).append(change)
        return found
