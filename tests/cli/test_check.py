"""`sim check` as a user or CI calls it: exit codes, what is printed, and a planted regression in a case."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.conftest import ROOT, SimCommand, run_sim

EXPECT = """\
settings: {replicates: 4, max_replicates: 8, days: 60 days}
baselines: [policies/today.yaml]
margin: {users: 1%}
expect:
  recall costs:
    metric: outlay
    of: policies/recall.yaml
    against: policies/today.yaml
    at_least: -50%
"""
PLANTED = {"file": "shop/policies/today.yaml", "old": "search ads: 300 CNY", "new": "search ads: 900 CNY"}


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose outcomes were accepted on the command line."""
    place = tmp_path_factory.mktemp("accepted")
    assert run_sim("init", "shop", "--quiet", cwd=place).returncode == 0
    (place / ".sim-root").touch()
    (place / "shop" / "expect.yaml").write_text(EXPECT, encoding="utf-8")
    done = run_sim("check", "--accept", "--reason", "as measured", "--author", "陳", cwd=place)
    assert (done.returncode, done.stderr) == (0, "")
    first, users = done.stdout.splitlines()
    assert first == "new        shop today  results/baselines/shop-today"
    assert re.fullmatch(r" {11}users \d+ persons", users)
    return place


@pytest.fixture
def sim_here(accepted: Path, tmp_path: Path) -> Callable[..., CompletedProcess[str]]:
    """`sim` in a copy of it."""
    place = tmp_path / "copy"
    shutil.copytree(accepted, place)

    def run(*arguments: str, old: str = "", new: str = "", file: str = "shop/expect.yaml") -> CompletedProcess[str]:
        path = place / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new) if old else path.read_text("utf-8"), "utf-8")
        return run_sim(*arguments, cwd=place)

    return run


def test_what_passes_is_printed_with_its_value(sim_here: SimCommand) -> None:
    done = sim_here("check", "--report", "markdown=out/check.md", "--report", "junit=out/check.xml")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "shop/expect.yaml"
    assert lines[1].startswith("pass  recall costs: ")
    assert "at least −50%; 4 replicates" in lines[1]
    assert lines[2].startswith("pass  shop today: users as accepted: ")
    assert lines[-1] == "2 of 2 checks pass"
    assert any(line.endswith("by 陳: as measured") for line in lines)


def test_a_failure_names_the_line_and_exits_with_1(sim_here: SimCommand) -> None:
    done = sim_here("check", **PLANTED)
    assert done.returncode == 1
    assert "FAIL  shop today: users as accepted" in done.stdout
    cause = "policy: policy.budgets.search ads: 300 CNY / day → 900 CNY / day (shop/policies/today.yaml:7)"
    assert f"moved by {cause}" in done.stdout
    assert sim_here("check", "--exit-zero").returncode == 0


def runs_in(place: Path) -> list[Path]:
    return sorted((place / "results").glob("*/*"))


def test_what_moved_is_drawn_and_linked_without_another_run(sim_here: SimCommand, tmp_path: Path) -> None:
    place = tmp_path / "copy"
    recall = place / "shop" / "policies" / "recall.yaml"
    recall.write_text("name: 召回 (30 days)\n" + recall.read_text(encoding="utf-8"), encoding="utf-8")
    assert sim_here("check", old="at_least: -50%", new="at_least: 300%").returncode == 1
    assert sim_here("check", **PLANTED).returncode == 1
    before = runs_in(place)
    url = "https://c.example/17/"
    done = sim_here("check", "--json", "--report", "markdown=check.md", "--charts", "drawn", "--charts-url", url)
    assert (done.returncode, done.stderr) == (1, "")
    assert runs_in(place) == before
    files = [path.relative_to(place / "drawn").as_posix() for path in sorted((place / "drawn").rglob("*.png"))]
    names = ("differences-over-time", "differences")
    pairs = ("shop-today/accepted", "召回-(30-days)/against-shop-today")
    assert files == [f"{pair}/{name}.png" for pair in pairs for name in names]
    content = json.loads(done.stdout)["charts"]
    assert sorted(chart["file"] for chart in content) == [f"drawn/{file}" for file in files]
    assert [(chart["title"], chart["against"]) for chart in content[::2]] == [
        ("differences of 召回 (30 days) against shop today", "shop today"),
        ("differences of shop today", None),
    ]
    comment = (place / "check.md").read_text(encoding="utf-8")
    assert "Charts: [differences of 召回 (30 days) against shop today](https://c.example/17/%E5%8F%AC" in comment
    assert "[differences of shop today](https://c.example/17/shop-today/accepted/differences.png)" in comment
    sim_here("check", "--report", "markdown=check.md", "--charts", "drawn")
    assert "[differences of shop today](drawn/shop-today/accepted/differences.png)" in (place / "check.md").read_text(
        encoding="utf-8"
    )


def test_nothing_is_drawn_where_nothing_moved_or_sim_itself_did(sim_here: SimCommand, tmp_path: Path) -> None:
    drawn = tmp_path / "copy" / "drawn"
    done = sim_here("check", "--json", "--charts", "drawn")
    assert (done.returncode, json.loads(done.stdout)["charts"], drawn.exists()) == (0, [], False)
    accepted = tmp_path / "copy" / "results" / "baselines" / "shop-today" / "baseline.json"
    content = json.loads(accepted.read_text(encoding="utf-8"))
    content["outcomes"]["users"] = [2 * value for value in content["outcomes"]["users"]]
    accepted.write_text(json.dumps(content), encoding="utf-8")
    done = sim_here("check", "--json", "--charts", "drawn")
    assert (done.returncode, json.loads(done.stdout)["charts"], drawn.exists()) == (1, [], False)


def test_scenarios_that_cannot_be_paired_are_told_and_not_drawn(sim_here: SimCommand, tmp_path: Path) -> None:
    later = {"file": "shop/world.yaml", "old": "start: 2026-01-01", "new": "start: 2026-06-01"}
    sim_here("validate", "shop", **later)
    done = sim_here("check", "--charts", "drawn", **PLANTED)
    assert "warning: no charts of shop today: cannot compare" in done.stderr
    assert (done.returncode, (tmp_path / "copy" / "drawn").exists()) == (1, False)


def test_what_stays_open_exits_with_3_or_warns(sim_here: SimCommand) -> None:
    assert sim_here("validate", "shop", old="at_least: -50%", new="at_most: 0").returncode == 0
    done = sim_here("check", old="metric: outlay", new="metric: revenue")
    assert (done.returncode, "????  recall costs" in done.stdout) == (3, True)
    assert sim_here("check", "--exit-zero").returncode == 0
    warned = sim_here("check", old="at_most: 0", new="at_most: 0\n    else: warn")
    assert (warned.returncode, "WARN  recall costs" in warned.stdout) == (0, True)


def test_json_is_alone_on_standard_output(sim_here: SimCommand) -> None:
    content = json.loads(sim_here("check", "--json").stdout)
    assert (content["status"], content["exit_code"], len(content["verdicts"])) == ("pass", 0, 2)
    users = content["verdicts"][1]
    assert (users["measured"], users["low"], users["high"], users["moved_by"]) == (0.0, 0.0, 0.0, [])
    assert users["place"] == {"file": "shop/expect.yaml", "line": 2, "column": 13}


def test_bad_input_exits_with_2_also_where_failures_do_not(sim_here: SimCommand) -> None:
    done = sim_here("check", "--exit-zero", old="metric: outlay", new="metric: outlays")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("shop/expect.yaml:6:13: `metric` is `outlays`, which is no metric\n")
    assert "did you mean: outlay?" in done.stderr
    in_json = json.loads(sim_here("check", "--json").stdout)
    assert (in_json["exit_code"], in_json["problems"][0]["place"]["line"]) == (2, 6)
    annotated = sim_here("check", "--format", "github")
    assert annotated.returncode == 2
    assert annotated.stdout.startswith("::error file=shop/expect.yaml,line=6,col=13")
    assert sim_here("validate", "shop").returncode == 2


def test_expectations_are_no_scenario(sim_here: SimCommand) -> None:
    done = sim_here("run", "shop/expect.yaml")
    assert (done.returncode, done.stderr) == (
        2, "shop/expect.yaml holds expectations, no scenario\n  use `sim check`\n"
    )  # fmt: skip


def test_hidden_folders_are_not_searched_and_a_scenario_is_no_expectation(sim_here: SimCommand, tmp_path: Path) -> None:
    hidden = tmp_path / "copy" / ".venv" / "expect.yaml"
    hidden.parent.mkdir()
    hidden.write_text("expects: {}", encoding="utf-8")
    assert sim_here("check").returncode == 0
    done = sim_here("check", "shop/policies/today.yaml")
    message = "sim check: shop/policies/today.yaml is no expect.yaml; name one, or a folder of them\n"
    assert (done.returncode, done.stderr) == (2, message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "sim check: .: no expect.yaml in this folder or below\n"),
        (("--accept",), "sim check: --accept needs --reason: whoever reads the change will ask why\n"),
        (("--reason", "why"), "sim check: --reason belongs to --accept\n"),
        (("--charts-url", "x"), "sim check: --charts-url belongs to --charts\n"),
        (("nowhere.yaml",), "there is no file nowhere.yaml\n"),
        (
            ("--accept", "--reason", "why", "--charts", "x"),
            "sim check: --accept makes no report: check again afterwards\n",
        ),
        (("--accept", "--reason", "why", "--json"), "sim check: --accept makes no report: check again afterwards\n"),
    ],
)
def test_a_command_that_cannot_be_meant_exits_with_2(sim: SimCommand, arguments: tuple[str, ...], message: str) -> None:
    done = sim("check", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


# ---------------------------------------------------------------------------------------------------------------------
# The example cases


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a case with what was accepted of it."""
    place = tmp_path_factory.mktemp("case")
    shutil.copytree(ROOT / "scenarios" / "stages", place / "scenarios" / "stages")
    shutil.copytree(ROOT / "results" / "baselines", place / "results" / "baselines")
    (place / ".sim-root").touch()
    return place


def test_a_case_as_it_is_passes_exactly(case: Path) -> None:
    done = run_sim("check", cwd=case)
    assert done.returncode == 0
    assert done.stdout.endswith("5 of 5 checks pass\n")


def test_a_policy_regression_planted_in_a_case_fails_with_its_line(case: Path) -> None:
    file = case / "scenarios" / "stages" / "policies" / "gates.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("users >= 3_000", "users >= 30_000"), encoding="utf-8")
    try:
        done = run_sim("check", cwd=case)
    finally:
        file.write_text(before, encoding="utf-8")
    assert done.returncode == 1
    line = 1 + before[: before.index("users >= 3_000")].count("\n")
    assert "FAIL  stages gates: profit as accepted" in done.stdout
    told = " ".join(done.stdout.split())
    assert f"users >= 30_000 (scenarios/stages/policies/gates.yaml:{line})" in told
    assert "assumption:" not in told
    assert "engine:" not in told
