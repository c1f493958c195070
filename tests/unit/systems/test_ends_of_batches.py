"""When units expire, by the calendar: also at both ends of what a date can be."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from sim.systems.points.plan import BatchesPlan
from tests.verify.worlds import finished, plan_for


def batches(start: str, expires: dict[str, Any], days: int = 91, postponed: int = 0) -> BatchesPlan:
    """Of a programme that begins on a date."""
    programme = {"earns": {"a": {"for": "active day", "gives": 10}}, "expires": expires}
    rules = {"later": {"when": {"every": "9 days"}, "do": {"postpone_expiry": {"p": postponed}}}} if postponed else {}
    policy = {"points": {"p": programme}, "rules": rules}
    plan = plan_for(start=start, horizon=f"{days} days", policy=policy, market={"size": 50})
    assert finished(plan).wallets["p"].lots.issued.sum() > 0
    return plan.points[0].batches


@pytest.mark.parametrize("expires", [{"after": "12 months"}, {"every_year_on": "11-30", "grace": "1 year"}])
@pytest.mark.parametrize("postponed", [0, 120])
def test_the_last_year_of_the_calendar_is_like_any_other(expires: dict[str, Any], postponed: int) -> None:
    """400 years are whole weeks and leap years: 1999 goes on as 9999 does."""
    last, other = (batches(f"{year}-10-01", expires, postponed=postponed) for year in (9999, 1999))
    assert np.array_equal(last.last_day, other.last_day)
    assert np.array_equal(last.earned_into, other.earned_into)
    assert not np.array_equal(last.last_day, batches("1998-10-01", expires, postponed=postponed).last_day)


def test_the_first_year_of_the_calendar_has_grace_too() -> None:
    found = batches("0001-01-01", {"every_year_on": "01-20", "grace": "1 year"})
    earned = found.last_day[found.earned_into]
    assert earned[0] == (date(2, 1, 20) - date(1, 1, 1)).days
    assert earned[20] == earned[0] + 365
