"""Metrics, and paired differences, against pandas and by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.analysis import Estimate, compare_runs, distinct_labels, summarise
from sim.analysis.comparing import without_common_beginning
from sim.analysis.summary import metric_values
from sim.errors import ResultsError
from sim.metrics import Metric
from sim.store import StoredRun
from tests.unit.analysis.synthetic import METRICS, MadeUpRun, Policy, make_run

RECALL = Policy("recall", activity=1.05, recall_cents_per_day=5_000, rules=("wave",))


def frame(run: Any, table: str) -> pd.DataFrame:
    """A stored table as pandas sees it, names decoded."""
    return cast(pd.DataFrame, run.table(table).to_pandas())


def by_hand(daily: pd.DataFrame, metric: Metric) -> pd.Series:
    groups = daily.groupby("replicate")
    scale = 100 if metric.unit == "currency" else 1
    if metric.aggregate == "ratio":
        return groups[metric.column].sum() / groups[metric.per].sum() / scale
    if metric.aggregate == "recent_mean":
        return groups[metric.column].apply(lambda days: days.tail(28).mean()) / scale
    folded = {"sum": groups[metric.column].sum, "mean": groups[metric.column].mean, "last": groups[metric.column].last}
    return folded[metric.aggregate]() / scale


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_metrics_per_replicate_are_what_pandas_finds(metric: Metric) -> None:
    run = make_run()
    np.testing.assert_allclose(metric_values(run, metric), by_hand(frame(run, "daily"), metric), rtol=1e-12)


def mau_of(run: StoredRun) -> Metric:
    return next(metric for metric in run.metrics if metric.name == "mau")


def test_a_recent_mean_does_not_hang_on_the_last_day() -> None:
    run, with_a_peak = make_run(), make_run()
    table = cast(MadeUpRun, with_a_peak).tables["daily"]
    table["mau"][table["day"] == 59] += 2_800
    np.testing.assert_allclose(metric_values(with_a_peak, mau_of(run)), metric_values(run, mau_of(run)) + 100)


def test_a_recent_mean_leaves_out_what_was_before_and_takes_all_of_a_short_horizon() -> None:
    run, other_before = make_run(), make_run()
    table = cast(MadeUpRun, other_before).tables["daily"]
    table["mau"][table["day"] < 32] = 0
    np.testing.assert_array_equal(metric_values(other_before, mau_of(run)), metric_values(run, mau_of(run)))
    short = make_run(days=20)
    whole = frame(short, "daily").groupby("replicate")["mau"].mean()
    np.testing.assert_allclose(metric_values(short, mau_of(short)), whole)


def test_both_sides_are_measured_by_the_definitions_of_the_baseline() -> None:
    """A run that was stored when the metric was taken in another way is not subtracted as if it were the same."""
    baseline, policy = make_run(), make_run(Policy("same"))
    on_the_last_day = replace(mau_of(policy), aggregate="last")
    cast(MadeUpRun, policy).metrics = tuple(on_the_last_day if m.name == "mau" else m for m in policy.metrics)
    found = compare_runs(baseline, [policy]).policies[0].of("mau")
    assert found is not None
    assert (found.difference, found.metric.aggregate) == (0.0, "recent_mean")


def test_the_order_of_rows_does_not_matter() -> None:
    run, shuffled = make_run(), make_run()
    table = cast(MadeUpRun, shuffled).tables["daily"]
    order = np.random.default_rng(1).permutation(len(table["day"]))
    cast(MadeUpRun, shuffled).tables["daily"] = {name: column[order] for name, column in table.items()}
    assert summarise(run) == summarise(shuffled)


def test_a_metric_of_another_table_is_summed_over_its_names() -> None:
    run = make_run(RECALL)
    sent = Metric("sent", "Messages sent", "messages", "Sent.", "sum", "sent", table="rules")
    np.testing.assert_array_equal(metric_values(run, sent), frame(run, "rules").groupby("replicate")["sent"].sum())


def test_an_estimate_is_the_mean_with_its_interval() -> None:
    run = make_run()
    users = summarise(run)[0]
    values = by_hand(frame(run, "daily"), METRICS[0])
    low, high = stats.t.interval(0.95, 3, loc=values.mean(), scale=stats.sem(values))
    assert (users.mean, users.n) == (values.mean(), 4)
    assert (users.low, users.high) == pytest.approx((low, high))


def test_an_undefined_metric_has_no_mean() -> None:
    run = make_run(days=20)
    retention = next(estimate for estimate in summarise(run) if estimate.metric.name == "d30_retention")
    assert (retention.mean, retention.low, retention.n) == (None, None, 0)


def test_a_run_of_no_days_defines_nothing() -> None:
    run = make_run(days=0)
    assert {estimate.mean for estimate in summarise(run)} == {None}


def test_differences_are_paired_by_replicate() -> None:
    baseline, policy = make_run(), make_run(RECALL)
    compared = compare_runs(baseline, [policy])
    for metric in METRICS:
        paired = by_hand(frame(policy, "daily"), metric) - by_hand(frame(baseline, "daily"), metric)
        found = compared.policies[0].of(metric.name)
        assert found is not None
        assert found.difference == pytest.approx(paired.mean(), abs=1e-9)
        if paired.std() > 0:
            low, high = stats.t.interval(0.95, 3, loc=paired.mean(), scale=stats.sem(paired))
            assert (found.low, found.high) == pytest.approx((low, high))


def test_a_policy_against_itself_differs_in_nothing_at_all() -> None:
    compared = compare_runs(make_run(), [make_run(Policy("same"))])
    assert {(d.difference, d.low, d.high) for d in compared.policies[0].differences} == {(0.0, 0.0, 0.0)}
    assert not any(d.is_distinguishable for d in compared.policies[0].differences)


def test_the_other_way_round_is_the_negative() -> None:
    one, other = make_run(), make_run(RECALL)
    there = compare_runs(one, [other]).policies[0].differences
    back = compare_runs(other, [one]).policies[0].differences
    for first, second in zip(there, back, strict=True):
        assert (first.difference, first.low, first.high) == pytest.approx(
            (-(second.difference or 0), -(second.high or 0), -(second.low or 0)), abs=1e-9
        )


def test_relative_differences_are_shares_of_the_baseline_mean() -> None:
    found = compare_runs(make_run(), [make_run(RECALL)]).policies[0].of("dau")
    assert found is not None
    assert found.baseline_mean is not None
    assert found.relative == pytest.approx(0.05, abs=0.01)
    assert found.relative_low == pytest.approx((found.low or 0) / found.baseline_mean)


def test_better_follows_the_metric_and_needs_a_distinguishable_difference() -> None:
    policy = compare_runs(make_run(), [make_run(Policy("costly", paid=2.0))]).policies[0]
    better = {d.metric.name: d.is_better for d in policy.differences}
    assert better["users"] is True
    assert better["cac"] is False
    assert better["cost"] is None


def test_one_replicate_distinguishes_nothing() -> None:
    one = compare_runs(make_run(replicates=1), [make_run(RECALL, replicates=1)]).policies[0]
    assert {(d.low, d.is_distinguishable, d.method) for d in one.differences if d.n} == {(None, False, "none")}


def test_pairs_that_one_side_does_not_define_are_left_out() -> None:
    baseline, policy = make_run(replicates=12), make_run(RECALL, replicates=12)
    table = cast(MadeUpRun, policy).tables["daily"]
    table["new_users"][table["replicate"] == 3] = 0
    cac = compare_runs(baseline, [policy]).policies[0].of("cac")
    assert cac is not None
    assert cac.n == 11
    assert cac.difference == pytest.approx((cac.mean or 0) - (cac.baseline_mean or 0))


@pytest.mark.parametrize(
    ("key", "value"),
    [("seed", 2), ("replicates", 3), ("days", 50), ("currency", "USD"), ("people_per_agent", 10), ("version", "9")],
)
def test_runs_that_cannot_be_paired_are_refused(key: str, value: object) -> None:
    baseline, other = make_run(), make_run(RECALL)
    other.facts[key] = value
    with pytest.raises(ResultsError, match=f"differ in {key.replace('_', ' ')} "):
        compare_runs(baseline, [other])


def test_another_first_day_is_refused() -> None:
    baseline, other = make_run(), make_run(RECALL)
    cast(MadeUpRun, other).tables["daily"]["date"] += 1
    with pytest.raises(ResultsError, match="first day 2026-01-01 and 2026-01-02"):
        compare_runs(baseline, [other])


def test_labels_are_names_then_titles_then_numbers() -> None:
    runs = [make_run(Policy("a")), make_run(Policy("b"))]
    assert distinct_labels(runs) == ("a", "b")
    for run, title in zip(runs, ("first", "second"), strict=True):
        cast(MadeUpRun, run).name = "haitao"
        run.facts["title"] = title
    assert distinct_labels(runs) == ("first", "second")
    runs[1].facts["title"] = "first"
    assert distinct_labels(runs) == ("first", "first (2)")


def test_runs_of_one_name_are_called_by_their_files() -> None:
    runs = [make_run(Policy("today")), make_run(Policy("recall")), make_run(Policy("recall"))]
    for run, file in zip(runs, ("today.yaml", "recall.yaml", "recall.v2.yaml"), strict=True):
        run.facts["file"] = file
    assert distinct_labels(runs) == ("today", "recall", "recall.v2")
    runs[2].facts["file"] = "recall.yaml"
    assert distinct_labels(runs) == ("today", "recall", "recall (2)")


def test_runs_of_one_scenario_are_told_apart_by_what_differs() -> None:
    runs = [make_run(Policy("today"), days=5, seed=seed) for seed in (1, 2)]
    assert distinct_labels(runs) == ("seed 1", "seed 2")
    assert distinct_labels([*runs, make_run(Policy("recall"))]) == ("seed 1 of today", "seed 2 of today", "recall")
    runs = [make_run(Policy("today"), days=days) for days in (5, 6)]
    assert distinct_labels(runs) == ("5 days", "6 days")
    runs = [make_run(Policy("today"), days=5) for _ in range(3)]
    for run, run_id in zip(runs, ("3a857f4c5976", "9f23f9236b69", "76d98bb813ba"), strict=True):
        run.facts["run_id"] = run_id
    assert distinct_labels(runs) == ("run 3a857f", "run 9f23f9", "run 76d98b")
    assert distinct_labels([runs[0], runs[0]]) == ("today", "today (2)")


def test_labels_lose_the_words_that_all_begin_with() -> None:
    assert without_common_beginning(["shop today", "shop recall by mail"]) == ["today", "recall by mail"]
    assert without_common_beginning(["shop", "shop recall"]) == ["shop", "shop recall"]
    assert without_common_beginning(["shop  today"]) == ["shop  today"]
    assert without_common_beginning(["same", "same"]) == ["same", "same"]


def test_an_estimate_shows_without_its_replicates() -> None:
    assert "per_replicate" not in repr(Estimate(METRICS[0], 1.0, None, None, 1, np.zeros(1)))
