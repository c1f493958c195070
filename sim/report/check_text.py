"""A check's report for the terminal and as JSON: every verdict with its measured value, also when it passes."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from textwrap import wrap
from typing import Any

from sim.analysis.verdicts import BaselineFacts, CheckReport, Status, Verdict
from sim.errors import Place, Problem, printable
from sim.report.as_json import plain
from sim.report.check_wording import cause_text, commands_of, headline, measured_text, name_text, verdicts_to_tell

LABELS: dict[Status, str] = {"pass": "pass", "warn": "WARN", "fail": "FAIL", "inconclusive": "????"}
INDENT = " " * 6


def as_text(report: CheckReport, width: int = 120) -> str:
    """All verdicts file by file, what moved those that did not pass, who accepted the outcomes, charts, a sentence."""
    blocks = []
    for file, verdicts in groupby(report.verdicts, key=lambda verdict: verdict.place.file):
        lines = [line for verdict in verdicts for line in _lines_of(verdict, width)]
        blocks.append("\n".join([file, *lines]))
    if report.baselines:
        blocks.append("\n".join(line for facts in report.baselines for line in _accepted(facts, width)))
    moved = {verdict.scenario for verdict in verdicts_to_tell(report) if verdict.kind == "baseline"}
    commands = [line for facts in report.baselines if facts.scenario in moved for line in commands_of(facts)]
    if commands:
        blocks.append(
            "\n".join(["to see what moved, and what each changed line did", *(INDENT + line for line in commands)])
        )
    if report.charts:
        blocks.append("\n".join(["charts", *(INDENT + printable(chart.file, 1000) for chart in report.charts)]))
    return "\n\n".join([*blocks, "\n".join(_wrapped(headline(report), width, ""))])


def _lines_of(verdict: Verdict, width: int) -> list[str]:
    """One verdict: what was measured and allowed; what moved it, and why it did not pass."""
    told = f"{name_text(verdict)}: {measured_text(verdict)}; {verdict.allowed}; {verdict.n_replicates:,} replicates"
    notes = [f"moved by {cause_text(cause)}" for cause in verdict.moved_by]
    if verdict.status != "pass":
        told += f" (line {verdict.place.line})"
        notes.insert(0, verdict.note)
    lines = _wrapped(f"{LABELS[verdict.status]}  {told}", width)
    return lines + [line for note in notes for line in _wrapped(INDENT + note, width, INDENT + "  ")]


def _accepted(facts: BaselineFacts, width: int) -> list[str]:
    """Who accepted a scenario's outcomes."""
    by = f" by {facts.author}" if facts.author else ""
    ends = "" if facts.expires is None else f", {'expired on' if facts.is_expired else 'until'} {facts.expires}"
    return _wrapped(printable(f"{facts.scenario}: accepted on {facts.date}{by}{ends}: {facts.reason}", 1000), width)


def _wrapped(text: str, width: int, indent: str = INDENT) -> list[str]:
    """The text in lines; a name is not torn apart."""
    return wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


# ---------------------------------------------------------------------------------------------------------------------
# JSON


def as_json_text(report: CheckReport) -> str:
    """The report with every number unrounded; null where one is undefined."""
    content = {
        "status": "bad input" if report.is_bad_input else report.status,
        "exit_code": report.exit_code,
        "version": report.version,
        "verdicts": [_verdict(verdict) for verdict in report.verdicts],
        "baselines": [{**asdict(facts), "place": _place(facts.place)} for facts in report.baselines],
        "problems": [_problem(problem) for problem in report.problems],
        "charts": [asdict(chart) for chart in report.charts],
    }
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)


def _verdict(verdict: Verdict) -> dict[str, Any]:
    names = ("measured", "low", "high", "relative", "relative_low", "relative_high", "confidence", "n_replicates")
    return {
        "name": verdict.name,
        "kind": verdict.kind,
        "status": verdict.status,
        "scenario": verdict.scenario,
        "against": verdict.against,
        "metric": verdict.metric.name,
        "unit": verdict.currency if verdict.metric.unit == "currency" else verdict.metric.unit,
        **{name: plain(getattr(verdict, name)) for name in names},
        "allowed": verdict.allowed,
        "accepted": plain(verdict.accepted),
        "place": _place(verdict.place),
        "moved_by": [
            {"kind": cause.kind, "text": cause.text, "place": _place(cause.place)} for cause in verdict.moved_by
        ],
        "note": verdict.note,
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else {"file": place.file, "line": place.line, "column": place.column}


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity,
        "message": problem.message,
        "place": _place(problem.place),
        "allowed": problem.allowed,
        "hint": problem.hint,
    }
