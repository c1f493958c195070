"""Every command as a user calls it, on the project that `sim init` writes, made small."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import SimCommand

SMALL = ("--replicates", "2", "--days", "40")
HEADLINES = ["users", "dau", "mau", "d30_retention", "orders", "revenue", "cost", "profit", "ltv", "cac"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the template's project in `shop`, which is the commands' current folder."""
    from sim.cli.init import write_project

    write_project(tmp_path / "shop")
    return tmp_path


def run_folders(project: Path, scenario: str) -> list[Path]:
    return sorted(path for path in (project / "results" / scenario).iterdir() if path.is_dir())


def data_of(run: Path) -> dict[str, bytes]:
    """The bytes of a run's data files."""
    return {path.name: path.read_bytes() for path in sorted(run.iterdir()) if path.suffix in {".parquet", ".yaml"}}


def test_init_says_what_to_do_next_and_its_project_is_valid(sim: SimCommand) -> None:
    done = sim("init", "shop")
    assert done.returncode == 0
    assert "sim compare shop/policies/today.yaml shop/policies/recall.yaml" in done.stdout
    checked = sim("validate", "shop/policies")
    assert (checked.returncode, checked.stdout) == (0, "no problems\n")


def test_validate_tells_every_mistake_with_its_place(sim: SimCommand, project: Path) -> None:
    policy = project / "shop" / "policies" / "recall.yaml"
    text = (
        policy.read_text(encoding="utf-8").replace("limits: {holdout", "limit: {holdout").replace("200 CNY", "200 USD")
    )
    policy.write_text(text, encoding="utf-8")
    done = sim("validate", "shop")
    assert done.returncode == 2
    assert "shop/policies/recall.yaml:8:17: " in done.stdout
    assert "unknown field `limit`" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("3 errors, ")
    problems = json.loads(sim("validate", "shop", "--json").stdout)
    errors = [problem for problem in problems if problem["severity"] == "error"]
    assert [(error["file"], error["line"]) for error in errors] == [
        ("shop/policies/recall.yaml", 8),
        ("shop/policies/recall.yaml", 13),
        ("shop/policies/recall.yaml", 18),
    ]


def test_run_prints_a_summary_and_stores_a_whole_folder(sim: SimCommand, project: Path) -> None:
    done = sim("run", "shop/policies/today.yaml", *SMALL)
    assert (done.returncode, done.stderr) == (0, "")
    assert "95%" in done.stdout
    (run,) = run_folders(project, "today")
    assert str(run.relative_to(project)) in done.stdout.replace("\n", "")
    assert {"run.json", "scenario.yaml", "daily.parquet", "ledger.parquet", "cohorts.parquet"} <= {
        path.name for path in run.iterdir()
    }


def test_run_as_json_prints_json_alone(sim: SimCommand, project: Path) -> None:
    done = sim("run", "shop/policies/today.yaml", *SMALL, "--json")
    assert done.stderr == ""
    content = json.loads(done.stdout)
    assert [name for name in content["metrics"] if name in HEADLINES] == HEADLINES
    assert list(project.glob("results/today/*/run.json")) != []


def test_a_stored_run_is_reused_and_fresh_gives_the_same_bytes(sim: SimCommand, project: Path) -> None:
    sim("run", "shop/policies/today.yaml", *SMALL, "--jobs", "2")
    (run,) = run_folders(project, "today")
    before, stamp = data_of(run), (run / "daily.parquet").stat().st_mtime_ns
    sim("run", "shop/policies/today.yaml", *SMALL)
    assert (run / "daily.parquet").stat().st_mtime_ns == stamp
    sim("run", "shop/policies/today.yaml", *SMALL, "--fresh", "--jobs", "1")
    assert run_folders(project, "today") == [run]
    assert data_of(run) == before


def test_what_show_prints_runs_to_the_same_bytes(sim: SimCommand, project: Path) -> None:
    shown = sim("show", "shop/policies/recall.yaml")
    assert shown.returncode == 0
    assert "# shop/world.yaml:" in shown.stdout
    assert "# shop/policies/today.yaml:" in shown.stdout
    (project / "resolved.yaml").write_text(shown.stdout, encoding="utf-8")
    sim("run", "shop/policies/recall.yaml", *SMALL, "--out", "a")
    sim("run", "resolved.yaml", *SMALL, "--out", "b")
    (a,) = (project / "a" / "recall").iterdir()
    (b,) = (project / "b" / "recall").iterdir()
    assert a.name == b.name
    tables_of_a, tables_of_b = data_of(a), data_of(b)
    assert tables_of_a == tables_of_b


def test_compare_prints_differences_and_draws_charts(sim: SimCommand, project: Path) -> None:
    policies = sorted(str(path.relative_to(project)) for path in (project / "shop/policies").glob("*.yaml"))
    done = sim("compare", "shop/policies/today.yaml", *policies, *SMALL)
    assert (done.returncode, done.stderr) == (0, "")
    assert "95%" in done.stdout
    assert list(project.rglob("*.png")) != []


def test_compare_as_json_has_every_headline_with_its_interval(sim: SimCommand) -> None:
    sim("init", "shop")
    done = sim("compare", "shop/policies/today.yaml", "shop/policies/recall.yaml", *SMALL, "--json", "--no-charts")
    (policy,) = json.loads(done.stdout)["policies"]
    assert [name for name in policy["differences"] if name in HEADLINES] == HEADLINES
    for difference in policy["differences"].values():
        if difference["low"] is not None:
            assert difference["low"] <= difference["difference"] <= difference["high"]


def test_plot_draws_from_stored_runs(sim: SimCommand, project: Path) -> None:
    for name in ("today", "recall"):
        sim("run", f"shop/policies/{name}.yaml", *SMALL, "--quiet")
    (today,), (recall,) = run_folders(project, "today"), run_folders(project, "recall")
    for runs in ([today], [today, recall]):
        done = sim("plot", *runs, "--out", "charts", "--format", "both")
        assert (done.returncode, done.stderr) == (0, "")
        paths = [project / line for line in done.stdout.splitlines()]
        assert {path.suffix for path in paths} == {".png", ".svg"}
        assert all(path.is_file() for path in paths)


def test_plot_names_an_unknown_metric_and_a_missing_run(sim: SimCommand, project: Path) -> None:
    sim("run", "shop/policies/today.yaml", *SMALL, "--quiet")
    (run,) = run_folders(project, "today")
    for arguments, message in (((run, "--metric", "revenu"), "revenue"), (("results/nothing",), "results/nothing")):
        done = sim("plot", *arguments)
        assert done.returncode == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_trace_tells_the_same_life_twice(sim: SimCommand) -> None:
    sim("init", "shop")
    lives = [sim("trace", "shop/policies/today.yaml", "--person", str(person), "--days", "60") for person in (7, 7, 8)]
    assert [life.returncode for life in lives] == [0, 0, 0]
    assert lives[0].stdout == lives[1].stdout != ""


def test_schema_is_a_json_schema_with_descriptions(sim: SimCommand) -> None:
    schema = json.loads(sim("schema").stdout)
    assert schema["properties"]["horizon"]["description"]


def test_debug_shows_the_traceback(sim: SimCommand) -> None:
    assert "Traceback" in sim("run", "missing.yaml", "--debug").stderr
    assert "Traceback" not in sim("run", "missing.yaml").stderr


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_half_written(project: Path, stop: signal.Signals) -> None:
    command = [sys.executable, "-m", "sim", "run", "shop/policies/today.yaml", "--replicates", "5000", "--jobs", "2"]
    with subprocess.Popen(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True
    ) as process:
        time.sleep(4)
        process.send_signal(stop)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert output == ""
    assert errors == "interrupted: nothing half-written was left\n"
    assert list(project.glob("results/*/*/run.json")) == []
    with pytest.raises(ProcessLookupError):  # no worker is left in its group
        os.killpg(process.pid, 0)


def test_progress_is_drawn_on_a_terminal_and_leaves_standard_output_alone(project: Path) -> None:
    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "sim", "run", "shop/policies/today.yaml", *SMALL, "--json", "--fresh"],
        cwd=project,
        env={**os.environ, "TERM": "xterm-256color"},
        stdout=subprocess.PIPE,
        stderr=slave,
        check=True,
        encoding="utf-8",
    )
    os.close(slave)
    drawn = os.read(master, 65_536).decode()
    os.close(master)
    assert "2/2" in drawn
    assert json.loads(done.stdout)["metrics"]
