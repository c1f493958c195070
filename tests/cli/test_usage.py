"""The command line's frame: help, usage errors, exit codes, streams; nothing here simulates."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.bounds import Bounds
from sim.cli.compare import without_repeats
from sim.cli.main import COMMANDS, build_parser
from sim.cli.options import whole_number
from sim.errors import UsageError
from tests.conftest import SimCommand

NAMES = [module.__name__.rpartition(".")[2] for module in COMMANDS]


def test_help_names_every_command(sim: SimCommand) -> None:
    done = sim("--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for name in NAMES:
        assert re.search(rf"\n    {name}\s", done.stdout)  # a long name stands above its words


@pytest.mark.parametrize("name", NAMES)
def test_each_command_has_help_that_starts_with_what_it_does(sim: SimCommand, name: str) -> None:
    done = sim(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: sim {name} ")
    assert "--debug" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["comapre"], "invalid choice: 'comapre'"),
        (["run"], "the following arguments are required: SCENARIO"),
        (["compare"], "the following arguments are required: BASELINE"),
        (["compare", "a.yaml"], "name a second scenario, or use `sim run a.yaml` for one alone"),
        (["run", "a.yaml", "--replicates", "0"], "'0': must be a whole number from 1 to 100000"),
        (["run", "a.yaml", "--replicates", "many"], "'many': must be a whole number from 1"),
        (["run", "a.yaml", "--days", "-3"], "'-3': must be a whole number from 1 to 36500"),
        (["run", "a.yaml", "--seed", "1.5"], "'1.5': must be a whole number from 0"),
        (["run", "a.yaml", "--jobs", "0"], "'0': must be a whole number from 1 to 4096"),
        (["run", "a.yaml", "--sed", "1"], "unrecognized arguments: --sed 1"),
        (["trace", "a.yaml"], "one of the arguments --person --rule --most-changed is required"),
        (["trace", "a.yaml", "--person", "1", "--rule", "x"], "not allowed with argument --person"),
        (["trace", "a.yaml", "--most-changed"], "is about two scenarios: name a second one before it"),
        (["trace", "a.yaml", "b.yaml", "--most-changed", "profit"], "(choose from 'spend', 'orders', 'active_days', "),
        (["plot", "x", "--format", "gif"], "invalid choice: 'gif'"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(sim: SimCommand, arguments: list[str], message: str) -> None:
    done = sim(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_options_are_not_abbreviated() -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["run", "a.yaml", "--replic", "3"])


def test_defaults_are_those_of_the_interface() -> None:
    read = build_parser().parse_args(["run", "a.yaml"])
    assert (read.seed, read.replicates, read.days, read.jobs, read.out) == (1, 20, None, None, Path("results"))
    assert (read.fresh, read.json, read.quiet, read.debug) == (False, False, False, False)


def test_whole_numbers_may_be_grouped_and_lie_within_bounds() -> None:
    assert whole_number(Bounds(0, 2_000))("1_000") == 1_000


@pytest.mark.parametrize("others", [["b", "a", "c"], ["a", "b", "c", "b"], ["b", "c", "./a"], ["b", "c"]])
def test_the_baseline_may_come_again_and_stays_first(others: list[str]) -> None:
    assert without_repeats("a", others) == ["a", "b", "c"]


def test_comparing_a_scenario_with_itself_alone_is_refused() -> None:
    with pytest.raises(UsageError, match=r"nothing to compare a\.yaml with"):
        without_repeats("a.yaml", ["./a.yaml"])


def test_comparing_a_folder_says_what_it_holds(tmp_path: Path) -> None:
    told = "is a folder; name files, the baseline first"
    with pytest.raises(UsageError, match=f"{told}$"):
        without_repeats(str(tmp_path), [])
    for name in ("today.yaml", "recall.yaml"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match=rf"{told}: it holds \S+/recall\.yaml, \S+/today\.yaml$"):
        without_repeats("a.yaml", [str(tmp_path)])


def test_the_version_is_that_of_the_distribution(sim: SimCommand) -> None:
    assert sim("--version").stdout.startswith("sim ")


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"}])
def test_any_locale_and_terminal_will_do(sim: SimCommand, environment: dict[str, str]) -> None:
    done = sim("validate", "渠道.yaml", environment=environment)
    assert done.returncode == 2
    assert "渠道.yaml" in done.stdout + done.stderr


def run_in_shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    shown = f"{sys.executable} -m sim"
    environment = {**os.environ, "SIM": shown}
    return subprocess.run(
        ["bash", "-c", command], cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    done = run_in_shell("$SIM schema | true; echo ${PIPESTATUS[0]}", tmp_path)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_closed_streams_are_no_error(tmp_path: Path) -> None:
    done = run_in_shell("$SIM schema >&- 2>&-; echo $?", tmp_path)
    assert done.stdout == "0\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_standard_output_is_told(tmp_path: Path) -> None:
    done = run_in_shell("$SIM schema >/dev/full; echo $?", tmp_path)
    assert done.stdout == "2\n"
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_init_refuses_a_folder_that_holds_something(sim: SimCommand, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "notes.txt").write_text("mine", encoding="utf-8")
    done = sim("init", "shop")
    assert done.returncode == 2
    assert done.stderr == "sim init: shop is not empty; name a new or an empty folder\n"
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["notes.txt"]


def test_init_refuses_a_file(sim: SimCommand, tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("mine", encoding="utf-8")
    done = sim("init", "shop")
    assert done.returncode == 2
    assert done.stderr == "sim init: shop is a file; name a new or an empty folder\n"
