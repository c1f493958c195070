"""What members pay, get back, are owed and hold, to the cent; each with a sabotaged twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.engine.ledger import MICRO
from sim.systems.books.accounts import MEMBERSHIPS, PRIVILEGES
from sim.systems.books.tables import tables_of
from sim.systems.memberships.plan import MembershipPlan
from sim.systems.memberships.roll import (
    ASKING,
    CANCELLED,
    NOT_RESUMED,
    ON_TRIAL,
    PAID,
    PAUSES,
    PAYMENT_FAILED,
    RECOVERED,
    REFUNDED,
    RENEWED,
    RESUMED,
    UNPAID,
    Steps,
    spread_over,
    taken_back,
)
from sim.systems.plan import Plan
from sim.systems.statuses.holders import grant
from sim.systems.world import World
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.members import ALWAYS, IRRESISTIBLE, N, alike, column, counted, memberships_plan, pulling, with_first
from tests.verify.worlds import finished

# --- refunds


def refund_plan(asks: float = 0.25, **fields: Any) -> Plan:
    monthly = {"period": "1 month", "price": "10.01 CNY", "appeal": IRRESISTIBLE, "refund_within": "10 days"} | fields
    return memberships_plan({"m": monthly}, {"asks_refund": asks, "cancels": {"monthly": alike(1e-9)}}, 70)


def refund_zs(plan: Plan, asks: float = 0.25) -> list[float]:
    """How many ask, and on which of the ten days."""
    refunded = counted(finished(plan), REFUNDED)
    total = float(refunded.sum())
    assert np.flatnonzero(refunded).tolist() == list(range(1, 11))
    return [z_of_count(total, N, asks), *(z_of_count(float(n), total, 0.1) for n in refunded[1:11])]


def test_some_ask_for_their_first_payment_back_on_any_day() -> None:
    plan = refund_plan()
    assert abs(largest(refund_zs(plan))) < LIMIT
    assert abs(refund_zs(refund_plan(0.28))[0]) > LIMIT
    with pytest.raises(AssertionError):
        refund_zs(with_first(plan, refund_days=9))


LATER = {"a trial": 3, "a switch": 7}
"""On which day everybody makes its first payment for the plan that may be paid back, after which turn."""


def later_refund_plan(after: str, asks: float = 0.25) -> Plan:
    """A month that is paid for first after a trial, or after a week of another plan."""
    month = {"period": "1 month", "price": "10.01 CNY", "refund_within": "10 days", "appeal": 0}
    plans = {
        "m": month | ({"trial": {"for": "3 days"}, "appeal": IRRESISTIBLE} if after == "a trial" else {}),
        "w": {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE if after == "a switch" else 0},
    }
    response = {
        "asks_refund": asks, "cancels": {"monthly": alike(1e-9), "weekly": alike(1e-9)},
        "trial_with_card": {"converts": 1}, "reconsiders": 1,
    }  # fmt: skip
    return pulling(memberships_plan(plans, response, 25), 1.0, 0.0)


def later_refund_z(plan: Plan, first_payment: int) -> float:
    """How many ask, on the ten days after everybody's first payment."""
    world = finished(plan)
    refunded = counted(world, REFUNDED)
    assert column(world, "cash")[first_payment] == 1001 * N
    assert np.flatnonzero(refunded).tolist() == list(range(first_payment + 1, first_payment + 11))
    assert column(world, "refunds").sum() == 1001 * refunded.sum()
    return z_of_count(float(refunded.sum()), N, 0.25)


@pytest.mark.parametrize("after", LATER)
def test_the_first_payment_after_a_trial_or_a_switch_is_paid_back_too(after: str) -> None:
    assert abs(largest([later_refund_z(later_refund_plan(after), LATER[after])])) < LIMIT
    assert abs(later_refund_z(later_refund_plan(after, asks=0.28), LATER[after])) > LIMIT


def all_came_back(world: World) -> None:
    """Whoever has paid got it back: nothing was paid, earned or owed in all, in any book."""
    assert column(world, "cash").sum() == column(world, "recognised").sum() == 0
    assert column(world, "refunds").sum() == column(world, "cash")[0] > 0
    assert column(world, "deferred")[-1] == column(world, "members")[-1] == 0
    assert world.ledger.by_account[MEMBERSHIPS].sum() == 0
    assert not np.cumsum(world.roll.cohort_changes, axis=1).sum(axis=1).any()
    assert not any(ahead.per_day.any() or ahead.waiting.any() for ahead in world.roll.ahead)


@pytest.mark.parametrize("period", ["1 month", "lifetime"])
def test_a_refund_undoes_a_payment_to_the_cent(period: str, monkeypatch: pytest.MonkeyPatch) -> None:
    is_lifetime = {"period": "lifetime", "recognised_over": "300 days"} if period == "lifetime" else {}
    plan = refund_plan(1.0, **is_lifetime)
    all_came_back(finished(plan))

    def a_day_late(cents: int, day: int, n_days: int, today: int) -> Steps:
        return taken_back(cents, day, n_days, today - 1)

    monkeypatch.setattr("sim.systems.memberships.paying.taken_back", a_day_late)
    with pytest.raises(AssertionError):
        all_came_back(finished(plan))


def test_a_renewal_is_not_paid_back() -> None:
    world = finished(refund_plan())
    assert counted(world, RENEWED).sum() > 0
    assert counted(world, REFUNDED)[11:].sum() == 0


# --- money


def prices_on(plan: MembershipPlan, day: int) -> set[int]:
    """The prices of a period at which members may pay on a day, in cents."""
    return {int(plan.price_cents[day])} | ({int(plan.intro.price_cents[day])} if plan.intro is not None else set())


def owed_micro(world: World) -> int:
    """What members have paid for days to come, from their own columns, in 1/10,000 cents of agents."""
    roll, today, total = world.roll, world.plan.n_days - 1, 0
    for row in np.flatnonzero(roll.plan):
        plan = world.plan.memberships.plans[int(roll.plan[row]) - 1]
        since, periods = int(roll.since[row]), int(roll.periods[row])
        if roll.standing[row] == ON_TRIAL:
            assert plan.trial is not None
            first, n_days, cents = since, plan.trial.n_days, plan.trial.price_cents[since]
        elif roll.standing[row] in (PAID, ASKING) and plan.is_lifetime:
            first, n_days, cents = since, plan.recognised_days, plan.price_cents[since]
        elif roll.standing[row] in (PAID, ASKING):
            first = since + int(plan.ends[periods - 1])
            n_days, cents = since + int(plan.ends[periods]) - first, roll.paid[row]
            assert cents in prices_on(plan, first)
        else:
            continue
        left = max(n_days - (today - first), 0)
        share, rest = divmod(int(cents) * MICRO, n_days)
        total += share * left + (rest if left == n_days else 0)
    return total


def deferred_is_owed(world: World) -> None:
    """Cash so far = recognised so far + deferred, every day; on the last it is what members are owed, to the cent."""
    table = tables_of(world)["memberships"]
    n = len(table["membership"][1])
    cash, recognised, deferred = (np.asarray(table[name]).reshape(-1, n) for name in ("cash", "recognised", "deferred"))
    assert (np.cumsum(cash, axis=0) == np.cumsum(recognised, axis=0) + deferred).all()
    assert (deferred >= 0).all()
    waiting = sum(int(ahead.waiting.sum()) for ahead in world.roll.ahead)
    assert int(deferred[-1].sum()) * MICRO == owed_micro(world) * world.plan.market.people_per_agent + waiting


def money_world(days: int = 100) -> World:
    """Every way of paying and of getting back, at prices that leave parts of a cent."""
    plans = {
        "m": {"period": "1 month", "price": {"2026-01-01": "10.01 CNY", "2026-03-01": "12.34 CNY"},
              "trial": {"for": "3 days", "price": "1 CNY"}, "intro": {"price": "5.55 CNY", "periods": 2},
              "pause": {"for": "9 days"}},
        "y": {"period": "1 year", "price": "100.03 CNY", "refund_within": "14 days"},
        "good": {"period": "lifetime", "price": "99.99 CNY", "recognised_over": "70 days", "refund_within": "90 days"},
    }  # fmt: skip
    response = {
        "looks": 0.1, "former_members": 1, "payment_fails": 0.2, "reconsiders": 0.3, "pauses": 0.4, "resumes": 0.5,
        "asks_refund": 0.3,
    }  # fmt: skip
    market = {"size": 900, "people_per_agent": 3}
    return finished(memberships_plan(plans, response, days, n=900, retention=ALWAYS, market=market))


def test_what_is_deferred_is_what_members_are_owed() -> None:
    world = money_world()
    deferred_is_owed(world)
    turns = (RENEWED, CANCELLED, PAYMENT_FAILED, RECOVERED, UNPAID, PAUSES, RESUMED, NOT_RESUMED)
    assert min(counted(world, what).sum() for what in turns) > 0
    assert min(counted(world, REFUNDED, position).sum() for position in (1, 2)) > 0
    world.roll.recognised[0, 50] -= 1
    with pytest.raises(AssertionError):
        deferred_is_owed(world)


def test_a_payment_that_is_not_spread_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_fast(cents: int, day: int, n_days: int) -> Steps:
        return spread_over(cents, day, max(n_days - 1, 1))

    monkeypatch.setattr("sim.systems.memberships.paying.spread_over", too_fast)
    with pytest.raises(AssertionError):
        deferred_is_owed(money_world())


def test_a_price_is_recognised_to_the_cent_over_its_period() -> None:
    monthly = {"period": "1 month", "price": "10.01 CNY", "appeal": IRRESISTIBLE}
    world = finished(memberships_plan({"m": monthly}, {"cancels": {"monthly": alike(1 - 1e-9)}}, 40, n=7))
    recognised = column(world, "recognised")
    assert recognised[0] == recognised[31:].sum() == 0
    assert recognised[1:31].sum() == 7 * 1001
    assert set(recognised[1:31].tolist()) <= {233, 234}  # 7 * 1001 / 30 = 233.57
    assert (world.ledger.by_account[MEMBERSHIPS].sum(axis=1) == recognised).all()


def test_contribution_of_cohorts_is_what_is_recognised() -> None:
    world = money_world()
    tables = tables_of(world)
    assert tables["daily"]["contribution"].sum() == tables["memberships"]["recognised"].sum()
    difference = int(tables["cohorts"]["contribution"].sum() - tables["daily"]["contribution"].sum())
    assert abs(difference) <= len(np.asarray(tables["cohorts"]["contribution"]))
    world.roll.cohort_changes[0, 5] += 100 * MICRO
    moved = int(tables_of(world)["cohorts"]["contribution"].sum() - tables["daily"]["contribution"].sum())
    assert abs(moved) > len(np.asarray(tables["cohorts"]["contribution"]))


# --- what is held


def held_plan() -> Plan:
    """Members who try for a week, cancel at even odds, and whose payments fail at even odds."""
    monthly = {
        "period": "1 month", "price": "25 CNY", "appeal": IRRESISTIBLE, "privileges": ["no ads"],
        "trial": {"for": "7 days"}, "dunning": {"tries": 1, "every": "4 days"},
    }  # fmt: skip
    response = {"payment_fails": 0.5, "cancels": {"monthly": alike(0.5)}}
    return memberships_plan({"m": monthly}, response, 60, privileges={"no ads": {"cost": "3 CNY / day"}})


def held_as_paid(world: World) -> None:
    """Who is a member, or on trial, in the evening holds what it gives on the next day, at its cost."""
    held = column(world, "members") + column(world, "trials")
    holders = np.asarray(tables_of(world)["statuses"]["holders"])
    assert holders[1:].tolist() == held[:-1].tolist()
    assert -world.ledger.by_account[PRIVILEGES].sum() == 300 * holders.sum()


def test_what_a_membership_gives_is_held_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    world = finished(held_plan())
    held_as_paid(world)
    held = column(world, "members") + column(world, "trials")
    assert held[0] == held[6] == N
    assert np.flatnonzero(np.diff(held)).tolist() == [6, 36, 40]  # trials, the first period, the payment tried again

    def a_day_short(world: World, giver: int, rows: npt.NDArray[np.uint32], last_day: int) -> None:
        grant(world, giver, rows, last_day - 1)

    monkeypatch.setattr("sim.systems.memberships.paying.grant", a_day_short)
    with pytest.raises(AssertionError):
        held_as_paid(finished(held_plan()))


def held_for_good(world: World) -> None:
    """Bought once on the first day, held from the second on, long after its price has become revenue."""
    holders = np.asarray(tables_of(world)["statuses"]["holders"])
    assert holders.tolist() == [0] + [N] * 59
    assert np.flatnonzero(column(world, "recognised")).tolist() == list(range(1, 21))


def test_what_is_bought_for_good_is_held_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"period": "lifetime", "price": "99 CNY", "recognised_over": "20 days", "appeal": IRRESISTIBLE}
    privileges = {"no ads": {"cost": "3 CNY / day"}}
    plan = memberships_plan({"good": good | {"privileges": ["no ads"]}}, {}, 60, privileges=privileges)
    held_for_good(finished(plan))
    monkeypatch.setattr("sim.systems.memberships.paying.FOR_GOOD", 40)
    with pytest.raises(AssertionError):
        held_for_good(finished(plan))
