"""What a check found as Markdown for a comment on a pull request; empty where there is nothing to tell.

One sentence, a table of what moved or did not pass, and all measured values folded below. Names are written as they
are: nothing in them becomes a link, a mention, markup or HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import quote

from sim.analysis.verdicts import BaselineFacts, Cause, CheckReport, DrawnChart, Status, Verdict
from sim.errors import Problem, printable
from sim.report.check_wording import (
    advice_lines,
    cause_text,
    commands_of,
    confidence_text,
    counted,
    headline,
    line_text,
    measured_text,
    name_text,
    status_text,
    verdicts_to_tell,
)

SIGNS: dict[Status, str] = {"fail": "❌", "inconclusive": "❔", "warn": "⚠️", "pass": "✅"}
MOVED = "↕️"
MOST_ROWS, MOST_CAUSES, MOST_IN_CELL = 30, 20, 3
MOST_CHARACTERS = 60_000
"""GitHub takes comments of up to 65,536."""
HOW_TO_ACCEPT = """\
If that is meant, accept it: `sim check --accept --reason "…"`, and commit `results/baselines/`."""
PLAIN_PATH = re.compile(r"[\w./-]+")
MOST_COMMANDS = 5
MOST_LINKS = 12
OF_URLS = "!#&'+,/:=?@[]%"
"""What a URL may hold beside letters, digits and `_.-~`, and what ends no link."""
TOO_MANY = "There are too many measured values for a comment; the other formats hold all of them."
UNSEEN = "&#8203;"
MARKUP = re.compile(r"[\\`*_\[\]~|]")
CALLS = re.compile(r"[@#]|(?<=[gG][hH]-)(?=\d)")
LINKS = {"://": "&#58;//", "www.": "www&#46;", "$": "<span>$</span>"}
"""What becomes a link or a formula without any markup."""


def as_markdown(report: CheckReport) -> str:
    """The comment; "" where all checks pass and no accepted outcome moved."""
    told = verdicts_to_tell(report)
    if report.is_bad_input:
        table, folded = _problem_table(report.problems), []
    elif told:
        table, folded = _told_table(told), [_folded(*part) for part in _parts(report)]
        table += _chart_links(report.charts)
        table += _what_to_do(report, {verdict.scenario for verdict in told if verdict.kind == "baseline"})
    else:
        return ""
    version = f"<sub>sim {escaped(report.version)}</sub>"
    whole = _comment(report, table, *folded, version)
    return whole if len(whole) <= MOST_CHARACTERS else _comment(report, table, TOO_MANY, version)


def _comment(report: CheckReport, *parts: str) -> str:
    """The headline, then the parts, with a blank line between them."""
    return "\n\n".join([f"**{escaped(headline(report))}.**", *parts]) + "\n"


def escaped(text: str) -> str:
    """The text as Markdown that shows exactly these characters, on one line, in a table or out of it."""
    told = re.sub(r"\s+", " ", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    told = CALLS.sub(lambda match: match[0] + "\0", MARKUP.sub(r"\\\g<0>", told))
    for plain, harmless in LINKS.items():
        told = told.replace(plain, harmless)
    return told.replace("\0", UNSEEN)


def _told_table(told: Sequence[Verdict]) -> str:
    """What moved or did not pass, the worst first; causes that several rows share are numbered below."""
    shown = told[:MOST_ROWS]
    causes = Counter(cause for verdict in shown for cause in verdict.moved_by)
    numbers = (
        {cause: number for number, cause in enumerate(causes, start=1)} if max(causes.values(), default=1) > 1 else {}
    )
    heading, *measured = _measured_column(shown)
    rows = [
        (
            _sign(verdict),
            f"**{escaped(name_text(verdict))}**",
            value,
            escaped(printable(verdict.allowed, 200)),
            _causes_cell(verdict.moved_by, numbers),
        )
        for verdict, value in zip(shown, measured, strict=True)
    ]
    table = _table(("", "Check", heading, "Allowed", "Moved by"), rows) + _and_more(len(told))
    return "\n\n".join([table, _cause_list(list(numbers))] if numbers else [table])


def _what_to_do(report: CheckReport, scenarios: Collection[str]) -> str:
    """How to see what moved, in tables and charts, and how to accept it; "" where no accepted outcome moved."""
    if not scenarios:
        return ""
    commands = [
        commands_of(facts)
        for facts in report.baselines
        if facts.scenario in scenarios
        and PLAIN_PATH.fullmatch(facts.file)
        and PLAIN_PATH.fullmatch(facts.accepted_file)
    ]
    told = "".join(
        f"{what}: {', '.join(f'`{one[number]}`' for one in commands[:MOST_COMMANDS])}.\n"
        for number, what in enumerate(("What moved, in tables and charts", "What each changed line did"))
        if commands
    )
    return f"\n\n{told}{HOW_TO_ACCEPT}"


def _chart_links(charts: Sequence[DrawnChart]) -> str:
    """One line of links to the charts; "" where there are none."""
    if not charts:
        return ""
    links = [f"[{escaped(printable(chart.title, 200))}]({_target(chart)})" for chart in charts[:MOST_LINKS]]
    more = [f"and {len(charts) - MOST_LINKS:,} more"] * (len(charts) > MOST_LINKS)
    return f"\n\nCharts: {', '.join(links + more)}."


def _target(chart: DrawnChart) -> str:
    """Where a link leads: to the URL, else to the file; what would end the link is percent-encoded."""
    if chart.url:
        return quote(chart.url, safe=OF_URLS, errors="replace")
    return quote(chart.file, errors="replace")


def _cause_list(causes: Sequence[Cause]) -> str:
    """What the numbers in the table stand for."""
    told = [f"{number}. {escaped(cause_text(cause))}" for number, cause in enumerate(causes[:MOST_CAUSES], start=1)]
    more = [f"{MOST_CAUSES + 1}. and {len(causes) - MOST_CAUSES:,} more"] * (len(causes) > MOST_CAUSES)
    return "\n".join(["Moved by", *told, *more])


def _causes_cell(causes: Sequence[Cause], numbers: Mapping[Cause, int]) -> str:
    """The numbers of the causes, or what they are."""
    told = [str(numbers[cause]) if numbers else escaped(cause_text(cause)) for cause in causes[:MOST_IN_CELL]]
    more = [f"and {len(causes) - MOST_IN_CELL:,} more"] * (len(causes) > MOST_IN_CELL)
    return (", " if numbers else "<br>").join(told + more)


def _problem_table(problems: Sequence[Problem]) -> str:
    """What is wrong with the input."""
    rows = [
        (
            escaped(line_text(problem.place)) if problem.place else "",
            escaped(printable(problem.message, 400)),
            "<br>".join(escaped(part) for part in advice_lines(problem)),
        )
        for problem in problems[:MOST_ROWS]
    ]
    return _table(("Where", "What", "Advice"), rows) + _and_more(len(problems))


def _parts(report: CheckReport) -> Iterable[tuple[str, str]]:
    """Heading and table of each folded part."""
    yield f"All measured values ({len(report.verdicts):,})", _measured_table(report.verdicts)
    if report.baselines:
        yield "What was accepted", _baseline_table(report.baselines)
    if report.problems:
        yield counted(len(report.problems), "warning"), _problem_table(report.problems)


def _measured_column(verdicts: Sequence[Verdict]) -> list[str]:
    """Heading and cells; the confidence of the intervals stands in the heading where all have the same."""
    found = {confidence_text(verdict) for verdict in verdicts}
    cells = [escaped(measured_text(verdict, says_confidence=len(found) > 1)) for verdict in verdicts]
    return [f"Measured ({found.pop()} interval)" if len(found) == 1 else "Measured", *cells]


def _measured_table(verdicts: Sequence[Verdict]) -> str:
    """Every check with its number, also those that pass."""
    heading, *measured = _measured_column(verdicts)
    rows = [
        (
            _sign(verdict),
            escaped(name_text(verdict)),
            value,
            escaped(printable(verdict.allowed, 200)),
            f"{verdict.n_replicates:,}",
            escaped(line_text(verdict.place)),
        )
        for verdict, value in zip(verdicts, measured, strict=True)
    ]
    return _table(("", "Check", heading, "Allowed", "Replicates", "Where"), rows)


def _baseline_table(baselines: Iterable[BaselineFacts]) -> str:
    """Who accepted which outcomes, when and why."""
    rows = [
        (
            escaped(printable(facts.scenario)),
            escaped(printable(f"{facts.date} {facts.author}".strip(), 120)),
            escaped(printable(facts.reason, 400)),
            escaped(facts.expires or "–") + (" (expired)" if facts.is_expired else ""),
            escaped(facts.version),
        )
        for facts in baselines
    ]
    return _table(("Scenario", "Accepted", "Reason", "Until", "With sim"), rows)


def _sign(verdict: Verdict) -> str:
    word = status_text(verdict)
    return f"{MOVED if word == 'moved' else SIGNS[verdict.status]} {word}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _and_more(n: int) -> str:
    """What a table left out."""
    return f"\n\nand {n - MOST_ROWS:,} more" if n > MOST_ROWS else ""


def _folded(heading: str, content: str) -> str:
    return f"<details>\n<summary>{heading}</summary>\n\n{content}\n\n</details>"
