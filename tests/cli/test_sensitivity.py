"""`sim sensitivity` as a user calls it, on the project that `sim init` writes, made small."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sim.cli.init import write_project
from tests.conftest import SimCommand

TODAY, RECALL = "shop/policies/today.yaml", "shop/policies/recall.yaml"
SMALL = ("--replicates", "2", "--days", "40", "--jobs", "2")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path / "shop")
    return tmp_path


def test_it_says_what_moves_the_difference_and_keeps_it(sim: SimCommand, project: Path) -> None:
    done = sim("sensitivity", RECALL, "--against", TODAY, *SMALL, "--json")
    assert done.returncode == 0
    assert done.stderr == "simulating 14 variants, 28 replicates of 40 days in all\n"
    content = json.loads(done.stdout)
    assert [content[key] for key in ("metric", "scenario", "against", "days")] == ["profit", "recall", "today", 40]
    numbers = {one["number"]: one for one in content["numbers"]}
    assert set(numbers) == {
        "channels.friends.contacts_per_active_day",
        "response.message.brings_back",
        "response.coupon.lift_per_10_percent",
    }
    lift = numbers["response.message.brings_back"]
    assert [lift[key] for key in ("low", "written", "high", "evidence")] == ["2%", "6%", "12%", "assumption"]
    assert lift["file"] == "shop/world.yaml"
    assert "brings_back" in (project / "shop/world.yaml").read_text("utf-8").splitlines()[lift["line"] - 1]
    (kept,) = (project / "results" / "sensitivities").glob("*/sensitivity.json")
    assert json.loads(kept.read_text(encoding="utf-8")) == content
    assert (kept.parent / "charts" / "tornado.png").is_file()


def test_a_level_is_told_and_quiet_says_nothing_else(sim: SimCommand, project: Path) -> None:
    done = sim("sensitivity", TODAY, "--metric", "mau", *SMALL, "--no-charts", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "MAU of today, all numbers as written: " in done.stdout
    assert "shop/world.yaml:" in done.stdout
    assert not list((project / "results").rglob("*.png"))


def test_a_number_set_on_the_command_line_has_no_range(sim: SimCommand, project: Path) -> None:
    done = sim("sensitivity", TODAY, *SMALL, "--json", "--no-charts", "--set", "response.message.brings_back=9%")
    assert "response.message.brings_back" not in {one["number"] for one in json.loads(done.stdout)["numbers"]}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--metric", "proft"], "there is no metric `proft`; did you mean: profit? (users, "),
        (["--against", "shop/world.yml"], "shop/world.yml"),
        (["--replicates", "0"], "must be a whole number from 1"),
        (["--set", "horizon=20 days", "--against", "other.yaml"], "they differ in start ("),
    ],
)
def test_mistakes_are_told_in_a_line(sim: SimCommand, project: Path, arguments: list[str], told: str) -> None:
    (project / "other.yaml").write_text(f"extends: {TODAY}\nstart: 2026-02-01\n", encoding="utf-8")
    done = sim("sensitivity", TODAY, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_scenario_without_ranges_says_how_to_write_one(sim: SimCommand, project: Path) -> None:
    plain = ["response.message.brings_back=6%", "response.coupon.lift_per_10_percent=1.3"]
    plain.append("channels.friends.contacts_per_active_day=0.01")
    done = sim("sensitivity", TODAY, *(part for change in plain for part in ("--set", change)))
    assert (done.returncode, done.stdout) == (2, "")
    assert "no number of today has a range: give those that you are unsure of one" in done.stderr


@pytest.mark.parametrize(("method", "n_points"), [("morris", 8), ("sobol", 10)])
def test_all_numbers_at_once(sim: SimCommand, project: Path, method: str, n_points: int) -> None:
    asked = ("sensitivity", RECALL, "--against", TODAY, *SMALL, "--method", method, "--samples", "2")
    done = sim(*asked, "--json", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    content = json.loads(done.stdout)
    assert [content["method"], content["points"], len(content["numbers"])] == [method, n_points, 3]
    told = sim(*asked)
    assert f"luck is noise: {n_points} points, each the mean of the same 2 replicates of 40 days" in told.stdout


def test_without_salib_it_says_how_to_install_it(sim: SimCommand, project: Path) -> None:
    (project / "none" / "SALib").mkdir(parents=True)
    (project / "none" / "SALib" / "__init__.py").write_text("raise ImportError\n", encoding="utf-8")
    path = os.pathsep.join([str(project / "none"), os.environ.get("PYTHONPATH", "")])
    done = sim("sensitivity", TODAY, *SMALL, "--method", "morris", environment={"PYTHONPATH": path})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "sim sensitivity: SALib is needed for --method morris; "
        "install it with: pip install 'userops-sim[sensitivity]'\n"
    )


def test_sobols_samples_are_a_power_of_two(sim: SimCommand, project: Path) -> None:
    done = sim("sensitivity", TODAY, *SMALL, "--method", "sobol", "--samples", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert "samples is 3; must be at least 2, a power of two" in done.stderr
    done = sim("sensitivity", TODAY, *SMALL, "--samples", "3")
    assert "--samples belongs to --method morris and --method sobol" in done.stderr
