"""Each system's plan: the arithmetic between a checked section and the arrays that the engine reads."""

from __future__ import annotations

import tracemalloc
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from sim.errors import PlanError, ScenarioError
from sim.systems.market.plan import split_whole
from sim.systems.plan import BYTES_PER_EFFECT
from sim.systems.rules.plan import NO_LIMIT
from tests.verify.worlds import document, finished, load_text, plan_for, text_of

# --- market


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        (10, [0.5, 0.5], [5, 5]),
        (10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]),
        (1, [0.2, 0.5, 0.3], [0, 1, 0]),
        (0, [0.4, 0.6], [0, 0]),
        (7, [0.999, 0.001], [7, 0]),
    ],
)
def test_whole_parts_by_largest_remainder(total: int, shares: list[float], parts: list[int]) -> None:
    assert split_whole(total, np.array(shares)).tolist() == parts


def test_agents_stand_for_persons_and_susceptibility_has_mean_1() -> None:
    plan = plan_for(
        market={
            "size": 10_004,
            "people_per_agent": 10,
            "segments": {"a": {"share": 0.25}, "b": {"share": 0.75}},
            "adopters": {"x": {"share": 0.2, "susceptibility": 6}, "y": {"share": 0.8, "susceptibility": 1}},
        }
    ).market
    assert plan.agents.tolist() == [250, 750]
    assert plan.persons.sum() == 10_000
    assert np.array([0.2, 0.8]) @ plan.susceptibility == pytest.approx(1.0)
    assert plan.category_edges[-1] == 1.0


# --- channels


def signups(kind: str, budget: str | None = None, days: int = 62, **channel: Any) -> Any:
    """The channels' plan of one channel on a market of 10,000."""
    policy = {"budgets": {"it": budget}} if budget else {}
    channels = {"it": {"kind": kind} | channel}
    return plan_for(channels=channels, policy=policy, horizon=f"{days} days").channels


def test_a_store_has_windows() -> None:
    window = {"from": "2026-01-05", "for": "3 days", "times": 4}
    early = {"from": "2025-12-30", "for": "4 days", "times": 2}
    found = signups("store", signups="7 / day", windows={"slot": window, "launch": early}, cost="31 CNY / day")
    expected = np.full(62, 7.0)
    expected[4:7], expected[:2] = 28.0, 14.0
    assert found.signups[:, 0].tolist() == expected.tolist()
    assert (found.cost_cents.sum(axis=(1, 2)) == 3_100).all()


def test_dated_sign_ups_hold_from_their_date_on() -> None:
    found = signups("organic", signups={"2026-01-01": "5 / day", "2026-02-01": "70 / week"})
    assert found.signups[[0, 30, 31, 61], 0].tolist() == [5, 5, 10, 10]


def test_partner_visits_go_through_the_funnel_and_cost_a_fee() -> None:
    found = signups("partner", visits="200 / day", funnel={"land": 0.5, "register": 0.1}, fee="1.25 CNY")
    assert found.signups[0, 0] == pytest.approx(10.0)
    assert found.cost_per_signup[0, 0] == 1.25


@pytest.mark.parametrize(
    ("rate", "in_a_year"), [("1 / month", 12), ("4 / month", 48), ("1 / week", 52), ("2 / day", 730)]
)
def test_offline_events_are_whole_and_none_is_lost(rate: str, in_a_year: int) -> None:
    found = signups("offline", days=365, events=rate, reach=50, register=0.2, event_cost="99.99 CNY")
    events = found.signups[:, 0] / 10
    assert (events == np.round(events)).all()
    assert events.sum() == in_a_year
    assert found.cost_cents.sum() == in_a_year * 9_999


def test_a_community_grows_by_itself_and_by_its_budget() -> None:
    found = signups(
        "community", "90 CNY / day", signups="3 / day", price="9 CNY / sign-up",
        diminishing={"half_of_reach_at": "180 CNY / day"},
    )  # fmt: skip
    assert found.signups[0, 0] == pytest.approx(3 + 10 * 180 / 270)
    assert (found.cost_cents.sum(axis=(1, 2)) == 9_000).all()


@pytest.mark.parametrize(
    ("price", "funnel", "expected"),
    [
        ("2 CNY / click", {"land": 0.5, "register": 0.3}, 500 / 2 * 0.15),
        ("40 CNY / 1000 views", {"click": 0.02, "register": 0.1}, 500 / 0.04 * 0.002),
        ("25 CNY / sign-up", None, 20.0),
    ],
)
def test_paid_by_view_click_or_sign_up(price: str, funnel: dict[str, float] | None, expected: float) -> None:
    found = signups("paid", "500 CNY / day", price=price, **({"funnel": funnel} if funnel else {}))
    assert found.signups[0, 0] == pytest.approx(expected)
    assert (found.cost_cents[0].sum() == 50_000) == (funnel is not None)
    assert found.cost_per_signup[0, 0] == (0 if funnel else 25)


def test_a_channel_reaches_its_audience_by_weight() -> None:
    plan = plan_for(
        market={"size": 1_000, "segments": {"a": {"share": 0.2}, "b": {"share": 0.5}, "c": {"share": 0.3}}},
        channels={"it": {"kind": "organic", "signups": "9 / day", "cost": "1 CNY / day", "audience": {"a": 3, "b": 1}}},
    )
    hazard = plan.channels.reach_of_person[0]
    assert (hazard * plan.market.persons).sum() == pytest.approx(1.0)
    assert hazard[0] == pytest.approx(3 * hazard[1])
    assert hazard[2] == 0
    assert plan.channels.cost_cents[0, 0].tolist() == [55, 45, 0]


def test_costs_split_over_segments_sum_to_the_cent() -> None:
    plan = plan_for(
        market={"size": 999, "segments": {name: {"share": 1 / 7} for name in "abcdefg"}},
        channels={"it": {"kind": "organic", "signups": "1 / day", "cost": "0.11 CNY / day"}},
    )
    assert (plan.channels.cost_cents.sum(axis=2) == 11).all()
    assert plan.channels.cost_cents.min() >= 0


# --- retention


def test_a_channels_curve_counts_before_a_segments_and_that_before_the_default() -> None:
    curve = {"visits": {"a": 1, "b": 2}, "lapse": {"a": 1, "b": 9}}
    plan = plan_for(
        market={"size": 100, "segments": {"a": {"share": 0.5}, "b": {"share": 0.5}}},
        channels={name: {"kind": "organic", "signups": "1 / day"} for name in ("x", "y")},
        retention={"default": curve, "by_segment": {"b": curve}, "by_channel": {"y": curve}},
    ).retention
    default, of_segment, of_channel = 0, 1, 2
    assert plan.curve_of_cell.tolist() == [default, of_segment, of_channel, of_channel]


# --- seasons


def test_a_weekday_pattern_moves_days_and_not_the_level() -> None:
    seasons = plan_for(seasons={"weekdays": {"saturday": {"activity": 2.0}}}, horizon="70 days").seasons
    assert np.log(seasons.activity).sum() == pytest.approx(0.0, abs=1e-9)
    saturday = (5 - date(2026, 1, 1).weekday()) % 7
    assert seasons.activity[saturday] / seasons.activity[saturday + 1] == pytest.approx(2.0)


def test_holidays_that_straddle_the_horizon_count_inside_it() -> None:
    holidays = {
        "before": {"from": "2025-12-25", "for": "9 days", "orders": 3.0},
        "after": {"from": "2026-03-01", "for": "9 days", "orders": 5.0},
    }
    orders = plan_for(seasons={"holidays": holidays}, horizon="60 days").seasons.orders
    assert orders.tolist() == [3.0, 3.0, *[1.0] * 57, 5.0]


# --- rules


def rule_plan(days: int = 60, **rule: Any) -> Any:
    base = {"when": {"every": "1 day"}, "do": {"message": "push"}}
    policy = {"rules": {"it": base | rule}}
    return plan_for(media={"push": {"open": 0.5}}, policy=policy, horizon=f"{days} days").rules[0]


@pytest.mark.parametrize(
    ("when", "days"),
    [
        ({"every": "7 days"}, [0, 7, 14]),
        ({"every": "7 days", "from": "2026-01-04"}, [3, 10, 17]),
        ({"every": "7 days", "from": "2025-12-01", "until": "2026-01-08"}, [0, 7]),
        ({"on": ["2026-01-03", "2025-12-31", "2026-01-20", "2026-03-01"]}, [2, 19]),
        ({"on": "2026-01-03", "until": "2026-01-02"}, []),
        ({"inactive_for": "3 days", "from": "2026-01-19"}, [18, 19]),
    ],
)
def test_the_days_on_which_a_rule_acts(when: dict[str, Any], days: list[int]) -> None:
    assert sorted(rule_plan(20, when=when).when.acts_on) == days


def test_limits_in_whole_units() -> None:
    rule = rule_plan(limits={"budget": "70.05 CNY / week", "total_budget": "33.335 CNY", "capacity": 9})
    assert (rule.budget_micro == round(70.05 / 7 * 1_000_000)).all()
    assert rule.total_budget_micro == 3_334 * 10_000
    assert (rule.capacity == 9).all()
    assert rule.attempts == NO_LIMIT


@pytest.mark.parametrize(("price", "micro"), [("0.29 CNY", 290_000), ("0.045 CNY", 45_000), ("1.1 CNY", 1_100_000)])
def test_the_price_of_a_message_in_whole_parts_of_a_cent(price: str, micro: int) -> None:
    policy = {"rules": {"it": {"when": {"every": "1 day"}, "do": {"message": "sms"}}}}
    plan = plan_for(media={"sms": {"open": 0.5, "price": price}}, policy=policy)
    assert (plan.rules[0].medium.price_micro == micro).all()


@pytest.mark.parametrize(
    ("coupon", "face_value"),
    [({"off": "12.34 CNY"}, 1_234), ({"share_off": 0.3, "up_to": "9.99 CNY"}, 999), ({"share_off": 0.3}, NO_LIMIT)],
)
def test_the_face_value_of_a_coupon(coupon: dict[str, Any], face_value: int) -> None:
    rule = rule_plan(do={"message": "push", "coupon": coupon | {"valid_for": "5 days"}})
    assert rule.coupon.face_value_cents == face_value


def test_a_coupon_outlives_no_horizon() -> None:
    rule = rule_plan(do={"message": "push", "coupon": {"off": "1 CNY", "valid_for": "1000000 years"}})
    assert rule.coupon.valid_days == 36_500


def test_names_that_the_ledger_cannot_hold_are_refused() -> None:
    campaigns = {f"c{i}": {"from": "2026-01-02", "for": "1 day", "orders": 1.1} for i in range(100)}
    rules = {f"r{i}": {"when": {"every": "9 days"}, "do": {"message": "push"}} for i in range(21)}
    scenario = document(media={"push": {"open": 0.5}}, policy={"campaigns": campaigns, "rules": rules})
    with pytest.raises(ScenarioError, match="121 names of campaigns, rules, statuses and the like are more than fit"):
        load_text(text_of(scenario))


# --- the whole


def test_segments_whose_names_share_a_hash_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.systems.market.plan.segment_address", lambda name: 7)
    plan_for()
    with pytest.raises(PlanError, match="rename one"):
        plan_for(market={"size": 100, "segments": {"a": {"share": 0.5}, "b": {"share": 0.5}}})


def test_cells_are_channels_times_segments() -> None:
    plan = plan_for(
        market={"size": 100, "segments": {"a": {"share": 0.5, "orders": 2}, "b": {"share": 0.5, "basket": 3}}},
        channels={
            "x": {"kind": "organic", "signups": "1 / day", "quality": 2},
            "y": {"kind": "organic", "signups": "1 / day"},
        },
    )
    assert plan.n_cells == 4
    assert plan.segment_of_cell.tolist() == [0, 1, 0, 1]
    assert plan.quality.tolist() == [2, 2, 1, 1]
    assert plan.rate_factor.tolist() == [2, 1, 2, 1]
    assert plan.basket_factor.tolist() == [1, 3, 1, 3]
    assert plan.n_cohorts == 9
    assert plan.start + timedelta(days=plan.n_days) == date(2026, 3, 2)
    assert plan.memory_bytes > 0


def test_the_estimate_before_a_run_holds_those_under_effects() -> None:
    pulls = {"activity": 1.5, "lapse": 0.8, "half_life": "9 days"}
    brief = pulls | {"half_life": "5 days"}
    plan = plan_for(
        market={"size": 20_000},
        channels={"x": {"kind": "history", "signups": {"2026-01-01": 20_000}}},
        response={"points": {"looks": 0.5, "nearness": {"activity": 1.5}, "reward": pulls, "loss": brief}},
        policy={"points": {"p": {
            "earns": {"a": {"for": "active day", "gives": 5}},
            "expires": {"after": "1 month"},
            "rewards": {"r": {"price": 20}},
        }}},
    )  # fmt: skip
    finished(plan)  # what compiling takes is no part of it
    tracemalloc.start()
    world = finished(plan)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(lifts.of_users.shape[1] for lifts in world.effects.targets) == 5
    assert plan.memory_bytes > peak
    assert plan.memory_bytes - BYTES_PER_EFFECT * 5 * 20_000 < peak
