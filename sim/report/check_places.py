"""The places of a report seen from another folder: continuous integration counts from the repository's root."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from sim.analysis.verdicts import BaselineFacts, CheckReport, DrawnChart, Verdict
from sim.errors import SET, Place, Problem


def seen_from(report: CheckReport, folder: Path) -> CheckReport:
    """The report with all of its places relative to `folder`; those outside of it stay as they are."""

    def moved(place: Place) -> Place:
        return replace(place, file=_relative(place.file, folder))

    def verdict_moved(verdict: Verdict) -> Verdict:
        causes = tuple(replace(cause, place=cause.place and moved(cause.place)) for cause in verdict.moved_by)
        return replace(verdict, place=moved(verdict.place), moved_by=causes)

    def problem_moved(problem: Problem) -> Problem:
        also = tuple((what, moved(place)) for what, place in problem.also)
        return replace(problem, place=problem.place and moved(problem.place), also=also)

    def facts_moved(facts: BaselineFacts) -> BaselineFacts:
        file, accepted = (name and _relative(name, folder) for name in (facts.file, facts.accepted_file))
        return replace(facts, place=moved(facts.place), file=file, accepted_file=accepted)

    def chart_moved(chart: DrawnChart) -> DrawnChart:
        return replace(chart, file=_relative(chart.file, folder))

    return replace(
        report,
        verdicts=tuple(map(verdict_moved, report.verdicts)),
        problems=tuple(map(problem_moved, report.problems)),
        baselines=tuple(map(facts_moved, report.baselines)),
        charts=tuple(map(chart_moved, report.charts)),
    )


def repository_root(start: Path) -> Path:
    """The nearest folder at or above `start` that git keeps; `start` itself where there is none."""
    absolute = start.absolute()
    return next((folder for folder in (absolute, *absolute.parents) if (folder / ".git").exists()), absolute)


def _relative(file: str, folder: Path) -> str:
    """The file from the folder, with "/" on every system."""
    if file.startswith(SET):
        return file
    try:
        below = os.path.relpath(os.path.abspath(file), folder)
    except ValueError:  # another drive
        return file
    return file if below == os.pardir or below.startswith(os.pardir + os.sep) else below.replace(os.sep, "/")
