"""The formats in which a check answers, by name: each a function from a report to a text."""

from __future__ import annotations

from collections.abc import Callable

from sim.analysis.verdicts import CheckReport
from sim.report.check_github import as_github
from sim.report.check_junit import as_junit
from sim.report.check_markdown import as_markdown
from sim.report.check_sarif import as_sarif
from sim.report.check_text import as_json_text, as_text

FORMATS: dict[str, Callable[[CheckReport], str]] = {
    "text": as_text,
    "json": as_json_text,
    "junit": as_junit,
    "github": as_github,
    "sarif": as_sarif,
    "markdown": as_markdown,
}
FOR_PEOPLE = frozenset({"text", "json"})
"""Paths in these are those of the folder in which the command runs."""
