"""What nobody can reach: conditions over units are never true only where nothing else can give users more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verify.worlds import document, load_text, text_of

GIVING = {"of_active_days": 0.5, "of_balance": 0.5}
RULE = {"more": {"when": {"every": "7 days"}, "do": {"points": {"p": 10}}}}
DAILY = {"for": "active day", "gives": 5}
MONTHLY = {"earns": {"day": DAILY, "order": {"for": "order", "gives": 7, "at_most_per_month": 1_060}}}
ORDERS = {"per_active_day": "10%", "basket": {"mean": "100 CNY"}, "margin": "30%"}


def never_true(enters: str, *, transfers: bool = False, response: bool = False, days: int = 60, **policy: Any) -> bool:
    """Whether it is said of a status that nobody ever enters, where a sign-up gives 100 units."""
    programme = {"earns": {"gift": {"for": "sign up", "gives": 100}}} | ({"transfers": {}} if transfers else {})
    status = {"rich": {"enters": enters, "review": "1 day"}}
    loaded = load_text(
        text_of(
            document(
                horizon=f"{days} days",
                orders=ORDERS,
                policy={"points": {"p": programme}, "statuses": status} | policy,
                response={"points": {"transfers": GIVING}} if response else {},
            )
        )
    )
    return any("nobody ever enters" in finding.message for finding in loaded.warnings)


@pytest.mark.parametrize("column", ["balance", "expiring", "earned", "earned_90d"])
def test_nobody_has_more_than_was_given(column: str) -> None:
    assert never_true(f'{column}("p") > 100')
    assert not never_true(f'{column}("p") >= 100')
    assert not never_true(f'{column}("p") > 100', rules=RULE)


@pytest.mark.parametrize("side", ["referrer", "referred"])
def test_what_a_referral_gives_counts_as_given(side: str) -> None:
    channels = {"friends": {"kind": "referral", "for": "sign up", "shares": "10%", "accepts": "5%"}}
    reward = {"friends": {side: {"points": {"p": 5}, "worth": "1 CNY"}, "pays": "sign up"}}
    found = document(channels=channels | document()["channels"], policy={"points": {"p": {}}, "referrals": reward})
    assert not any("nobody ever has units" in finding.message for finding in load_text(text_of(found)).warnings)
    without = document(policy={"points": {"p": {}}})
    assert any("nobody ever has units" in finding.message for finding in load_text(text_of(without)).warnings)


def test_what_others_give_is_held_and_not_earned() -> None:
    assert not never_true('balance("p") > 100', transfers=True, response=True)
    assert not never_true('expiring("p") > 100', transfers=True, response=True)
    assert never_true('earned("p") > 100', transfers=True, response=True)


def test_transfers_that_nobody_makes_bring_nothing() -> None:
    assert never_true('balance("p") > 100', transfers=True)
    assert never_true('balance("p") > 100', response=True)


def test_a_limit_by_the_month_binds_in_each_calendar_month() -> None:
    """240 days from 1 January are of eight months; 30 days can be of three, from 31 January to 1 March."""
    policy = {"points": {"p": MONTHLY}}
    assert never_true('earned("p") > 9_680', days=240, **policy)
    assert not never_true('earned("p") >= 9_680', days=240, **policy)
    assert never_true('earned_30d("p") > 3_330', days=240, **policy)
    assert not never_true('earned_30d("p") >= 3_330', days=240, **policy)
