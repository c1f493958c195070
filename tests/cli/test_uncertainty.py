"""`--uncertainty` of `sim run` and `sim compare`, on the project that `sim init` writes, made small."""

from __future__ import annotations

import json
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


def test_compare_tells_doubt_beside_luck_and_keeps_it(sim: SimCommand, project: Path) -> None:
    done = sim("compare", TODAY, RECALL, *SMALL, "--uncertainty", "4", "--json")
    assert done.returncode == 0
    assert done.stderr == "simulating 8 variants, 16 replicates of 40 days in all\n"
    content = json.loads(done.stdout)
    found = content["uncertainty"]
    assert [found["draws"], found["used"], len(found["numbers"])] == [4, 4, 3]
    (policy,) = found["policies"]
    assert len(policy["differences"]["profit"]["draws"]) == 4
    (kept,) = (project / "results" / "comparisons").glob("*/comparison.json")
    assert json.loads(kept.read_text(encoding="utf-8")) == content
    assert (kept.parent / "charts" / "doubt.png").is_file()
    plain = json.loads(sim("compare", TODAY, RECALL, *SMALL, "--json").stdout)
    assert plain == {key: value for key, value in content.items() if key != "uncertainty"}


def test_run_tells_the_doubt_about_its_levels(sim: SimCommand, project: Path) -> None:
    done = sim("run", TODAY, *SMALL, "--uncertainty", "4", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Doubt about inputs: 3 numbers with a range, drawn 4 times" in done.stdout
    assert "only 4 draws" in done.stdout


def test_mistakes_are_told_in_a_line(sim: SimCommand, project: Path) -> None:
    done = sim("compare", TODAY, RECALL, "--uncertainty", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "must be a whole number from 2 to 10000" in done.stderr
    plain = ["response.message.brings_back=6%", "response.coupon.lift_per_10_percent=1.3"]
    plain.append("channels.friends.contacts_per_active_day=0.01")
    done = sim("run", TODAY, *SMALL, "--uncertainty", *(part for change in plain for part in ("--set", change)))
    assert done.returncode == 2
    assert "--uncertainty: no number has a range" in done.stderr
