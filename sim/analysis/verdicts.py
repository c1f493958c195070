"""What a check finds: a verdict on each expectation and on each accepted outcome, and what moved those that failed.

How a verdict comes about. A number, a level or a difference, is known up to an interval; a bound parts its values into
good and bad ones. The whole interval on the good side passes, the whole interval on the bad side fails, an interval on
both sides is inconclusive, and more replicates make it narrower. So each check looks again and again: at n replicates,
at 2 n, 4 n … up to the most that are allowed. Each look can be mistaken, and mistakes add up: five looks at intervals
of 95% may miss a true value in up to 25% of all checks. Therefore the looks that are planned share out the 5%
(Bonferroni): of L looks each takes an interval of 1 - 5% / L, 98.75% where four are planned, and however the looks hang
together, at most 5% of all checks miss the true value at one of them, as far as each interval holds what it promises:
where differences are not strongly skewed (docs/check.md has figures). Two things follow:

- An outcome that is good fails in at most 5% of all checks, however near to its bound it lies: to fail, an interval has
  to miss it. Nearest, on a bound to one side, it is half of that, since chance errs to both sides alike.
- An outcome that is bad passes in at most 5% of all checks, for the same reason.

The verdict of a check is that of its first look that is not inconclusive; the looks that were planned beyond are not
made, and what they would have cost in certainty is not given back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.analysis.intervals import Floats, Interval, difference_interval, student_interval
from sim.errors import Place, Problem
from sim.metrics import Metric

Status = Literal["pass", "warn", "fail", "inconclusive"]
Kind = Literal["expectation", "baseline"]
CauseKind = Literal["policy", "assumption", "engine", "data", "noise"]

EXIT_CODES: dict[Status, int] = {"pass": 0, "warn": 0, "fail": 1, "inconclusive": 3}
BAD_INPUT = 2
MISTAKES = 0.05
"""The share of all checks that may rest on an interval that misses the true value, over all their looks."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Cause:
    """Something that differs between what was accepted and what is checked now.

    Args:
        kind: "policy", a line below `policy`; "assumption", any other line of the scenario; "data", the content of a
            file that it names; "engine", other numbers from the same scenario: another version, library or machine;
            "noise", nothing that is known: the same scenario and engine, other luck.
        text: what differs, such as "policy.response.message.off: 20 CNY → 60 CNY"; one line, no full stop.
        place: where it stands now; None where no line is to blame (engine, noise, a line that was removed).
    """

    kind: CauseKind
    text: str
    place: Place | None = None


@dataclass(frozen=True)
class Verdict:
    """What was measured, what was allowed, and what follows.

    Numbers are in the metric's unit: amounts in units of `currency`, shares as fractions of 1. With `against`, and for
    the kind "baseline", they are differences: this scenario minus the other, or minus what was accepted.

    Args:
        name: of the expectation, or "<scenario>: <metric> as accepted".
        kind: "expectation", a bound in expect.yaml; "baseline", an outcome that was accepted.
        status: "warn" is a broken expectation with `else: warn`; "inconclusive", the interval lies on both sides.
        metric: what was measured.
        currency: of amounts, as its code.
        scenario: the name of the scenario that was measured.
        against: the name of the scenario that was subtracted; None for a level and for the kind "baseline".
        measured: the mean; None where no replicate defines the metric.
        low: lower end of the interval on which the verdict stands; None where there is no interval.
        high: upper end, likewise.
        relative: measured as a share of the other side's level; None for levels, and where that level is 0.
        relative_low: low on the same yardstick.
        relative_high: high on the same yardstick.
        allowed: the bound in words, such as "at least +0.3%" or "within ±1% of the accepted 5,812,000 CNY".
        n_replicates: the replicates that define it.
        place: of the expectation's name, or of the scenario in the list of `baselines`; in its expect.yaml.
        moved_by: what differs from what was accepted, policy first; () when it passed and did not move, or when nothing
            was accepted.
        note: one sentence for people.
        accepted: the accepted level, of the kind "baseline".
        confidence: of the interval at each of the planned looks, 1 - 5% / looks: over all looks it is 95%.
        is_held_in_per_cent: whether a difference is held to a share of the other side's level, not to an amount.
    """

    name: str
    kind: Kind
    status: Status
    metric: Metric
    currency: str
    scenario: str
    against: str | None
    measured: float | None
    low: float | None
    high: float | None
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    allowed: str
    n_replicates: int
    place: Place
    moved_by: tuple[Cause, ...]
    note: str
    accepted: float | None = None
    confidence: float = 1 - MISTAKES
    is_held_in_per_cent: bool = True

    @property
    def is_difference(self) -> bool:
        """Whether the numbers are differences, to be shown with their sign."""
        return self.kind == "baseline" or self.against is not None

    @property
    def has_moved(self) -> bool:
        """Whether an accepted outcome is now distinguishably another one, be it within its margin."""
        outside = self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)
        return self.kind == "baseline" and outside


@dataclass(frozen=True)
class BaselineFacts:
    """Who accepted the outcomes of a scenario, when and why.

    Args:
        scenario: its name.
        author: who accepted them; "" where nobody is named.
        reason: in the author's words.
        date: of the acceptance, as 2026-06-30.
        expires: the last day on which they hold; None where they hold for good.
        is_expired: whether that day is past.
        version: of sim, when they were accepted.
        place: of the scenario in the list of `baselines`.
        file: the scenario as it is now.
        accepted_file: the scenario as it was accepted; "" where this version of sim cannot read it.
        options: with which `sim compare` and `sim explain` of the two measure what the check measures; "" for none.
    """

    scenario: str
    author: str
    reason: str
    date: str
    expires: str | None
    is_expired: bool
    version: str
    place: Place
    file: str = ""
    accepted_file: str = ""
    options: str = ""


@dataclass(frozen=True)
class DrawnChart:
    """A chart of what moved or did not pass.

    Args:
        title: what it shows, such as "differences of shop today".
        scenario: the name of the scenario that it is about.
        against: the name of the one that is subtracted; None where that is the scenario as it was accepted.
        file: where it was drawn.
        url: where it can be read; "" where nobody said.
    """

    title: str
    scenario: str
    against: str | None
    file: str
    url: str = ""


@dataclass(frozen=True)
class CheckReport:
    """All verdicts, in the order of the files and of the expectations in them; same input, same report.

    Args:
        verdicts: empty where the input cannot be used.
        problems: of the input; an error among them means that nothing was checked.
        version: of sim.
        baselines: what was accepted, in the order of the files.
        charts: of what moved or did not pass, the worst first; () where none were asked for.
    """

    verdicts: tuple[Verdict, ...]
    problems: tuple[Problem, ...]
    version: str
    baselines: tuple[BaselineFacts, ...] = ()
    charts: tuple[DrawnChart, ...] = ()

    @property
    def is_bad_input(self) -> bool:
        """Whether nothing could be checked."""
        return any(problem.severity == "error" for problem in self.problems)

    @property
    def status(self) -> Status:
        """The worst of the verdicts: fail, else inconclusive, else warn, else pass."""
        found = {verdict.status for verdict in self.verdicts}
        worst: tuple[Status, ...] = ("fail", "inconclusive", "warn")
        return next((status for status in worst if status in found), "pass")

    @property
    def exit_code(self) -> int:
        """0 pass (also with warnings), 1 fail, 2 bad input, 3 inconclusive."""
        return BAD_INPUT if self.is_bad_input else EXIT_CODES[self.status]

    @property
    def has_moved(self) -> bool:
        """Whether there is something to tell: an accepted outcome moved, or an expectation does not pass."""
        return any(verdict.status != "pass" or verdict.has_moved for verdict in self.verdicts)


# ---------------------------------------------------------------------------------------------------------------------
# The arithmetic


def planned_looks(first: int, most: int) -> tuple[int, ...]:
    """How many replicates each look takes: `first`, then twice as many each time, and `most` at last."""
    looks = [first]
    while 2 * looks[-1] <= most:
        looks.append(2 * looks[-1])
    return (*looks, most) if looks[-1] < most else tuple(looks)


def confidence_of(n_looks: int) -> float:
    """The confidence of each look's interval."""
    return 1 - MISTAKES / n_looks


@dataclass(frozen=True)
class Bounds:
    """From where to where a number may lie, tolerance included; None where it may be as low or as high as it likes.

    Args:
        is_relative: the bounds are shares of the other side's level.
    """

    low: float | None
    high: float | None
    is_relative: bool = False


@dataclass(frozen=True)
class Measure:
    """A level, or a difference in its own unit and as a share of the other side's level."""

    own: Interval
    relative: Interval | None = None


def measured_level(values: Floats, confidence: float) -> Measure:
    """A level over replicates."""
    return Measure(student_interval(values, confidence))


def measured_difference(values: Floats, others: Floats, confidence: float) -> Measure:
    """The paired difference of values to others, float64 (n_replicates,) of the same replicates, nan where undefined.

    As a share it is R = mean(values - others) / |mean(others)|, with the delta method's interval: that of the mean of
    (values - others - R · |others|) / |mean(others)|, so that the level's own scatter counts as well.

    Source: Cochran 1977, Sampling Techniques, chapter 6.
    """
    paired = values - others
    found = difference_interval(paired, confidence)
    is_defined = ~np.isnan(paired)
    level = float(others[is_defined].mean()) if is_defined.any() else 0.0
    if found.mean == 0 and not paired[is_defined].any():
        return Measure(found, Interval(0.0, found.low, found.high, found.n, found.method))
    if found.mean is None or level == 0:
        return Measure(found)
    ratio = found.mean / abs(level)
    residuals = (paired - ratio * np.copysign(1.0, level) * others)[is_defined] / abs(level)
    if found.n > 1 and np.abs(residuals).max() <= _ROUNDING * abs(ratio):
        return Measure(found, Interval(ratio, ratio, ratio, found.n))
    return Measure(found, difference_interval(ratio + residuals, confidence))


def judged(found: Measure, bounds: Bounds) -> Literal["pass", "fail", "inconclusive"]:
    """What follows from a measure: pass or fail only where its whole interval says so.

    An interval without width, of values that are all equal, is exact: it passes or fails by its one value.
    """
    interval = found.relative if bounds.is_relative else found.own
    if interval is None or interval.low is None or interval.high is None:
        return "inconclusive"
    low = -np.inf if bounds.low is None else bounds.low
    high = np.inf if bounds.high is None else bounds.high
    if low <= interval.low and interval.high <= high:
        return "pass"
    return "fail" if interval.high < low or interval.low > high else "inconclusive"
