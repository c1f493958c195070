"""`sim trace` of one person under two scenarios, on the project that `sim init` writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sim.cli.init import write_project
from tests.conftest import SimCommand

TODAY, RECALL = "shop/policies/today.yaml", "shop/policies/recall.yaml"
TWO = ("trace", TODAY, RECALL, "--days", "60", "--quiet")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the template's project in `shop`, which is the commands' current folder."""
    write_project(tmp_path / "shop")
    return tmp_path


def test_the_most_changed_person_is_traced_under_both(sim: SimCommand, project: Path) -> None:
    done = sim(*TWO, "--most-changed")
    assert (done.returncode, done.stderr) == (0, "")
    found, *text = done.stdout.splitlines()
    told = re.fullmatch(
        r"person (\d+), whose spend differs most: [\d,.]+ CNY under today, [\d,.]+ CNY under recall", found
    )
    assert told is not None
    assert text[0].startswith(f"the lives of person {told[1]} first differ on 2026-")
    assert any(re.match(r"date +day +today +recall$", line) for line in text)
    assert sim(*TWO, "--person", told[1]).stdout.splitlines() == text
    assert not (project / "results").exists()


def test_the_first_whom_a_rule_messages_first_differs_by_that_message(sim: SimCommand, project: Path) -> None:
    done = sim(*TWO, "--rule", "reminder")
    found, first, *_ = done.stdout.splitlines()
    assert re.fullmatch(r"person \d+, the first whom rule `reminder` messages", found)
    assert first.endswith(": messaged, under recall only")
    turned = sim("trace", RECALL, TODAY, "--days", "60", "--quiet", "--rule", "reminder").stdout.splitlines()
    assert (turned[0], turned[1]) == (found, first)


def test_json_holds_both_lives_and_nothing_else(sim: SimCommand, project: Path) -> None:
    done = sim(*TWO, "--most-changed", "messages", "--json")
    content = json.loads(done.stdout)
    assert (content["most_changed"], content["baseline"], content["other"]) == ("messages", "today", "recall")
    assert content["totals"]["messages"]["other"] > content["totals"]["messages"]["baseline"] == 0
    first = next(moment for moment in content["timeline"] if not moment["is_same"])
    assert content["first_difference"] == first
    assert {moment["under"] for moment in content["timeline"]} <= {"both", "baseline", "other"}


def test_a_difference_outside_the_policy_is_warned_of(sim: SimCommand, project: Path) -> None:
    (project / "other.yaml").write_text(
        f"extends: {RECALL}\nresponse: {{message: {{brings_back: 9%}}}}\n", encoding="utf-8"
    )
    done = sim("trace", TODAY, "other.yaml", "--days", "60", "--person", "3")
    assert done.returncode == 0
    assert "warning: today and other differ outside `policy`: response.message.brings_back 6% / 9%\n" in done.stderr


@pytest.mark.parametrize(
    ("second", "options", "message"),
    [
        (RECALL, ("--rule", "remindr"), "there is no rule `remindr`; did you mean: reminder?"),
        (RECALL, ("--person", "20000"), "there is no person 20,000: the market has 20,000 agents"),
        (RECALL, ("--most-changed", "--days", "5"), "nobody differs in spend, orders, active_days or messages between"),
        ("more.yaml", ("--person", "3"), "a person of shop today is not the same person in shop more: market.size "),
        ("nothing.yaml", ("--person", "3"), "nothing.yaml"),
    ],
)
def test_what_cannot_be_laid_side_by_side_is_told(
    sim: SimCommand, project: Path, second: str, options: tuple[str, ...], message: str
) -> None:
    (project / "more.yaml").write_text(f"extends: {RECALL}\nmarket: {{size: 30_000 persons}}\n", encoding="utf-8")
    done = sim("trace", TODAY, second, "--days", "20", *options, "--quiet")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
