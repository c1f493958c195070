"""`sim check`: expectations and accepted outcomes, held against what the scenarios give now."""

from __future__ import annotations

import datetime
import getpass
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import UsageError, printable

if TYPE_CHECKING:
    from sim.analysis.verdicts import CheckReport
    from sim.checks.accepting import Acceptance
    from sim.pipeline import AnyPath, Progress, Warn


def check(
    paths: Sequence[AnyPath] = (".",),
    *,
    jobs: int | None = None,
    out: AnyPath = Path("results"),
    fresh: bool = False,
    today: datetime.date | None = None,
    charts: AnyPath | None = None,
    charts_url: str | None = None,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> CheckReport:
    """The verdicts on all expectations, and on all outcomes that are held to accepted ones.

    Bad input is told in the report's `problems`, which has no verdicts then.

    Args:
        paths: files named `expect.yaml`, and folders of them.
        out: the results folder; accepted outcomes stand in its `baselines`.
        today: the day on which acceptances may have ended; that of UTC, if None.
        charts: the folder into which what moved or did not pass is drawn; no charts, if None.
        charts_url: where that folder can be read; the report's charts have their URL below it.
    Raises:
        PlanError, ResultsError, WorkerError, and UsageError for a folder without expectations, or a URL without charts.
    """
    from sim.checks.accepting import is_whole_project, orphans
    from sim.checks.bench import Bench
    from sim.checks.charting import Gallery
    from sim.checks.flow import check_files
    from sim.checks.reading import expect_files
    from sim.pipeline import processes

    if charts is None and charts_url is not None:
        raise UsageError("--charts-url belongs to --charts")
    gallery = None if charts is None else Gallery(Path(charts), charts_url or "")
    files = expect_files(paths)
    with Bench(processes(jobs), Path(out), fresh, progress, warn) as bench:
        report = check_files(files, bench, today or today_utc(), gallery)
    if report.is_bad_input or not is_whole_project(paths, Path(out)):
        return report
    return replace(report, problems=(*report.problems, *orphans(report, Path(out))))


def accept(
    paths: Sequence[AnyPath] = (".",),
    *,
    reason: str,
    author: str | None = None,
    expires: datetime.date | None = None,
    jobs: int | None = None,
    out: AnyPath = Path("results"),
    fresh: bool = False,
    today: datetime.date | None = None,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> list[Acceptance]:
    """Store the outcomes of all scenarios in the lists of `baselines` as accepted; those that did not change stay.

    Args:
        reason: why they are accepted.
        author: who accepts them; git's user.name, else the computer's user, if None.
        expires: the last day on which they hold; None for good.
    Raises:
        ScenarioError, PlanError, ResultsError, WorkerError, and UsageError for a folder without expectations.
    """
    from sim.checks.accepting import accept_outcomes
    from sim.checks.bench import Bench
    from sim.checks.flow import read_check_files
    from sim.checks.reading import expect_files
    from sim.pipeline import processes

    day = today or today_utc()
    if expires is not None and expires < day:
        raise UsageError(f"expires on {expires}, which is past: today is {day}; name the last day on which they hold")
    name = author if author is not None else author_here()
    refuse_what_no_file_holds({"reason": reason, "author": name})
    files = read_check_files(expect_files(paths))
    with Bench(processes(jobs), Path(out), fresh, progress, warn) as bench:
        return accept_outcomes(files, bench, reason=reason, author=name, expires=expires, today=day)


def today_utc() -> datetime.date:
    """The day on which acceptances are dated and end: the same everywhere."""
    return datetime.datetime.now(datetime.UTC).date()


def refuse_what_no_file_holds(texts: Mapping[str, str]) -> None:
    """Refuse texts with bytes that were no UTF-8, as a shell can hand them over, before anything runs.

    Raises:
        UsageError: names the text and the place in it.
    """
    for name, text in texts.items():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            there = printable(text)
            raise UsageError(f"{name} {there!r}: character {error.start + 1} is not UTF-8; write it anew") from None


def author_here() -> str:
    """Who works here: git's user.name, else the name of the computer's user; "" where neither is known."""
    try:
        done = subprocess.run(["git", "config", "user.name"], capture_output=True, encoding="utf-8", check=False)
        return done.stdout.strip() or getpass.getuser()
    except (OSError, ValueError, KeyError, ImportError):
        return ""
