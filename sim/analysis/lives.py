"""One person's life under two scenarios: what happens under both, what under one only, and where lives part most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from sim.analysis.comparing import without_common_beginning

I64 = npt.NDArray[np.int64]
Under = Literal["both", "baseline", "other"]


class Event(Protocol):
    """Something that happened to a person, as `sim trace` tells it."""

    @property
    def day(self) -> int:
        """Of the horizon, from 0."""

    @property
    def date(self) -> date:
        """Of that day."""

    @property
    def what(self) -> str:
        """Its kind, such as "ordered"."""

    @property
    def detail(self) -> str:
        """What else there is to tell; may be empty."""


@dataclass(frozen=True)
class Life:
    """A person's life under one scenario.

    Attributes:
        label: the scenario's, for people.
        events: in the order in which they happened.
        totals: spend in cents, orders, active days and messages within the horizon.
    """

    label: str
    events: tuple[Event, ...]
    totals: Mapping[str, int]


@dataclass(frozen=True)
class Moment:
    """An event of a timeline, as it is under each of two scenarios; None where it does not happen.

    What happens under both on one day may differ in its detail, such as the amount of an order.
    """

    baseline: Event | None
    other: Event | None

    @property
    def event(self) -> Event:
        """The event where it happens, under the baseline if under both."""
        found = self.other if self.baseline is None else self.baseline
        assert found is not None
        return found

    @property
    def is_same(self) -> bool:
        """It happens under both, in the same way."""
        return self.baseline == self.other

    @property
    def under(self) -> Under:
        """Where it happens."""
        if self.baseline is not None and self.other is not None:
            return "both"
        return "other" if self.baseline is None else "baseline"


@dataclass(frozen=True)
class TwoLives:
    """The lives of one person under two scenarios, over the same days with the same luck.

    Attributes:
        timeline: what happens under either, by day, and within a day in its order.
        currency: of spend, as its code.
        warnings: where the scenarios differ outside `policy`.
    """

    person: int
    baseline: Life
    other: Life
    timeline: tuple[Moment, ...]
    seed: int
    replicate: int
    days: int
    currency: str
    warnings: tuple[str, ...] = ()

    @property
    def first_difference(self) -> Moment | None:
        """The first moment that is not the same under both; None where there is none."""
        return next((moment for moment in self.timeline if not moment.is_same), None)


@dataclass(frozen=True)
class MostChanged:
    """The person whose metric differs most between two scenarios, with its value under each; spend in cents."""

    person: int
    metric: str
    baseline: int
    other: int


def two_labels(names: Sequence[str], files: Sequence[str]) -> list[str]:
    """What two scenarios are called side by side: their names, or their files' where these tell them apart."""
    labels = without_common_beginning(names if len(set(names)) == 2 or len(set(files)) == 1 else files)
    return labels if len(set(labels)) == 2 else [labels[0], f"{labels[1]} (2)"]


def timeline_of(baseline: Sequence[Event], other: Sequence[Event]) -> tuple[Moment, ...]:
    """Both lives as one: by day, each event once where it happens under both."""
    days = sorted({event.day for event in (*baseline, *other)})
    return tuple(
        Moment(left, right)
        for day in days
        for left, right in _aligned(*([event for event in life if event.day == day] for life in (baseline, other)))
    )


def _aligned(
    left: Sequence[Event], right: Sequence[Event], *, by_detail: bool = True
) -> Iterator[tuple[Event | None, Event | None]]:
    """The events of a day in pairs, in the order of both: those that are the same, then those of the same kind."""
    a, b = ([(event.what, event.detail if by_detail else "") for event in events] for events in (left, right))
    for tag, i, i_end, j, j_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(left[i:i_end], right[j:j_end], strict=True)
        elif tag == "replace" and by_detail:
            yield from _aligned(left[i:i_end], right[j:j_end], by_detail=False)
        else:
            yield from ((event, None) for event in left[i:i_end])
            yield from ((None, event) for event in right[j:j_end])


def find_most_changed(baseline: Mapping[str, I64], other: Mapping[str, I64], metric: str) -> MostChanged | None:
    """The person with the largest difference in a metric, of several the first; None where nobody differs.

    Args:
        baseline, other: for each metric int64 (n_persons,), in the order of persons; 0 for those who are no users.
    """
    left, right = baseline[metric], other[metric]
    distance = np.abs(right - left)
    if not distance.any():
        return None
    person = int(distance.argmax())
    return MostChanged(person, metric, int(left[person]), int(right[person]))


def differing(baseline: Mapping[str, I64], other: Mapping[str, I64]) -> list[str]:
    """The metrics in which somebody differs."""
    return [name for name in baseline if (baseline[name] != other[name]).any()]
