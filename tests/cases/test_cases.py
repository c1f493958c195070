"""What holds in every case: its files load, its ranges are sound, its policies share a world, its page tells them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim import pipeline
from sim.systems.scenario import Scenario
from sim.units import Quantity
from tests.cases.files import DOCS, FILES, POLICIES, ranged_quantities

AT_LEAST = {
    "car-brand": 30, "car-community": 24, "cdnow": 7, "check-in": 9, "community": 21, "core-users": 16, "haitao": 26,
    "lunch": 21,
    "membership": 25, "points-expiry": 20, "referral": 12, "rfm": 21, "service-desk": 25, "stages": 13,
}  # fmt: skip
"""How many quantities of a case state a range."""
FOLDER_OF = {name: name.rpartition("/")[0].replace("/examples", "/policies") for name in FILES}
"""The folder of the policies that share a file's world."""
BASELINES = {folder: f"{folder}/{policies[0]}" for folder, policies in POLICIES.items()}
COMPARED = [name for name in FILES if name not in BASELINES.values()]
BEYOND_POLICY = {
    "haitao/examples/tiers": {"privileges"},
    "lunch/examples/newcomers": {"response"},
    "stages/policies/gated-spending": {"income"},
}
"""What files say outside `policy` on purpose: what they grant, how coupons work, income that begins on a date."""


def assert_sound(path: str, quantity: Quantity) -> None:
    """It names its source, and its range holds its value."""
    assert quantity.source, path
    assert quantity.low is not None, path
    assert quantity.high is not None, path
    assert quantity.low <= quantity.value <= quantity.high, path


@pytest.mark.parametrize("name", FILES)
def test_the_file_loads_without_a_warning_and_its_ranges_are_sound(name: str) -> None:
    loaded = pipeline.load(FILES[name])
    assert loaded.warnings == ()
    ranged = ranged_quantities(loaded.scenario)
    assert len(ranged) >= AT_LEAST[name.split("/")[0]]
    for path, quantity in ranged.items():
        assert_sound(path, quantity)


@pytest.mark.parametrize(
    "quantity",
    [
        Quantity(0.5, low=0.6, high=0.7, source="a paper"),
        Quantity(0.5, low=0.3, high=0.4, source="a paper"),
        Quantity(0.5, low=0.4, source="a paper"),
        Quantity(0.5, high=0.6, source="a paper"),
        Quantity(0.5, low=0.4, high=0.6),
    ],
)
def test_a_range_without_its_value_an_end_or_a_source_is_seen(quantity: Quantity) -> None:
    ((path, found),) = ranged_quantities({"a": {"b": quantity, "c": Quantity(1.0)}}).items()
    assert path == "a.b"
    with pytest.raises(AssertionError):
        assert_sound(path, found)


def test_there_are_no_other_policies_than_those_that_the_pages_tell() -> None:
    told = {f"{folder}/{policy}" for folder, policies in POLICIES.items() for policy in policies}
    assert {name for name in FILES if "/policies/" in name} == told


def sections_that_differ(one: Scenario, other: Scenario) -> set[str]:
    """The sections in which two scenarios differ, beside what they are called."""
    called = {"name", "title"}
    return {key for key in Scenario.model_fields if key not in called and getattr(one, key) != getattr(other, key)}


@pytest.mark.parametrize("name", COMPARED)
def test_the_file_differs_from_its_baseline_only_in_the_policy(name: str) -> None:
    files = (FILES[BASELINES[FOLDER_OF[name]]], FILES[name])
    baseline, scenario = (pipeline.load(file).scenario for file in files)
    assert sections_that_differ(baseline, scenario) == {"policy"} | BEYOND_POLICY.get(name, set())


@pytest.mark.parametrize("name", BASELINES.values())
def test_a_difference_outside_the_policy_is_seen(name: str) -> None:
    baseline, twin = (pipeline.load(FILES[name], changes) for changes in ({}, {"market.people_per_agent": "3"}))
    assert sections_that_differ(baseline.scenario, twin.scenario) == {"market"}


def is_named(policy: str, page: Path) -> bool:
    """Whether a page names a policy: as code, as a file, or at the head of a table's row."""
    pattern = rf"`{policy}`|/{policy}\.yaml|^\| {policy}[, ]"
    return re.search(pattern, page.read_text(encoding="utf-8"), re.MULTILINE) is not None


@pytest.mark.parametrize("name", FILES)
def test_a_page_tells_of_the_file(name: str) -> None:
    page = DOCS / "rules.md" if "/examples/" in name else DOCS / "cases" / f"{name.split('/')[0]}.md"
    assert is_named(name.rpartition("/")[2], page)


def test_a_word_of_the_page_and_the_beginning_of_a_name_name_no_policy() -> None:
    page = DOCS / "cases" / "lunch.md"
    assert "push" in page.read_text(encoding="utf-8")
    assert not any(is_named(word, page) for word in ("push", "at", "no"))
