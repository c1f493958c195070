"""What a check measures of a run: parts add up, dates cut totals and pick days."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from sim.analysis.columns import by_day
from sim.analysis.outcomes import Outcome, outcome_values
from sim.analysis.summary import metric_values
from sim.metrics import Metric
from tests.unit.analysis.synthetic import CHANNELS, METRICS, SEGMENTS, make_run

RUN = make_run(days=40)
BY_NAME = {metric.name: metric for metric in METRICS}
DAY_10 = datetime.date(2026, 1, 10)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_whole_is_the_metric(metric: Metric) -> None:
    np.testing.assert_array_equal(outcome_values(RUN, Outcome(metric)), metric_values(RUN, metric))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_last_day_is_the_whole_of_totals_and_ratios_and_itself_of_all_others(metric: Metric) -> None:
    last = outcome_values(RUN, Outcome(metric, datetime.date(2026, 2, 9)))
    if metric.aggregate in ("sum", "ratio", "ratio_to_last"):
        np.testing.assert_array_equal(last, metric_values(RUN, metric))
    else:
        np.testing.assert_array_equal(last, by_day(RUN, metric.column)[:, -1])


def test_totals_count_up_to_a_date() -> None:
    expected = by_day(RUN, "revenue")[:, :10].sum(axis=1) / 100
    np.testing.assert_array_equal(outcome_values(RUN, Outcome(BY_NAME["revenue"], DAY_10)), expected)
    np.testing.assert_array_equal(outcome_values(RUN, Outcome(BY_NAME["dau"], DAY_10)), by_day(RUN, "dau")[:, 9])


@pytest.mark.parametrize("on", [None, DAY_10])
def test_parts_add_up(on: datetime.date | None) -> None:
    whole = outcome_values(RUN, Outcome(BY_NAME["revenue"], on))
    channels = [outcome_values(RUN, Outcome(BY_NAME["revenue"], on, "channel", name)) for name in CHANNELS]
    segments = [outcome_values(RUN, Outcome(BY_NAME["revenue"], on, "segment", name)) for name in SEGMENTS]
    np.testing.assert_allclose(sum(channels), whole)
    np.testing.assert_allclose(sum(segments), whole)
    assert all((part < whole).all() for part in (*channels, *segments))


def test_a_part_without_rows_is_nothing() -> None:
    nobody = outcome_values(RUN, Outcome(BY_NAME["users"], None, "segment", "nobody"))
    assert nobody.tolist() == [0.0] * 4
    assert np.isnan(outcome_values(RUN, Outcome(BY_NAME["d30_retention"], None, "segment", "nobody"))).all()
