"""What `sim check` refuses: outcomes that were never accepted so, damaged files, lists that repeat."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sim
from sim.checks.reading import _Reader
from sim.scenario.checking import check as read_content
from sim.scenario.expectations import Expectations
from sim.scenario.layering import load_layers
from tests.unit.checks.project import SETTINGS, alter, check, edit_outcomes, expect, messages


@pytest.mark.usefixtures("project")
def test_an_accepted_scenario_that_was_edited_is_bad_input() -> None:
    alter("results/baselines/shop-today/scenario.yaml", "300 CNY / day", "301 CNY / day")
    (message,) = messages(check())
    assert message.startswith("shop/expect.yaml:2:13: results/baselines/shop-today/scenario.yaml was edited")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("policies/recall.yaml]", "policies/recall.yaml, world.yaml]", "nothing was accepted of `shop`"),
        ("days: 60 days", "days: 61 days", "was accepted over 60 days, `settings` say 61"),
        ("days: 60 days", "days: 60 days, seed: 2", "was accepted with seed 1, `settings` say 2"),
        ("{users: 1%", "{cac: 5%, users: 1%", "no cac was accepted of `shop today`"),
    ],
)
def test_what_was_accepted_otherwise_is_bad_input_at_its_place(old: str, new: str, message: str) -> None:
    alter("shop/expect.yaml", old, new)
    report = check()
    assert report.exit_code == 2
    found = messages(report)[0]
    assert found.startswith("shop/expect.yaml:2:")
    assert message in found
    assert found.endswith("accept its outcomes: sim check --accept --reason …")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 9}', b'{"format": 1}', b"\xff", b"[" * 100_000])
def test_a_damaged_baseline_is_bad_input(content: bytes) -> None:
    Path("results/baselines/shop-today/baseline.json").write_bytes(content)
    (message,) = messages(check())
    assert message.startswith("shop/expect.yaml:2:13: results/baselines/shop-today/baseline.json ")
    assert message.endswith("restore it, or accept the outcomes anew: sim check --accept")


@pytest.mark.usefixtures("project")
def test_values_that_are_no_numbers_are_a_damaged_baseline() -> None:
    def broken(content: dict[str, object]) -> None:
        outcomes = content["outcomes"]
        assert isinstance(outcomes, dict)
        outcomes["users"][2] = "many"

    edit_outcomes("shop-today", broken)
    assert "makes no sense at users" in messages(check())[0]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "1e300"])
def test_values_that_no_run_can_measure_are_a_damaged_baseline(number: str) -> None:
    path = Path("results/baselines/shop-today/baseline.json")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'("users": \[)[^,]*', rf"\g<1>{number}", text), encoding="utf-8")
    assert "makes no sense at users" in messages(check())[0]


@pytest.mark.usefixtures("project")
def test_a_link_to_itself_is_bad_input() -> None:
    Path("shop/expect.yaml").unlink()
    Path("shop/expect.yaml").symlink_to("expect.yaml")
    (message,) = messages(check())
    assert message == "None: shop/expect.yaml cannot be read: too many levels of symbolic links"


@pytest.mark.usefixtures("project")
def test_each_repeated_scenario_names_the_first_place() -> None:
    names = ["policies/recall.yaml", *["policies/today.yaml"] * 3]
    expect(SETTINGS + "baselines:\n" + "".join(f"  - {name}\n" for name in names))
    report = check()
    repeats = "of `baselines` repeats a scenario of the list"
    assert [problem.message for problem in report.problems] == [f"item {i} {repeats}" for i in (3, 4)]
    assert [(problem.place and problem.place.line, problem.also[0][1].line) for problem in report.problems] == [
        (5, 4),
        (6, 4),
    ]


@pytest.mark.usefixtures("project")
def test_a_long_list_is_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is looked up, not compared with all lines before it."""
    n, compared = 500, 0

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    scenario = sim.load("shop/policies/today.yaml")
    monkeypatch.setattr(_Reader, "_scenario", lambda *_: scenario)
    expect(SETTINGS + "baselines:\n" + "".join(f"  - {i}.yaml\n" for i in range(n)))
    tree = load_layers("shop/expect.yaml")
    content, _ = read_content(tree, Expectations, context={"metrics": ("users",)})
    reader = _Reader(tree, content.model_copy(update={"baselines": tuple(map(Name, content.baselines))}))
    assert all(reader.held(i) for i in range(n))
    assert compared < n


@pytest.mark.usefixtures("project")
def test_one_scenario_is_held_once() -> None:
    Path("shop/policies/expect.yaml").write_text(SETTINGS + "baselines: [today.yaml]\n", encoding="utf-8")
    (message,) = messages(check())
    assert message == "shop/policies/expect.yaml:2:13: `shop today` is held to accepted outcomes twice"
