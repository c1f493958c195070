"""Trials: the replicates of variants, measured in memory, are those that a stored run holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis.growth import growth_accounting
from sim.analysis.summary import summarise
from sim.errors import ScenarioError
from sim.flows.trials import Trial, measure
from sim.scenario.ranges import Number, numbers

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
