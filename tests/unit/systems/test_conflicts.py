"""Warnings of `sim validate` about rules and audiences, and where there is no reason to warn."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sim.systems.audiences.doubts import sure_of
from sim.systems.rules.when import When
from sim.systems.world import SELECTED
from tests.verify.worlds import document, finished, load_text, plan_for, text_of


def warnings_of(rule: dict[str, Any], **policy: Any) -> list[str]:
    rules = {"rule": {"do": {"message": "sms"}} | rule}
    response = {"message": {"brings_back": 0.1, "wakes": 2.0}}
    media = {"sms": {"open": 0.5, "price": "0.05 CNY"}}
    scenario = document(media=media, response=response, policy={"rules": rules, **policy})
    return [warning.message for warning in load_text(text_of(scenario)).warnings]


@pytest.mark.parametrize(("days", "is_idle"), [(30, True), (31, False)])
def test_a_user_may_return_twice_within_31_days(days: int, is_idle: bool) -> None:
    # A message brings a user back on day 0, which is seen on day 1; after 30 days away the user returns on day 31.
    cap = {"per_user": {"messages": 1, "per": f"{days} days"}}
    found = warnings_of({"when": {"event": "return"}, "limits": cap})
    assert any("can never bind" in message for message in found) == is_idle


def test_layers_say_nothing_of_a_status_of_the_same_name() -> None:
    policy = {
        "layers": {"core": {"many": "active_days > 20"}},
        "statuses": {"core": {"enters": "active_days > 9", "review": "30 days"}},
    }
    who = 'holds("core") and holds("core") != false'
    assert warnings_of({"when": {"every": "7 days"}, "who": who}, **policy) == []
    contradiction = 'core == "many" and core != "many"'
    assert warnings_of({"when": {"every": "7 days"}, "who": contradiction}, **policy) != []


SCHEDULES: dict[str, dict[str, Any]] = {
    **{f"{event} {days}": {"event": event, "days": days} for days in (0, 3) for event in
       ("sign_up", "first_order", "order", "return", "opt_out")},
    **{f"after, unless {unless}": {"after": "away", "days": 2, "unless": unless} for unless in ("active", "ordered")},
}  # fmt: skip
LIVELY: dict[str, Any] = {
    "horizon": "90 days",
    "orders": {"per_active_day": 0.2, "basket": {"mean": "50 CNY"}},
    "media": {"push": {"open": 0.9}, "sms": {"open": 0.0}},
    "topics": {"offer": {"order": 0.5}},
    "response": {
        "message": {"brings_back": 0.5, "wakes": 3.0},
        "fatigue": {"half_life": "7 days", "opt_out": 0.01},
    },
}


def test_what_is_said_to_be_sure_of_users_on_the_day_of_a_rule_is_true_of_all_of_them() -> None:
    push, do = {"message": "push", "topic": "offer"}, {"message": "sms"}
    rules: dict[str, Any] = {
        "away": {"when": {"inactive_for": ["2 days", "30 days"]}, "do": push},
        "all": {"when": {"every": "3 days"}, "do": push},
    }
    for name, when in SCHEDULES.items():
        region = sure_of(When.model_validate(when))
        sides = [
            f"{column} {sign} {limit:.0f}"
            for column, limits in region.items()
            for sign, limit in zip((">=", "<="), limits, strict=True)
            if isinstance(limit, float) and math.isfinite(limit)
        ]
        rules |= {name: {"when": when, "do": do}, f"{name}, sure": {"when": when, "who": " and ".join(sides), "do": do}}
    world = finished(plan_for(**LIVELY, policy={"rules": rules}))
    selected = dict(zip(rules, world.tallies.rules[1:, :, SELECTED].sum(axis=1).tolist(), strict=True))
    for name in SCHEDULES:
        assert selected[name] == selected[f"{name}, sure"] > 0, name
