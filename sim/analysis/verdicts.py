"""What a check finds: a verdict on each expectation and on each accepted outcome, and what moved those that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.errors import Place, Problem
from sim.metrics import Metric

Status = Literal["pass", "warn", "fail", "inconclusive"]
Kind = Literal["expectation", "baseline"]
CauseKind = Literal["policy", "assumption", "engine", "data", "noise"]

EXIT_CODES: dict[Status, int] = {"pass": 0, "warn": 0, "fail": 1, "inconclusive": 3}
BAD_INPUT = 2


@dataclass(frozen=True)
class Cause:
    """Something that differs between what was accepted and what is checked now.

    Args:
        kind: "policy", a line below `policy`; "assumption", any other line of the scenario; "data", the content of a
            file that it names; "engine", another version of sim computes other numbers from the same scenario;
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
        moved_by: what differs from what was accepted, policy first; () when it passed, or when nothing was accepted.
        note: one sentence for people.
        accepted: the accepted level, of the kind "baseline".
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
    """

    scenario: str
    author: str
    reason: str
    date: str
    expires: str | None
    is_expired: bool
    version: str
    place: Place


@dataclass(frozen=True)
class CheckReport:
    """All verdicts, in the order of the files and of the expectations in them; same input, same report.

    Args:
        verdicts: empty where the input cannot be used.
        problems: of the input; an error among them means that nothing was checked.
        version: of sim.
        baselines: what was accepted, in the order of the files.
    """

    verdicts: tuple[Verdict, ...]
    problems: tuple[Problem, ...]
    version: str
    baselines: tuple[BaselineFacts, ...] = ()

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
