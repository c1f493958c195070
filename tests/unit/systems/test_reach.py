"""What nobody can reach: conditions over units are never true only where nothing else can give users more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verify.worlds import document, load_text, text_of

GIVING = {"of_active_days": 0.5, "of_balance": 0.5}
RULE = {"more": {"when": {"every": "7 days"}, "do": {"points": {"p": 10}}}}


def never_true(enters: str, *, transfers: bool = False, response: bool = False, **policy: Any) -> bool:
    """Whether it is said of a status that nobody ever enters, where a sign-up gives 100 units."""
    programme = {"earns": {"gift": {"for": "sign up", "gives": 100}}} | ({"transfers": {}} if transfers else {})
    status = {"rich": {"enters": enters, "review": "1 day"}}
    loaded = load_text(
        text_of(
            document(
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


def test_what_others_give_is_held_and_not_earned() -> None:
    assert not never_true('balance("p") > 100', transfers=True, response=True)
    assert not never_true('expiring("p") > 100', transfers=True, response=True)
    assert never_true('earned("p") > 100', transfers=True, response=True)


def test_transfers_that_nobody_makes_bring_nothing() -> None:
    assert never_true('balance("p") > 100', transfers=True)
    assert never_true('balance("p") > 100', response=True)
