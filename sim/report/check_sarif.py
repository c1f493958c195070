"""What a check found as SARIF 2.1.0, the form that code scanning and editors read.

Results are what did not pass, what moved, and the mistakes of the input; each with its place from the repository's
root. A fingerprint is made of the file and of the check's name, not of the line, so that a result stays the same one
when lines move. Inconclusive is level "warning": SARIF's kind "open" would demand level "none", which readers hide.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from sim.analysis.verdicts import CheckReport, Status, Verdict
from sim.errors import SET, Place, Problem, printable
from sim.report.check_wording import advice_lines, cause_text, name_text, status_text, told_lines, verdicts_to_tell

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: dict[Status, str] = {"fail": "error", "inconclusive": "warning", "warn": "warning", "pass": "note"}
ROOT = "%SRCROOT%"
RULES = {
    "expectation": (
        "Expectation of expect.yaml",
        "A metric, or a difference between two scenarios, must lie in bounds.",
    ),
    "baseline": ("Accepted outcome", "An outcome must not move further than its margin from what was accepted."),
    "input": ("Input", "Scenarios and expectations must be readable."),
}


def as_sarif(report: CheckReport) -> str:
    """The report as one run of a SARIF log."""
    results = [_of_problem(problem) for problem in report.problems] + [
        _of_verdict(verdict) for verdict in verdicts_to_tell(report)
    ]
    run = {
        "tool": {"driver": {"name": "sim", "version": report.version, "rules": _rules()}},
        "invocations": [{"executionSuccessful": not report.is_bad_input, "exitCode": report.exit_code}],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": VERSION, "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _rules() -> list[dict[str, Any]]:
    """The three kinds of results."""
    return [
        {"id": key, "name": key.title(), "shortDescription": {"text": short}, "fullDescription": {"text": full}}
        for key, (short, full) in RULES.items()
    ]


def _of_verdict(verdict: Verdict) -> dict[str, Any]:
    """A check at the line of its expectation, the lines that moved it beside."""
    text = "\n".join([f"{name_text(verdict)}: {status_text(verdict)}", *told_lines(verdict)])
    result = _result(verdict.kind, LEVELS[verdict.status], text, verdict.place, verdict.name)
    beside = [(cause_text(cause), cause.place) for cause in verdict.moved_by if cause.place]
    if beside:
        result["relatedLocations"] = [
            location | {"id": number, "message": {"text": what}}
            for number, (what, place) in enumerate(beside, start=1)
            for location in _locations(place)
        ]
    return result


def _of_problem(problem: Problem) -> dict[str, Any]:
    """A mistake, or a doubt, of the input."""
    text = "\n".join([printable(problem.message, 400), *advice_lines(problem)])
    return _result("input", problem.severity, text, problem.place, problem.message)


def _result(rule: str, level: str, text: str, place: Place | None, name: str) -> dict[str, Any]:
    """One result with its fingerprint."""
    identity = "\n".join([rule, place.file if place else "", name])
    fingerprint = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return {
        "ruleId": rule,
        "ruleIndex": list(RULES).index(rule),
        "level": level,
        "message": {"text": text},
        "locations": _locations(place),
        "fingerprints": {"sim/v1": fingerprint},
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint}:1"},
    }


def _locations(place: Place | None) -> list[dict[str, Any]]:
    """The place as SARIF says it; [] where it is in no file."""
    if place is None or place.file.startswith(SET):
        return []
    physical: dict[str, Any] = {"artifactLocation": _artifact(place.file)}
    if place.line:
        physical["region"] = {"startLine": place.line, "startColumn": max(1, place.column)}
    return [{"physicalLocation": physical}]


def _artifact(file: str) -> dict[str, str]:
    """A file by its URI, from the repository's root where it lies below it."""
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix().encode("utf-8", "surrogateescape")), "uriBaseId": ROOT}
