"""Growth accounting and the retention triangle against pandas, and their identities."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pytest

from sim.analysis import (
    clear_gains,
    growth_accounting,
    is_last_ratio_higher,
    retention_triangle,
    student_interval,
)
from sim.errors import ResultsError
from tests.unit.analysis.synthetic import Policy, make_run
from tests.unit.analysis.test_summary_and_comparing import frame


def test_flows_by_month_are_what_pandas_finds() -> None:
    run = make_run(days=100)
    found = growth_accounting(run)
    daily = frame(run, "daily")
    month = np.array("1970-01-01", "M8[D]") + daily["date"].to_numpy()
    sums = daily.groupby(month.astype("M8[M]"))[["new_users", "resurrected", "churned"]].sum() / 4
    np.testing.assert_allclose(found.new, sums["new_users"])
    np.testing.assert_allclose(found.resurrected, sums["resurrected"])
    np.testing.assert_allclose(found.churned, sums["churned"])
    assert found.starts == tuple(datetime.date(2026, month, 1) for month in (1, 2, 3, 4))


@pytest.mark.parametrize("by", ["month", "week"])
def test_openings_and_closings_meet(by: str) -> None:
    found = growth_accounting(make_run(days=100), "month" if by == "month" else "week")
    closings = found.retained + found.new + found.resurrected
    openings = found.retained + found.churned
    np.testing.assert_allclose(openings[1:], closings[:-1])
    assert openings[0] == pytest.approx(0, abs=1e-9)


def test_the_quick_ratio_is_the_mean_of_the_replicates_ratios() -> None:
    run = make_run(days=100)
    daily = frame(run, "daily")
    late = daily[daily["day"] >= 90].groupby("replicate")[["new_users", "resurrected", "churned"]].sum()
    expected = ((late["new_users"] + late["resurrected"]) / late["churned"]).mean()
    assert growth_accounting(run).quick_ratio[3] == pytest.approx(expected)


def test_without_churn_there_is_no_quick_ratio() -> None:
    assert np.isnan(growth_accounting(make_run(days=25)).quick_ratio).all()


def test_a_horizon_of_no_days_has_no_periods() -> None:
    assert growth_accounting(make_run(days=0)).starts == ()


def test_a_cell_is_active_days_over_lived_days() -> None:
    run = make_run(days=70)
    found = retention_triangle(run)
    cohorts = frame(run, "cohorts")
    cell = cohorts[(cohorts["cohort_day"] == 14) & (cohorts["age"].between(21, 27))]
    assert found.period_days == 7
    assert found.activity[2, 3] == pytest.approx(cell["active"].sum() / cell["size"].sum())
    born = cohorts[(cohorts["cohort_day"] == 14) & (cohorts["age"] == 0)]
    assert found.sizes[2] == pytest.approx(born["size"].sum() / 4)


def test_cells_that_some_members_have_not_lived_through_are_empty() -> None:
    found = retention_triangle(make_run(days=70))
    lived = [int(np.count_nonzero(~np.isnan(row))) for row in found.activity]
    assert lived == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]


def test_a_long_run_has_cohorts_of_four_weeks_that_hold_the_weekly_ones() -> None:
    run = make_run(days=168)
    wide, narrow = retention_triangle(run), retention_triangle(run, period_days=7)
    assert wide.period_days == 28
    np.testing.assert_allclose(wide.sizes, narrow.sizes.reshape(-1, 4).sum(axis=1))


def test_cohorts_hold_every_sign_up() -> None:
    run = make_run()
    assert retention_triangle(run).sizes.sum() == pytest.approx(frame(run, "daily")["new_users"].sum() / 4)


def test_one_channel_alone() -> None:
    run = make_run()
    offline, everybody = retention_triangle(run, "醫院合作"), retention_triangle(run)
    assert offline.sizes[0] < everybody.sizes[0]
    assert offline.activity[0, 1] > everybody.activity[0, 1]
    with pytest.raises(ResultsError, match="has no channel `billboards`"):
        retention_triangle(run, "billboards")


def test_a_better_policy_has_a_brighter_triangle() -> None:
    plain, better = retention_triangle(make_run()), retention_triangle(make_run(Policy("recall", activity=1.2)))
    is_both = ~np.isnan(plain.activity)
    assert np.all(better.activity[is_both] >= plain.activity[is_both])


def test_cells_are_clear_where_their_interval_excludes_zero() -> None:
    baseline, policy = (retention_triangle(make_run(one, days=60)) for one in (Policy(), Policy("more", activity=1.2)))
    paired = policy.per_replicate - baseline.per_replicate
    clear = clear_gains(baseline, policy)
    assert clear.any()
    for cohort, age in np.ndindex(clear.shape):
        assert clear[cohort, age] == student_interval(paired[:, cohort, age]).excludes_zero
    assert not clear_gains(baseline, baseline).any()
    assert not clear[np.isnan(policy.activity)].any()


def test_a_quick_ratio_is_higher_only_beyond_the_noise() -> None:
    baseline = growth_accounting(make_run(days=100))
    up, noise = np.ones_like(baseline.quick_per_replicate), np.zeros_like(baseline.quick_per_replicate)
    noise[0] = 1.0
    for change, is_higher in ((up, True), (-up, False), (noise, False), (0 * up, False)):
        other = replace(baseline, quick_per_replicate=baseline.quick_per_replicate + change)
        assert is_last_ratio_higher(other, baseline) is is_higher
