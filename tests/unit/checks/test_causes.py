"""What `sim check` says has moved an outcome: the line, the world, the engine, or nobody."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import sim
import sim.execution
from sim.cli.main import run_command_line
from sim.execution import Measured
from sim.report.check_formats import FORMATS
from sim.report.check_wording import headline
from sim.systems.replicate import ReplicateTask
from tests.conftest import ROOT
from tests.unit.checks.project import COSTS, HELD, SETTINGS, alter, check, doubled, edit_outcomes, expect, line_of, of


@pytest.mark.usefixtures("project")
def test_a_changed_policy_fails_with_its_line() -> None:
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 600 CNY")
    report = check()
    users = of(report, "shop today: users as accepted")
    assert (users.status, report.exit_code) == ("fail", 1)
    assert [(cause.kind, cause.text, str(cause.place)) for cause in users.moved_by] == [
        (
            "policy",
            "policy.budgets.search ads: 300 CNY / day → 600 CNY / day",
            "shop/policies/today.yaml:7:17",
        )
    ]
    assert users.relative is not None
    assert users.relative > 0.05
    assert "600 CNY" in FORMATS["text"](report)


@pytest.mark.usefixtures("project")
def test_a_changed_world_is_an_assumption_for_both_policies() -> None:
    alter("shop/world.yaml", "price: 3 CNY / click", "price: 2 CNY / click")
    report = check()
    for name in ("shop today: users as accepted", "shop recall: users as accepted"):
        (cause,) = of(report, name).moved_by
        assert (cause.kind, cause.place and cause.place.line) == ("assumption", line_of("shop/world.yaml", "2 CNY"))


@pytest.mark.usefixtures("project")
def test_words_evidence_and_comments_move_nothing() -> None:
    alter(
        "shop/world.yaml",
        "price: 3 CNY / click",
        "price: {value: 3 CNY / click, low: 1 CNY / click, high: 9 CNY / click}",
    )
    alter("shop/policies/today.yaml", "title: As today", "title: As it was  # a comment")
    assert check().exit_code == 0


@pytest.mark.usefixtures("project")
def test_a_line_that_does_not_move_the_outcome_is_not_blamed() -> None:
    """Recall changes; what is accepted of today does not. The engine is blamed for nothing, either."""
    alter("shop/policies/recall.yaml", "off: 20 CNY", "off: 60 CNY")
    report = check()
    assert of(report, "shop today: revenue as accepted").moved_by == ()
    recall = of(report, "shop recall: users as accepted")
    assert (recall.status, recall.moved_by) == ("pass", ())


@pytest.mark.usefixtures("project")
def test_a_broken_expectation_names_what_changed_since_its_scenarios_were_accepted() -> None:
    expect(HELD + COSTS.replace("at_least: -50%", "at_least: 90%"))
    alter("shop/policies/recall.yaml", "inactive_for: 14 days", "inactive_for: 40 days")
    report = check()
    broken = of(report, "recall costs")
    assert broken.status == "fail"
    assert [cause.kind for cause in broken.moved_by] == ["policy"]
    assert "14 days → 40 days" in broken.moved_by[0].text


@pytest.mark.usefixtures("project")
def test_the_lines_of_the_scenario_that_is_measured_come_before_those_of_the_other() -> None:
    expect(HELD + COSTS.replace("at_least: -50%", "at_least: 90%"))
    alter("shop/policies/recall.yaml", "off: 20 CNY", "off: 60 CNY")
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 310 CNY")  # recall extends it
    report = check()
    places = [str(cause.place).rpartition(":")[0] for cause in of(report, "recall costs").moved_by]
    first = f"shop/policies/recall.yaml:{line_of('shop/policies/recall.yaml', 'off: 60 CNY')}"
    assert places == [first, "shop/policies/today.yaml:7"]
    assert headline(report).endswith(f", changed since accepted: {first} and 1 more")


@pytest.mark.usefixtures("project")
def test_the_commands_that_a_comment_tells_run_as_they_are_pasted() -> None:
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 600 CNY")
    report = check()
    options = "--days 60 --replicates 4"
    files = "results/baselines/shop-today/scenario.yaml shop/policies/today.yaml"
    for name in ("text", "markdown"):
        found = re.findall(r"\bsim (compare|explain) ([^`\n]+)", FORMATS[name](report))
        told = [(verb, rest) for verb, rest in found if rest.startswith(files)]
        assert told == [(verb, f"{files} {options}") for verb in ("compare", "explain")], name
    for verb in ("compare", "explain"):
        assert run_command_line([verb, *files.split(), *options.split(), "--no-charts", "--quiet"]) == 0
    runs = sorted(Path("results").glob("*/*"))
    for verb in ("compare", "explain"):
        assert run_command_line([verb, *files.split(), "--no-charts", "--quiet"]) == 2
    assert sorted(Path("results").glob("*/*")) == runs


@pytest.mark.usefixtures("project")
def test_the_luck_of_another_file_is_not_the_engines() -> None:
    """An expectation with a seed of its own fails; what was accepted is run again with the seed of the acceptance."""
    other = SETTINGS.replace("}", ", seed: 7}")
    bound = "expect:\n  impossible: {metric: users, of: today.yaml, at_least: 10_000_000}\n"
    Path("shop/policies/expect.yaml").write_text(other + bound, encoding="utf-8")
    report = check()
    impossible = of(report, "impossible")
    assert (impossible.status, impossible.moved_by) == ("fail", ())
    edit_outcomes("shop-today", doubled)
    assert [cause.kind for cause in of(check(), "impossible").moved_by] == ["engine"]


@pytest.mark.usefixtures("project")
def test_other_numbers_from_the_same_scenario_are_the_engines() -> None:
    edit_outcomes("shop-today", doubled)
    report = check()
    users = of(report, "shop today: users as accepted")
    (cause,) = users.moved_by
    assert (users.status, cause.kind, cause.place) == ("fail", "engine", None)
    assert re.fullmatch(r"sim .*, accepted with 0\.0\.9: users of the accepted scenario −\d+ persons", cause.text)
    assert of(report, "shop today: revenue as accepted").status == "pass"


@pytest.mark.usefixtures("project")
def test_a_changed_line_and_another_engine_are_both_named_the_line_first() -> None:
    edit_outcomes("shop-today", doubled)
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 600 CNY")
    assert [cause.kind for cause in of(check(), "shop today: users as accepted").moved_by] == ["policy", "engine"]


@pytest.mark.usefixtures("project")
def test_an_accepted_scenario_that_is_no_longer_read_is_the_engines() -> None:
    alter("results/baselines/shop-today/scenario.yaml", "currency:", "curency:")
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 600 CNY")
    (cause,) = of(check(), "shop today: users as accepted").moved_by
    assert cause.kind == "engine"
    assert "cannot read the accepted scenario: unknown field" in cause.text


@pytest.mark.usefixtures("project")
def test_beyond_the_accepted_replicates_the_engine_must_repeat_them() -> None:
    expect((HELD + COSTS).replace("revenue: 0.5%", "revenue: 0.01%"))
    alter("shop/world.yaml", "price: 3 CNY / click", "price: 3.003 CNY / click")

    def nudged(content: dict[str, object]) -> None:
        outcomes = content["outcomes"]
        assert isinstance(outcomes, dict)
        outcomes["revenue"][0] += 1

    edit_outcomes("shop-today", nudged)
    revenue = of(check(), "shop today: revenue as accepted")
    assert (revenue.status, revenue.n_replicates) == ("inconclusive", 4)
    assert "engine" in [cause.kind for cause in revenue.moved_by]


@pytest.mark.usefixtures("project")
def test_a_fresh_check_sees_an_engine_that_changed_under_stored_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `make check` of this repository: its version stays the same while it is developed."""
    assert check().exit_code == 0
    measured = sim.execution.measured_replicate

    def changed(task: ReplicateTask) -> Measured:
        return measured(replace(task, seed=task.seed + 1))

    monkeypatch.setattr(sim.execution, "measured_replicate", changed)
    assert check().exit_code == 0
    report = check(fresh=True)
    users = of(report, "shop today: users as accepted")
    assert [cause.kind for cause in users.moved_by][:1] == ["engine"]
    assert "sim 0.1.0, as accepted, with other code, libraries or machine: users of" in users.moved_by[0].text
    assert "$(SIM) check scenarios --fresh\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
