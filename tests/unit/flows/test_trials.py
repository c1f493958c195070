"""Trials: the replicates of variants, measured in memory, are those that a stored run holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis.growth import growth_accounting
from sim.analysis.summary import summarise
from sim.errors import PlanError, ScenarioError
from sim.flows import trials
from sim.flows.trials import Trial, answers, measure
from sim.scenario.ranges import Number, numbers
from sim.store import MemoryRun
from sim.systems.plan import Plan
from sim.systems.scenario import Scenario

ROOT = Path(__file__).resolve().parents[3]
TODAY = ROOT / "scenarios" / "haitao" / "policies" / "today.yaml"
RECALL = TODAY.with_name("recall.yaml")
DAYS = 25


@pytest.fixture(scope="module")
def recall() -> pipeline.LoadedScenario:
    return pipeline.load(RECALL).for_days(DAYS)


def number_at(loaded: pipeline.LoadedScenario, name: str) -> Number:
    return next(one for one in numbers(loaded.scenario, loaded.tree) if one.name == name)


def test_a_trial_measures_what_a_stored_run_holds(recall: pipeline.LoadedScenario, tmp_path: Path) -> None:
    stored = recall.run(replicates=3, out=tmp_path, jobs=1)
    (found,) = measure([Trial(recall.scenario, 1, (0, 1, 2))], jobs=2, tables=("daily", "by_segment", "by_channel"))
    for ours, theirs in zip(summarise(found), summarise(stored), strict=True):
        assert ours.metric == theirs.metric
        assert np.array_equal(ours.per_replicate, theirs.per_replicate, equal_nan=True)
    for table in ("daily", "by_segment", "by_channel"):
        for column in ("replicate", "day", "revenue", "mau"):
            assert np.array_equal(found.numbers(table, column), stored.numbers(table, column))
    for table, column in (("by_segment", "segment"), ("by_channel", "channel")):
        assert [found.codes(table, column)[1][code] for code in found.codes(table, column)[0]] == list(
            stored.texts(table, column)
        )
    assert growth_accounting(found).starts == growth_accounting(stored).starts


def test_chosen_replicates_keep_their_luck(recall: pipeline.LoadedScenario) -> None:
    whole, chosen = measure(
        [Trial(recall.scenario, 1, (0, 1, 2, 3)), Trial(recall.scenario, 1, (3, 1))], jobs=1, tables=("daily",)
    )
    revenue = whole.numbers("daily", "revenue").reshape(4, DAYS)
    assert np.array_equal(chosen.numbers("daily", "revenue").reshape(2, DAYS), revenue[[3, 1]])
    assert not np.array_equal(revenue[3], revenue[1])


def test_a_variant_has_the_other_value_and_its_own_outcome(recall: pipeline.LoadedScenario) -> None:
    number = number_at(recall, "response.message.brings_back")
    assert number.is_ranged
    double = pipeline.variant(recall, {number.path: number.written(2 * number.value)})
    assert number_at(double, number.name).value == pytest.approx(2 * number.value)
    assert double.hash != recall.hash
    assert pipeline.variant(recall, {}).hash == recall.hash


def test_a_variant_that_does_not_hold_names_the_line_of_the_file(recall: pipeline.LoadedScenario) -> None:
    number = number_at(recall, "response.message.brings_back")
    with pytest.raises(ScenarioError) as caught:
        pipeline.variant(recall, {number.path: number.written(1.5)})
    place = caught.value.problems[0].place
    assert place is not None
    assert (place.file, place.line) == (number.place.file, number.place.line)


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").rglob("policies/**/today.yaml")), ids=str)
def test_each_number_can_be_written_in_the_words_of_its_file(path: Path) -> None:
    loaded = pipeline.load(path)
    found = list(numbers(loaded.scenario, loaded.tree))
    assert len({one.path for one in found}) == len(found) > 10
    ranged = [one for one in found if one.is_ranged]
    assert ranged
    for one in ranged:
        for wanted in (one.low, one.high):
            assert wanted is not None
            try:
                other = pipeline.variant(loaded, {one.path: one.written(wanted)})
            except ScenarioError:  # alone it breaks a sum, such as that of shares: another test's matter
                assert "share" in one.path
                continue
            assert number_at(other, one.name).value == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_removing_and_adding(recall: pipeline.LoadedScenario) -> None:
    without = pipeline.variant(recall, {("policy", "rules", name): None for name in recall.scenario.policy.rules})
    assert dict(without.scenario.policy.rules) == {}
    title = pipeline.variant(recall, {("title",): "another"})
    assert title.title == "another"


def test_trials_become_answers_some_at_a_time(recall: pipeline.LoadedScenario, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    shown: list[tuple[int, int]] = []

    def made(number: int) -> Trial:
        events.append("made")
        return Trial(recall.scenario, 1, (number,), recall.hash)

    def answered(run: MemoryRun) -> int:
        events.append("answered")
        return int(run.numbers("daily", "revenue").sum())

    def answers_of(n: int) -> list[int]:
        return answers(n, made, answered, jobs=1, progress=lambda done, of, _: shown.append((done, of)))

    at_once = answers_of(10)
    events.clear()
    shown.clear()
    monkeypatch.setattr(trials, "AT_ONCE", 4)
    assert answers_of(10) == at_once
    assert events == [*["made"] * 4, *["answered"] * 4] * 2 + [*["made"] * 2, *["answered"] * 2]
    assert shown == [(done, 10) for done in range(1, 11)]
    assert len(set(at_once)) > 1


def test_tables_that_are_large_are_held_for_fewer_trials(
    recall: pipeline.LoadedScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = measure([Trial(recall.scenario, 1, (0,))], jobs=1, tables=("daily", "by_segment", "by_channel"))
    for table in ("daily", "by_segment", "by_channel"):
        columns = run.parts[0][table].values()
        n_bytes = sum((one[0] if isinstance(one, tuple) else one).nbytes for one in columns)
        assert n_bytes <= trials.kept_bytes(pipeline.plan_of(recall.scenario), (table,)) <= 10 * n_bytes
    held: list[int] = []
    monkeypatch.setattr(trials, "AT_ONCE_BYTES", 1)
    monkeypatch.setattr(trials, "_check_memory", lambda some, *_: held.append(len(some)))
    answers(6, lambda i: Trial(recall.scenario, 1, (i,), recall.hash), lambda run: run.name, jobs=1)
    assert held == [trials.ENOUGH_TRIALS, 2]


def test_what_cannot_be_kept_is_refused_before_it_runs(
    recall: pipeline.LoadedScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "memory_bytes", lambda: 2**26)
    monkeypatch.setattr(trials, "measured_trial", lambda task: pytest.fail("something ran"))
    with pytest.raises(PlanError, match=r"^100,000 replicates over \d+ days keep about .* GiB at once"):
        measure([Trial(recall.scenario, 1, tuple(range(100_000)))], jobs=1)


def test_the_most_agents_and_the_most_days_are_checked(
    recall: pipeline.LoadedScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def per_agent(plan: Plan) -> tuple[int, int]:
        return plan.n_days, plan.market.people_per_agent

    checked: list[tuple[int, int]] = []
    monkeypatch.setattr(trials, "check_memory", lambda plans, jobs: checked.extend(map(per_agent, plans)))
    long = pipeline.variant(recall.for_days(DAYS + 5), {("market", "people_per_agent"): "1000 people"})
    coarse = pipeline.variant(recall, {("market", "people_per_agent"): "50 people"})
    assert coarse.scenario.market.size == recall.scenario.market.size
    measure([Trial(one.scenario, 1, (0,)) for one in (coarse, long, recall)], jobs=1)
    assert checked == [(DAYS, 7), (DAYS + 5, 1000)]


def test_a_plan_is_compiled_once(recall: pipeline.LoadedScenario, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    def counted(scenario: Scenario) -> Plan:
        compiled.append(scenario.name)
        return pipeline.plan_of(scenario)

    monkeypatch.setattr(trials, "compile_plan", counted)
    trials._compiled.cache_clear()
    again = pipeline.load(RECALL).for_days(DAYS)
    first = measure([Trial(recall.scenario, 1, (0, 1), recall.hash)], jobs=1)
    second = measure([Trial(again.scenario, 1, (1,), again.hash)], jobs=1)
    assert len(compiled) == 1
    assert np.array_equal(first[0].parts[1]["daily"]["revenue"], second[0].parts[0]["daily"]["revenue"])
    other = pipeline.variant(recall, {("market", "people_per_agent"): "50 people"})
    measure([Trial(other.scenario, 1, (0,), other.hash)], jobs=1)
    assert len(compiled) == 2
