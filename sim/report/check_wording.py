"""What a check found in plain words, shared by all of its formats: one sentence, and one text for each number."""

from __future__ import annotations

import shlex

from sim.analysis.verdicts import BaselineFacts, Cause, CauseKind, CheckReport, Status, Verdict
from sim.errors import SET, Place, Problem, printable
from sim.report.findings import LARGEST_SHARE, lower_first
from sim.report.wording import (
    NONE,
    difference_text,
    interval_text,
    per_cent_range,
    per_cent_text,
    range_text,
    unit_of,
    value_text,
)

LONGEST_NAME = 120
WORST_FIRST: tuple[Status, ...] = ("fail", "inconclusive", "warn", "pass")
WORDS: dict[Status, str] = {"pass": "passes", "warn": "warns", "fail": "fails", "inconclusive": "inconclusive"}
NO_LINE: dict[CauseKind, str] = {"engine": "another version of sim, library or machine", "noise": "luck alone"}
LINES: tuple[CauseKind, ...] = ("policy", "assumption", "data")
"""Kinds of causes that say what changed in the files, and not which of it moved the outcome."""
VERBS: dict[Status, tuple[str, str]] = {  # of one, of several
    "fail": ("fails", "fail"),
    "inconclusive": ("is inconclusive", "are inconclusive"),
    "warn": ("warns", "warn"),
    "pass": ("passes", "pass"),
}


def name_text(verdict: Verdict) -> str:
    """The name of a check, on one line."""
    return printable(verdict.name, LONGEST_NAME)


def measured_text(verdict: Verdict, *, says_confidence: bool = False) -> str:
    """What was measured, its interval in brackets, then the amount or the two levels behind it.

    "−3.1% (−3.4 to −2.8%), 5,812,000 → 5,631,828 CNY", "+0.2% (+0.1 to +0.3%), +8,100 CNY", "20,102 persons (…)"; an
    accepted outcome whose level is written as before is "20,102 persons, unchanged".

    Args:
        says_confidence: write "(98.75% interval −3.4 to −2.8%)"; a table says so in its heading.
    """
    before, after = _levels(verdict)
    if verdict.status == "pass" and before and before == after:
        return f"{_with_unit(verdict, after)}, unchanged"
    number = _number_text(verdict, says_confidence=says_confidence)
    if before:
        return f"{number}, {before} → {_with_unit(verdict, after)}"
    return f"{number}, {_amount(verdict)}" if _is_told_in_per_cent(verdict) else number


def confidence_text(verdict: Verdict) -> str:
    """That of the interval on which the verdict stands: the looks that were planned share out the 5%."""
    return f"{verdict.confidence * 100:.4g}%"


def has_visibly_moved(verdict: Verdict) -> bool:
    """Whether an accepted outcome moved by so much that its level is now written with other digits."""
    if not verdict.has_moved:
        return False
    before, after = _levels(verdict)
    return not before or before != after


def status_text(verdict: Verdict) -> str:
    """One word for what follows; "moved" for an accepted outcome that is another one within its margin."""
    return "moved" if verdict.status == "pass" and has_visibly_moved(verdict) else WORDS[verdict.status]


def verdicts_to_tell(report: CheckReport) -> list[Verdict]:
    """What did not pass, and which accepted outcomes moved; the worst first, expectations and profit before others."""
    told = [verdict for verdict in report.verdicts if verdict.status != "pass" or has_visibly_moved(verdict)]
    return sorted(told, key=_importance)


def _importance(verdict: Verdict) -> tuple[int, bool, bool]:
    """The smaller, the sooner it is told; what is equal stays in the order of the report."""
    return WORST_FIRST.index(verdict.status), verdict.kind != "expectation", verdict.metric.name != "profit"


def cause_text(cause: Cause) -> str:
    """One cause, such as "policy: `policy.budget` 20 CNY → 60 CNY (policies/recall.yaml:14)"."""
    where = f" ({line_text(cause.place)})" if cause.place else ""
    return printable(f"{cause.kind}: {cause.text}{where}", 2 * LONGEST_NAME)


def line_text(place: Place) -> str:
    """The file and the line, on one line; the file alone where all of it is meant."""
    if place.file.startswith(SET) or not place.line:
        return printable(place.of_line if place.line else place.file, LONGEST_NAME)
    return f"{printable(place.file, LONGEST_NAME)}:{place.line}"


def told_lines(verdict: Verdict) -> list[str]:
    """All that is known of one check, a line each: measured, allowed, what moved it, where it stands, the note."""
    return [
        f"measured {measured_text(verdict, says_confidence=True)}",
        f"allowed {printable(verdict.allowed, LONGEST_NAME)}",
        *(f"moved by {cause_text(cause)}" for cause in verdict.moved_by),
        f"{counted(verdict.n_replicates, 'replicate')}; {line_text(verdict.place)}",
        *([printable(verdict.note, 5 * LONGEST_NAME)] if verdict.note else []),
    ]


def advice_lines(problem: Problem) -> list[str]:
    """What is allowed, and what was perhaps meant, where that is known."""
    allowed = f"allowed: {problem.allowed}" if problem.allowed else ""
    return [printable(line, 4 * LONGEST_NAME) for line in (allowed, problem.hint) if line]


def headline(report: CheckReport) -> str:
    """One sentence without its full stop: how many checks do not pass, and the first of what is to be told."""
    if report.is_bad_input:
        n_errors = sum(problem.severity == "error" for problem in report.problems)
        return f"Nothing was checked: {counted(n_errors, 'error')} in the input"
    told = verdicts_to_tell(report)
    if not told:
        return _counts(report)
    over = [facts for facts in report.baselines if facts.is_expired]
    found = f"{_counts(report)}: {_finding(told[0])}{_moved_by(told[0].moved_by)}"
    if over and told[0].kind == "baseline" and not has_visibly_moved(told[0]):
        found = _counts(report)
    return found + "".join(
        f"; the acceptance of {printable(facts.scenario, LONGEST_NAME)} expired on {facts.expires}" for facts in over
    )


def counted(n: int, word: str) -> str:
    """1 check, 2 checks."""
    return f"{n:,} {word}" if n == 1 else f"{n:,} {word}s"


def commands_of(facts: BaselineFacts) -> tuple[str, ...]:
    """How to see what moved, in tables and charts, and what each line did; () where that cannot be read any more."""
    if not facts.accepted_file:
        return ()
    files = f"{shlex.quote(facts.accepted_file)} {shlex.quote(facts.file)}"
    return tuple(f"sim {verb} {files} {facts.options}".rstrip() for verb in ("compare", "explain"))


def _counts(report: CheckReport) -> str:
    """As "2 of 14 checks fail, 1 is inconclusive", or that all pass, and how many of the accepted outcomes moved."""
    n = len(report.verdicts)
    counts = {status: sum(one.status == status for one in report.verdicts) for status in WORST_FIRST}
    bad = [(counts[status], VERBS[status][counts[status] > 1]) for status in WORST_FIRST[:-1] if counts[status]]
    if bad:
        (first, verb), *others = bad
        return ", ".join([f"{first:,} of {counted(n, 'check')} {verb}", *(f"{k:,} {word}" for k, word in others)])
    n_moved = sum(map(has_visibly_moved, report.verdicts))
    passing = f"{n:,} of {counted(n, 'check')} {VERBS['pass'][n != 1]}"
    return passing + (f", {counted(n_moved, 'accepted outcome')} moved" if n_moved else "")


def _finding(verdict: Verdict) -> str:
    """Which number is another one than it should be."""
    metric = lower_first(verdict.metric.label)
    measured = _number_text(verdict, says_confidence=True)
    if verdict.kind == "baseline":
        return f"{printable(verdict.scenario, LONGEST_NAME)} {metric} {measured}"
    return f"{name_text(verdict)}, {metric} {measured}, allowed {printable(verdict.allowed, LONGEST_NAME)}"


def _moved_by(causes: tuple[Cause, ...]) -> str:
    """The end of a sentence: where the first cause stands, or what kind it is of; of several lines none is blamed."""
    if not causes:
        return ""
    first = causes[0]
    what = line_text(first.place) if first.place else NO_LINE.get(first.kind, first.text)
    verb = "changed since accepted:" if sum(cause.kind in LINES for cause in causes[:2]) > 1 else "moved by"
    return f", {verb} {what}" + (f" and {len(causes) - 1:,} more" if len(causes) > 1 else "")


def _number_text(verdict: Verdict, *, says_confidence: bool) -> str:
    """The number with its interval in brackets, where it has one; its % stands once behind both ends."""
    number, ends = _number_and_ends(verdict)
    if verdict.low is None or verdict.high is None:
        return number
    if verdict.low == verdict.high:
        return f"{number} (exact)"
    interval = f"{confidence_text(verdict)} interval " if says_confidence else ""
    return f"{number} ({interval}{ends.replace('% to ', ' to ')})"


def _number_and_ends(verdict: Verdict) -> tuple[str, str]:
    """The number and both ends of its interval, in per cent of the other side's level where that says more."""
    metric = verdict.metric
    if not verdict.is_difference:
        return _with_unit(verdict, value_text(metric, verdict.measured)), interval_text(
            metric, verdict.low, verdict.high
        )
    if _is_told_in_per_cent(verdict):
        ends = (verdict.relative_low, verdict.relative_high)
        return per_cent_text(verdict.relative, like=_size(*ends)), per_cent_range(*ends)
    number = difference_text(metric, verdict.measured, like=_size(verdict.low, verdict.high))
    return _with_unit(verdict, number), range_text(metric, verdict.low, verdict.high)


def _is_told_in_per_cent(verdict: Verdict) -> bool:
    """Shares are told in percentage points; in its own unit what is held to an amount, or large beside its level."""
    fits = verdict.relative is not None and abs(verdict.relative) <= LARGEST_SHARE
    return verdict.is_difference and verdict.is_held_in_per_cent and fits and verdict.metric.unit != "share"


def _amount(verdict: Verdict) -> str:
    """The difference in the metric's own unit."""
    like = _size(verdict.low, verdict.high)
    return _with_unit(verdict, difference_text(verdict.metric, verdict.measured, like=like))


def _levels(verdict: Verdict) -> tuple[str, str]:
    """The accepted level and the one of now, without unit; empty where nothing was accepted."""
    if verdict.accepted is None or verdict.measured is None:
        return "", ""
    now = verdict.accepted + verdict.measured
    return value_text(verdict.metric, verdict.accepted), value_text(verdict.metric, now)


def _with_unit(verdict: Verdict, number: str) -> str:
    """A number with its unit; shares carry theirs."""
    is_bare = number == NONE or verdict.metric.unit == "share"
    return number if is_bare else f"{number} {unit_of(verdict.metric, verdict.currency)}"


def _size(low: float | None, high: float | None) -> float | None:
    """The size that sets the decimals of a number and of its interval; None without an interval."""
    return None if low is None or high is None else max(abs(low), abs(high))
