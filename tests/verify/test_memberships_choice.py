"""Which membership is joined, left and switched to by appeal and price, against closed forms; each with a twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.systems.memberships.roll import (
    CANCELLED,
    JOINED,
    RENEWED,
    SWITCHED_IN,
    SWITCHED_OUT,
)
from sim.systems.plan import Plan
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.members import ALWAYS, IRRESISTIBLE, N, alike, column, counted, memberships_plan, pulling, with_first
from tests.verify.worlds import finished

Document = dict[str, Any]


# --- joining


def steady_plan() -> Plan:
    """Everybody comes every day, looks at one in ten, joins at even odds, and leaves at one renewal in four."""
    weekly = {"period": "1 week", "price": "8 CNY"}
    response = {"looks": 0.1, "former_members": 1, "cancels": {"weekly": alike(0.25)}}
    return memberships_plan({"w": weekly}, response, 250, retention=ALWAYS)


def steady_z(plan: Plan, joins_per_day: float, cancels: float) -> float:
    """Members on the last day against the share of time of an alternating renewal process."""
    in_it, out_of_it = 7 / cancels, 1 / joins_per_day
    return z_of_count(float(column(finished(plan), "members")[-1]), N, in_it / (in_it + out_of_it))


def test_members_in_steady_state() -> None:
    plan = steady_plan()
    assert abs(largest([steady_z(plan, 0.1 * 0.5, 0.25)])) < LIMIT
    more = replace(plan, memberships=replace(plan.memberships, looks=0.13))
    assert abs(steady_z(more, 0.1 * 0.5, 0.25)) > LIMIT


def choice_z(plan: Plan, pulls: list[float]) -> float:
    world = finished(plan)
    joined = [float(counted(world, JOINED, position).sum()) for position in range(len(pulls))]
    return largest(z_of_count(n, N, pull / (1 + sum(pulls))) for n, pull in zip(joined, pulls, strict=True))


def choice_plan(**response: Any) -> Plan:
    """One look at three plans: 25, 198 and 598 CNY for a month, a year, and for good."""
    plans = {
        "m": {"period": "1 month", "price": "25 CNY"},
        "y": {"period": "1 year", "price": "198 CNY", "appeal": 0.5},
        "good": {"period": "lifetime", "price": "598 CNY", "recognised_over": "730 days", "appeal": 2},
    }
    return memberships_plan(plans, response, 1)


def test_plans_are_chosen_by_appeal() -> None:
    plan = choice_plan()
    assert abs(choice_z(plan, [1, 0.5, 2])) < LIMIT
    assert abs(choice_z(plan, [1.1, 0.5, 2])) > LIMIT
    (first, *_) = plan.memberships.plans
    assert abs(choice_z(with_first(plan, log_pull=first.log_pull + np.log(1.1)), [1, 0.5, 2])) > LIMIT


def test_plans_are_chosen_by_their_price_beside_what_they_are_worth() -> None:
    plan = choice_plan(worth="20 CNY / month", price_sensitivity=1.5)
    month = 365 / 12
    per_month = np.array([25, 198 / 12, 598 / 730 * month])
    pulls = np.array([1, 0.5, 2]) * (per_month / 20) ** -1.5
    assert abs(choice_z(plan, pulls.tolist())) < LIMIT
    assert abs(choice_z(plan, [1, 0.5, 2])) > LIMIT


def test_a_trial_and_a_segment_change_the_appeal() -> None:
    monthly = {"period": "1 month", "price": "25 CNY", "trial": {"for": "7 days"}, "by_segment": {"a": 3}}
    segments = {"a": {"share": 0.5}, "b": {"share": 0.5}}
    response = {"trial_with_card": {"appeal": 2, "converts": 0.5}}
    world = finished(memberships_plan({"m": monthly}, response, 1, market={"size": N, "segments": segments}))
    of_a = world.plan.segment_of_cell[world.people.cell[:N]] == 0
    joined = world.roll.plan[:N] == 1
    found = [
        z_of_count(float(joined[of_a].sum()), N / 2, 6 / 7),
        z_of_count(float(joined[~of_a].sum()), N / 2, 2 / 3),
    ]
    assert abs(largest(found)) < LIMIT
    assert abs(z_of_count(float(joined[of_a].sum()), N / 2, 2 / 3)) > LIMIT


def returning_z(former_members: float, pull: float) -> float:
    """Distance of who joins again on the day after the first week, in which everybody was a member and then left."""
    weekly = {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE}
    response = {"cancels": {"weekly": alike(1 - 1e-9)}, "former_members": former_members}
    plan = pulling(memberships_plan({"w": weekly}, response, 9, retention=ALWAYS), 1.0)
    joined = counted(finished(plan), JOINED)
    assert joined[:8].tolist() == [N] + [0] * 7
    return z_of_count(float(joined[8]), N, pull / (1 + pull))


def test_former_members_join_again_at_other_odds() -> None:
    assert abs(largest([returning_z(0.5, 0.5), returning_z(3, 3)])) < LIMIT
    assert abs(returning_z(3, 1)) > LIMIT


def switching_plan(reconsiders: float) -> Plan:
    weekly = {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE}
    plan = memberships_plan(
        {"w": weekly, "y": {"period": "1 year", "price": "198 CNY", "appeal": 0}},
        {"cancels": {"weekly": alike(1e-9)}, "reconsiders": reconsiders},
        8,
    )
    return pulling(plan, 1.0, 3.0)


def test_members_who_compare_switch_by_appeal() -> None:
    world = finished(switching_plan(0.4))
    switched = float(counted(world, SWITCHED_OUT).sum())
    assert switched == counted(world, SWITCHED_IN, 1).sum()
    assert switched + counted(world, RENEWED).sum() == N
    assert abs(largest([z_of_count(switched, N, 0.4 * 0.75)])) < LIMIT
    assert abs(z_of_count(float(counted(finished(switching_plan(0.5)), SWITCHED_OUT).sum()), N, 0.4 * 0.75)) > LIMIT


# --- a price that rises


def dearer_plan(prices: Document | str, price_rise: float = 2, **fields: Any) -> Plan:
    """Everybody joins a week at once, and one in five would cancel at its end."""
    weekly = {"period": "1 week", "price": prices, "appeal": IRRESISTIBLE} | fields
    return memberships_plan({"w": weekly}, {"cancels": {"weekly": alike(0.2)}, "price_rise": price_rise}, 16)


def odds_times(factor: float, p: float = 0.2) -> float:
    return factor * p / (1 - p + factor * p)


def first_cancel_z(plan: Plan, p: float) -> float:
    return z_of_count(float(counted(finished(plan), CANCELLED)[7]), N, p)


def test_a_price_rise_multiplies_the_odds_of_cancelling() -> None:
    """8 CNY, then 12: the odds are (12 / 8)^2 = 2.25 times as high."""
    dearer = dearer_plan({"2026-01-01": "8 CNY", "2026-01-05": "12 CNY"})
    assert abs(largest([first_cancel_z(dearer, odds_times(2.25))])) < LIMIT
    assert abs(first_cancel_z(dearer, 0.2)) > LIMIT
    less = replace(dearer, memberships=replace(dearer.memberships, price_rise=1.5))
    assert abs(first_cancel_z(less, odds_times(2.25))) > LIMIT


def test_a_price_rise_is_felt_once_and_a_lower_price_never() -> None:
    dearer = finished(dearer_plan({"2026-01-01": "8 CNY", "2026-01-05": "12 CNY"}))
    left = N - float(counted(dearer, CANCELLED)[7])
    assert abs(largest([z_of_count(float(counted(dearer, CANCELLED)[14]), left, 0.2)])) < LIMIT
    cheaper = dearer_plan({"2026-01-01": "12 CNY", "2026-01-05": "8 CNY"})
    assert abs(largest([first_cancel_z(cheaper, 0.2)])) < LIMIT
    assert abs(first_cancel_z(cheaper, odds_times((8 / 12) ** 2))) > LIMIT


def test_the_full_price_after_the_introductory_one_is_a_price_rise() -> None:
    plan = dearer_plan("8 CNY", intro={"price": "4 CNY", "periods": 2})
    world = finished(plan)
    cancelled = counted(world, CANCELLED)
    assert np.flatnonzero(cancelled).tolist() == [7, 14]
    second = float(N - cancelled[7])
    found = [z_of_count(float(cancelled[7]), N, 0.2), z_of_count(float(cancelled[14]), second, odds_times(4))]
    assert abs(largest(found)) < LIMIT
    assert abs(z_of_count(float(cancelled[14]), second, 0.2)) > LIMIT
    paid = column(world, "cash")[[0, 7, 14]].tolist()
    assert paid == [400 * N, 400 * second, 800 * (second - cancelled[14])]


def intro_choice_z(plan: Plan, day: int, pull: float) -> float:
    """Distance of who joins on a day, of those who look, from the odds."""
    world = finished(plan)
    looks = N - float(counted(world, JOINED)[:day].sum())
    return z_of_count(float(counted(world, JOINED)[day]), looks, pull / (1 + pull))


def test_an_introductory_price_pulls_who_was_never_a_member() -> None:
    weekly = {"period": "1 week", "price": "8 CNY", "intro": {"price": "4 CNY", "periods": 1}}
    response = {"worth": "8 CNY / week", "price_sensitivity": 1.5, "former_members": 1}
    plan = memberships_plan({"w": weekly}, response, 1)
    assert abs(largest([intro_choice_z(plan, 0, 2**1.5)])) < LIMIT
    assert abs(intro_choice_z(plan, 0, 1.0)) > LIMIT


def test_who_comes_back_pays_the_full_price() -> None:
    """Everybody joins on the first day, leaves after the first week and joins again on the next day."""
    weekly = {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE, "intro": {"price": "4 CNY", "periods": 3}}
    response = {"cancels": {"weekly": alike(1 - 1e-9)}, "former_members": 1}
    world = finished(memberships_plan({"w": weekly}, response, 10, n=50, retention=ALWAYS))
    assert column(world, "cash")[[0, 8]].tolist() == [400 * 50, 800 * 50]


def switched_at_full_price(plan: Plan) -> None:
    """Everybody goes from a week to a month on day 7; both would begin with three periods at half their price."""
    world = finished(plan)
    assert counted(world, SWITCHED_IN, 1).tolist() == [0] * 7 + [N] + [0] * 30
    assert column(world, "cash")[0] == 400 * N
    assert column(world, "cash", 1)[[7, 37]].tolist() == [2500 * N, 2500 * N]


def test_who_switches_pays_the_full_price_of_the_other_plan() -> None:
    """The introductory price is for who was never a member; the twin's month costs a cent less."""
    plans = {
        "w": {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE, "intro": {"price": "4 CNY", "periods": 3}},
        "m": {"period": "1 month", "price": "25 CNY", "appeal": 0, "intro": {"price": "12 CNY", "periods": 3}},
    }
    never = {"weekly": alike(1e-9), "monthly": alike(1e-9)}
    plan = pulling(memberships_plan(plans, {"cancels": never, "reconsiders": 1}, 38), 0.0, 1.0)
    switched_at_full_price(plan)
    week, month = plan.memberships.plans
    cheaper = (week, replace(month, price_cents=month.price_cents - 1))
    with pytest.raises(AssertionError):
        switched_at_full_price(replace(plan, memberships=replace(plan.memberships, plans=cheaper)))
