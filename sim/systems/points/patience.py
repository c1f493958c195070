"""Rewards out of reach: how long one saves for the first, the keenest user and the median one, before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path, warning
from sim.systems.points.expiry import MONTH_DAYS
from sim.systems.points.reach import most_earned, most_held, on_all_accounts, said_most
from sim.systems.points.schema import Earning, Programme, Reward

if TYPE_CHECKING:
    from sim.systems.orders.schema import Orders
    from sim.systems.scenario import Scenario


def doubt_reach(path: Path, programme: Programme, scenario: Scenario) -> Iterator[Finding]:
    """The cheapest reward against what the keenest user earns, or else the median user; the others against the most."""
    rewards = for_units(programme)
    if not rewards:
        return
    name, cheapest = min(rewards.items(), key=lambda item: item[1].price.smallest)
    first = list(_of_the_first(path, name, cheapest, programme, scenario))
    yield from first
    most, told = _most_at_once(str(path[-1]), programme, scenario)
    for other, reward in rewards.items():
        if reward.price.smallest > most and (other != name or not first):
            yield _out_of_reach(path, (*path, "rewards", other, "price"), told, programme)


def _most_at_once(name: str, programme: Programme, scenario: Scenario) -> tuple[float, str]:
    """(the most units that one user can ever hold, how a message says it)."""
    postponed = any(name in rule.do.postpone_expiry for rule in scenario.policy.rules.values())
    life = float("inf") if postponed else longest_life(programme)
    if life >= scenario.n_days:
        return most_held(scenario, name), said_most(scenario, f"balance:{name}")
    most = min(most_held(scenario, name), most_earned(scenario, name, math.ceil(life)))
    said = (
        f"even who comes every day earns{on_all_accounts(scenario)} at most {most:,.0f} of `{name}` in {life:,.0f} days"
    )
    return most, f"{said}, and then they expire"


def _of_the_first(
    path: Path, name: str, cheapest: Reward, programme: Programme, scenario: Scenario
) -> Iterator[Finding]:
    """The reward that one saves for first: it is out of the keenest user's reach, or of the median one's."""
    at, missing = (*path, "rewards", name, "price"), cheapest.price.smallest - _at_once(programme)
    if missing <= 0:
        return
    by_orders = any(earning.for_ in ("order", "money") for earning in programme.earns.values())
    if not by_orders:
        per_day = units_a_day(programme, scenario.orders, 1.0)
        too_long = _too_long(missing, per_day, programme, scenario)
        if too_long:
            yield _out_of_reach(path, at, f"{_effort(missing, per_day)}, and {too_long}", programme)
            return
    if by_orders and scenario.orders is None:
        return
    from sim.systems.retention.fit import active_share_of_the_median_user

    active = active_share_of_the_median_user(scenario.retention)
    if active is not None:
        per_day = units_a_day(programme, scenario.orders, active)
        too_long = _too_long(missing, per_day, programme, scenario)
        if too_long:
            wait = f"saves for {missing / per_day:,.0f} days" if per_day > 0 else "never earns as much"
            message = f"the median user, active {7 * active:.1f} days a week, {wait}, and {too_long}"
            yield _out_of_reach(path, at, message, programme)


def _too_long(missing: float, per_day: float, programme: Programme, scenario: Scenario) -> str:
    """What ends before so many units are saved; empty where nothing does."""
    needed, life = missing / per_day if per_day > 0 else float("inf"), longest_life(programme)
    if needed > scenario.n_days:
        return f"the horizon has {scenario.n_days:,} days"
    return f"units expire after at most {life:,.0f} days" if needed > life else ""


def _out_of_reach(path: Path, at: Path, told: str, programme: Programme) -> Finding:
    also: tuple[Path, ...] = ((*path, "expires"),) if "expire" in told and programme.expires is not None else ()
    return warning(at, f"is out of reach: {told}", also=also)


def _effort(missing: float, per_day: float) -> str:
    if per_day <= 0:
        return "nothing that a user can do again earns units"
    return f"even who comes every day saves for {missing / per_day:,.0f} days"


def _at_once(programme: Programme) -> float:
    """Units that are given once: for signing up, and for tasks."""
    ways = programme.earns.values()
    signed_up = sum(earning.gives.largest for earning in ways if earning.for_ == "sign up")
    return signed_up + sum(
        earning.at_most.value for earning in ways if earning.for_ != "sign up" and earning.at_most is not None
    )


def longest_life(programme: Programme) -> float:
    """Days for which a unit may be held at most; infinite where it has no date."""
    expires = programme.expires
    if expires is None or expires.inactive_for is not None:
        return float("inf")
    return _most_days(expires.months + 1) if expires.after is not None else 366.0 + _grace(programme)


def _most_days(n_months: int) -> float:
    """Of so many calendar months in a row, whichever is the first."""
    firsts = [date(2000 + month // 12, month % 12 + 1, 1) for month in range(48 + n_months)]
    return float(max((last - first).days for first, last in zip(firsts, firsts[n_months:], strict=False)))


def _grace(programme: Programme) -> float:
    expires = programme.expires
    return 0.0 if expires is None or expires.grace is None else expires.grace.value


def units_a_day(programme: Programme, orders: Orders | None, active: float) -> float:
    """Units a day of a user who is active on the share `active` of days, without what is given once."""
    repeated = (
        earning for earning in programme.earns.values() if earning.for_ != "sign up" and earning.at_most is None
    )
    return sum(_of_a_way(earning, orders, active) for earning in repeated)


def _of_a_way(earning: Earning, orders: Orders | None, active: float) -> float:
    """Of one way to earn; orders by their mean."""
    once = earning.gives.largest
    if earning.at_most_per_day is not None:
        once = min(once, earning.at_most_per_day.value)
    times = active
    if earning.days is not None:
        d = earning.days.value
        times = 1 / d if active >= 1 else active**d * (1 - active) / (1 - active**d)
    elif earning.for_ in ("order", "money"):
        times *= _orders_per_active_day(orders)
        once *= 1.0 if earning.for_ == "order" or orders is None else orders.basket.mean_of_all
    monthly = earning.at_most_per_month
    return times * once if monthly is None else min(times * once, monthly.value / MONTH_DAYS)


def _orders_per_active_day(orders: Orders | None) -> float:
    return 0.0 if orders is None or orders.per_active_day is None else orders.per_active_day.largest


def for_units(programme: Programme) -> dict[str, Reward]:
    """The rewards that cost units at any time."""
    return {name: reward for name, reward in programme.rewards.items() if reward.price.smallest > 0}
