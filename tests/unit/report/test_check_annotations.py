"""What a check found, as GitHub's workflow commands, read as the runner reads them."""

from __future__ import annotations

import re
from dataclasses import replace

from sim.errors import Place, printable
from sim.report.check_formats import FORMATS
from sim.report.check_wording import headline
from tests.unit.report.made_up_checks import BAD, FAILS, FILE, MOVED, NASTY, UNUSABLE, named, of

as_github = FORMATS["github"]
COMMAND = re.compile(r"::(error|warning|notice) ([^\r\n]*?)::([^\r\n]*)")


def unescaped(text: str, marks: str) -> str:
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")):
        text = text.replace(escape, character if character in marks else escape)
    return text.replace("%25", "%")


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Kind, properties and message of each annotation."""
    found = []
    for line in text.splitlines():
        if match := COMMAND.fullmatch(line):
            pairs = (pair.partition("=") for pair in match[2].split(","))
            properties = {key: unescaped(value, "\r\n:,") for key, _, value in pairs}
            found.append((match[1], properties, unescaped(match[3], "\r\n")))
    return found


def test_annotations_stand_at_the_lines_of_expectations_and_causes() -> None:
    found = commands(as_github(BAD))
    assert [(kind, at["file"], at["line"], at["col"], at["title"]) for kind, at, _ in found] == [
        ("error", FILE, "3", "14", "haitao: profit as accepted: fails"),
        ("warning", FILE, "7", "3", "recall pays: inconclusive"),
        ("warning", FILE, "12", "3", "新媽媽 stay: warns"),
        ("notice", "policies/recall.yaml", "14", "12", "moved 1 check"),
    ]
    assert found[0][2].splitlines()[:2] == [
        "measured −3.1% (98.75% interval −3.4 to −2.8%), 5,812,000 → 5,631,828 CNY",
        "allowed within ±1% of the accepted 5,812,000 CNY",
    ]
    assert as_github(BAD).splitlines()[-1] == headline(BAD)


def test_a_line_that_moved_several_checks_is_annotated_once() -> None:
    other = replace(FAILS, name="haitao: users as accepted", place=Place(FILE, 4, 1))
    found = commands(as_github(of(FAILS, other)))
    assert [kind for kind, _, _ in found] == ["error", "error", "notice"]
    assert found[-1][1]["title"] == "moved 2 checks"
    assert found[-1][2].endswith("moved haitao: profit as accepted; haitao: users as accepted")


def test_what_fails_alike_at_one_line_is_one_annotation() -> None:
    """GitHub shows ten: the dozen outcomes of one accepted scenario must not use them up."""
    found = commands(as_github(of(FAILS, replace(FAILS, name="haitao: users as accepted"), MOVED, MOVED)))
    assert [(kind, at["title"]) for kind, at, _ in found] == [
        ("error", "2 checks fail"),
        ("notice", "2 checks moved"),
        ("notice", "moved 4 checks"),
    ]
    assert found[0][2].splitlines() == [
        f"{name}: measured −3.1% (98.75% interval −3.4 to −2.8%), 5,812,000 → 5,631,828 CNY; allowed {FAILS.allowed}"
        for name in ("haitao: profit as accepted", "haitao: users as accepted")
    ]


def test_what_is_in_names_ends_no_command_and_begins_none() -> None:
    text = as_github(named(NASTY))
    found = commands(text)
    assert [kind for kind, _, _ in found] == ["warning", "error", "notice"]
    assert sum("::" in line[:2] for line in text.splitlines()) == 3
    assert found[1][1]["title"] == f"{printable(NASTY, 120)}: fails"
    assert found[1][1]["file"] == NASTY.replace("\\", "/")


def test_input_errors_are_annotated() -> None:
    ((kind, properties, message),) = commands(as_github(UNUSABLE))
    assert (kind, properties["file"], properties["line"], properties["col"]) == ("error", FILE, "8", "5")
    assert message.splitlines()[-1] == "did you mean: metric?"
