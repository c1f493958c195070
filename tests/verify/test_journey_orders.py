"""Who orders twice on a day, at two steps or beside one, is one buyer to whatever serves buyers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.systems.audiences.columns import select
from sim.systems.journeys import day as journeys_day
from sim.systems.plan import compile_plan
from sim.systems.points.wallets import ISSUED
from sim.systems.referral.chains import REWARDED
from sim.systems.world import SELECTED, World
from tests.verify.test_journeys import every_day, journey_plan
from tests.verify.test_satisfaction import ALWAYS
from tests.verify.worlds import document, finished, load_text, text_of

TWO_ORDERS = {name: {"order": {"price": "10 CNY", "margin": "10%"}} for name in ("deposit", "rest")}
ORDERS = {"per_active_day": "5%", "basket": {"mean": "100 CNY"}}
EARNS = {"orders": {"for": "order", "gives": 10, "at_most_per_day": 10}}
REWARDS = {"a hundred off": {"price": 10, "cost": "5 CNY"}}
N = 200


def issued_on_the_first_day() -> int:
    plan = journey_plan(
        TWO_ORDERS, seeds=N, days=2, orders=ORDERS, policy={"points": {"coins": {"earns": EARNS, "rewards": REWARDS}}}
    )
    world = finished(plan)
    assert world.tallies.orders[0].sum() == 2 * N
    return int(world.wallets["coins"].counts[0, ISSUED])


def without_adding_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journeys_day, "add_up_orders", lambda world, day, journeys: None)


def test_a_limit_of_the_day_holds_for_two_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    assert issued_on_the_first_day() == 10 * N
    without_adding_up(monkeypatch)
    assert issued_on_the_first_day() == 20 * N


def rewarded() -> tuple[int, int]:
    """Users who were brought, and rewards for them, which are due at the first order."""
    channels: dict[str, Any] = {
        "past": {"kind": "history", "signups": every_day(20, 5)},
        "friends": {"kind": "referral", "for": "sign up", "shares": 1, "invites": 1, "accepts": 0.5},
    }
    programme = {"pays": "first order", "referrer": {"money": "5 CNY"}}
    plan = journey_plan(
        TWO_ORDERS, days=30, market={"size": 20_000}, channels=channels, orders=ORDERS,
        policy={"referrals": {"friends": programme}},
    )  # fmt: skip
    world: World = finished(plan)
    assert world.chains is not None
    brought = world.chains.referrer[: world.people.n] > 0
    return int(np.count_nonzero(brought)), int(world.chains.counts[0, :, REWARDED].sum())


def test_the_first_order_of_who_was_brought_is_rewarded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    n_brought, n_rewarded = rewarded()
    assert n_rewarded == n_brought > 50
    without_adding_up(monkeypatch)
    assert rewarded()[1] == 0


def test_orders_at_a_step_are_seen_by_all_who_ask_for_orders() -> None:
    """All order once, on the fourth of six days: windows, days since, and rules that wait for orders know it."""
    rules = {event: {"when": {"event": event}, "do": {"message": "sms"}} for event in ("order", "first_order")}
    seen = {"once": "orders_7d == 1", "for ten": "spend_7d == 10", "then": "days_since_order == 2"}
    plan = journey_plan(
        {"deposit": {"takes": "3 days", "takes_spread": 0} | TWO_ORDERS["deposit"]}, seeds=N, days=6, retention=ALWAYS,
        orders=ORDERS | {"per_active_day": 0}, media={"sms": {"price": "0.05 CNY", "open": "50%"}},
        policy={"rules": rules, "audiences": seen},
    )  # fmt: skip
    world = finished(plan)
    assert world.tallies.orders.sum(axis=1).tolist() == [0, 0, 0, N, 0, 0]
    for name in seen:
        assert select(world, plan.audiences.expressions[f"audience:{name}"], 5).all(), name
    for name in rules:
        assert world.tallies.rules[plan.rule_names.index(name), :, SELECTED].sum() == N, name


def test_a_world_may_have_no_orders_but_those_at_steps() -> None:
    """A car brand sells cars: they earn points, bring invitations and tickets, and cost what privileges cost."""
    loaded = load_text(
        text_of(
            document(
                channels={
                    "past": {"kind": "history", "signups": {"2026-01-01": N}},
                    "friends": {"kind": "referral", "for": "order", "shares": 1, "invites": 1, "accepts": 0.1},
                },
                journeys={"car": {"steps": TWO_ORDERS}},
                service={"tickets": {"about it": {"for": "order", "brings": 1, "handling": "5 minutes"}}},
                privileges={"charging": {"cost_per_order": "1 CNY"}},
                media={"sms": {"price": "0.05 CNY", "open": "50%"}},
                response={"message": {"brings_back": "5%"}},
                policy={
                    "points": {"coins": {"earns": EARNS, "rewards": REWARDS}},
                    "referrals": {"friends": {"pays": "first order", "referrer": {"money": "5 CNY"}}},
                    "rules": {"thank": {"when": {"event": "first_order"}, "do": {"message": "sms"}}},
                    "desks": {
                        "help": {"shifts": {"day": {"hours": "09:00-18:00", "staff": 2}}, "cost_per_hour": "20 CNY"}
                    },
                    "statuses": {"owners": {"enters": "orders >= 1", "review": "1 day", "privileges": ["charging"]}},
                },
            )
        )
    )
    assert not [problem.message for problem in loaded.warnings if "no `orders`" in problem.message]
    world = finished(compile_plan(loaded.scenario))
    assert int(world.wallets["coins"].counts[0, ISSUED]) == 10 * N
    thanks = world.tallies.rules[world.plan.rule_names.index("thank"), :, SELECTED].sum()
    assert thanks == world.people.n - world.tallies.new[-1].sum()
