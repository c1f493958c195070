"""Who renews, tries, pays late and pauses a membership, against closed forms; each with a sabotaged twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.books.tables import tables_of
from sim.systems.memberships.roll import (
    CANCELLED,
    CONVERTED,
    JOINED,
    NOT_RESUMED,
    PAUSES,
    PAYMENT_FAILED,
    RECOVERED,
    RENEWED,
    RESUMED,
    TRIALS_BEGUN,
    UNPAID,
)
from sim.systems.plan import Plan
from sim.systems.trace import trace_person
from sim.systems.world import World
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.members import ALWAYS, AT_ONCE, IRRESISTIBLE, N, alike, column, counted, memberships_plan, with_first
from tests.verify.worlds import finished

Document = dict[str, Any]
F64 = npt.NDArray[np.float64]

HIGH_END, REGULAR = (0.668, 3.806), (0.704, 1.182)
"""(alpha, beta) of Fader and Hardie 2007, fitted to seven years of two groups of subscribers."""


# --- renewal


def surviving(alpha: float, beta: float, n_renewals: int) -> F64:
    """Shares of members that are left after each renewal: the shifted-beta-geometric."""
    t = np.arange(1, n_renewals + 1)
    curve: F64 = np.cumprod((beta + t - 1) / (alpha + beta + t - 1))
    return curve


def yearly_plan(alpha: float, beta: float, years: int = 7) -> Plan:
    yearly = {"period": "1 year", "price": "198 CNY", "appeal": IRRESISTIBLE}
    return memberships_plan({"y": yearly}, {"cancels": {"yearly": {"a": alpha, "b": beta}}}, 365 * years + 1)


def renewal_z(plan: Plan, curve: F64) -> float:
    """The farthest distance of members after each renewal, from the first day's N, from the curve."""
    members = column(finished(plan), "members")
    assert members[0] == N
    return largest(z_of_count(float(members[365 * (k + 1)]), N, p) for k, p in enumerate(curve))


def test_the_renewal_curve_is_the_shifted_beta_geometric() -> None:
    curve = surviving(*HIGH_END, 7)
    assert np.round(100 * curve, 1).tolist() == [85.1, 74.7, 67.0, 61.0, 56.2, 52.2, 48.9]  # as published
    plan = yearly_plan(*HIGH_END)
    assert abs(renewal_z(plan, curve)) < LIMIT
    assert abs(renewal_z(plan, surviving(*REGULAR, 7))) > LIMIT
    assert abs(renewal_z(yearly_plan(0.668, 3.6), curve)) > LIMIT


def test_renewal_rises_with_tenure_though_nobody_changes() -> None:
    """Members who are alike leave a geometric curve: it falls faster later."""
    plan = yearly_plan(*HIGH_END)
    p = HIGH_END[0] / sum(HIGH_END)
    (one,) = plan.memberships.plans
    same = with_first(plan, cancels_table=np.full_like(one.cancels_table, np.log(p / (1 - p))))
    assert abs(renewal_z(same, surviving(*HIGH_END, 7))) > LIMIT
    assert abs(renewal_z(same, (1 - p) ** np.arange(1, 8))) < LIMIT


def test_twelve_months_are_a_year() -> None:
    monthly = {"period": "1 month", "price": "25 CNY", "appeal": IRRESISTIBLE}
    world = finished(memberships_plan({"m": monthly}, {"cancels": {"monthly": alike(1e-9)}}, 366, n=10))
    days = np.flatnonzero(counted(world, RENEWED)).tolist()
    assert days == [30, 61, 91, 122, 152, 183, 213, 243, 274, 304, 335, 365]


def test_members_without_the_habit_cancel_at_other_odds() -> None:
    weekly = {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE}
    plan = memberships_plan({"w": weekly}, {"cancels": {"weekly": alike(0.2)}, "lapsed_members": 3}, 8)
    cancelled = float(counted(finished(plan), CANCELLED).sum())
    assert abs(largest([z_of_count(cancelled, N, 0.6 / 1.4)])) < LIMIT
    assert abs(z_of_count(cancelled, N, 0.2)) > LIMIT
    engaged = memberships_plan(
        {"w": weekly}, {"cancels": {"weekly": alike(0.2)}, "lapsed_members": 3}, 8, retention=ALWAYS
    )
    assert abs(largest([z_of_count(float(counted(finished(engaged), CANCELLED).sum()), N, 0.2)])) < LIMIT


# --- trials


def trial_plan(*, card: bool, response: Document | None = None) -> Plan:
    trial = {"for": "7 days", "card": card, "price": "1 CNY"}
    monthly = {"period": "1 month", "price": "25 CNY", "appeal": IRRESISTIBLE, "trial": trial}
    return memberships_plan({"m": monthly}, response or {}, 20)


def conversion_z(world: World, p: float) -> float:
    begun, converted = counted(world, TRIALS_BEGUN), counted(world, CONVERTED)
    assert begun[0] == N
    assert converted[:7].sum() == converted[8:].sum() == 0
    return z_of_count(float(converted[7]), N, p)


def test_trials_convert_as_published_with_a_card_and_without() -> None:
    with_card, without = finished(trial_plan(card=True)), finished(trial_plan(card=False))
    assert abs(largest([conversion_z(with_card, 0.488), conversion_z(without, 0.182)])) < LIMIT
    assert abs(conversion_z(with_card, 0.47)) > LIMIT
    assert abs(conversion_z(without, 0.488)) > LIMIT


def test_a_trial_costs_its_price_and_the_first_period_follows() -> None:
    world = finished(trial_plan(card=True))
    cash, converted = column(world, "cash"), int(counted(world, CONVERTED).sum())
    assert cash[0] == 100 * N
    assert cash[7] == 2500 * converted
    assert column(world, "trials")[[0, 6, 7]].tolist() == [N, N, 0]
    assert column(world, "members")[[6, 7]].tolist() == [0, converted]


def test_who_was_a_member_gets_no_further_trial() -> None:
    again = AT_ONCE | {"former_members": 1, "trial_with_card": {"converts": 0}}
    monthly = {"period": "1 month", "price": "25 CNY", "appeal": IRRESISTIBLE, "trial": {"for": "2 days"}}
    world = finished(memberships_plan({"m": monthly}, again, 5, retention=ALWAYS))
    assert counted(world, TRIALS_BEGUN).tolist() == [N, 0, 0, 0, 0]
    assert counted(world, JOINED).tolist() == [N, 0, 0, N, 0]
    assert column(world, "members").tolist() == [0, 0, 0, N, N]


# --- payments that fail


def dunning_plan(tries: int = 3) -> Plan:
    monthly = {
        "period": "1 month", "price": "25 CNY", "appeal": IRRESISTIBLE, "dunning": {"tries": tries, "every": "3 days"}
    }  # fmt: skip
    return memberships_plan(
        {"m": monthly}, {"cancels": {"monthly": alike(1e-9)}, "payment_fails": 0.4, "recovers": 0.3}, 45
    )


def recovery_z(plan: Plan, tries: int = 3, recovers: float = 0.3) -> float:
    """Distance of what recovers of the first renewal's failed payments from 1 - (1 - r)^tries."""
    world = finished(plan)
    failed, recovered = counted(world, PAYMENT_FAILED), counted(world, RECOVERED)
    assert np.flatnonzero(failed).tolist() == [30]
    assert failed.sum() == recovered.sum() + counted(world, UNPAID).sum()
    return z_of_count(float(recovered.sum()), float(failed.sum()), 1 - (1 - recovers) ** tries)


def test_dunning_recovers_what_its_tries_do() -> None:
    plan = dunning_plan()
    world = finished(plan)
    assert abs(largest([z_of_count(float(counted(world, PAYMENT_FAILED).sum()), N, 0.4)])) < LIMIT
    assert abs(largest([recovery_z(plan), recovery_z(dunning_plan(tries=1), tries=1)])) < LIMIT
    assert np.flatnonzero(counted(world, RECOVERED)).tolist() == [33, 36, 39]
    assert np.flatnonzero(counted(world, UNPAID)).tolist() == [39]
    assert abs(recovery_z(plan, recovers=0.32)) > LIMIT
    assert abs(recovery_z(with_first(plan, tries=2))) > LIMIT


def test_without_tries_a_failed_payment_ends_the_membership() -> None:
    world = finished(dunning_plan(tries=0))
    assert counted(world, UNPAID).tolist() == counted(world, PAYMENT_FAILED).tolist()
    assert counted(world, UNPAID)[30] > 0


# --- pauses


def pause_plan(pauses: float = 0.6, resumes: float = 0.3) -> Plan:
    """Half would cancel after the first week, and are offered twenty days."""
    weekly = {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE, "pause": {"for": "20 days"}}
    response = {"cancels": {"weekly": alike(0.5)}, "pauses": pauses, "resumes": resumes}
    return memberships_plan({"w": weekly}, response, 30)


def pause_zs(plan: Plan) -> list[float]:
    world = finished(plan)
    paused = counted(world, PAUSES)
    wants = float(paused[7] + counted(world, CANCELLED)[7])
    resumed = float(counted(world, RESUMED)[27])
    assert np.flatnonzero(counted(world, RESUMED)).tolist() == [27]
    assert resumed + counted(world, NOT_RESUMED)[27] == paused[7]
    return [
        z_of_count(wants, N, 0.5),
        z_of_count(float(paused[7]), wants, 0.6),
        z_of_count(resumed, float(paused[7]), 0.3),
    ]


def test_who_wants_to_cancel_may_pause_and_come_back() -> None:
    plan = pause_plan()
    assert abs(largest(pause_zs(plan))) < LIMIT
    assert abs(pause_zs(pause_plan(pauses=0.63))[1]) > LIMIT
    assert abs(pause_zs(pause_plan(resumes=0.34))[2]) > LIMIT
    longer = with_first(plan, pause_days=21)
    with pytest.raises(AssertionError):
        pause_zs(longer)


def test_who_pauses_pays_and_holds_nothing() -> None:
    """All pause after the first week, and nobody of them pays or is a member until the pause has ended."""
    plan = pause_plan(pauses=1, resumes=1)
    sure = with_first(plan, cancels_table=np.full_like(plan.memberships.plans[0].cancels_table, 40.0))
    world = finished(sure)
    assert column(world, "on_pause")[[6, 7, 26, 27]].tolist() == [0, N, N, 0]
    assert column(world, "members")[[6, 7, 26, 27]].tolist() == [N, 0, 0, N]
    assert np.flatnonzero(column(world, "cash")).tolist() == [0, 27]
    assert column(world, "recognised")[8:28].sum() == 0
    holders = np.asarray(tables_of(world)["statuses"]["holders"])
    assert holders[[7, 8, 27, 28]].tolist() == [N, 0, 0, N]


# --- what is told


def test_expressions_know_members_by_the_name_of_their_plan() -> None:
    rule = {"when": {"every": "1 day", "from": "2026-01-02"}, "who": 'holds("w")', "do": {"message": "push"}}
    weekly = {"w": {"period": "1 week", "price": "8 CNY"}}
    rules = {"to members": rule, "welcome": rule | {"when": {"enters": "w"}, "who": "orders >= 0"}}
    response = {"looks": 0.1, "former_members": 1, "cancels": {"weekly": alike(0.5)}}
    plan = memberships_plan(
        weekly,
        response,
        12,
        n=100,
        retention=ALWAYS,
        media={"push": {"open": 0}},
        policy={"memberships": weekly, "rules": rules},
    )
    world = finished(plan)
    members, told = column(world, "members"), tables_of(world)["rules"]
    is_first = np.asarray(told["rule"][0]) == 1
    sent = np.zeros(12, np.int64)
    sent[np.asarray(told["day"])[is_first]] = np.asarray(told["selected"])[is_first]
    assert sent[1:].tolist() == members[:-1].tolist()
    welcomed = np.asarray(told["selected"])[~is_first].sum()
    assert welcomed == column(world, "joined")[:-1].sum() > 0


def test_a_life_tells_each_turn_of_a_membership() -> None:
    weekly, n = {"period": "1 week", "price": "8 CNY"}, 20
    response = {
        "looks": 0.5, "former_members": 1, "payment_fails": 0.5, "reconsiders": 0.3, "pauses": 0.5, "resumes": 0.5,
        "asks_refund": 0.2,
    }  # fmt: skip
    offers = {"pause": {"for": "5 days"}, "refund_within": "4 days"}
    plans = {"tried": weekly | {"trial": {"for": "3 days"}}, "other": weekly | offers}
    world = finished(memberships_plan(plans, response, 100, n=100, retention=ALWAYS))
    lives = [trace_person(world.plan, person, seed=1, replicate=0) for person in range(n)]
    told = [event for life in lives for event in life]
    n_told = {what: sum(event.what == what for event in told) for what in {event.what for event in told}}
    turns = (
        "became a member", "began a trial", "renewed", "payment failed", "left the membership",
        "paused the membership", "resumed the membership",
    )  # fmt: skip
    assert {event.detail for event in told} >= {"other, and got the money back", "other, at the end of a pause"}
    assert min(n_told[what] for what in (*turns, "switched membership")) > 0
    converted = sum(event.detail.endswith("after the trial") for event in told)
    still = n_told["became a member"] + n_told["began a trial"] - converted - n_told["left the membership"]
    assert still == (world.roll.plan[: world.people.n][world.people.person[: world.people.n] < n] > 0).sum()
