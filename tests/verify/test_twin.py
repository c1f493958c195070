"""The engine and the slow twin agree, user by user and day by day, on each clock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.systems.books.accounts import ACCOUNTS
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.world import RULE_COUNTS, World
from tests.verify.measuring import altered, altered_rule
from tests.verify.twin import Twin
from tests.verify.worlds import plan_for

Life = dict[int, tuple[int, ...]]
Lives = dict[tuple[int, int], tuple[int, int, Life]]
"""(segment, person) → (channel, day of sign-up, what stood at the end of each day)."""

SEED, REPLICATE = 11, 3
DIARY = ("active_days", "engaged", "orders", "spend", "messages")

COMMON: dict[str, Any] = {
    "horizon": "120 days",
    "market": {
        "size": 420,
        "segments": {
            "新手媽媽": {"share": 0.6, "orders": 1.4, "basket": 0.8},
            "hunters": {"share": 0.4, "orders": 0.7, "gain": 3},
        },
        "adopters": {
            "early": {"share": 0.2, "susceptibility": 4},
            "late": {"share": 0.7, "susceptibility": 1},
            "never": {"share": 0.1, "susceptibility": 0},
        },
    },
    "media": {
        "push": {"opt_in": 0.8, "delivery": 0.9, "open": 0.6},
        "sms": {"opt_in": 0.9, "open": 0.5, "price": "0.05 CNY"},
    },
    "response": {
        "message": {
            "brings_back": {"2026-01-01": 0.5, "2026-03-01": 0.3},
            "falls_by_half_every": "20 days",
            "wakes": 2.5,
            "wakes_half_life": "4 days",
        },
        "coupon": {"lift_per_10_percent": 1.3, "orders": 1.5},
    },
    "income": {"commission": "3%"},
}

VISITS: dict[str, Any] = COMMON | {
    "channels": {
        "商店": {"kind": "store", "signups": "3 / day", "onboarding": {"profile": 0.4},
                 "windows": {"featured": {"from": "2026-01-10", "for": "5 days", "times": 3}}},
        "ads": {"kind": "paid", "price": "2 CNY / click", "funnel": {"register": 0.2}, "audience": {"hunters": 2},
                "quality": 0.7},
        "friends": {"kind": "word_of_mouth", "contacts_per_active_day": 0.03},
    },
    "onboarding": {"steps": {"profile": {"pass": 0.7, "lapse_if_failed": 2.0}, "first order": {"pass": 0.4}}},
    "retention": {
        "default": {"d1": 0.4, "d7": 0.25, "d30": 0.14},
        "by_segment": {"hunters": {"visits": {"a": 0.6, "b": 1.4}, "lapse": {"a": 0.5, "b": 4.0}}},
        "natural_return": "1% / day",
    },
    "orders": {"per_active_day": 0.35, "shape": 0.9, "margin": "24%",
               "basket": {"mean": "160 CNY", "spread": 0.6, "spread_between_users": 0.4}},
    "seasons": {"weekdays": {"saturday": {"activity": 1.6, "orders": 1.2}},
                "holidays": {"spring": {"from": "2026-02-15", "for": "7 days", "activity": 0.5, "orders": 2.0}}},
    "policy": {
        "budgets": {"ads": "40 CNY / day"},
        "campaigns": {
            "opening": {"from": "2026-01-01", "for": "6 days", "discount": "12.5%", "orders": 1.5},
            "sale": {"from": "2026-02-18", "for": "4 days", "discount": "20%", "activity": 1.3, "orders": 2.0,
                     "segments": ["hunters"], "pull_forward": {"share": 0.5, "over": "8 days"}},
        },
        "rules": {
            "news": {"when": {"every": "9 days"}, "who": "active_days >= 2", "do": {"message": "push"},
                     "limits": {"per_user": {"messages": 2, "per": "30 days"}}},
            "echo": {"when": {"every": "9 days"}, "who": "orders >= 1", "do": {"message": "push"}},
            "recall": {"when": {"inactive_for": ["4 days", "9 days", "20 days"]}, "do": {"message": "sms"},
                       "limits": {"holdout": 0.15, "attempts": 2}},
            "gift": {"when": {"inactive_for": "12 days"}, "who": "spend >= 50 and segment == 'hunters' or orders > 2",
                     "do": {"message": "sms", "coupon": {"off": "20 CNY", "orders_over": "90 CNY",
                                                         "valid_for": "15 days"}}},
        },
        "contact": {"messages": 3, "per": "14 days"},
    },
}  # fmt: skip

ORDERS: dict[str, Any] = COMMON | {
    "channels": {
        "organic": {"kind": "organic", "signups": "5 / day"},
        "friends": {"kind": "word_of_mouth", "contacts_per_user_day": 0.004},
    },
    "retention": {"default": {"lapse": {"shape": 0.606, "scale": "9 weeks"}}, "natural_return": "0.4% / day"},
    "orders": {"while_engaged": "1.2 / week", "shape": 0.553, "sold_by": "merchants",
               "basket": {"gamma_gamma": {"p": 6.25, "q": 3.74, "v": "15.44 CNY"}}},
    "policy": {
        "rules": {
            "e-mail": {"when": {"inactive_for": ["14 days", "28 days"]}, "who": "days_since_order < 40",
                       "do": {"message": "sms", "coupon": {"share_off": "20%", "up_to": "9 CNY",
                                                            "valid_for": "10 days"}},
                       "limits": {"holdout": 0.1}},
            "thanks": {"when": {"on": ["2026-02-01", "2026-03-15"]}, "who": "orders >= 1 and has_coupon == 0",
                       "do": {"message": "push", "coupon": {"off": "3 CNY", "valid_for": "30 days"}}},
        },
    },
}  # fmt: skip

ACTIVE_DAYS: dict[str, Any] = COMMON | {
    "channels": {
        "organic": {"kind": "organic", "signups": "4 / day", "quality": 1.5},
        "partner": {"kind": "partner", "visits": "30 / day", "funnel": {"register": 0.1}, "fee": "2 CNY"},
    },
    "retention": {
        "default": {"visits": {"a": 1.0, "b": 2.0}, "lapse": {"a": 0.793, "b": 2.426}},
        "by_channel": {"partner": {"visits": {"a": 2.0, "b": 2.0}, "lapse": {"a": 0.5, "b": 6.0}}},
        "clock": "active_days",
        "natural_return": "2% / day",
    },
    "orders": {"per_active_day": 0.8, "at_most_per_day": 2, "basket": {"mean": "30 CNY", "order_shape": 2.0}},
    "policy": {
        "rules": {
            "any day": {"when": {"every": "1 day", "from": "2026-01-20", "until": "2026-04-10"},
                        "who": "3 <= days_inactive <= 40 and channel == 'organic'", "do": {"message": "push"},
                        "limits": {"per_user": {"messages": 3, "per": "21 days"}, "holdout": 0.3}},
        },
    },
}  # fmt: skip

CLOCKS = {"engaged days": VISITS, "orders": ORDERS, "active days": ACTIVE_DAYS}


def lives_of_engine(plan: Plan) -> tuple[World, Lives]:
    """What the engine's columns hold at the end of each day."""
    lives: Lives = {}

    def watch(world: World, day: int) -> None:
        people = world.people
        for row in range(people.n):
            channel, segment = divmod(int(people.cell[row]), world.plan.n_segments)
            key = (segment, int(people.person[row]))
            life = lives.setdefault(key, (channel, int(people.signup_day[row]), {}))[2]
            life[day] = (
                int(people.last_active[row] == day),
                *(int(getattr(people, name)[row]) for name in DIARY),
                int(people.coupon_rule[row]),
            )

    return run_world(open_world(plan, SEED, REPLICATE), watch=watch), lives


def lives_of_twin(twin: Twin) -> Lives:
    return {
        (person.segment, person.index): (person.channel, person.signup_day, person.diary)
        for person in twin.persons
        if person.signup_day >= 0
    }


def differences(one: Lives, other: Lives) -> list[str]:
    """Where two tellings differ: each user's first day, in words."""
    found = [f"{key}: only in one of them" for key in one.keys() ^ other.keys()]
    for key in sorted(one.keys() & other.keys()):
        if one[key][:2] != other[key][:2]:
            found.append(f"{key}: channel, sign-up {one[key][:2]} and {other[key][:2]}")
        days = [day for day in one[key][2] if one[key][2][day] != other[key][2].get(day)]
        if days or one[key][2].keys() != other[key][2].keys():
            day = days[0] if days else -1
            found.append(f"{key} on day {day}: {one[key][2].get(day)} and {other[key][2].get(day)}")
    return found


def booked(world: World) -> dict[str, int]:
    rows = world.ledger.rows()
    names = [account.name for account in ACCOUNTS]
    return {name: int(rows["amount"][rows["account"] == i].sum()) for i, name in enumerate(names)}


@pytest.mark.parametrize("clock", CLOCKS)
def test_engine_and_twin_agree_user_by_user_day_by_day(clock: str) -> None:
    plan = plan_for(**CLOCKS[clock])
    world, engine = lives_of_engine(plan)
    twin = Twin(plan, SEED, REPLICATE).run()
    assert differences(engine, lives_of_twin(twin)) == []
    assert len(engine) >= 200
    assert {name: booked(world)[name] for name in twin.books} == twin.books
    assert world.tallies.dau.sum(axis=1).tolist() == twin.active_on
    passed = world.tallies.passed.sum(axis=1).tolist()
    assert passed == [twin.steps[name][1] for name in plan.onboarding.names]


@pytest.mark.parametrize("clock", CLOCKS)
def test_the_scenarios_exercise_what_they_compare(clock: str) -> None:
    world, lives = lives_of_engine(plan_for(**CLOCKS[clock]))
    counts = world.tallies.rules[1:].sum(axis=(0, 1))
    found = dict(zip(RULE_COUNTS, counts.tolist(), strict=True))
    seen = ("selected", "held_out", "not_reachable", "sent", "opened", "returned", "control", "treated")
    assert min(found[name] for name in seen) > 0
    assert found["limited"] > 0 or clock == "orders"
    assert found["coupons_used"] > 0 or clock == "active days"
    assert len({channel for channel, _, _ in lives.values()}) == world.plan.n_channels
    returns = sum(life[day][2] > life.get(day - 1, life[day])[2] for _, _, life in lives.values() for day in life)
    assert returns > found["returned"]
    assert world.people.orders[: world.people.n].max() >= 5
    messages = [(life[day][5] - life.get(day - 1, (0,) * 6)[5]) for _, _, life in lives.values() for day in life]
    assert max(messages) >= (1 if clock == "active days" else 2)


ALTERED = {
    "lapse": lambda plan: altered(plan, "retention.lapse_tables", lambda logits: logits + 0.02),
    "activity": lambda plan: altered(plan, "retention.activity_tables", lambda logits: logits + 0.01),
    "natural return": lambda plan: altered(plan, "retention.return_per_day", lambda chance: chance * 1.1),
    "one day's pressure": lambda plan: altered(
        plan, "channels.signups", lambda signups: signups * np.where(np.arange(120) == 4, 1.5, 1.0)[:, None]
    ),
    "order rate": lambda plan: altered(plan, "orders.rate", lambda rate: rate * 1.02),
    "basket": lambda plan: altered(plan, "orders.basket_table", lambda logs: logs + 1e-4),
    "wakes": lambda plan: altered(plan, "response.wakes", lambda factor: factor * 1.2),
    "halving": lambda plan: altered(plan, "response.halves_every_days", lambda days: days * 1.2),
    "cap": lambda plan: altered_rule(plan, "per_user.messages", lambda n: n - 1),
    "campaign": lambda plan: altered(
        plan, "seasons.campaigns", lambda campaigns: (altered(campaigns[0], "n_days", lambda n: n + 1), *campaigns[1:])
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ALTERED)
def test_a_twin_of_an_altered_plan_disagrees(what: str) -> None:
    plan = plan_for(**VISITS)
    _, engine = lives_of_engine(plan)
    twin = Twin(ALTERED[what](plan), SEED, REPLICATE).run()
    assert differences(engine, lives_of_twin(twin)) != []
