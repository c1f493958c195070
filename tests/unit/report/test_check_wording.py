"""What a check found, in words: the headline, what is told first, and places seen from the repository."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sim.analysis.verdicts import Cause, CheckReport, Verdict
from sim.errors import Place
from sim.report.check_formats import FORMATS
from sim.report.check_places import repository_root, seen_from
from sim.report.check_wording import has_visibly_moved, headline, measured_text, verdicts_to_tell
from tests.unit.report.made_up_checks import (
    ALL,
    BAD,
    CAUSE,
    DRAWN,
    FAILS,
    FILE,
    MOVED,
    PASSES,
    PHANTOM,
    UNDECIDED,
    UNUSABLE,
    USERS,
    WARNS,
    of,
)

as_github = FORMATS["github"]
as_markdown = FORMATS["markdown"]


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (
            of(FAILS),
            "1 of 1 check fails: haitao profit −3.1% (98.75% interval −3.4 to −2.8%), "
            "moved by policies/recall.yaml:14",
        ),
        (
            BAD,
            "1 of 4 checks fails, 1 is inconclusive, 1 warns: haitao profit −3.1% (98.75% interval −3.4 to −2.8%), "
            "moved by policies/recall.yaml:14",
        ),
        (
            of(UNDECIDED, UNDECIDED),
            "2 of 2 checks are inconclusive: recall pays, profit +0.14% (97.5% interval −0.04 to +0.32%), "
            "allowed at least +0.3%",
        ),
        (
            of(WARNS),
            "1 of 1 check warns: 新媽媽 stay, D30 retention 18.0% (95% interval 17.7 to 18.3%), "
            "allowed at least 20%",
        ),
        (
            of(PASSES, MOVED),
            "2 of 2 checks pass, 1 accepted outcome moved: haitao profit +0.20% (98.75% interval +0.16 to +0.24%), "
            "moved by policies/recall.yaml:14",
        ),
        (of(PASSES, PHANTOM), "2 of 2 checks pass"),
        (UNUSABLE, "Nothing was checked: 1 error in the input"),
    ],
)  # fmt: skip
def test_the_headline_is_one_sentence(report: CheckReport, text: str) -> None:
    assert headline(report) == text


@pytest.mark.parametrize(
    ("cause", "end"),
    [
        (Cause("engine", "sim 0.1.0 → 0.2.0"), ", moved by another version of sim, library or machine"),
        (Cause("noise", "the same scenario and engine"), ", moved by luck alone"),
        (Cause("data", "users.csv", Place("users.csv", 0, 0)), ", moved by users.csv"),
        (Cause("assumption", "market.size was removed"), ", moved by market.size was removed"),
    ],
)
def test_the_headline_names_causes_without_a_line(cause: Cause, end: str) -> None:
    assert headline(of(replace(FAILS, moved_by=(cause,)))).endswith(end)
    several = end if cause.kind in ("engine", "noise") else end.replace("moved by", "changed since accepted:")
    assert headline(of(replace(FAILS, moved_by=(cause, CAUSE, CAUSE)))).endswith(f"{several} and 2 more")


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (FAILS, "−3.1% (−3.4 to −2.8%), 5,812,000 → 5,631,828 CNY"),
        (PASSES, "20,102 persons, unchanged"),
        (PHANTOM, "5,812,000 CNY, unchanged"),
        (UNDECIDED, "+0.14% (−0.04 to +0.32%), +8,100 CNY"),
        (WARNS, "18.0% (17.7 to 18.3%)"),
        (replace(WARNS, against="today", measured=-0.0042, low=-0.005, high=-0.0034), "−0.42 pp (−0.50 to −0.34 pp)"),
        (replace(WARNS, low=None, high=None), "18.0%"),
        (replace(WARNS, low=0.18, high=0.18), "18.0% (exact)"),
        (replace(UNDECIDED, relative=7.5), "+8,100 CNY (−2,300 to +18,500)"),
        (replace(WARNS, measured=None, low=None, high=None), "–"),
        (replace(FAILS, relative=None, accepted=0.0), "−180,172 CNY (−197,608 to −162,736), 0 → −180,172 CNY"),
    ],
)
def test_the_measured_value_is_told_with_its_interval(verdict: Verdict, text: str) -> None:
    assert measured_text(verdict).replace("0.00 →", "0 →") == text


def test_the_worst_is_told_first_and_what_did_not_move_not_at_all() -> None:
    users, broken = replace(FAILS, metric=USERS), replace(UNDECIDED, status="fail")
    report = of(PASSES, MOVED, PHANTOM, WARNS, UNDECIDED, users, FAILS, broken)
    assert verdicts_to_tell(report) == [broken, FAILS, users, UNDECIDED, WARNS, MOVED]


def test_a_difference_below_the_digits_that_are_written_is_none() -> None:
    assert PHANTOM.has_moved
    assert not has_visibly_moved(PHANTOM)
    assert has_visibly_moved(MOVED)
    assert as_markdown(of(PASSES, PHANTOM)) == ""
    assert "::" not in as_github(of(PASSES, PHANTOM))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("report", ALL.values(), ids=list(ALL))
def test_the_same_report_gives_the_same_text(name: str, report: CheckReport) -> None:
    assert FORMATS[name](report) == FORMATS[name](replace(report))


def test_places_are_seen_from_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "cases" / "shop"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert repository_root(Path()) == below
    (tmp_path / ".git").write_text("gitdir: elsewhere", encoding="utf-8")  # a worktree's is a file
    assert repository_root(Path()) == tmp_path
    elsewhere = Place("/elsewhere/today.yaml", 1, 1)
    inside, changed = Place("expect.yaml", 2, 3), Place("--set market.size=3", 1, 13)
    verdict = replace(FAILS, place=inside, moved_by=tuple(Cause("policy", "x", at) for at in (inside, elsewhere, None)))
    problem = replace(UNUSABLE.problems[0], place=changed, also=(("here", Place(str(below / "b.yaml"), 1, 1)),))
    seen = seen_from(replace(BAD, verdicts=(verdict,), problems=(problem,), charts=(DRAWN,)), tmp_path)
    assert seen.charts == (replace(DRAWN, file=f"cases/shop/{DRAWN.file}"),)
    moved = replace(inside, file="cases/shop/expect.yaml")
    assert seen.verdicts[0].place == moved
    assert [cause.place for cause in seen.verdicts[0].moved_by] == [moved, elsewhere, None]
    assert seen.problems[0].place == changed
    assert seen.problems[0].also[0][1].file == "cases/shop/b.yaml"
    assert seen.baselines[0].place.file == f"cases/shop/{FILE}"
    assert (seen.baselines[0].file, seen.baselines[0].accepted_file) == (
        "cases/shop/policies/today.yaml",
        "cases/shop/results/baselines/haitao/scenario.yaml",
    )
