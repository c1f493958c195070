"""Whole runs at the edges, by the command line: nobody, one person, one day, one replicate, no money, far too many."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sim import execution, pipeline
from sim.cli.main import run_command_line

BASE = Path(__file__).resolve().parents[1] / "corpus" / "scenarios" / "base.yaml"
SHORT = ("--days", "12", "--jobs", "1")
Write = Callable[[str, str], str]


@pytest.fixture(autouse=True)
def _same_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a scenario over the corpus's base into the current folder; returns its file's name."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(BASE, tmp_path)

    def write_scenario(name: str, text: str) -> str:
        (tmp_path / f"{name}.yaml").write_text(f"extends: base.yaml\nname: {name}\n{text}", encoding="utf-8")
        return f"{name}.yaml"

    return write_scenario


def metrics_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The metrics that `sim run … --json` prints."""
    exit_code = run_command_line(["run", *arguments, "--json"])
    output = capsys.readouterr()
    assert (exit_code, output.err) == (0, "")
    content: dict[str, Any] = json.loads(output.out)["metrics"]
    return content


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The message of a command that ends with 2; nothing is stored."""
    exit_code = run_command_line(arguments)
    output = capsys.readouterr()
    assert (exit_code, output.out) == (2, "")
    assert not Path("results").exists() or not list(Path("results").rglob("run.json"))
    return output.err


def test_a_market_of_one_person(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = metrics_of(capsys, write("one", "market: {size: 1 person}\n"), *SHORT, "--replicates", "2")
    assert metrics["users"]["mean"] <= 1
    assert metrics["cost"]["mean"] >= 12 * 100


def test_without_money_nobody_comes_and_ratios_are_not_defined(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = metrics_of(capsys, write("zero", "policy: {budgets: {search: 0}}\n"), *SHORT, "--replicates", "2")
    assert metrics["users"]["mean"] == 0
    assert metrics["profit"]["mean"] == 0
    assert metrics["cac"]["mean"] is None
    assert metrics["d30_retention"]["mean"] is None


def test_one_day_of_one_replicate_has_no_interval_and_says_so(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = write("day", "horizon: 1 day\n")
    metrics = metrics_of(capsys, scenario, "--replicates", "1", "--jobs", "1")
    assert metrics["users"]["low"] is None
    assert metrics["users"]["mean"] == metrics["dau"]["mean"] == metrics["mau"]["mean"]
    assert run_command_line(["run", scenario, "--replicates", "1", "--jobs", "1"]) == 0
    assert "no interval from one replicate" in capsys.readouterr().out


def test_comparing_single_replicates_marks_nothing(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    less = write("less", "policy: {budgets: {search: 0}}\n")
    arguments = ["compare", "base.yaml", less, *SHORT, "--replicates", "1", "--no-charts"]
    assert run_command_line(arguments) == 0
    assert "no interval, so nothing is distinguishable" in capsys.readouterr().out
    assert run_command_line([*arguments, "--json"]) == 0
    (policy,) = json.loads(capsys.readouterr().out)["policies"]
    assert policy["differences"]["cost"]["difference"] < 0
    assert all(difference["low"] is None for difference in policy["differences"].values())
    assert not any(difference["is_distinguishable"] for difference in policy["differences"].values())


def test_everybody_on_the_first_day(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "channels: {search: null, friends: null, past: {kind: history, signups: {2026-01-01: 10_000}}}\npolicy: null\n"
    )
    metrics = metrics_of(capsys, write("all", text), *SHORT, "--replicates", "1")
    assert metrics["users"]["mean"] == 10_000


def test_agents_that_do_not_divide_the_market(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    text = "market: {people_per_agent: 7}\nchannels: {past: {kind: history, signups: {2026-01-02: 10_000}}}\n"
    metrics = metrics_of(capsys, write("seven", text), *SHORT, "--replicates", "1")
    assert metrics["users"]["mean"] == 10_000 // 7 * 7


def test_twenty_years_of_few_persons(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    text = "market: {size: 20}\nhorizon: 20 years\n"
    metrics = metrics_of(capsys, write("long", text), "--replicates", "1", "--jobs", "1")
    assert metrics["users"]["mean"] == 20
    assert "from 1 to 36500" in refused_usage(capsys, "run", "long.yaml", "--days", "36501")


def refused_usage(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The message of arguments that are refused before anything is read."""
    assert run_command_line(arguments) == 2
    return capsys.readouterr().err


def test_a_huge_market_is_refused_with_what_would_fit(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "memory_bytes", lambda: 16 * 2**30)
    message = refused(capsys, "run", write("huge", "market: {size: 4_000_000_000}\n"), "--jobs", "1")
    assert "4,000,000,000 agents over 60 days need about" in message
    assert "this machine has 16.0 GiB" in message
    advised = message.split("Raise `market.people_per_agent` to ")[1].split(" ")[0]
    fits = write("fits", f"market: {{size: 4_000_000_000, people_per_agent: {advised.replace(',', '_')}}}\n")
    monkeypatch.setattr(execution, "hand_over_tasks", _stop)
    with pytest.raises(_Reached):  # the check lets it pass
        run_command_line(["run", fits, "--jobs", "1"])


@pytest.mark.parametrize("memory", [None, 2**60])
def test_more_agents_than_a_run_holds_are_refused_whatever_the_memory(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, memory: int | None
) -> None:
    monkeypatch.setattr(execution, "memory_bytes", lambda: memory)
    message = refused(capsys, "run", write("above", "market: {size: 5_000_000_000}\n"), "--jobs", "1")
    assert (
        "5,000,000,000 agents are more than a run can hold, 4,294,967,295. Raise `market.people_per_agent`" in message
    )


class _Reached(Exception):
    pass


def _stop(*_: object, **__: object) -> None:
    raise _Reached


def test_a_long_horizon_of_many_channels_is_refused_for_its_days(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "memory_bytes", lambda: 4 * 2**30)
    channels = ", ".join(f"c{i}: {{kind: organic, signups: 1 / day}}" for i in range(6))
    scenario = write("wide", f"horizon: 100 years\nmarket: {{size: 100}}\nchannels: {{{channels}}}\n")
    message = refused(capsys, "run", scenario, "--jobs", "2")
    assert "Shorten `horizon` (now 36,500 days), or name fewer channels, or lower --jobs" in message


def test_a_huge_market_is_not_traced_either(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "memory_bytes", lambda: 16 * 2**30)
    scenario = write("huge", "market: {size: 4_000_000_000}\n")
    assert "Raise `market.people_per_agent`" in refused(capsys, "trace", scenario, "--person", "3")


def test_more_people_per_agent_than_people(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(capsys, "run", write("above", "market: {people_per_agent: 20_000}\n"))
    assert "above.yaml:3:28: `people_per_agent` is 20,000, more persons than the market has" in message
    assert "and base.yaml:8:9: `size` of `market` is 10_000 persons" in message


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_comparison_keeps_what_is_finished(write: Write, jobs: int) -> None:
    paths = [
        write(name, f"policy: {{budgets: {{search: {budget} CNY / day}}}}\n") for name, budget in (("a", 50), ("b", 90))
    ]
    seen: list[tuple[int, int, str]] = []

    def interrupt_at_three(done: int, total: int, label: str) -> None:
        seen.append((done, total, label))
        if done == 3:
            raise KeyboardInterrupt

    settings: dict[str, Any] = {"replicates": 2, "days": 12, "jobs": jobs}
    with pytest.raises(KeyboardInterrupt):
        pipeline.compare(paths, **settings, progress=interrupt_at_three)
    kept = {pipeline.open_run(path).facts["replicates"]: path for path in Path("results").rglob("run.json")}
    assert set(kept) == {2, 1}
    before = kept[2].stat().st_mtime_ns
    seen.clear()
    comparison = pipeline.compare(paths, **settings, progress=lambda *state: seen.append(state))
    assert [total for _, total, _ in seen] == [1]
    assert kept[2].stat().st_mtime_ns == before
    assert all(run.facts["peak_memory_bytes"] > 2**20 for _, run in comparison.runs)


def test_a_retention_curve_that_no_curve_meets_is_told(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = write("odd", "retention: {default: {d1: 90%, d7: 17%, d30: 16%, d90: 2%}}\n")
    assert run_command_line(["run", scenario, *SHORT, "--replicates", "1"]) == 0
    told = " ".join(capsys.readouterr().out.split())  # wrapped to the terminal's width
    assert "retention.default: no curve of this family meets the points: D1 90.0% given, " in told
