"""Channels, rules, accounts and funnels against pandas and by hand."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from sim.analysis import account_lines, channel_economics, compare_runs, funnel_steps, rule_effects
from sim.analysis.channels import payback
from sim.analysis.columns import axis_of, totals
from sim.analysis.intervals import NOTHING, Interval
from sim.analysis.rules import COUNTS, effect_of, idle_rules, per_increment
from sim.errors import ResultsError
from sim.report.rule_notes import rule_notes
from tests.unit.analysis.synthetic import CHANNELS, MadeUpRun, Policy, make_run
from tests.unit.analysis.test_summary_and_comparing import frame

RECALL = Policy("recall", recall_cents_per_day=5_000, rules=("第一波", "second wave"))


def test_channels_are_what_pandas_finds() -> None:
    run = make_run()
    sums = frame(run, "by_channel").groupby(["channel", "replicate"], observed=True).sum()
    for channel in channel_economics(run):
        rows = sums.loc[channel.channel]
        assert channel.sign_ups.mean == rows["new_users"].mean()
        assert channel.ltv.mean == pytest.approx((rows["contribution"] / rows["new_users"]).mean() / 100)
        assert channel.d30.mean == pytest.approx((rows["d30_active"] / rows["d30_size"]).mean())


def test_channels_keep_their_order_and_add_up() -> None:
    run = make_run()
    found = channel_economics(run)
    assert tuple(channel.channel for channel in found) == CHANNELS
    daily = frame(run, "daily")
    assert sum(channel.sign_ups.mean or 0 for channel in found) == pytest.approx(daily["new_users"].sum() / 4)
    assert sum(channel.cost.mean or 0 for channel in found) == pytest.approx(daily["acquisition_cost"].sum() / 4 / 100)
    last_four_weeks = daily[daily["day"] >= 32]["mau"].groupby(daily["day"]).mean()
    assert sum(channel.mau.mean or 0 for channel in found) == pytest.approx(last_four_weeks.mean())


def test_a_free_channel_has_paid_for_itself_on_the_first_day() -> None:
    free = channel_economics(make_run())[4]
    assert (free.cac.mean, free.payback_days.mean, free.n_paid_back, free.ltv_per_cac.mean) == (0.0, 0.0, 4, None)


def test_payback_is_the_first_age_at_which_the_margin_covers_the_cost() -> None:
    run = make_run(days=120)
    offline = channel_economics(run)[2]
    cohorts = frame(run, "cohorts")
    days = []
    for _, rows in cohorts[cohorts["channel"] == "醫院合作"].groupby("replicate"):
        sums = rows.groupby("age")[["contribution", "size"]].sum()
        margin = (sums["contribution"] / sums["size"]).cumsum() / 100
        days.append(int(np.flatnonzero(margin.to_numpy() >= 26.0)[0]))
    assert offline.n_paid_back == 4
    assert offline.payback_days.mean == pytest.approx(np.mean(days))


def test_payback_within_the_horizon_or_not_at_all() -> None:
    margins = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, np.nan], [1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(payback(margins, np.array([2.0, 2.5, np.nan])), [1.0, np.nan, np.nan])


def test_rules_are_what_pandas_finds_and_cost_what_the_ledger_says() -> None:
    run = make_run(RECALL)
    effects = rule_effects(run)
    assert tuple(effect.rule for effect in effects) == ("第一波", "second wave")
    sums = frame(run, "rules").groupby(["rule", "replicate"], observed=True).sum()
    for effect in effects:
        rows = sums.loc[effect.rule]
        assert effect.sent.mean == rows["sent"].mean()
        assert effect.cost.mean == pytest.approx(60 * 25.0)
        assert effect.open_rate.mean == pytest.approx(rows["opened"].sum() / rows["sent"].sum())


def test_ratios_of_a_rule_divide_totals_over_replicates() -> None:
    """A replicate with no return, or with very few, must not decide the cost of one."""
    counts = {column: np.zeros(3, np.int64) for column in (*COUNTS, "face_value")}
    counts |= {"sent": np.array([100, 100, 10]), "opened": np.array([10, 20, 5]), "returned": np.array([9, 1, 0])}
    effect = effect_of("wave", counts, np.array([3_000, 3_000, 300]), np.zeros(3, np.int64))
    assert effect.cost_per_return.mean == pytest.approx(63 / 10)
    assert effect.open_rate.mean == pytest.approx(35 / 210)
    assert effect.return_rate.mean == pytest.approx(10 / 210)
    assert effect.cost_per_return.n == 3
    assert effect.cost_per_incremental == NOTHING


def test_incremental_returns_are_what_exceeds_the_holdout_per_user() -> None:
    run = make_run(RECALL)
    effect = rule_effects(run)[0]
    rows = frame(run, "rules").groupby(["rule", "replicate"], observed=True).sum().loc[effect.rule]
    excess = rows["treated_returns"] - rows["treated"] * rows["control_returns"] / rows["control"]
    assert effect.incremental_returns.mean == pytest.approx(excess.mean())
    assert effect.cost.mean is not None
    assert effect.cost_per_incremental_return == pytest.approx(effect.cost.mean / excess.mean())


def test_there_is_no_cost_of_returns_that_may_not_be() -> None:
    assert per_increment(100.0, Interval(5, -1, 11, 8)) is None
    assert per_increment(100.0, Interval(5, None, None, 1)) is None
    assert per_increment(100.0, Interval(5, 1, 9, 8)) == 20.0


def test_a_rule_pays_for_its_coupons_too() -> None:
    run = make_run(RECALL)
    facts: Any = run.facts
    facts["accounts"] = facts["accounts"] | {"messages": "revenue"}  # as coupons: less revenue, not more cost
    assert rule_effects(run)[0].cost.mean == pytest.approx(60 * 25.0)


def test_a_rule_that_selected_nobody_is_listed_and_told() -> None:
    run = make_run(RECALL)
    facts: Any = run.facts
    assert idle_rules(run) == []
    facts["rules"] = ["never", "第一波", "second wave"]
    effects = rule_effects(run)
    assert [effect.rule for effect in effects] == ["never", "第一波", "second wave"]
    assert effects[0].selected == Interval(0, 0, 0, 4, "student")
    assert effects[0].cost.mean == 0
    assert effects[1:] == rule_effects(make_run(RECALL))
    assert idle_rules(run) == ["never"]
    assert rule_notes(effects[0], "CNY") == ["never: selected nobody in 4 replicates"]
    told = "rule `never` of recall selected nobody in 4 replicates"
    assert compare_runs(make_run(), [run]).warnings == (told,)


def test_a_policy_without_rules_has_no_effects() -> None:
    assert rule_effects(make_run()) == ()


def test_accounts_add_up_to_the_profit() -> None:
    run = make_run(RECALL)
    lines = account_lines(run)
    assert [line.group for line in lines] == ["revenue", "cost", "cost"]
    expected = frame(run, "daily")["profit"].sum() / 4 / 100
    assert sum(line.amount.mean or 0 for line in lines) == pytest.approx(expected)


def test_funnel_steps_in_order_with_their_rates() -> None:
    steps = funnel_steps(make_run())
    assert [(step.channel, step.step) for step in steps[:2]] == [(CHANNELS[0], "visit"), (CHANNELS[0], "register")]
    assert steps[0].pass_rate.mean == 0.5
    assert steps[0].passed == steps[1].entered


def test_totals_are_exact_beyond_the_reach_of_floats() -> None:
    huge = np.array([2**60, 1, 1, -(2**60)])
    assert totals(huge, (np.array([0, 0, 1, 0]), 2)).tolist() == [1, 1]


def test_a_key_outside_of_the_run_is_refused() -> None:
    run = make_run()
    cast(MadeUpRun, run).tables["cohorts"]["age"][5] = 99
    with pytest.raises(ResultsError, match=r"`age` of cohorts lies outside of 0\.\.59"):
        axis_of(run, "cohorts", "age", 60)
