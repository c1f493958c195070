"""Metrics over time against pandas' rolling windows."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from sim.analysis import bands_by, daily_band, difference_band
from sim.analysis.series import daily_values, metric_named, trailing_sum, view_of
from sim.errors import ResultsError
from tests.unit.analysis.synthetic import CHANNELS, METRICS, Policy, make_run
from tests.unit.analysis.test_summary_and_comparing import frame

BY_NAME = {metric.name: metric for metric in METRICS}


def test_each_kind_of_metric_has_its_view() -> None:
    views = {name: view_of(metric) for name, metric in BY_NAME.items()}
    assert views["users"] == "daily"
    assert views["dau"] == views["revenue"] == "7-day mean"
    assert views["d30_retention"] == "28 days"
    assert views["ltv"] == "to date"


def test_a_flow_is_the_mean_of_seven_days() -> None:
    run = make_run()
    pivot = frame(run, "daily").pivot(index="day", columns="replicate", values="revenue") / 100
    expected = pivot.rolling(7, min_periods=1).mean().to_numpy().T
    np.testing.assert_allclose(daily_values(run, BY_NAME["revenue"]), expected, rtol=1e-10)


def test_a_share_is_pooled_over_28_days() -> None:
    run = make_run()
    daily = frame(run, "daily")
    above, below = (
        daily.pivot(index="day", columns="replicate", values=name).rolling(28, min_periods=1).sum().to_numpy().T
        for name in ("d30_active", "d30_size")
    )
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(daily_values(run, BY_NAME["d30_retention"]), above / below, rtol=1e-10)


def test_an_amount_per_person_is_to_date_and_ends_at_the_metric() -> None:
    run = make_run()
    ltv = daily_values(run, BY_NAME["ltv"])
    daily = frame(run, "daily").groupby("replicate")
    np.testing.assert_allclose(ltv[:, -1], daily["contribution"].sum() / daily["new_users"].sum() / 100, rtol=1e-12)


def test_a_band_carries_its_dates_and_encloses_its_mean() -> None:
    band = daily_band(make_run(), "dau", label="as today")
    assert band.label == "as today"
    assert (band.dates[0], band.dates[-1]) == (datetime.date(2026, 1, 1), datetime.date(2026, 3, 1))
    assert np.all(band.low <= band.mean)
    assert np.all(band.mean <= band.high)


def test_the_bands_of_channels_add_up_to_the_whole() -> None:
    run = make_run()
    bands = bands_by(run, "users", "channel")
    assert tuple(band.label for band in bands) == CHANNELS
    np.testing.assert_allclose(sum(band.mean for band in bands), daily_band(run, "users").mean, rtol=1e-12)


def test_a_ratio_by_channel_has_each_channel_in_its_own_denominator() -> None:
    run = make_run()
    offline = bands_by(run, "cac", "channel")[2]
    assert offline.mean == pytest.approx(np.full(60, 26.0))


def test_differences_of_flows_are_summed_to_date() -> None:
    baseline, policy = make_run(), make_run(Policy("recall", activity=1.05))
    band = difference_band("recall", baseline, policy, BY_NAME["profit"])
    gained = [frame(run, "daily")["profit"].sum() / 4 / 100 for run in (policy, baseline)]
    assert band.view == "to date"
    assert band.mean[-1] == pytest.approx(gained[0] - gained[1])


def test_trailing_sums_at_the_beginning_take_what_there_is() -> None:
    assert trailing_sum(np.arange(1, 6), 3).tolist() == [1, 3, 6, 9, 12]
    assert trailing_sum(np.arange(1, 3), 7).tolist() == [1, 3]


def test_an_unknown_metric_is_named_with_those_there_are() -> None:
    with pytest.raises(ResultsError, match="no metric `dua`; it has: users, dau, mau"):
        metric_named(make_run(), "dua")
