"""Every command as a user calls it, on the project that `sim init` writes, made small."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sim.cli.comparisons import runs_of
from sim.cli.init import write_project
from tests.conftest import SimCommand, run_sim

TODAY, RECALL = "shop/policies/today.yaml", "shop/policies/recall.yaml"
SMALL = ("--replicates", "2", "--days", "40")
HEADLINES = ["users", "dau", "mau", "d30_retention", "orders", "revenue", "cost", "profit", "ltv", "cac"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the template's project in `shop`, which is the commands' current folder."""
    write_project(tmp_path / "shop")
    return tmp_path


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder whose project's two policies were compared, and what `--json` printed; tests only read it."""
    folder = tmp_path_factory.mktemp("compared")
    write_project(folder / "shop")
    done = run_sim("compare", TODAY, RECALL, *SMALL, "--json", "--no-charts", "--jobs", "2", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder, json.loads(done.stdout)


def only_run(project: Path, scenario: str, out: str = "results") -> Path:
    """The folder of the only run of a scenario."""
    (run,) = (path for path in (project / out / scenario).iterdir() if path.is_dir())
    return run


def data_of(run: Path) -> dict[str, bytes]:
    """The bytes of a run's data files."""
    return {path.name: path.read_bytes() for path in sorted(run.iterdir()) if path.suffix in {".parquet", ".yaml"}}


def test_init_says_what_to_do_next_and_its_project_is_valid(sim: SimCommand) -> None:
    done = sim("init", "shop")
    assert done.returncode == 0
    assert f"sim compare {TODAY} {RECALL}" in done.stdout
    checked = sim("validate", "shop/policies")
    assert (checked.returncode, checked.stdout) == (0, "no problems\n")


def test_validate_tells_every_mistake_with_its_place(sim: SimCommand, project: Path) -> None:
    policy = project / RECALL
    text = policy.read_text(encoding="utf-8").replace("limits: {holdout", "limit: {holdout")
    policy.write_text(text.replace("200 CNY", "200 USD"), encoding="utf-8")
    done = sim("validate", "shop")
    assert done.returncode == 2
    assert f"{RECALL}:15:24: " in done.stdout
    assert "unknown field `limit`" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("2 errors")
    problems = json.loads(sim("validate", "shop", "--json").stdout)
    errors = [problem for problem in problems if problem["severity"] == "error"]
    assert [(error["file"], error["line"]) for error in errors] == [(RECALL, 10), (RECALL, 15)]


def test_a_scenario_with_mistakes_does_not_run(sim: SimCommand, project: Path) -> None:
    (project / RECALL).write_text("extends: today.yaml\nhorizn: 9 days\n", encoding="utf-8")
    done = sim("compare", TODAY, RECALL, *SMALL)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean: horizon?" in done.stderr
    assert not (project / "results").exists()


def test_compare_tells_the_mistakes_of_all_files_and_of_shared_ones_once(sim: SimCommand, project: Path) -> None:
    for path, mistake in ((TODAY, "horizn: 9 days"), (RECALL, "curency: CNY")):
        with (project / path).open("a", encoding="utf-8") as stream:
            stream.write(f"\n{mistake}\n")
    done = sim("compare", TODAY, RECALL)
    assert (done.returncode, done.stdout) == (2, "")
    assert [done.stderr.count(f"unknown field `{word}`") for word in ("horizn", "curency")] == [1, 1]


def test_compare_as_json_has_every_headline_with_its_interval(compared: tuple[Path, dict[str, Any]]) -> None:
    (policy,) = compared[1]["policies"]
    assert [name for name in policy["differences"] if name in HEADLINES] == HEADLINES
    for difference in policy["differences"].values():
        if difference["low"] is not None:
            assert difference["low"] <= difference["difference"] <= difference["high"]


def test_compare_prints_differences_and_draws_charts(compared: tuple[Path, dict[str, Any]]) -> None:
    folder, content = compared
    done = run_sim("compare", TODAY, TODAY, RECALL, *SMALL, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "recall, against today" in done.stdout
    assert "95% intervals" in done.stdout
    charts = [folder / line.strip() for line in done.stdout.splitlines() if line.endswith(".png")]
    assert len(charts) >= 5
    assert all(chart.is_file() for chart in charts)
    (kept,) = (folder / "results" / "comparisons").glob("*/comparison.json")
    assert json.loads(kept.read_text(encoding="utf-8")) == content


def test_precision_adds_replicates_and_says_what_it_reached(sim: SimCommand, project: Path) -> None:
    asked = ("--precision", "dau=0.5%", "--precision", "profit=1 CNY", "--max-replicates", "30", "--days", "40")
    done = sim("compare", TODAY, RECALL, *asked, "--no-charts")
    assert (done.returncode, done.stderr) == (0, "")
    reached, wider = (line for line in done.stdout.splitlines() if line.startswith("precision: "))
    assert re.fullmatch(
        r"precision: difference in DAU \(recall\) ± [\d.]+% after 30 replicates, within the 0.5% asked for", reached
    )
    assert "after 30 replicates, wider than the 1 CNY asked for: about " in wider
    content = json.loads(sim("compare", TODAY, RECALL, *asked, "--no-charts", "--json").stdout)
    assert [(one["metric"], one["asked"], one["reached"], one["replicates"]) for one in content["precision"]] == [
        ("dau", "0.5%", True, 30),
        ("profit", "1 CNY", False, 30),
    ]
    assert content["precision"][1]["needed"] > 30
    run = json.loads(sim("run", TODAY, *asked, "--json").stdout)
    assert [one["policy"] for one in run["precision"]] == [None, None]
    assert len(list(project.glob("results/shop-today/*"))) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--precision", "revenu=1%"),
            "sim run: precision: there is no metric `revenu`; did you mean: revenue? (users, ",
        ),
        (("--precision", "revenue"), "argument --precision: 'revenue': must be METRIC=WIDTH, such as revenue=1%"),
        (("--precision", "dau=1%", "--precision", "dau=2%"), "sim run: --precision names dau twice: 1% and 2%"),
        (("--precision", "revenue=1%", "--max-replicates", "0"), "must be a whole number from 1 to 100000"),
        (("--max-replicates", "9"), "sim run: max_replicates says how far a precision may take a run"),
    ],
)
def test_a_precision_that_is_none_does_not_run(
    sim: SimCommand, project: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = sim("run", TODAY, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert not (project / "results").exists()


def test_run_stores_a_whole_folder(compared: tuple[Path, dict[str, Any]]) -> None:
    names = {path.name for path in only_run(compared[0], "shop-today").iterdir()}
    tables = {"daily", "by_channel", "by_segment", "cohorts", "ledger", "rules", "funnel"}
    assert {"run.json", "scenario.yaml", *(f"{table}.parquet" for table in tables)} <= names


def test_a_stored_run_is_reused_and_told_again(compared: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = compared
    run = only_run(folder, "shop-today")
    stamps = {path.name: path.stat().st_mtime_ns for path in run.glob("*.parquet")}
    done = run_sim("run", TODAY, *SMALL, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "95% interval" in done.stdout
    assert done.stdout.endswith(f"stored in {run.relative_to(folder)}\n")
    assert {path.name: path.stat().st_mtime_ns for path in only_run(folder, "shop-today").glob("*.parquet")} == stamps


def test_a_damaged_run_is_named_and_run_again(compared: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, _ = compared
    shutil.copytree(folder / "results", tmp_path / "results")
    run = only_run(tmp_path, "shop-today")
    whole = data_of(run)
    for options, told in (((), True), (("--quiet",), False)):
        (run / "daily.parquet").write_bytes(whole["daily.parquet"][:-9])
        done = run_sim("run", TODAY, *SMALL, "--out", tmp_path / "results", *options, cwd=folder)
        assert done.returncode == 0
        assert data_of(run) == whole
        assert done.stderr.startswith("warning: ") == told
        assert ("daily.parquet is truncated" in done.stderr and "; running it again" in done.stderr) == told


def test_run_as_json_prints_json_alone(compared: tuple[Path, dict[str, Any]]) -> None:
    folder, content = compared
    done = run_sim("run", TODAY, *SMALL, "--json", cwd=folder)
    assert done.stderr == ""
    metrics = json.loads(done.stdout)["metrics"]
    assert [name for name in metrics if name in HEADLINES] == HEADLINES
    assert metrics == content["baseline"]["metrics"]


def test_one_process_and_a_second_run_give_the_same_bytes(
    compared: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _ = compared
    done = run_sim("run", TODAY, *SMALL, "--jobs", "1", "--out", tmp_path / "again", cwd=folder)
    assert done.returncode == 0
    again = only_run(tmp_path, "shop-today", "again")
    assert data_of(again) == data_of(only_run(folder, "shop-today"))
    assert again.name == only_run(folder, "shop-today").name


def test_what_show_prints_runs_to_the_same_bytes(compared: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, _ = compared
    shown = run_sim("show", RECALL, cwd=folder)
    assert shown.returncode == 0
    assert "# shop/world.yaml:" in shown.stdout
    assert f"# {TODAY}:" in shown.stdout
    (tmp_path / "resolved.yaml").write_text(shown.stdout, encoding="utf-8")
    assert run_sim("run", "resolved.yaml", *SMALL, cwd=tmp_path).returncode == 0
    assert data_of(only_run(tmp_path, "shop-recall")) == data_of(only_run(folder, "shop-recall"))


def test_the_stored_scenario_says_the_days_that_were_run(compared: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    run = only_run(compared[0], "shop-recall")
    stored = run / "scenario.yaml"
    assert "\nhorizon: 40 days" in stored.read_text(encoding="utf-8")
    assert run_sim("run", stored, "--replicates", "2", cwd=tmp_path).returncode == 0
    again = only_run(tmp_path, "shop-recall")
    assert again.name == run.name
    assert data_of(again) == data_of(run)


def test_days_beyond_the_calendar_are_refused_before_anything_runs(sim: SimCommand, project: Path) -> None:
    world = project / "shop/world.yaml"
    world.write_text(re.sub("start: .*", "start: 9990-01-01", world.read_text(encoding="utf-8")), encoding="utf-8")
    for command in (["trace", TODAY, "--person", "3"], ["run", TODAY], ["compare", TODAY, RECALL]):
        done = sim(*command, "--days", "36500", "--quiet")
        assert (done.returncode, done.stdout) == (2, "")
        assert "`horizon` ends after 9999-12-31, the last day of the calendar" in done.stderr
        assert "`horizon` is 36,500 days here, as asked for" in done.stderr


@pytest.mark.parametrize(
    ("scenarios", "options", "endings"),
    [
        (["today"], ["--format", "both", "--metric", "revenue"], [".png", ".svg"]),
        (["today"], ["--metric", "dau", "--by", "channel"], [".png"]),
        (["today", "recall"], ["--metric", "profit", "--format", "svg"], [".svg"]),
    ],
)
def test_plot_draws_from_stored_runs(
    compared: tuple[Path, dict[str, Any]], tmp_path: Path, scenarios: list[str], options: list[str], endings: list[str]
) -> None:
    folder, _ = compared
    runs = [only_run(folder, f"shop-{name}") for name in scenarios]
    done = run_sim("plot", *runs, *options, "--out", tmp_path, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert [path.suffix for path in paths] == endings
    assert all(path.parent == tmp_path and path.is_file() for path in paths)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["today", "--metric", "revenu"], "revenue"),
        (["results/nothing"], "results/nothing"),
        (["today", "recall", "--by", "channel"], "--by draws one run"),
        (["results/nothing", "today", "--by", "channel"], "results/nothing"),
    ],
)
def test_plot_tells_what_it_cannot_draw(
    compared: tuple[Path, dict[str, Any]], arguments: list[str], message: str
) -> None:
    folder, _ = compared
    told = [str(only_run(folder, f"shop-{name}")) if name in {"today", "recall"} else name for name in arguments]
    done = run_sim("plot", *told, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_plot_draws_a_comparison_by_its_folder(compared: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, content = compared
    (stored,) = (folder / "results" / "comparisons").glob("*/comparison.json")
    done = run_sim("plot", stored.parent, "--metric", "profit", "--out", tmp_path, "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(Path(path).is_file() for path in json.loads(done.stdout))
    assert runs_of(stored) == [folder / one["path"] for one in (content["baseline"], *content["policies"])]


def test_plot_lists_runs_of_other_settings(compared: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, _ = compared
    done = run_sim("run", TODAY, "--replicates", "2", "--days", "9", "--out", tmp_path, cwd=folder)
    (other,) = tmp_path.glob("shop-today/*/run.json")
    run = only_run(folder, "shop-today")
    done = run_sim("plot", run, other.parent, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "(a `*` names all that are stored); name those that you mean:\n" in done.stderr
    for path, days in ((run, 40), (other.parent, 9)):
        assert re.search(rf"  {path}  20\d\d-\d\d-\d\d \d\d:\d\d  {days} days, 2 replicates, seed 1, ", done.stderr)


def test_trace_tells_the_same_life_twice_and_stores_nothing(sim: SimCommand, project: Path) -> None:
    lives = [sim("trace", TODAY, "--person", "17", "--days", "60") for _ in range(2)]
    assert [life.returncode for life in lives] == [0, 0]
    assert lives[0].stdout == lives[1].stdout != ""
    done = sim("trace", TODAY, "--person", "20000", "--days", "60")
    assert done.returncode == 2
    assert "there is no person 20,000" in done.stderr
    assert not (project / "results").exists()


def test_trace_finds_somebody_whom_a_rule_messaged(sim: SimCommand, project: Path) -> None:
    asked = ("trace", RECALL, "--rule", "reminder", "--days", "60")
    done = sim(*asked)
    assert done.returncode == 0
    first, *events = done.stdout.splitlines()
    found = re.fullmatch(r"person (\d+), the first whom rule `reminder` messages", first)
    assert found is not None
    assert any("  messaged" in event for event in events)
    assert sim("trace", RECALL, "--person", found[1], "--days", "60").stdout.splitlines() == events
    as_json = sim(*asked, "--json")
    assert len(json.loads(as_json.stdout)) == len(events)
    assert as_json.stderr.startswith(first)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rule", "remindr"], "there is no rule `remindr`; did you mean: reminder?"),
        (["--rule", "reminder", "--days", "5"], "rule `reminder` messages nobody"),
    ],
)
def test_trace_tells_when_a_rule_finds_nobody(sim: SimCommand, project: Path, options: list[str], message: str) -> None:
    done = sim("trace", RECALL, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_changes_are_laid_over_every_scenario_of_a_command(sim: SimCommand, project: Path) -> None:
    changed = ("--set", "response.message.brings_back=9%", "--set", "horizon=30 days")
    done = sim("compare", TODAY, RECALL, "--replicates", "2", "--no-charts", "--json", *changed)
    assert done.returncode == 0, done.stderr
    assert len(list(project.glob("results/*-response.message.brings_back=9%-horizon=30-days/*/run.json"))) == 2
    wrong = sim("run", RECALL, "--set", "response.message.brings_back=190%")
    assert wrong.returncode == 2
    assert "--set response.message.brings_back=…, column 30: `brings_back` is 190%" in wrong.stderr


def test_a_copied_name_is_warned_of_and_files_tell_the_copies_apart(sim: SimCommand, project: Path) -> None:
    policies = project / "shop" / "policies"
    for name, text in (("mine", "title: x\n"), ("copy", "name: shop mine\ntitle: y\n")):
        (policies / f"{name}.yaml").write_text(f"extends: today.yaml\n{text}", encoding="utf-8")
    done = sim("validate", "shop/policies/mine.yaml", "shop/policies/copy.yaml")
    assert done.returncode == 0
    place = "shop/policies/copy.yaml:2:7: warning: "
    assert f"{place}`name` is that of shop/policies/mine.yaml too: both are stored in one folder" in done.stdout
    again = sim("validate", "shop/policies/mine.yaml", "shop")
    assert again.stdout.count("`name` is that of") == 1
    done = sim("compare", TODAY, "shop/policies/mine.yaml", "shop/policies/copy.yaml", *SMALL, "--json", "--no-charts")
    labels = [policy["label"] for policy in json.loads(done.stdout)["policies"]]
    assert labels == ["mine", "copy"]


def test_what_is_not_the_policy_alone_is_warned_of_and_stored(sim: SimCommand, project: Path) -> None:
    rosy = project / "shop" / "policies" / "rosy.yaml"
    never = "policy: {rules: {never: {when: {every: 7 days}, who: orders > 99, do: {message: push}}}}\n"
    text = f"extends: today.yaml\nresponse: {{message: {{brings_back: 60%}}}}\n{never}"
    rosy.write_text(text, encoding="utf-8")
    changed = ("--set", "policy.budgets.search ads=200 CNY / day")
    done = sim("compare", TODAY, "shop/policies/rosy.yaml", *SMALL, *changed, "--no-charts", "--json")
    assert done.returncode == 0, done.stderr
    expected = [
        "today and rosy differ outside `policy`: response.message.brings_back 6% / 60%",
        "a change of `policy` changes the baseline too: "
        "policy.budgets.search ads 300 CNY / day → 200 CNY / day in today as well",
        "rule `never` of rosy policy.budgets.search ads=200 CNY / day selected nobody in 2 replicates",
    ]
    assert done.stderr == "".join(f"warning: {text}\n" for text in expected)
    assert json.loads(done.stdout)["warnings"] == expected
    (stored,) = project.glob("results/comparisons/*/comparison.json")
    assert json.loads(stored.read_text(encoding="utf-8")) == json.loads(done.stdout)


def test_printed_paths_can_be_pasted_into_a_shell(sim: SimCommand, project: Path) -> None:
    done = sim("run", TODAY, *SMALL, "--out", "my results")
    shown = done.stdout.splitlines()[-1].removeprefix("stored in ")
    (path,) = shlex.split(shown)
    assert (project / path / "run.json").is_file()


def test_schema_is_a_json_schema_with_descriptions(sim: SimCommand) -> None:
    schema = json.loads(sim("schema").stdout)
    assert schema["properties"]["horizon"]["description"]


def test_debug_shows_the_traceback(sim: SimCommand) -> None:
    assert "Traceback" in sim("run", "missing.yaml", "--debug").stderr
    assert "Traceback" not in sim("run", "missing.yaml").stderr


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_half_written(project: Path, stop: signal.Signals) -> None:
    command = [sys.executable, "-m", "sim", "run", TODAY, "--replicates", "5000", "--jobs", "2"]
    with subprocess.Popen(
        command,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            time.sleep(4)
            process.send_signal(stop)
            output, errors = process.communicate(timeout=60)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert process.returncode == 130, errors
    assert output == ""
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in project.glob("results/*/*/run.json")]
    n_kept = [run["replicates"] for run in kept]  # of a run that came as far
    told = [
        f"warning: {n} finished replicates of shop today are stored; the same command goes on there" for n in n_kept
    ]
    assert errors.splitlines() == [*told, "interrupted: nothing half-written was left"]
    with pytest.raises(ProcessLookupError):  # no worker is left in its group
        os.killpg(process.pid, 0)


def test_progress_is_drawn_on_a_terminal_and_leaves_standard_output_alone(project: Path) -> None:
    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "sim", "run", TODAY, *SMALL, "--json"],
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
