"""What a check found, as JUnit: what the schema of Jenkins' xunit plugin and surefire's demand."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from sim.analysis.verdicts import CheckReport
from sim.report.check_formats import FORMATS
from tests.unit.report.made_up_checks import ALL, BAD, FAILS, FILE, PASSES, UNDECIDED, UNUSABLE, WARNS, named

as_junit = FORMATS["junit"]
CASE_CHILDREN = {"failure", "error", "skipped", "system-out", "system-err"}
ATTRIBUTES = {
    "testsuites": ({"tests", "failures", "errors"}, {"name", "time"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped"}, {"time", "timestamp", "hostname", "id"}),
    "testcase": ({"name", "classname"}, {"time", "group"}),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "system-out": (set(), set()),
}
INSIDE = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": CASE_CHILDREN}


def junit_faults(root: ET.Element) -> list[str]:
    """What a reader of JUnit XML would stumble over."""
    faults = [] if root.tag == "testsuites" else [f"root is {root.tag}"]
    for element in root.iter():
        needed, allowed = ATTRIBUTES[element.tag]
        faults += [f"{element.tag} lacks {key}" for key in needed - set(element.keys())]
        faults += [f"{element.tag} has {key}" for key in set(element.keys()) - needed - allowed]
        faults += [
            f"{child.tag} in {element.tag}" for child in element if child.tag not in INSIDE.get(element.tag, set())
        ]
        for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            if count in element.attrib and int(element.attrib[count]) != len(list(element.iter(tag))):
                faults.append(f"{element.tag} counts {element.attrib[count]} {count}")
    return faults


@pytest.mark.parametrize("report", ALL.values(), ids=list(ALL))
def test_junit_is_what_its_readers_expect(report: CheckReport) -> None:
    text = as_junit(report)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    assert junit_faults(ET.fromstring(text.encode())) == []


@pytest.mark.parametrize(
    ("good", "broken"),
    [('failures="1"', 'failures="0"'), ("classname=", "class="), ("<failure", "<flop"), ("system-out", "output")],
)
def test_broken_junit_is_found(good: str, broken: str) -> None:
    text = as_junit(BAD).replace("</failure>", "</failure>" if good != "<failure" else "</flop>").replace(good, broken)
    root = ET.fromstring(text.encode())
    try:
        faults = junit_faults(root)
    except KeyError as unknown:
        faults = [str(unknown)]
    assert faults != []


def test_each_status_has_its_element() -> None:
    cases = {case.get("name"): case for case in ET.fromstring(as_junit(BAD).encode()).iter("testcase")}
    assert {name: [child.tag for child in case] for name, case in cases.items()} == {
        PASSES.name: ["system-out"],
        WARNS.name: ["system-out"],
        UNDECIDED.name: ["error"],
        FAILS.name: ["failure"],
    }
    assert "20,102 persons, unchanged" in str(cases[PASSES.name][0].text)
    assert str(cases[WARNS.name][0].text).startswith("warns\n")
    assert cases[FAILS.name].get("classname") == "scenarios.haitao.expect"
    assert "moved by policy: " in str(cases[FAILS.name][0].text)


def test_what_xml_cannot_hold_is_replaced() -> None:
    text = as_junit(named("a\x00b\x07c\ud800d\ufffe新\U0001f600"))
    assert "a�b�c�d�新\U0001f600" in text
    assert ET.fromstring(text.encode()) is not None


def test_an_unreadable_input_is_an_error_in_junit() -> None:
    (case,) = ET.fromstring(as_junit(UNUSABLE).encode()).iter("testcase")
    assert (case.get("name"), case[0].tag) == (f"{FILE}:8:5", "error")
    assert "did you mean: metric?" in str(case[0].text)
