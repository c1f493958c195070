"""The most that one user can earn or hold in some days: no level beyond it is ever reached."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sim.systems.points.schema import Earning
from sim.systems.windows.names import EVER, window_of

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario

DAYS_OF_FOUR_YEARS = 1461
"""After which months begin on the same days."""


def most_held(scenario: Scenario, programme: str) -> float:
    """Units that one user can hold, or more: what it earns, or any number where others may give it theirs."""
    found = scenario.policy.points.get(programme)
    if found is not None and found.transfers is not None and scenario.response.points.transfers is not None:
        return math.inf
    return most_earned(scenario, programme, EVER)


def is_given(scenario: Scenario, programme: str) -> bool:
    """Whether a rule, a referral programme or a reward for content gives units of it."""
    policy = scenario.policy
    by_referral = (side for one in policy.referrals.values() for side in (one.referrer, one.referred))
    gifts = [rule.do.points for rule in policy.rules.values()] + [side.points for side in by_referral]
    gifts += [one.reward.points for one in policy.content.values()]
    return any(programme in gift for gift in gifts)


def most_earned(scenario: Scenario, programme: str, days: int) -> float:
    """Units that one user can be given in so many days of the horizon, or more; infinite where nothing bounds them."""
    if programme not in scenario.policy.points:
        return math.inf
    if is_given(scenario, programme):
        return math.inf
    n_days, farming = min(days, scenario.n_days), scenario.response.points.farming.values()
    accounts = max((farmer.accounts.value for farmer in farming), default=1.0)
    n_months = _most_months(scenario, n_days)
    ways = scenario.policy.points[programme].earns.values()
    return accounts * sum(_most_of(earning, n_days, n_months) for earning in ways)


def _most_months(scenario: Scenario, n_days: int) -> int:
    """Of how many calendar months so many days of the horizon can be, at most."""
    n_firsts = min(scenario.n_days - n_days + 1, DAYS_OF_FOUR_YEARS)
    firsts = (scenario.start + timedelta(days=day) for day in range(n_firsts))
    return max(_months_from(first, first + timedelta(days=n_days - 1)) for first in firsts)


def _months_from(first: date, last: date) -> int:
    return 12 * (last.year - first.year) + last.month - first.month + 1


def _most_of(earning: Earning, n_days: int, n_months: int) -> float:
    times = {"active day": float(n_days), "sign up": 1.0}.get(earning.for_, math.inf)
    if earning.days is not None:
        times = math.ceil(n_days / earning.days.value)
    most = earning.gives.largest * times if earning.gives.largest else 0.0
    for limit, n_limits in (
        (earning.at_most_per_day, n_days),
        (earning.at_most_per_month, n_months),
        (earning.at_most, 1),
    ):
        if limit is not None:
            most = min(most, limit.value * n_limits)
    return most


def is_of_a_programme(column: str) -> bool:
    """Whether a column holds units: `balance:coins`, `expiring:coins`, `earned:coins`, `earned_30d:coins`."""
    function, colon, _ = column.partition(":")
    window = window_of(column)
    return bool(colon) and (function in ("balance", "expiring") or (window is not None and window.is_of_units))


def most_of_column(scenario: Scenario, column: str) -> float | None:
    """The most that a column can hold; None where it holds no units."""
    if not is_of_a_programme(column):
        return None
    programme, window = column.partition(":")[2], window_of(column)
    return most_held(scenario, programme) if window is None else most_earned(scenario, programme, window.days)


def said_most(scenario: Scenario, column: str) -> str:
    """How far one can come, for who has set a level too high."""
    programme, window = column.partition(":")[2], window_of(column)
    days = scenario.n_days if window is None else min(window.days, scenario.n_days)
    most = most_of_column(scenario, column)
    accounts = on_all_accounts(scenario)
    return f"even who comes every day earns{accounts} at most {most:,.0f} of `{programme}` in {days:,} days"


def on_all_accounts(scenario: Scenario) -> str:
    """What is said of the most where users may have several accounts."""
    return " on all accounts" if scenario.response.points.farming else ""
