"""What a check found as JUnit XML, the form that most continuous integration reads.

A suite for each file of expectations, a case for each check. A check that fails is a `failure`. One that stays
inconclusive is an `error`, not `skipped`: whoever reads only the XML must not see green where the exit code is not 0.
`else: warn` has no word in JUnit; such a case passes, and its output tells that it warns.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from sim.analysis.verdicts import CheckReport, Verdict
from sim.errors import Problem, render_problems
from sim.report.check_wording import name_text, status_text, told_lines

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""
CHILDREN = {"fail": "failure", "inconclusive": "error"}
INPUT = "input"


def as_junit(report: CheckReport) -> str:
    """The report as JUnit XML that Jenkins, GitLab and surefire's readers understand."""
    root = ET.Element("testsuites", {"name": "sim check"})
    errors = [problem for problem in report.problems if problem.severity == "error"]
    if errors:
        _add_suite(root, INPUT, [_problem_case(problem) for problem in errors])
    for file in dict.fromkeys(verdict.place.file for verdict in report.verdicts):
        _add_suite(root, file, [_case(verdict) for verdict in report.verdicts if verdict.place.file == file])
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_suite(root: ET.Element, name: str, cases: list[ET.Element]) -> None:
    """A suite with its counts."""
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": sum(case.find("error") is not None for case in cases),
        "skipped": 0,
    }
    suite = ET.SubElement(root, "testsuite", {"name": _clean(name), **{key: str(n) for key, n in counts.items()}})
    suite.extend(cases)


def _case(verdict: Verdict) -> ET.Element:
    """A check; what was measured stands in its output, also when it passes."""
    lines = told_lines(verdict)
    case = ET.Element("testcase", {"classname": _class_name(verdict.place.file), "name": _clean(name_text(verdict))})
    if verdict.status in CHILDREN:
        message = _clean("; ".join(lines[:2]))
        child = ET.SubElement(case, CHILDREN[verdict.status], {"message": message, "type": verdict.status})
        child.text = _clean("\n".join(lines))
    else:
        ET.SubElement(case, "system-out").text = _clean("\n".join([status_text(verdict), *lines]))
    return case


def _problem_case(problem: Problem) -> ET.Element:
    """Something that is wrong in the input."""
    where = str(problem.place) if problem.place else INPUT
    case = ET.Element("testcase", {"classname": INPUT, "name": _clean(where)})
    ET.SubElement(case, "error", {"message": _clean(problem.message), "type": INPUT}).text = _clean(
        render_problems([problem])
    )
    return case


def _class_name(file: str) -> str:
    """A file as readers of JUnit group it: scenarios/shop/expect.yaml → scenarios.shop.expect."""
    return _clean(file.rpartition(".")[0] or file).replace("\\", "/").strip("./").replace("/", ".")


def _clean(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return NO_XML.sub("�", text)
