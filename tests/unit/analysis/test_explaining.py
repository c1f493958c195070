"""Parts, growth accounting, segments and channels: each sums to the difference, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import pipeline
from sim.analysis.explaining import (
    BEFORE,
    LAST_DAY,
    Change,
    defined_replicates,
    difference_by,
    difference_over,
    growth_of_difference,
    parts_of,
)
from sim.analysis.groups import RATIOS, amount_of, exact_values, sum_of
from sim.analysis.shapley import coalitions
from sim.analysis.summary import metric_values
from sim.flows.trials import Trial, measure
from sim.store import MemoryRun

ROOT = Path(__file__).resolve().parents[3]
POLICIES = ROOT / "scenarios" / "haitao" / "policies"
TABLES = ("daily", "by_segment", "by_channel")
DAYS = 45


@pytest.fixture(scope="module")
def runs() -> tuple[MemoryRun, MemoryRun]:
    """Two policies of haitao over three replicates of some weeks."""
    loaded = [pipeline.load(POLICIES / f"{name}.yaml").for_days(DAYS) for name in ("today", "recall")]
    left, right = measure([Trial(one.scenario, 1, (0, 1, 2)) for one in loaded], jobs=1, tables=TABLES)
    return left, right


def changes(n: int) -> list[Change]:
    return [Change(f"change {i}", ()) for i in range(n)]


def test_exact_values_are_the_metrics_values(runs: tuple[MemoryRun, MemoryRun]) -> None:
    for metric in runs[0].metrics:
        exact = [float("nan") if one is None else float(one) for one in exact_values(runs[0], metric)]
        assert exact == pytest.approx(metric_values(runs[0], metric), rel=1e-12, nan_ok=True)


def test_money_is_exact_in_cents(runs: tuple[MemoryRun, MemoryRun]) -> None:
    profit = next(metric for metric in runs[0].metrics if metric.name == "profit")
    cents = runs[0].numbers("daily", "profit").reshape(3, DAYS).sum(axis=1)
    assert exact_values(runs[0], profit) == [Fraction(int(one), 100) for one in cents]


@given(st.integers(1, 4), st.integers(1, 3), st.data())
def test_parts_and_interaction_sum_to_the_difference_in_every_replicate(
    n: int, n_replicates: int, data: st.DataObject
) -> None:
    cents = st.integers(-(10**11), 10**11)
    values = {
        members: {replicate: Fraction(data.draw(cents), 100) for replicate in range(n_replicates)}
        for members in coalitions(n)
    }
    orders = {replicate: data.draw(st.permutations(range(n))) for replicate in range(n_replicates)}
    whole = [values[frozenset(range(n))][one] - values[frozenset()][one] for one in range(n_replicates)]
    for chosen in (None, orders):
        parts, total, interaction = parts_of(changes(n), values, chosen)
        assert list(total.per_replicate) == whole
        assert sum_of([part.share for part in parts]).per_replicate == total.per_replicate
        assert sum_of([*(part.alone for part in parts), interaction]).per_replicate == total.per_replicate
        assert total.exact == sum(part.share.exact or 0 for part in parts)


def test_the_largest_part_comes_first_and_keeps_its_name() -> None:
    worths = (Fraction(2), Fraction(-9), Fraction(5))
    values = {members: {0: sum((worths[one] for one in members), Fraction(1))} for members in coalitions(3)}
    parts, total, interaction = parts_of(changes(3), values, None)
    assert [(part.change.name, part.share.exact) for part in parts] == [
        ("change 1", -9),
        ("change 2", 5),
        ("change 0", 2),
    ]
    assert (total.exact, interaction.exact) == (-2, 0)
    assert total.interval.low is None


def test_sampled_orders_average_to_the_exact_parts() -> None:
    """All orders, one a replicate, of a game that is the same in each."""
    worth = {members: Fraction(hash(tuple(sorted(members))) % 1000) for members in coalitions(4)}
    orders = dict(enumerate(permutations(range(4))))
    values = {members: dict.fromkeys(orders, one) for members, one in worth.items()}
    exact = {part.change.name: part.share.exact for part in parts_of(changes(4), values, None)[0]}
    sampled = parts_of(changes(4), values, orders)[0]
    assert {part.change.name: part.share.exact for part in sampled} == exact
    assert any(part.share.interval.low != part.share.interval.high for part in sampled)
    only_some: dict[int, Sequence[int]] = {one: orders[one] for one in range(5)}
    fewer = {members: dict.fromkeys(only_some, one) for members, one in worth.items()}
    assert {part.change.name: part.share.exact for part in parts_of(changes(4), fewer, only_some)[0]} != exact


def test_a_replicate_that_leaves_the_metric_undefined_is_left_out(runs: tuple[MemoryRun, MemoryRun]) -> None:
    values = {
        frozenset[int](): {0: Fraction(1), 1: None, 2: Fraction(4)},
        frozenset({0}): {0: Fraction(3), 1: Fraction(9), 2: Fraction(5)},
    }
    assert defined_replicates(values) == [0, 2]
    _, total, _ = parts_of(changes(1), values, None)
    assert total.per_replicate == (2, 1)
    metric = runs[0].metrics[0]
    found = difference_over([0, 2], *runs, metric)
    assert found.n == 2
    both = metric_values(runs[1], metric) - metric_values(runs[0], metric)
    assert found.difference == pytest.approx(both[[0, 2]].mean())


def test_growth_sums_to_the_difference_in_active_users(runs: tuple[MemoryRun, MemoryRun]) -> None:
    lines = growth_of_difference(*runs)
    assert [line.name for line in lines] == ["new", "resurrected", "churned", LAST_DAY, "retained, mean of months"]
    by_name = {line.name: line.difference.per_replicate for line in lines}
    flows = [sum(ones) for ones in zip(*(by_name[name] for name in ("new", "resurrected", "churned")), strict=True)]
    last = [run.numbers("daily", "mau").reshape(3, DAYS)[:, -1] for run in runs]
    assert flows == list(by_name[LAST_DAY]) == (last[1] - last[0]).tolist()
    assert any(flows)
    assert BEFORE not in by_name


@pytest.mark.parametrize("name", ["segment", "channel"])
def test_segments_and_channels_sum_to_the_difference(runs: tuple[MemoryRun, MemoryRun], name: str) -> None:
    for metric in runs[0].metrics:
        groups = difference_by(*runs, metric, name)
        sizes = [amount.size for _, amount in groups]
        assert sizes == sorted(sizes, reverse=True)
        if metric.aggregate not in RATIOS:
            left, right = (exact_values(run, metric) for run in runs)
            whole = tuple(
                new - old for old, new in zip(left, right, strict=True) if old is not None and new is not None
            )
            assert sum_of([amount for _, amount in groups]).per_replicate == whole


def test_a_segment_that_only_one_side_has_counts_whole(runs: tuple[MemoryRun, MemoryRun]) -> None:
    metric = next(metric for metric in runs[0].metrics if metric.name == "orders")
    parts = [{**part, "by_segment": renamed(part["by_segment"])} for part in runs[1].parts]
    groups = dict(difference_by(runs[0], replace(runs[1], parts=parts), metric, "segment"))
    assert groups["another"].exact == -(groups["新手媽媽"].exact or 0) + _difference(runs, "新手媽媽")
    assert sum(amount.exact or 0 for amount in groups.values()) == sum(
        amount.exact or 0 for _, amount in difference_by(*runs, metric, "segment")
    )


def renamed(table: dict[str, object] | object) -> dict[str, object]:
    assert isinstance(table, dict)
    codes, names = table["segment"]
    return {**table, "segment": (codes, tuple("another" if name == "新手媽媽" else name for name in names))}


def _difference(runs: tuple[MemoryRun, MemoryRun], segment: str) -> Fraction:
    metric = next(metric for metric in runs[0].metrics if metric.name == "orders")
    return dict(difference_by(*runs, metric, "segment"))[segment].exact or Fraction(0)


def test_an_amount_has_the_interval_of_its_mean() -> None:
    found = amount_of([Fraction(1), Fraction(2), Fraction(6)])
    assert (found.exact, found.interval.mean, found.interval.n) == (3, 3.0, 3)
    assert found.interval.low == pytest.approx(3 - 4.302653 * np.std([1, 2, 6], ddof=1) / 3**0.5, rel=1e-6)
    assert amount_of([]).exact is None


def test_who_was_active_before_the_first_day_is_told_where_it_differs(runs: tuple[MemoryRun, MemoryRun]) -> None:
    days = [dict(part["daily"]) for part in runs[1].parts]
    parts = [{"daily": {**daily, "mau": np.asarray(daily["mau"]) + 10}} for daily in days]
    lines = growth_of_difference(runs[0], replace(runs[1], parts=parts))
    assert (lines[0].name, lines[0].difference.exact) == (BEFORE, 10)
    by_name = {line.name: line.difference.per_replicate for line in lines if line.sign}
    (last,) = (line.difference.per_replicate for line in lines if line.name == LAST_DAY)
    assert tuple(sum(ones) for ones in zip(*by_name.values(), strict=True)) == last
