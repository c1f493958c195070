"""What is asked of runs: does an expectation hold, and is an outcome what was accepted?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from sim.analysis.intervals import Floats
from sim.analysis.outcomes import Outcome
from sim.analysis.verdicts import (
    Bounds,
    Cause,
    Measure,
    Status,
    Verdict,
    confidence_of,
    judged,
    measured_difference,
    measured_level,
    planned_looks,
)
from sim.checks.accepting import Standing
from sim.checks.bench import Bench, Sample
from sim.checks.reading import Expected
from sim.metrics import Metric
from sim.pipeline import LoadedScenario
from sim.report.verdict_notes import accepted_text, ended_text, note_text
from sim.scenario.amounts import Amount
from sim.scenario.expectations import CheckSettings, Expectation


class Question(ABC):
    """One thing that is asked, and what its last look found.

    Args:
        settings: how many replicates its looks take.
        metric: what is measured.
        scenario: the scenario that it is about.
        bounds: where the number may lie.
    """

    def __init__(self, settings: CheckSettings, metric: Metric, scenario: LoadedScenario, bounds: Bounds) -> None:
        self.settings, self.metric, self.scenario, self.bounds = settings, metric, scenario, bounds
        self.looks = planned_looks(settings.first, settings.most)
        self.confidence = confidence_of(len(self.looks))
        self.found: Measure | None = None
        self.judgement: Status = "inconclusive"
        self.last_look = 0

    @abstractmethod
    def samples(self, look: int) -> list[Sample]:
        """What has to be run for a look."""

    @abstractmethod
    def measure(self, look: int, bench: Bench) -> Measure | None:
        """What a look finds; None where it cannot be made."""

    @abstractmethod
    def verdict(self, causes: tuple[Cause, ...]) -> Verdict:
        """The answer, with what moved the outcome."""

    def is_answered(self, look: int, bench: Bench) -> bool:
        """Look, and say whether another look is neither needed nor planned."""
        found = self.measure(look, bench)
        if found is None:
            return True
        self.found, self.last_look, self.judgement = found, look, self.judged(found)
        return self.judgement != "inconclusive" or look + 1 == len(self.looks)

    def judged(self, found: Measure) -> Status:
        """What follows from a measure."""
        return judged(found, self.bounds)

    def sample(self, scenario: LoadedScenario, look: int) -> Sample:
        """A scenario with as many replicates as a look takes."""
        return Sample(scenario, self.settings.seed, self.looks[look])

    @property
    @abstractmethod
    def is_held_in_per_cent(self) -> bool:
        """Whether a difference is held to a share of the other side's level, not to an amount."""

    def numbers(self) -> dict[str, Any]:
        """The fields of a verdict that say what was measured."""
        assert self.found is not None
        own, relative = self.found.own, self.found.relative
        return {
            "metric": self.metric,
            "currency": self.scenario.scenario.currency,
            "scenario": self.scenario.name,
            "measured": own.mean,
            "low": own.low,
            "high": own.high,
            "relative": relative.mean if relative else None,
            "relative_low": relative.low if relative else None,
            "relative_high": relative.high if relative else None,
            "n_replicates": own.n,
            "confidence": self.confidence,
            "is_held_in_per_cent": self.is_held_in_per_cent,
        }

    def note(self) -> str:
        """Why the verdict is what it is."""
        assert self.found is not None
        return note_text(self.judgement, self.found, self.bounds)


class ExpectationQuestion(Question):
    """Does an expectation hold?"""

    def __init__(self, settings: CheckSettings, expected: Expected) -> None:
        given = expected.bounds
        bounds = bounds_of(given)
        super().__init__(settings, expected.metric, expected.scenario, bounds)
        self.expected = expected
        part = given.channel or given.segment
        self.outcome = Outcome(expected.metric, given.on, "channel" if given.channel else "segment", part)

    def samples(self, look: int) -> list[Sample]:
        """The scenario, and the one that is subtracted."""
        return [self.sample(side, look) for side in (self.scenario, self.expected.against) if side is not None]

    def measure(self, look: int, bench: Bench) -> Measure:
        """The level or the difference."""
        values = [bench.values(sample, self.outcome) for sample in self.samples(look)]
        if len(values) == 1:
            return measured_level(values[0], self.confidence)
        return measured_difference(values[0], values[1], self.confidence)

    @property
    def is_held_in_per_cent(self) -> bool:
        """Also where all bounds are 0."""
        return self.bounds.is_relative or not any(amount.number for amount in self.expected.bounds.amounts.values())

    def verdict(self, causes: tuple[Cause, ...]) -> Verdict:
        """The answer; where it is only to warn, what is open warns as well."""
        one = self.expected
        is_warning = one.bounds.otherwise == "warn" and self.judgement != "pass"
        return Verdict(
            name=one.name,
            kind="expectation",
            status="warn" if is_warning else self.judgement,
            against=one.against.name if one.against else None,
            allowed=one.bounds.allowed,
            place=one.place,
            moved_by=causes,
            note=self.note(),
            **self.numbers(),
        )


class BaselineQuestion(Question):
    """Is an outcome what was accepted?"""

    def __init__(self, settings: CheckSettings, standing: Standing, metric: Metric, margin: Amount) -> None:
        self.standing, self.margin = standing, margin
        self.accepted = standing.outcomes(metric)
        is_defined = ~np.isnan(self.accepted)
        self.level = float(self.accepted[is_defined].mean()) if is_defined.any() else None
        width = margin.value * (abs(self.level or 0.0) if margin.is_relative else 1.0)
        super().__init__(settings, metric, standing.held.scenario, Bounds(-width, width))
        self.values = self.others = np.empty(0)

    def samples(self, look: int) -> list[Sample]:
        """The scenario as it is; beyond the replicates that were accepted, as it was, too."""
        was = self.standing.accepted
        is_beyond = self.looks[look] > self.accepted.size and was is not None
        return [self.sample(side, look) for side in (self.scenario, was if is_beyond else None) if side is not None]

    def measure(self, look: int, bench: Bench) -> Measure | None:
        """The difference to what was accepted, by replicate.

        Beyond the accepted replicates the accepted scenario is run again. That says what would have been accepted only
        where this version of sim repeats what was; else the looks end with the accepted replicates.
        """
        n = self.looks[look]
        values = bench.values(self.sample(self.scenario, look), Outcome(self.metric))
        others = self.accepted[:n]
        if n > others.size:
            again = self.repeated(look, bench)
            is_repeated = again is not None and np.array_equal(again[: others.size], others, equal_nan=True)
            if again is not None and is_repeated:
                others = again
            elif look > 0:
                return None
            values = values[: others.size]
        self.values, self.others = values, others
        return measured_difference(values, others, self.confidence)

    def repeated(self, look: int, bench: Bench) -> Floats | None:
        """What the accepted scenario gives now; None where it cannot be run any more."""
        was = self.standing.accepted
        return bench.values(self.sample(was, look), Outcome(self.metric)) if was is not None else None

    @property
    def is_held_in_per_cent(self) -> bool:
        """As the margin is."""
        return self.margin.is_relative

    def judged(self, found: Measure) -> Status:
        """What follows; where no replicate defines the difference, whether that is as it was."""
        if found.own.mean is None:
            return "pass" if self.is_never_defined else "fail"
        return super().judged(found)

    def note(self) -> str:
        """Why the verdict is what it is."""
        if self.found is not None and self.found.own.mean is None:
            when = "in no replicate, as accepted" if self.is_never_defined else "in other replicates than when accepted"
            return f"It is defined {when}."
        return super().note()

    @property
    def is_never_defined(self) -> bool:
        """Whether no replicate defines the metric, neither now nor when it was accepted."""
        return bool(np.isnan(self.values).all() and np.isnan(self.others).all())

    @property
    def has_moved(self) -> bool:
        """Whether zero lies outside of the interval of the difference."""
        return self.found is not None and self.found.own.excludes_zero

    @property
    def is_like_luck(self) -> bool:
        """Whether zero lies in the interval of the difference, which has one."""
        own = self.found.own if self.found is not None else None
        return own is not None and own.low is not None and not own.excludes_zero

    def verdict(self, causes: tuple[Cause, ...]) -> Verdict:
        """The answer; what was accepted until a day that is past is accepted no more."""
        unit = self.scenario.scenario.currency
        is_over = self.standing.is_expired
        return Verdict(
            name=f"{self.scenario.name}: {self.metric.name} as accepted",
            kind="baseline",
            status="fail" if is_over else self.judgement,
            against=None,
            allowed=accepted_text(self.metric, unit, self.level, self.margin.text()),
            place=self.standing.held.place,
            moved_by=causes,
            note=ended_text(self.standing.baseline.expires) if is_over else self.note(),
            accepted=self.level,
            **self.numbers(),
        )


def bounds_of(given: Expectation) -> Bounds:
    """Where a number may lie, the margin added on both sides."""
    slack = given.margin.value if given.margin is not None else 0.0
    return Bounds(
        low=given.at_least.value - slack if given.at_least is not None else None,
        high=given.at_most.value + slack if given.at_most is not None else None,
        is_relative=given.is_in_per_cent,
    )
