"""Statuses over random scenarios: capacity holds, holders enter and leave, the books know every cent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.effects import ACTIVITY, LAPSE, ORDERS
from sim.engine.people import OWN_COLUMNS
from sim.systems.books.accounts import CONTENT, PRIVILEGES
from sim.systems.books.tables import tables_of
from sim.systems.statuses.holders import holds
from sim.systems.world import World
from tests.property.scenarios import QUICKLY
from tests.verify.worlds import document, finished, plan_for

Document = dict[str, Any]

ENTRIES = ("active_days >= 2", "days_inactive < 3", "days_since_signup >= 0", "spend >= quantile(spend, 0.7)")
SALES: Document = {"per_active_day": 0.4, "basket": {"mean": "30 CNY", "spread": 0.4}, "margin": 0.3}
PRIVILEGE_NAMES = ("delivery", "desk")


@st.composite
def statuses(draw: st.DrawFn, per_agent: int) -> Document:
    """One status of any kind."""
    status: Document = {
        "enters": draw(st.sampled_from(ENTRIES)),
        "review": draw(st.sampled_from(["1 day", "4 days", "9 days"])),
        "privileges": draw(st.lists(st.sampled_from(PRIVILEGE_NAMES), unique=True)),
    }
    possible: Document = {
        "stays": draw(st.sampled_from(ENTRIES)),
        "capacity": draw(st.integers(per_agent, 60)),
        "choose_by": draw(st.sampled_from(["spend", "chance", "active_days"])),
        "content": "0.0371 CNY / active day",
        "advocacy": draw(st.sampled_from([0, 2.5])),
    }
    return status | {key: value for key, value in possible.items() if draw(st.booleans())}


@st.composite
def schemes(draw: st.DrawFn) -> Document:
    """A small market with up to three statuses and a rule that gives a privilege."""
    per_agent = draw(st.sampled_from([1, 3]))
    policy: Document = {"statuses": {f"status {i}": draw(statuses(per_agent)) for i in range(draw(st.integers(1, 3)))}}
    if draw(st.booleans()):
        rule = {"when": {"every": "5 days"}, "who": "orders >= 1", "do": {"privilege": "desk", "for": "8 days"}}
        policy["rules"] = {"gift": rule | {"limits": {"capacity": 9, "budget": "40 CNY / day"}}}
    return document(
        horizon="30 days",
        market={"size": 900, "people_per_agent": per_agent},
        channels={
            "organic": {"kind": "organic", "signups": "15 / day"},
            "friends": {"kind": "word_of_mouth", "contacts_per_user_day": 0.03},
        },
        orders=SALES,
        privileges={
            "delivery": {"cost_per_order": "1.2345 CNY", "orders": draw(st.sampled_from([0.5, 1, 2]))},
            "desk": {"cost": "0.0777 CNY / day", "lapse": 0.5, "activity": draw(st.sampled_from([1, 1.7]))},
        },
        policy=policy,
    )


def capacity_is_never_exceeded(world: World) -> None:
    table = tables_of(world)["statuses"]
    for position, status in enumerate(world.plan.holdings.statuses):
        chosen = np.asarray(table["status"][0]) == position
        holders = np.asarray(table["holders"])[chosen]
        assert (holders <= status.capacity * world.plan.market.people_per_agent).all()


def holders_change_by_who_enters_and_leaves(world: World) -> None:
    table = tables_of(world)["statuses"]
    for position in range(len(world.plan.holdings.givers)):
        chosen = np.asarray(table["status"][0]) == position
        holders, entered, left = (np.asarray(table[name])[chosen] for name in ("holders", "entered", "left"))
        assert (np.diff(holders, prepend=0)[1:] == (entered - left)[:-1]).all()
        assert holders[0] == 0


def the_books_know_every_cent(world: World) -> None:
    tables = tables_of(world)
    cost, content = (np.asarray(tables["statuses"][name]).sum() for name in ("cost", "content"))
    assert cost == -world.ledger.by_account[PRIVILEGES].sum()
    assert content == world.ledger.by_account[CONTENT].sum()
    account, names = tables["ledger"]["account"]
    amounts = np.asarray(tables["ledger"]["amount"])
    assert amounts[np.asarray(account) == names.index("privileges")].sum() == -cost
    assert np.asarray(tables["daily"]["profit"]).sum() == amounts.sum()


def what_stands_is_what_is_held(world: World) -> None:
    """Each holder of a privilege is lifted by it once, whoever gave it, and nobody else is."""
    people, everybody = world.people, slice(0, world.people.n)
    for target, name in enumerate(OWN_COLUMNS):
        expected = np.zeros(people.n)
        for privilege in world.plan.holdings.privileges:
            of_target = sum(lift for at, lift in privilege.lifts if at == target)
            expected += of_target * holds(world, everybody, privilege.name)
        own, steady = (getattr(people, column)[everybody].astype(float) for column in (name, f"steady_{name}"))
        with np.errstate(divide="ignore", invalid="ignore"):
            scales = {ACTIVITY: own / (1 - own), LAPSE: -np.log1p(-own), ORDERS: own}
            lifted = {ACTIVITY: steady / (1 - steady), LAPSE: -np.log1p(-steady), ORDERS: steady}
        found = np.log(lifted[target] / scales[target])
        known = (own > 1e-6) & (own < 0.99)
        assert (steady[expected == 0] == own[expected == 0]).all()
        assert np.abs(found - expected)[known & (expected != 0)].max(initial=0) < 1e-4


def charges_are_those_of_the_holders(world: World) -> None:
    """By day of sign-up and cell, each holder of what costs by the day is charged once."""
    people, holdings, everybody = world.people, world.holdings, slice(0, world.people.n)
    for index, privilege in enumerate(world.plan.holdings.privileges):
        charged = sum(holdings.charged[at] for at, (_, of) in enumerate(world.plan.holdings.charges) if of == index)
        if privilege.holding_micro.any() and not isinstance(charged, int):
            is_holder = holds(world, everybody, privilege.name)
            expected = np.zeros_like(charged)
            np.add.at(expected, (people.signup_day[everybody][is_holder], people.cell[everybody][is_holder]), 1)
            assert (charged == expected).all()


CHECKS = (
    capacity_is_never_exceeded,
    holders_change_by_who_enters_and_leaves,
    the_books_know_every_cent,
    what_stands_is_what_is_held,
    charges_are_those_of_the_holders,
)


@QUICKLY
@given(schemes())
def test_statuses_keep_their_promises(scheme: Document) -> None:
    world = finished(plan_for(**scheme))
    for check in CHECKS:
        check(world)


def scheme_of_one() -> World:
    status = {"enters": ENTRIES[2], "review": "4 days", "capacity": 30, "privileges": ["desk"]}
    desk = {"cost": "0.5 CNY / day", "lapse": 0.5}
    return finished(plan_for(horizon="30 days", privileges={"desk": desk}, policy={"statuses": {"core": status}}))


def test_a_broken_promise_is_seen() -> None:
    world = scheme_of_one()
    for check in CHECKS:
        check(world)
    world.tallies.statuses[0, 9, 0] += 1  # a holder too many
    for check in CHECKS[:2]:
        with pytest.raises(AssertionError):
            check(world)
    world.tallies.statuses[0, 9, 6] += 1  # a cent of cost
    with pytest.raises(AssertionError):
        the_books_know_every_cent(world)
    world.people.steady_lapse[np.flatnonzero(~holds(world, slice(0, world.people.n), "core"))[0]] *= 0.5
    with pytest.raises(AssertionError):
        what_stands_is_what_is_held(world)
    world.holdings.charged[0, 3, 0] += 1  # a holder who signed up on another day
    with pytest.raises(AssertionError):
        charges_are_those_of_the_holders(world)
