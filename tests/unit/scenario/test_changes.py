"""Changes without a file: `--set PATH=VALUE`, and `changes=` in Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.cli.init import write_project
from sim.errors import Problem, ScenarioError
from sim.pipeline import show, validate
from sim.scenario.changes import read_changes

BRINGS_BACK = "response.message.brings_back"


@pytest.fixture
def recall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path / "shop")
    return Path("shop/policies/recall.yaml")


def problems_of(path: Path, *changes: str) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        sim.load(path, changes)
    return caught.value.problems


def test_a_change_lies_over_the_file_and_is_part_of_the_name(recall: Path) -> None:
    changed = sim.load(recall, {BRINGS_BACK: "9%"})
    assert changed.scenario.response.message.brings_back.value == 0.09
    assert changed.name == f"shop recall {BRINGS_BACK}=9%"
    assert changed.hash != sim.load(recall).hash
    assert sim.load(recall, [f"{BRINGS_BACK}=9%"]).tree.plain() == changed.tree.plain()


def test_two_changes_of_one_scenario_have_two_folders_and_labels(recall: Path, tmp_path: Path) -> None:
    loaded = [sim.load(recall, {BRINGS_BACK: share}) for share in ("3%", "9%")]
    comparison = sim.compare(loaded, replicates=1, days=20, jobs=1, out=tmp_path / "results")
    assert [label for label, _ in comparison.runs] == [f"{BRINGS_BACK}=3%", f"{BRINGS_BACK}=9%"]
    assert [run.path.parent.name for _, run in comparison.runs] == [
        f"shop-recall-{BRINGS_BACK}=3%",
        f"shop-recall-{BRINGS_BACK}=9%",
    ]


def test_the_stored_scenario_holds_the_change_and_runs_to_the_same_bytes(recall: Path, tmp_path: Path) -> None:
    first = sim.load(recall, {BRINGS_BACK: "9%"}).run(replicates=1, days=20, jobs=1, out=tmp_path / "a")
    again = sim.run(first.path / "scenario.yaml", replicates=1, days=20, jobs=1, out=tmp_path / "b")
    assert again.identity == first.identity
    for file in sorted(first.path.glob("*.parquet")):
        assert (again.path / file.name).read_bytes() == file.read_bytes()


def test_null_removes_and_later_changes_lie_over_earlier_ones(recall: Path) -> None:
    loaded = sim.load(recall, ["policy.rules.coupon=null", "horizon=90 days", "horizon=80 days"])
    assert list(loaded.scenario.policy.rules) == ["reminder"]
    assert loaded.scenario.n_days == 80
    assert "policy.rules.coupon=null" in loaded.name
    assert (
        sim.load(recall, {"policy.rules.coupon": None}).scenario
        == sim.load(recall, ["policy.rules.coupon=", "name=shop recall policy.rules.coupon=null"]).scenario
    )


def test_keys_with_dots_stand_in_quotes_and_values_are_yaml(recall: Path) -> None:
    loaded = sim.load(
        recall,
        {
            'policy.rules."v1.2 = new"': {"when": {"every": "7 days"}, "do": {"message": "push"}},
            "policy.budgets.search ads": "{2026-01-01: 300 CNY / day, 2026-03-01: 0}",
        },
    )
    assert "v1.2 = new" in loaded.scenario.policy.rules
    assert loaded.scenario.policy.budgets["search ads"].is_dated


def test_a_name_that_is_set_is_the_name(recall: Path) -> None:
    assert sim.load(recall, {"name": "variant", BRINGS_BACK: "9%"}).name == "variant"
    assert len(sim.load(recall, {"title": "x" * 60} | {f"{BRINGS_BACK}": "9%"} | {"horizon": "90 days"}).name) <= 300


def test_a_wrong_value_is_told_at_its_column_of_the_change(recall: Path) -> None:
    (problem,) = problems_of(recall, f"{BRINGS_BACK}=190%")
    assert str(problem.place) == f"--set {BRINGS_BACK}=…, column 30"
    assert str(ScenarioError([problem])).splitlines()[1:3] == [
        f"    1 | {BRINGS_BACK}=190%",
        f"      | {' ' * 29}^^^^",
    ]


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ("response.mesage.brings_back=9%", 10, "unknown field `mesage`"),
        ("policy.rules.remindr.limits.holdout=9%", 14, "missing `when`"),
        ("policy.rules.coupon.who=spend > nothing", 33, "unknown attribute `nothing`"),
        ("horizon={a: 1", 9, "the bracket that opens here is not closed"),
        ("horizon", 7, "is no `PATH=VALUE`"),
        ("a..b=1", 3, "the path is not a row of keys"),
        ("=1", 1, "the path is not a row of keys"),
        ('"a"b=1', 4, "the path is not a row of keys"),
        ("policy.rules.nobody=null", 14, "`recall` has no `nobody` to remove"),
        ("policy.nothing.nobody=null", 16, "`recall` has no `nobody` to remove"),
        ("x" * 10_001, 1, "may have 10,000"),
    ],
)
def test_a_wrong_change_is_told_at_its_place(recall: Path, change: str, column: int, said: str) -> None:
    problems = problems_of(recall, change)
    assert any(said in problem.message for problem in problems)
    assert {(p.place.file, p.place.column) for p in problems if p.place} == {(f"--set {change}", column)}


def test_a_misspelt_name_gets_its_neighbour(recall: Path) -> None:
    problems = problems_of(recall, "policy.rules.remindr.limits.holdout=9%")
    assert {problem.hint for problem in problems} == {"did you mean: reminder?"}


def test_what_the_file_lacks_is_told_in_the_file(recall: Path) -> None:
    recall.write_text("extends: today.yaml\npolicy: {rules: {x: {do: {message: push}}}}\n", encoding="utf-8")
    (problem,) = problems_of(recall, "policy.rules.x.limits.holdout=9%")
    assert str(problem.place) == "shop/policies/recall.yaml:2:18"


def test_show_says_that_a_value_was_set(recall: Path) -> None:
    assert f"brings_back: 9%  # --set {BRINGS_BACK}=…\n" in show(sim.load(recall, {BRINGS_BACK: "9%"}))


def test_validate_lays_changes_over_every_file(recall: Path) -> None:
    assert [problem.severity for problem in validate(["shop/policies"], ["horizon=0 days"])] == ["error"]


def test_too_many_changes_are_refused() -> None:
    with pytest.raises(ScenarioError, match="more than 100 changes"):
        read_changes([f"a{i}=1" for i in range(101)])
