"""Charts of what moved: two scenarios side by side, from the runs by which they were judged; nothing runs again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from sim.analysis.comparing import Comparison, compare_runs
from sim.analysis.verdicts import CheckReport, DrawnChart
from sim.checks.bench import Bench, Sample
from sim.checks.questions import BaselineQuestion, ExpectationQuestion
from sim.errors import ResultsError
from sim.report.check_wording import verdicts_to_tell
from sim.store.naming import folder_name

if TYPE_CHECKING:
    from sim.checks.questions import Question

ACCEPTED = "as accepted"


@dataclass(frozen=True)
class Gallery:
    """The folder that charts are drawn into, and where it can be read; "" where nobody said."""

    folder: Path
    url: str = ""

    def url_of(self, path: PurePosixPath) -> str:
        """Where a path below the folder can be read."""
        return self.url and f"{self.url.rstrip('/')}/{quote(str(path))}"


@dataclass(frozen=True)
class Pair:
    """Two scenarios with the same luck that a check told apart, or could not.

    Args:
        right: the scenario that the check is about.
        left: what is subtracted.
        against: its name; None where it is the same scenario as it was accepted.
    """

    right: Sample
    left: Sample
    against: str | None

    @property
    def key(self) -> tuple[str, str, int]:
        """What is compared, with however many replicates."""
        return self.right.scenario.hash, self.left.scenario.hash, self.right.seed

    @property
    def title(self) -> str:
        """Which scenario, beside which other."""
        name = self.right.scenario.name
        return name if self.against is None else f"{name} against {self.against}"

    @property
    def place(self) -> PurePosixPath:
        """The folder of its charts, below that of all."""
        beside = "accepted" if self.against is None else f"against {self.against}"
        return PurePosixPath(folder_name(self.right.scenario.name), folder_name(beside))


def draw_what_moved(
    report: CheckReport, questions: Sequence[Question], bench: Bench, gallery: Gallery
) -> tuple[DrawnChart, ...]:
    """Draw each pair of scenarios behind what is to be told, the worst first, each once.

    Args:
        questions: those of the report's verdicts, in their order.
    Raises:
        ResultsError: the folder cannot be written.
    """
    asked = dict(zip(report.verdicts, questions, strict=True))
    pairs: dict[tuple[str, str, int], Pair] = {}
    for verdict in verdicts_to_tell(report):
        pair = pair_of(asked[verdict])
        if pair is not None:
            known = pairs.setdefault(pair.key, pair)
            pairs[pair.key] = max(known, pair, key=lambda one: one.right.replicates)
    charts: list[DrawnChart] = []
    taken: set[str] = set()
    for pair in pairs.values():
        comparison = compared(pair, bench)
        if comparison is not None:
            charts += drawn(pair, comparison, gallery, free_place(pair.place, taken))
    return tuple(charts)


def pair_of(question: Question) -> Pair | None:
    """What a question compared at its last look; None where it compared nothing, or what was accepted did not move."""
    if isinstance(question, ExpectationQuestion):
        left = question.expected.against
        against = None if left is None else left.name
    else:
        assert isinstance(question, BaselineQuestion)
        has_moved = question.judgement != "pass" or question.has_moved
        left, against = question.standing.accepted if has_moved else None, None
    if left is None:
        return None
    look = question.last_look
    return Pair(question.sample(question.scenario, look), question.sample(left, look), against)


def compared(pair: Pair, bench: Bench) -> Comparison | None:
    """The pair's runs, paired by replicate; None where they cannot be, or where both sides give the same now."""
    try:
        found = compare_runs(bench.runs[pair.left.identity], [bench.runs[pair.right.identity]])
    except ResultsError as error:
        if bench.warn is not None:
            bench.warn(f"no charts of {pair.title}: {error}")
        return None
    if not any(one.difference or one.low or one.high for one in found.policies[0].differences):
        return None
    if pair.against is not None:
        return found
    policy = replace(found.policies[0], label=pair.right.scenario.name)
    return replace(found, label=ACCEPTED, policies=(policy,))


def drawn(pair: Pair, comparison: Comparison, gallery: Gallery, place: PurePosixPath) -> list[DrawnChart]:
    """The charts of a pair, drawn into its folder."""
    from sim.report.charts import draw_differences

    return [
        DrawnChart(
            title=f"{file.stem.replace('-', ' ')} of {pair.title}",
            scenario=pair.right.scenario.name,
            against=pair.against,
            file=file.as_posix(),
            url=gallery.url_of(place / file.name),
        )
        for file in draw_differences(comparison, gallery.folder / place)
    ]


def free_place(place: PurePosixPath, taken: set[str]) -> PurePosixPath:
    """The folder, or one with a number where names that differ share it; taken from now on."""
    found, number = place, 1
    while str(found).casefold() in taken:
        number += 1
        found = place.with_name(f"{place.name}-{number}")
    taken.add(str(found).casefold())
    return found
