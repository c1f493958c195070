"""Replicates that a run takes over from a stored one: the same bytes as from scratch, and no replicate run twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim import execution, pipeline
from sim.store import StoredRun
from sim.store.manifest import describe
from sim.systems.replicate import ReplicateTask
from tests.property.test_same_bytes import digests
from tests.verify.worlds import document, text_of

WORLD = document(
    name="海淘 קהילה",
    horizon="30 days",
    market={"size": 3_000, "segments": {"新媽媽": {"share": 0.5}, "כולם": {"share": 0.5}}},
    attributes={"city": {"values": {"上海": 0.4, "其他": 0.6}}},
    channels={"渠道": {"kind": "organic", "signups": "20 / day"}, "مقهى": {"kind": "organic", "signups": "10 / day"}},
    orders={"per_active_day": 0.2, "margin": 0.3, "basket": {"mean": "80 CNY", "spread": 0.5}},
    media={"短信": {"open": 0.5, "price": "0.05 CNY"}},
    response={"message": {"brings_back": 0.3}},
    policy={
        "rules": {
            "召回": {
                "when": {"every": "1 day"},
                "who": "days_inactive >= 12",
                "do": {"message": "短信"},
                "limits": {"holdout": 0.5},
            }
        }
    },
)
EARLIER = "segment,channel,city,days_since_signup,days_inactive,active_days,orders,spend,days_since_order"
Count = Callable[[], list[int]]


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A world with a rule, and names in four scripts."""
    path = tmp_path / "scenario.yaml"
    path.write_text(text_of(WORLD), encoding="utf-8")
    return path


def run(scenario: Path, out: str, replicates: int, **settings: Any) -> StoredRun:
    """The run in a folder beside the scenario, in this process."""
    return pipeline.run(scenario, replicates=replicates, out=scenario.parent / out, jobs=1, **settings)


def from_scratch(scenario: Path, replicates: int, **settings: Any) -> StoredRun:
    """The run in another folder, all of it simulated."""
    return run(scenario, "scratch", replicates, fresh=True, **settings)


def test_a_longer_run_simulates_only_what_is_missing(scenario: Path, simulated: Count) -> None:
    run(scenario, "out", 2)
    assert simulated() == [0, 1]
    longer = run(scenario, "out", 5)
    assert simulated() == [2, 3, 4]
    assert digests(longer.path) == digests(from_scratch(scenario, 5).path)
    assert (longer.facts["replicates_taken_over"], longer.facts["replicates"]) == (2, 5)


def test_a_shorter_run_simulates_nothing(scenario: Path, simulated: Count) -> None:
    run(scenario, "out", 5)
    simulated()
    shorter = run(scenario, "out", 2)
    assert simulated() == []
    assert digests(shorter.path) == digests(from_scratch(scenario, 2).path)
    facts = shorter.facts
    assert (facts["replicates_taken_over"], facts["user_days_per_second"], facts["peak_memory_bytes"]) == (
        2,
        None,
        None,
    )


def test_the_run_with_most_of_what_is_wanted_gives(scenario: Path, simulated: Count) -> None:
    for replicates in (1, 3, 2):
        run(scenario, "out", replicates, fresh=True)
    simulated()
    assert run(scenario, "out", 4).facts["replicates_taken_over"] == 3
    assert simulated() == [3]


@pytest.mark.parametrize("settings", [{"seed": 2}, {"days": 29}, {"fresh": True}], ids=str)
def test_other_runs_give_nothing(scenario: Path, simulated: Count, settings: dict[str, Any]) -> None:
    run(scenario, "out", 2)
    simulated()
    assert run(scenario, "out", 3, **settings).facts["replicates_taken_over"] == 0
    assert simulated() == [0, 1, 2]


def test_another_scenario_of_the_same_name_gives_nothing(scenario: Path, simulated: Count) -> None:
    run(scenario, "out", 2)
    simulated()
    changed = {**WORLD, "response": {"message": {"brings_back": 0.31}}}
    scenario.write_text(text_of(changed), encoding="utf-8")
    run(scenario, "out", 3)
    assert simulated() == [0, 1, 2]


@pytest.mark.parametrize(("before", "after"), [(2, 4), (4, 2), (3, 3)])
def test_users_are_simulated_again_where_the_stored_run_lacks_them(
    scenario: Path, simulated: Count, before: int, after: int
) -> None:
    run(scenario, "out", before)
    simulated()
    with_users = run(scenario, "out", after, users=True)
    assert simulated() == [0, *range(before, after)]
    assert digests(with_users.path) == digests(from_scratch(scenario, after, users=True).path)
    assert "users.parquet" in digests(with_users.path)


def test_stored_users_are_taken_over(scenario: Path, simulated: Count) -> None:
    run(scenario, "out", 2, users=True)
    simulated()
    with_users, without = run(scenario, "out", 3, users=True), run(scenario, "out", 4)
    assert simulated() == [2, 3]
    assert digests(with_users.path) == digests(from_scratch(scenario, 3, users=True).path)
    assert digests(without.path) == digests(from_scratch(scenario, 4).path)


def test_a_run_with_first_users_is_topped_up(scenario: Path, simulated: Count) -> None:
    rows = [f"新媽媽,渠道,上海,{20 + i % 9},{i % 9},{2 + i % 5},1,80.00,{i % 9}" for i in range(40)]
    (scenario.parent / "users.csv").write_text("\n".join([EARLIER, *rows]) + "\n", encoding="utf-8")
    market = {**WORLD["market"], "first_users": {"file": "users.csv"}}
    scenario.write_text(text_of({**WORLD, "market": market}), encoding="utf-8")
    run(scenario, "out", 2)
    simulated()
    longer = run(scenario, "out", 3, users=True)
    assert simulated() == [0, 2]
    assert digests(longer.path) == digests(from_scratch(scenario, 3, users=True).path)


def edited(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("file", ["daily.parquet", "ledger.parquet", "scenario.yaml"])
def test_an_altered_run_gives_nothing(scenario: Path, simulated: Count, file: str) -> None:
    altered = run(scenario, "out", 2)
    edited(altered.path / file)
    simulated()
    told: list[str] = []
    longer = run(scenario, "out", 3, warn=told.append)
    assert simulated() == [0, 1, 2]
    assert digests(longer.path) == digests(from_scratch(scenario, 3).path)
    (text,) = told
    assert f"{file} was edited" in text
    assert text.endswith("; its replicates are run again")


def test_a_replicate_that_was_altered_under_its_hash_shows(scenario: Path) -> None:
    """The twin: were altered data taken over, the bytes would differ."""
    altered = run(scenario, "out", 2)
    file = altered.path / "daily.parquet"
    other = pipeline.run(scenario, replicates=2, seed=9, out=scenario.parent / "other", jobs=1).path / file.name
    content = other.read_bytes()
    file.write_bytes(content)
    files = altered.facts["files"] | {file.name: describe(content)}
    forged = StoredRun(altered.path, altered.facts | {"files": files})
    job = execution._Job(request_of(scenario, 2), pipeline.plan_of(pipeline.load(scenario).scenario), forged)
    taken = job.all_tables()[1]["daily"]["dau"].tolist()  # type: ignore[union-attr]
    true = from_scratch(scenario, 2).numbers("daily", "dau").reshape(2, -1)[1].tolist()
    assert taken != true


def request_of(scenario: Path, replicates: int) -> execution.Request:
    loaded = pipeline.load(scenario)
    return execution.Request(loaded.scenario, loaded.tree, 1, replicates, False)


def test_an_unreadable_neighbour_is_left_out(scenario: Path) -> None:
    whole = run(scenario, "out", 2)
    for name in ("empty", "broken"):
        (whole.path.parent / name).mkdir()
    (whole.path.parent / "broken" / "run.json").write_text("{", encoding="utf-8")
    (whole.path.parent / "file").touch()
    assert run(scenario, "out", 3).facts["replicates_taken_over"] == 2


@pytest.mark.parametrize(("arrived", "n_first"), [((0, 1, 2, 3), 4), ((1, 0, 3), 2)], ids=["in order", "with a gap"])
def test_an_interrupt_leaves_the_first_replicates(
    scenario: Path, simulated: Count, monkeypatch: pytest.MonkeyPatch, arrived: tuple[int, ...], n_first: int
) -> None:
    def interrupted(function: Callable[[Any], Any], tasks: Any, take: Callable[[int, Any], None], *, jobs: int) -> None:
        for number in arrived:
            take(number, function(tasks[number]))
        raise KeyboardInterrupt

    told: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(execution, "hand_over_tasks", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(scenario, "out", 8, warn=told.append)
    (kept,) = (scenario.parent / "out").rglob("run.json")
    first = pipeline.open_run(kept)
    assert told == [f"{n_first} finished replicates of 海淘 קהילה are stored; the same command goes on there"]
    assert digests(first.path) == digests(from_scratch(scenario, n_first).path)
    simulated()
    whole = run(scenario, "out", 8)
    assert simulated() == list(range(n_first, 8))
    assert digests(whole.path) == digests(from_scratch(scenario, 8).path)


def test_an_interrupt_before_the_first_replicate_leaves_nothing(
    scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(task: ReplicateTask) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(execution, "run_replicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(scenario, "out", 3)
    assert list((scenario.parent / "out").iterdir()) == []
