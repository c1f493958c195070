"""Random memberships over random scenarios: members add up, and every cent paid is revenue or still owed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.systems.books.accounts import MEMBERSHIPS
from sim.systems.books.tables import tables_of
from sim.systems.memberships.roll import CASH, JOINED, ON_TRIAL, PAUSED, REFUNDED, REFUNDS
from sim.systems.plan import compile_plan
from sim.systems.world import World
from tests.property.scenarios import QUICKLY, Document, documents, load_or_pass_over, shares, some_share
from tests.property.test_nothing_else_moves import FEW, everything, plan_of
from tests.verify.test_memberships_money import deferred_is_owed
from tests.verify.worlds import finished

PERIODS = ("1 week", "1 month", "3 months", "1 year", "lifetime")
NAMES = ("會員", "gold", "for good")


@st.composite
def memberships(draw: st.DrawFn, segments: list[str]) -> Document:
    """One membership."""
    period = draw(st.sampled_from(PERIODS))
    found: Document = {
        "period": period,
        "price": draw(st.sampled_from(["0.01 CNY", "25 CNY", {"2026-01-01": "10.01 CNY", "2026-01-12": "7.77 CNY"}])),
        "appeal": draw(st.sampled_from([0, 0.5, 1e6])),
        "privileges": draw(st.lists(st.sampled_from(["no ads", "free delivery"]), unique=True)),
        "dunning": {"tries": draw(st.integers(0, 3)), "every": draw(st.sampled_from(["1 day", "3 days"]))},
    }
    if period == "lifetime":
        found["recognised_over"] = draw(st.sampled_from(["1 day", "20 days", "900 days"]))
    elif draw(st.booleans()):
        price = draw(st.sampled_from(["0 CNY", "1.11 CNY"]))
        found["trial"] = {
            "for": draw(st.sampled_from(["1 day", "7 days"])),
            "card": draw(st.booleans()),
            "price": price,
        }
    if period != "lifetime" and draw(st.booleans()):
        found["intro"] = {"price": "0.01 CNY" if found["price"] != "0.01 CNY" else "0.004 CNY", "periods": 2}
    if period != "lifetime" and draw(st.booleans()):
        found["pause"] = {"for": draw(st.sampled_from(["1 day", "1 week", "1 month"]))}
    if draw(st.booleans()):
        found["refund_within"] = draw(st.sampled_from(["1 day", "5 days", "400 days"]))
    if draw(st.booleans()):
        found["by_segment"] = {segments[0]: 3}
    return found


@st.composite
def with_memberships(draw: st.DrawFn) -> Document:
    """A whole scenario with one to three memberships, and a rule that gives members' privilege as well."""
    found = draw(documents())
    segments = list(found["market"]["segments"])
    beta = st.sampled_from([{"a": 0.7, "b": 1.2}, {"a": 1e7, "b": 1e7}, {"a": 0.05, "b": 3}])
    found["privileges"] = {"no ads": {"cost": "1 CNY / month", "lapse": 0.5}, "free delivery": {"activity": 1.5}}
    found["response"]["memberships"] = {
        "looks": draw(some_share),
        "worth": "20 CNY / month",
        "price_sensitivity": draw(st.sampled_from([0, 0.5])),
        "trial_with_card": {"appeal": 2, "converts": draw(shares)},
        "cancels": {kind: draw(beta) for kind in ("weekly", "monthly", "quarterly", "yearly")},
        "lapsed_members": draw(st.sampled_from([0.5, 4])),
        "former_members": draw(st.sampled_from([0, 1])),
        "reconsiders": draw(shares),
        "price_rise": draw(st.sampled_from([0, 2])),
        "pauses": draw(shares),
        "resumes": draw(shares),
        "asks_refund": draw(shares),
        "payment_fails": draw(shares),
        "recovers": draw(shares),
    }
    names = NAMES[: draw(st.integers(1, 3))]
    found["policy"]["memberships"] = {name: draw(memberships(segments)) for name in names}
    found["policy"]["rules"]["a gift"] = {
        "when": {"every": "6 days"}, "who": f'not holds("{names[0]}")', "do": {"privilege": "no ads", "for": "4 days"},
    }  # fmt: skip
    return found


def by_membership(tables: dict[str, Any], name: str) -> Any:
    """A column of the table, (n_days, n_memberships)."""
    table = tables["memberships"]
    return np.asarray(table[name]).reshape(-1, len(table["membership"][1]))


def who_comes_and_goes_adds_up(world: World, tables: dict[str, Any]) -> None:
    roll, per_agent = world.roll, world.plan.market.people_per_agent
    for position in range(len(world.plan.memberships.plans)):
        of_plan = roll.plan == position + 1
        on_trial = of_plan & (roll.standing == ON_TRIAL)
        assert by_membership(tables, "trials")[-1, position] == on_trial.sum() * per_agent
        on_pause = of_plan & (roll.standing == PAUSED)
        assert by_membership(tables, "on_pause")[-1, position] == on_pause.sum() * per_agent
        assert by_membership(tables, "members")[-1, position] == (of_plan & ~on_trial & ~on_pause).sum() * per_agent
    assert roll.plan[world.people.n :].sum() == 0
    counted = [name for name in tables["memberships"] if name not in ("membership", "cash", "recognised")]
    assert min(np.asarray(tables["memberships"][name]).min() for name in counted) >= 0
    assert by_membership(tables, "switched_in").sum() == by_membership(tables, "switched_out").sum()


def members_hold_what_they_pay_for(world: World, tables: dict[str, Any]) -> None:
    statuses = tables["statuses"]
    names = list(statuses["status"][1])
    holders = np.asarray(statuses["holders"]).reshape(-1, len(names))
    for position, plan in enumerate(world.plan.memberships.plans):
        held = (by_membership(tables, "members") + by_membership(tables, "trials"))[:, position]
        assert (holders[1:, names.index(plan.name)] == held[:-1]).all()


def every_cent_is_known(world: World, tables: dict[str, Any]) -> None:
    deferred_is_owed(world)
    rows, recognised = world.ledger.rows(), by_membership(tables, "recognised")
    of_members = rows["account"] == MEMBERSHIPS
    for position, plan in enumerate(world.plan.memberships.plans):
        mine = of_members & (rows["rule"] == plan.index)
        by_day = np.bincount(rows["day"][mine], weights=rows["amount"][mine], minlength=world.plan.n_days)
        assert (by_day == recognised[:, position]).all()
    assert rows["amount"][of_members].sum() == recognised.sum()


def cash_is_what_was_charged(world: World, tables: dict[str, Any]) -> None:
    """Every payment is the price of its day, a trial's or a period's, full or introductory; refunds are paid back."""
    per_agent = world.plan.market.people_per_agent
    for position, plan in enumerate(world.plan.memberships.plans):
        of = {name: by_membership(tables, name)[:, position] for name in tables["memberships"] if name != "membership"}
        periods = of["joined"] - of["trials_begun"] + of["converted"] + of["renewed"] + of["switched_in"]
        periods += of["recovered"] + of["resumed"]
        less = periods * plan.price_cents - (of["cash"] + of["refunds"])
        if plan.trial is not None:
            less += of["trials_begun"] * plan.trial.price_cents
        rebate = plan.price_cents - plan.intro.price_cents if plan.intro is not None else np.zeros_like(less)
        assert (less[rebate == 0] == 0).all()
        n_intro, rest = np.divmod(less[rebate > 0], rebate[rebate > 0])
        assert not rest.any()
        assert ((n_intro >= 0) & (n_intro <= periods[rebate > 0])).all()
        assert of["refunds"].sum() <= of["refunded"].sum() * plan.price_cents.max()
        assert (of["cash"] % per_agent == 0).all()


CHECKS = (who_comes_and_goes_adds_up, members_hold_what_they_pay_for, every_cent_is_known, cash_is_what_was_charged)


@QUICKLY
@given(with_memberships())
def test_memberships_add_up(document: Document) -> None:
    world = finished(compile_plan(load_or_pass_over(document).scenario))
    tables = tables_of(world)
    for check in CHECKS:
        check(world, tables)


OFFERED: Document = {
    "period": "1 week", "price": "8.01 CNY", "trial": {"for": "3 days"}, "intro": {"price": "3.33 CNY", "periods": 2},
    "pause": {"for": "10 days"}, "refund_within": "5 days",
}  # fmt: skip
"""A week with everything that may be offered."""


def a_world() -> World:
    scenario: Document = {
        "name": "small",
        "start": "2026-01-01",
        "horizon": "70 days",
        "currency": "CNY",
        "market": {"size": 900, "people_per_agent": 3},
        "channels": {"organic": {"kind": "organic", "signups": "30 / day"}},
        "retention": {"default": {"visits": {"a": 2.0, "b": 2.0}, "lapse": {"a": 1.0, "b": 60.0}}},
        "response": {
            "memberships": {"looks": 0.5, "payment_fails": 0.3, "pauses": 0.4, "resumes": 0.5, "asks_refund": 0.2}
        },
        "policy": {"memberships": {"m": OFFERED}},
    }
    return finished(plan_of(scenario))


def lose_a_member(world: World) -> None:
    world.roll.plan[np.flatnonzero(world.roll.plan)[0]] = 0


def forget_who_joined(world: World) -> None:
    world.roll.counts[0, 9, JOINED] -= 1


def keep_a_cent(world: World) -> None:
    world.roll.counts[0, 9, CASH] += 1


def forget_a_refund(world: World) -> None:
    world.roll.counts[0, np.flatnonzero(world.roll.counts[0, :, REFUNDED])[0], REFUNDS] -= 1


def lose_a_pause(world: World) -> None:
    world.roll.plan[np.flatnonzero(world.roll.standing == PAUSED)[0]] = 0


def book_a_cent_too_much(world: World) -> None:
    world.roll.recognised[0, 9] += 1


@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        (who_comes_and_goes_adds_up, lose_a_member),
        (who_comes_and_goes_adds_up, forget_who_joined),
        (members_hold_what_they_pay_for, forget_who_joined),
        (every_cent_is_known, lose_a_member),
        (every_cent_is_known, keep_a_cent),
        (every_cent_is_known, book_a_cent_too_much),
        (cash_is_what_was_charged, keep_a_cent),
        (cash_is_what_was_charged, forget_a_refund),
        (who_comes_and_goes_adds_up, lose_a_pause),
        (cash_is_what_was_charged, forget_who_joined),
    ],
)
def test_a_spoiled_book_is_seen(check: Callable[[World, dict[str, Any]], None], spoil: Callable[[World], None]) -> None:
    world = a_world()
    check(world, tables_of(world))
    spoil(world)
    with pytest.raises(AssertionError):
        check(world, tables_of(world))


# --- who does not join


def with_plan(scenario: Document, **fields: Any) -> Document:
    changed = copy.deepcopy(scenario)
    changed["privileges"] = {"no ads": {"cost": "1 CNY / month", "lapse": 0.5}}
    changed["policy"]["memberships"] = {
        "idle": {"period": "1 week", "price": "8 CNY", "privileges": ["no ads"]} | fields
    }
    changed["response"]["memberships"] = {"looks": 1}
    return changed


def without_rows_of_memberships(tables: dict[str, Any]) -> dict[str, Any]:
    return {name: rows for name, rows in tables.items() if name not in ("memberships", "statuses")}


@FEW
@given(documents())
def test_a_membership_that_nobody_joins_changes_nothing(scenario: Document) -> None:
    idle = everything(plan_of(with_plan(scenario, appeal=0)))
    assert without_rows_of_memberships(idle) == without_rows_of_memberships(everything(plan_of(scenario)))
    assert not any(any(row[2:]) for row in idle["memberships"])
    assert not any(any(row[2:]) for row in idle["statuses"])


def test_a_membership_that_somebody_joins_is_seen() -> None:
    scenario: Document = {
        "name": "small", "start": "2026-01-01", "horizon": "30 days", "currency": "CNY", "market": {"size": 500},
        "channels": {"organic": {"kind": "organic", "signups": "30 / day"}}, "policy": {}, "response": {},
        "retention": {"default": {"visits": {"a": 2.0, "b": 2.0}, "lapse": {"a": 1.0, "b": 20.0}}},
    }  # fmt: skip
    joined = everything(plan_of(with_plan(scenario)))
    assert without_rows_of_memberships(joined) != without_rows_of_memberships(everything(plan_of(scenario)))


def of_agents(per_agent: int) -> dict[str, Any]:
    """Three hundred agents, who stand for so many persons each."""
    scenario: Document = {
        "name": "small", "start": "2026-01-01", "horizon": "70 days", "currency": "CNY",
        "market": {"size": 300 * per_agent, "people_per_agent": per_agent},
        "channels": {"past": {"kind": "history", "signups": {"2026-01-01": 300 * per_agent}}},
        "retention": {"default": {"visits": {"a": 2.0, "b": 2.0}, "lapse": {"a": 1.0, "b": 60.0}}},
        "response": {"memberships": {"looks": 0.5, "payment_fails": 0.3}},
        "policy": {"memberships": {"m": {"period": "1 week", "price": "8.01 CNY", "trial": {"for": "3 days"}}}},
    }  # fmt: skip
    return tables_of(finished(plan_of(scenario)))


def test_agents_stand_for_so_many_persons() -> None:
    """The same agents, seven persons each: seven times all counts and the cash; parts of a cent are rounded later."""
    single, sevenfold = of_agents(1), of_agents(7)
    for name in single["memberships"]:
        if name not in ("day", "membership", "recognised", "deferred"):
            assert (7 * by_membership(single, name) == by_membership(sevenfold, name)).all(), name
    for name in ("recognised", "deferred"):
        assert np.abs(7 * by_membership(single, name) - by_membership(sevenfold, name)).max() < 7
    assert by_membership(sevenfold, "recognised").sum() > 0
    assert (6 * by_membership(single, "cash") != by_membership(sevenfold, "cash")).any()
