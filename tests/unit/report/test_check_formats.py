"""What a check found, in each format that machines and reviewers read."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sim.analysis.verdicts import Cause, CheckReport, DrawnChart, Verdict
from sim.errors import Place, printable
from sim.report.check_formats import FORMATS
from sim.report.check_markdown import HOW_TO_ACCEPT, MOST_CHARACTERS, MOST_LINKS, MOST_ROWS, escaped
from sim.report.check_places import repository_root, seen_from
from sim.report.check_wording import has_visibly_moved, headline, measured_text, verdicts_to_tell
from tests.unit.report.made_up_checks import (
    BAD,
    CAUSE,
    FAILS,
    FILE,
    GOOD,
    MOVED,
    NASTY,
    PASSES,
    PHANTOM,
    UNDECIDED,
    UNUSABLE,
    USERS,
    WARNS,
    named,
)

ALL = {"good": GOOD, "bad": BAD, "unusable": UNUSABLE, "nasty": named(NASTY)}
as_github, as_junit, as_markdown, as_sarif = (FORMATS[name] for name in ("github", "junit", "markdown", "sarif"))
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def of(*verdicts: Verdict) -> CheckReport:
    return CheckReport(verdicts, (), "0.1.0")


# What is told, and in which words.


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


# Markdown


def rendered(markdown: str) -> str:
    return str(MARKDOWN.render(markdown))


def plain(html: str) -> str:
    """The text that a reader sees: tags gone, entities read, the invisible break of mentions gone."""
    text = re.sub(r"<[^>]*>", "", html).replace("\u200b", "")
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


def cells(html: str) -> list[list[str]]:
    """Every row of every table, as its reader sees it."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, flags=re.DOTALL)
    return [[plain(cell) for cell in re.findall(r"<t[hd]>(.*?)</t[hd]>", row, flags=re.DOTALL)] for row in rows]


def test_no_comment_where_nothing_moved_and_all_passes() -> None:
    assert as_markdown(GOOD) == ""


def test_the_comment_has_a_sentence_a_table_and_folded_detail() -> None:
    html = rendered(as_markdown(BAD))
    before, _, folded = html.partition("<details>")
    assert plain(before).strip().startswith(headline(BAD) + ".")
    shown = cells(before)
    assert shown[0] == ["", "Check", "Measured", "Allowed", "Moved by"]
    assert [row[0] for row in shown[1:]] == ["❌ fails", "❔ inconclusive", "⚠️ warns"]
    assert shown[1][4] == "policy: policy.rules.recall.do.coupon.off: 20 CNY → 60 CNY (policies/recall.yaml:14)"
    assert "sim check --accept" in before
    assert "sim compare results/baselines/haitao/scenario.yaml policies/today.yaml" in before
    assert "sim check --accept" not in as_markdown(of(WARNS))
    assert folded.count("</details>") == 2
    assert ["✅ passes", "haitao: users as accepted", "20,102 persons, unchanged"] in [row[:3] for row in cells(folded)]
    assert ["haitao", "2026-11-02 Wang Li", "prices of the new supplier", "2027-01-01", "0.1.0"] in cells(folded)


def test_the_heading_says_the_confidence_that_all_rows_share() -> None:
    same, mixed = (cells(rendered(as_markdown(of(FAILS, other)))) for other in (MOVED, UNDECIDED))
    assert same[0][2] == "Measured (98.75% interval)"
    assert same[1][2] == "−3.1% (−3.4 to −2.8%), 5,812,000 → 5,631,828 CNY"
    assert mixed[0][2] == "Measured"
    assert mixed[1][2] == "−3.1% (98.75% interval −3.4 to −2.8%), 5,812,000 → 5,631,828 CNY"


def test_causes_that_rows_share_are_numbered_below_the_table() -> None:
    other = Cause("engine", "sim 0.1.0 → 0.2.0")
    many = of(FAILS, replace(FAILS, name="second", moved_by=(CAUSE, other)), UNDECIDED)
    html = rendered(as_markdown(many)).partition("<details>")[0]
    assert [row[4] for row in cells(html)] == ["Moved by", "1", "1, 2", ""]
    listed = [plain(item) for item in re.findall(r"<li>(.*?)</li>", html)]
    assert listed == [f"policy: {CAUSE.text} (policies/recall.yaml:14)", "engine: sim 0.1.0 → 0.2.0"]


def test_more_causes_than_can_be_read_are_counted() -> None:
    causes = tuple(Cause("policy", f"line {i}") for i in range(25))
    (cell,) = [row[4] for row in cells(rendered(as_markdown(of(replace(FAILS, moved_by=causes)))))[1:2]]
    assert cell.endswith("policy: line 2and 22 more")
    html = rendered(as_markdown(of(*(replace(FAILS, name=name, moved_by=causes) for name in "ab"))))
    assert re.findall(r"<li>(.*?)</li>", html)[-2:] == ["policy: line 19", "and 5 more"]


def test_bad_input_is_a_comment_of_its_own() -> None:
    assert cells(rendered(as_markdown(UNUSABLE)))[1] == [
        f"{FILE}:8",
        "unknown key `metrc` in `recall pays`",
        "allowed: metric, of, againstdid you mean: metric?",
    ]


def test_names_stay_names() -> None:
    html = rendered(as_markdown(named(NASTY)))
    tags = Counter(re.findall(r"<(\w+)", html))
    assert set(tags) == {
        "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "sub", "br", "span", "code"
    }  # fmt: skip
    assert tags["code"] == HOW_TO_ACCEPT.count("`") / 2
    seen = " ".join(printable(NASTY, 120).split())
    rows = cells(html)
    assert seen in rows[1][1]
    assert not re.search(r"[@#]\w|gh-\d", re.sub(r"&#?\w+;", "", html), flags=re.IGNORECASE)
    assert not re.search(r"://|www\.", as_markdown(named(NASTY)))


@given(st.text(max_size=60))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    name = " ".join(printable(text).split())
    html = rendered(f"| a |\n| --- |\n| **{escaped(name)}** |\n")
    assert set(re.findall(r"<(\w+)", html)) <= {"table", "thead", "tbody", "tr", "th", "td", "strong", "span"}
    if name and name != "�":
        assert cells(html)[1] == [name.replace("\u200b", "")]


def test_an_unescaped_name_is_seen_by_these_tests() -> None:
    html = rendered(f"| a |\n| --- |\n| {NASTY.splitlines()[0].replace('|', ' ')} |\n")
    assert {"em", "code", "a", "b"} <= set(re.findall(r"<(\w+)", html))


def charted(*charts: DrawnChart) -> str:
    return as_markdown(replace(BAD, charts=charts))


def links(markdown: str) -> list[tuple[str, str]]:
    """Where each link of the comment leads, and its text as its reader sees it."""
    found = re.findall(r'<a href="([^"]*)">(.*?)</a>', rendered(markdown))
    return [(href.replace("&amp;", "&"), plain(text)) for href, text in found]


DRAWN = DrawnChart("differences of 海淘 today", "海淘 today", None, "charts/海淘-today/accepted/differences.png")


def test_charts_are_linked_by_url_or_by_path_below_the_table() -> None:
    other = replace(DRAWN, title="differences over time of 海淘 today", url="https://c.example/17#a/%E6%B7%98.png")
    line = (
        "Charts: [differences of 海淘 today](charts/%E6%B5%B7%E6%B7%98-today/accepted/differences.png), "
        "[differences over time of 海淘 today](https://c.example/17#a/%E6%B7%98.png)."
    )
    blocks = charted(DRAWN, other).split("\n\n")
    assert blocks.index(line) == next(i for i, block in enumerate(blocks) if block.startswith("What moved,")) - 1
    assert blocks[: blocks.index(line)] == as_markdown(BAD).split("\n\n")[: blocks.index(line)]
    assert "Charts" not in as_markdown(BAD)
    assert as_markdown(replace(GOOD, charts=(DRAWN,))) == ""


def test_links_to_charts_are_counted_where_there_are_many() -> None:
    found = charted(*(replace(DRAWN, url=f"https://c.example/{i}.png") for i in range(MOST_LINKS + 3)))
    assert len(links(found)) == MOST_LINKS
    assert ", and 3 more.\n" in found


@pytest.mark.parametrize(
    "nasty",
    [NASTY, "a](https://e.vil) ![x](y", "a) b", "<script>", "\\](x)", "[a] (b) \udcff"],
    ids=["all", "link", "bracket", "tag", "backslash", "no text"],
)
def test_no_name_breaks_out_of_a_link(nasty: str) -> None:
    base = f"https://c.example/{nasty}"
    (href, text), (file, _) = links(charted(*(replace(DRAWN, title=nasty, file=nasty, url=url) for url in (base, ""))))
    assert text == " ".join(printable(nasty, 200).split())
    assert unquote(href) == unquote(base.encode(errors="replace").decode())
    assert unquote(file) == nasty.encode(errors="replace").decode()


def test_charts_stand_in_text_and_json() -> None:
    report = replace(BAD, charts=(DRAWN,))
    content = json.loads(FORMATS["json"](report))
    assert list(content)[-1] == "charts"
    assert content["charts"] == [
        {"title": DRAWN.title, "scenario": "海淘 today", "against": None, "file": DRAWN.file, "url": ""}
    ]
    assert json.loads(FORMATS["json"](BAD))["charts"] == []
    assert f"\n\ncharts\n      {DRAWN.file}\n\n" in FORMATS["text"](report)
    assert "charts" not in FORMATS["text"](BAD)


def test_a_long_report_fits_into_a_comment() -> None:
    many = CheckReport(tuple(replace(FAILS, name=f"{'新' * 100} {i}") for i in range(400)), (), "0.1.0")
    comment = as_markdown(many)
    assert len(comment) <= MOST_CHARACTERS
    assert f"and {400 - MOST_ROWS} more" in comment
    assert "too many measured values" in comment


# JUnit: what the schema of Jenkins' xunit plugin and surefire's demand.

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


# GitHub's workflow commands, read as the runner reads them.

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


# SARIF 2.1.0: what the schema demands, and what code scanning demands beyond it.

LEVELS = {"none", "note", "warning", "error"}
URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def sarif_faults(log: dict[str, Any]) -> list[str]:
    """What a reader of SARIF would stumble over."""
    faults = [] if log.get("version") == "2.1.0" else ["version"]
    for run in log["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        faults += ["a rule is named twice"] if len(set(rules)) < len(rules) else []
        seen = Counter(json.dumps(result.get("fingerprints")) for result in run["results"])
        faults += [f"{print_} twice" for print_, n in seen.items() if n > 1]
        for result in run["results"]:
            faults += [] if result.get("level") in LEVELS else [f"level {result.get('level')}"]
            faults += [] if result.get("message", {}).get("text") else ["no message"]
            faults += [] if rules[result["ruleIndex"]] == result["ruleId"] else ["rule and index disagree"]
            faults += [] if result["partialFingerprints"]["primaryLocationLineHash"] else ["no fingerprint"]
            for location in result["locations"] + result.get("relatedLocations", []):
                place = location["physicalLocation"]
                uri, region = place["artifactLocation"]["uri"], place.get("region", {"startLine": 1})
                faults += [] if URI.fullmatch(uri) and not uri.startswith("/") else [f"uri {uri}"]
                faults += [] if min(region.values()) >= 1 else [f"region {region}"]
    return faults


def sarif_of(report: CheckReport) -> dict[str, Any]:
    log = json.loads(as_sarif(report))
    assert isinstance(log, dict)
    return log


@pytest.mark.parametrize("report", ALL.values(), ids=list(ALL))
def test_sarif_is_what_its_readers_expect(report: CheckReport) -> None:
    assert sarif_faults(sarif_of(report)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("level", "bad"), ("message", {}), ("ruleIndex", 2), ("partialFingerprints", {"primaryLocationLineHash": ""})],
)
def test_broken_sarif_is_found(key: str, value: object) -> None:
    log = sarif_of(BAD)
    log["runs"][0]["results"][0][key] = value
    assert sarif_faults(log) != []


def test_results_are_what_did_not_pass_with_what_moved_them() -> None:
    (run,) = sarif_of(BAD)["runs"]
    results = run["results"]
    assert [(result["ruleId"], result["level"]) for result in results] == [
        ("baseline", "error"),
        ("expectation", "warning"),
        ("expectation", "warning"),
    ]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": FILE, "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 14}
    (related,) = results[0]["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "policies/recall.yaml"
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]
    assert run["columnKind"] == "unicodeCodePoints"
    assert sarif_of(UNUSABLE)["runs"][0]["invocations"] == [{"executionSuccessful": False, "exitCode": 2}]


def test_a_result_stays_itself_when_its_line_moves() -> None:
    def fingerprint(verdict: Verdict) -> object:
        return sarif_of(of(verdict))["runs"][0]["results"][0]["fingerprints"]

    assert fingerprint(FAILS) == fingerprint(replace(FAILS, place=Place(FILE, 99, 1), measured=-1.0))
    assert fingerprint(FAILS) != fingerprint(replace(FAILS, name="another"))
    assert fingerprint(FAILS) != fingerprint(replace(FAILS, place=Place("other/expect.yaml", 3, 14)))


def test_files_in_any_script_are_uris() -> None:
    result = sarif_of(of(replace(FAILS, place=Place("海淘/a b#1.yaml", 1, 1))))["runs"][0]["results"][0]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert (unquote(uri), "#" in uri, uri.isascii()) == ("海淘/a b#1.yaml", False, True)


# Places from the repository's root.


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
