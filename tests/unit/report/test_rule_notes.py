"""What is told under the table of rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.analysis import RuleEffect, rule_effects
from sim.analysis.intervals import NOTHING, Interval
from sim.report.rule_notes import rule_notes
from sim.report.tables import rules_table
from tests.unit.analysis.synthetic import Policy, make_run


@pytest.fixture
def effect() -> RuleEffect:
    """A rule that a holdout and a budget have something to say about."""
    run = make_run(Policy("recall", recall_cents_per_day=5_000, rules=("win [back]",)))
    return replace(
        rule_effects(run)[0],
        returned=Interval(1_500, 1_400, 1_600, 8),
        incremental=Interval(1_100, 1_000, 1_200, 8),
        cost_per_incremental=Interval(4.63, 4.5, 4.75, 8),
        over_budget=Interval(1_200, 1_100, 1_300, 8),
        face_value_used=Interval(0.0972, 0.09, 0.1, 8),
        returns_per_treated=Interval(1.226, 1.2, 1.3, 8),
        returns_per_control=Interval(1.067, 1.0, 1.1, 8),
        incremental_returns=Interval(1_072, 831, 1_313, 8),
        cost_per_incremental_return=4.75,
    )


def test_a_holdout_and_a_budget_are_told(effect: RuleEffect) -> None:
    assert rule_notes(effect, "CNY") == [
        "win [back]: the model knows: of 1,500 returned, 1,100 would not have within 30 days, 4.63 CNY each",
        "win [back]: a real holdout would show: 1.226 returns within 30 days per treated user, 1.067 per held-out "
        "user: +1,072 incremental returns (+831 to +1,313), 4.75 CNY each",
        "win [back]: the budget kept out 1,200; it commits a coupon's face value, of which 9.7% was used",
    ]


def test_without_a_sure_gain_no_cost_is_told(effect: RuleEffect) -> None:
    unsure = replace(effect, incremental_returns=Interval(40, -12, 92, 8), cost_per_incremental_return=None)
    told = "+40 incremental returns (−12 to +92); no cost per incremental return, since there may be none"
    assert rule_notes(unsure, "CNY")[1].endswith(told)
    alone = replace(effect, incremental_returns=Interval(40, None, None, 1, "none"))
    assert rule_notes(alone, "CNY")[1].endswith("+40 incremental returns, no interval from one replicate")


def test_nothing_is_told_where_there_is_neither(effect: RuleEffect) -> None:
    plain = replace(effect, returned=NOTHING, incremental_returns=NOTHING, over_budget=Interval(0, 0, 0, 8))
    assert rule_notes(plain) == []
    without_coupon = replace(plain, over_budget=Interval(12, 12, 12, 8), face_value_used=NOTHING)
    assert rule_notes(without_coupon) == ["win [back]: the budget kept out 12"]


def test_orders_and_opt_outs_are_told(effect: RuleEffect) -> None:
    plain = replace(effect, returned=NOTHING, incremental_returns=NOTHING, over_budget=Interval(0, 0, 0, 8))
    messages = replace(plain, delivered=Interval(10_000, 9_990, 10_010, 8), opened=Interval(400, 390, 410, 8))
    found = replace(messages, prompted_orders=Interval(30, 20, 40, 8), opt_outs=Interval(27, 20, 34, 8))
    assert rule_notes(found) == [
        "win [back]: 30 orders on the day of an opened message, 7.5% of those opened; "
        "27 opt-outs, 0.27% of those delivered"
    ]
    assert rule_notes(replace(found, prompted_orders=Interval(0, 0, 0, 8))) == [
        "win [back]: 27 opt-outs, 0.27% of those delivered"
    ]


def test_deeds_without_a_message_are_told(effect: RuleEffect) -> None:
    plain = replace(effect, returned=NOTHING, incremental_returns=NOTHING, over_budget=Interval(0, 0, 0, 8))
    silent = replace(plain, acted=Interval(5_000, 4_900, 5_100, 8), sent=Interval(0, 0, 0, 8))
    assert rule_notes(silent) == ["win [back]: acted 5,000 times on users, without a message"]
    assert rule_notes(replace(silent, sent=silent.acted)) == []


def test_two_answers_are_told_apart_once(effect: RuleEffect) -> None:
    assert rules_table([effect, effect], width=200, colour=False).count("docs/rules.md") == 1
    without_holdout = replace(effect, incremental_returns=NOTHING)
    assert "docs/rules.md" not in rules_table([without_holdout], width=200, colour=False)
