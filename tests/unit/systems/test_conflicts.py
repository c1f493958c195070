"""Warnings of `sim validate` about rules and audiences, and where there is no reason to warn."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verify.worlds import document, load_text, text_of


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
