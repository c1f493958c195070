"""`sim solve` as a user calls it, on the project that `sim init` writes, made small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.cli.init import write_project
from tests.conftest import SimCommand

TODAY, RECALL = "shop/policies/today.yaml", "shop/policies/recall.yaml"
SMALL = ("--replicates", "3", "--days", "40", "--jobs", "2")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path / "shop")
    return tmp_path


def test_a_margin_that_breaks_even_in_the_words_of_the_file(sim: SimCommand, project: Path) -> None:
    asked = ("solve", TODAY, "--vary", "orders.margin", "--target", "profit=0", "--between", "5%,95%", *SMALL)
    done = sim(*asked, "--json")
    assert done.returncode == 0
    assert done.stderr.startswith("simulating 6 variants, 18 replicates of 40 days in all, then a few values at a time")
    content = json.loads(done.stdout)
    assert content["found"] is True
    assert content["value"].endswith("%")
    ends = content["in_base_units"]
    assert 0.05 < ends["low"] < ends["value"] < ends["high"] < 0.95
    told = sim(*asked)
    assert f"Profit of today is 0 CNY at orders.margin = {content['value']} (95% interval " in told.stdout
    assert "Written is 24%, no source (shop/world.yaml:" in told.stdout


def test_no_such_value_is_an_answer(sim: SimCommand, project: Path) -> None:
    done = sim("solve", TODAY, "--vary", "response.message.brings_back", "--target", "users=1", *SMALL, "--json")
    content = json.loads(done.stdout)
    assert (done.returncode, content["found"], content["value"]) == (0, False, None)
    told = sim("solve", TODAY, "--vary", "response.message.brings_back", "--target", "users=1", *SMALL, "--quiet")
    assert "persons at every value of response.message.brings_back from 2% to 12%: this number moves" in told.stdout
    assert told.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--vary", "orders.margn", "--target", "profit=0"], "did you mean: orders.margin?"),
        (["--vary", "orders.margin", "--target", "profit"], "is no METRIC=VALUE, such as profit=0"),
        (["--vary", "orders.margin", "--target", "proft=0"], "there is no metric `proft`; did you mean: profit?"),
        (["--vary", "orders.margin", "--target", "profit=0"], "has no range: say where to look, --between LOW%,HIGH%"),
        (["--vary", "orders.margin", "--target", "profit=5 USD"], "is in CNY, not in USD"),
        (["--vary", "orders.margin", "--target", "d30_retention=12"], "is a share, such as d30_retention=12%"),
        (["--vary", "orders.margin", "--target", "profit=0", "--between", "5%"], "must be two values"),
        (["--vary", "orders.margin", "--target", "profit=0", "--between", "9%,5%"], "the first must be below"),
        (
            ["--vary", "orders.margin", "--target", "profit=0", "--between", "5%,500%"],
            "--between: orders.margin = 5",
        ),
    ],
)
def test_mistakes_are_told_in_a_line(sim: SimCommand, project: Path, arguments: list[str], told: str) -> None:
    done = sim("solve", TODAY, *arguments, *SMALL)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
