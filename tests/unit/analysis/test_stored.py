"""The analysis of a run as the real store keeps it is that of the same run in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim import analysis
from sim.store import StoredRun
from tests.unit.analysis.synthetic import Policy, make_run, store_run

RECALL = Policy("召回", activity=1.05, recall_cents_per_day=5_000, rules=("第一波", "second wave"))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    return store_run(tmp_path_factory.mktemp("results"), make_run(RECALL))


@pytest.mark.parametrize(
    "answer",
    [
        analysis.summarise,
        analysis.channel_economics,
        analysis.rule_effects,
        analysis.account_lines,
        analysis.funnel_steps,
    ],
    ids=lambda answer: answer.__name__,
)
def test_the_store_changes_no_answer(stored: StoredRun, answer: Callable[[StoredRun], object]) -> None:
    assert answer(stored) == answer(make_run(RECALL))


def test_series_and_triangles_are_the_same(stored: StoredRun) -> None:
    memory = make_run(RECALL)
    np.testing.assert_array_equal(
        analysis.retention_triangle(stored).activity, analysis.retention_triangle(memory).activity
    )
    for metric in memory.metrics:
        one, other = analysis.daily_band(stored, metric), analysis.daily_band(memory, metric)
        np.testing.assert_array_equal(one.mean, other.mean)
        assert one.dates == other.dates


def test_a_stored_run_differs_from_its_double_in_memory_in_nothing(stored: StoredRun) -> None:
    compared = analysis.compare_runs(stored, [make_run(RECALL)])
    assert {(d.difference, d.low, d.high) for d in compared.policies[0].differences} == {(0.0, 0.0, 0.0)}


def test_a_stored_run_of_no_days_defines_nothing(tmp_path: Path) -> None:
    empty = store_run(tmp_path, make_run(days=0))
    assert {estimate.mean for estimate in analysis.summarise(empty)} == {None}
    assert analysis.growth_accounting(empty).starts == ()
    assert analysis.channel_economics(empty) == ()
    assert analysis.retention_triangle(empty).sizes.size == 0
