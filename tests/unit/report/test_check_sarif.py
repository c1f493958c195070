"""What a check found, as SARIF 2.1.0: what the schema demands, and what code scanning demands beyond it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from sim.analysis.verdicts import CheckReport, Verdict
from sim.errors import Place
from sim.report.check_formats import FORMATS
from tests.unit.report.made_up_checks import ALL, BAD, FAILS, FILE, UNUSABLE, of

as_sarif = FORMATS["sarif"]
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
