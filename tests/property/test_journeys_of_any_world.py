"""Journeys over random worlds: nobody is lost, room is kept, books and tables add up to the cent."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.systems.books.accounts import ACQUISITION, GOODS, JOURNEYS, SALES
from sim.systems.books.tables import tables_of
from sim.systems.plan import compile_plan
from sim.systems.world import World
from tests.property.scenarios import documents, load_or_pass_over
from tests.property.test_nothing_else_moves import FEW, everything, plan_of
from tests.verify.worlds import finished

Document = dict[str, Any]
SHARES = st.sampled_from([0.0, 0.31, 0.5, 0.93, 1.0])
TIMES = st.sampled_from(["0 days", "0.4 days", "3 days", "11 days"])


@st.composite
def with_journeys(draw: st.DrawFn) -> Document:
    """A random scenario in which users go on two journeys, past two touchpoints."""
    document: Document = copy.deepcopy(draw(documents()))
    document["privileges"] = document.get("privileges", {}) | {"tie": {"lapse": 0.4, "cost": "3.21 CNY / month"}}
    channel = draw(st.sampled_from(sorted(document["channels"])))
    document["journeys"] = {name: {"steps": draw(steps(channel))} for name in ("car", "bike")}
    room = {"capacity": f"{draw(st.sampled_from([0, 0.7, 3, 40]))} / day", "on": ["monday", "thursday", "friday"]}
    document["policy"]["touchpoints"] = {
        "shop": room | {"cost": "77.77 CNY / day", "cost_per_visit": "3.33 CNY"}, "web": {"cost_per_visit": "0.07 CNY"}
    }  # fmt: skip
    eased = {"passes": 1.5, "takes": 0.6, "cost": "1.11 CNY", "commissions": {channel: "12.34 CNY"}}
    document["policy"]["journeys"] = {"car": {"second": eased}}
    return document


@st.composite
def steps(draw: st.DrawFn, channel: str) -> Document:
    """Three steps, of which the second may be at a shop and the third places an order."""
    first = {"pass": draw(SHARES), "takes": draw(TIMES), "at": draw(st.sampled_from(["shop", "web"]))}
    second = {"pass": draw(SHARES), "takes": draw(TIMES), "by_channel": {channel: 2}, "lapsed": 0.3, "gives": ["tie"]}
    third: Document = {"order": {"price": "99.95 CNY", "margin": 0.37}, "advocacy": draw(st.sampled_from([1.0, 3.0]))}
    if draw(st.booleans()):
        second |= {"at": "shop", "patience": "4 days"}
    if draw(st.booleans()):
        third |= {"takes": "2 days", "takes_spread": 0, "pass": draw(SHARES)}
    return {"first": first, "second": second, "third": third}


def world_of(document: Document) -> World:
    return finished(compile_plan(load_or_pass_over(document).scenario))


def steps_by_day(world: World, column: str) -> Any:
    """A column of the table of journeys, (n_days, 6)."""
    return tables_of(world)["journeys"][column].reshape(-1, 6)  # type: ignore[union-attr]


@FEW
@given(with_journeys())
def test_nobody_is_lost_and_room_is_kept(document: Document) -> None:
    world = world_of(document)
    entered, passed, dropped, gave_up, waiting = (
        steps_by_day(world, column) for column in ("entered", "passed", "dropped_out", "gave_up", "waiting")
    )
    new = tables_of(world)["daily"]["new_users"]
    assert np.array_equal(entered[:, 0], new)
    assert np.array_equal(entered[:, 3], new)
    for step in (1, 2, 4, 5):
        assert np.array_equal(entered[:, step], passed[:, step - 1])
    inside = np.cumsum(entered - passed - dropped - gave_up, axis=0)
    assert (inside >= waiting).all()
    assert (waiting >= 0).all()
    shop = {
        name: values.reshape(-1, 2) for name, values in tables_of(world)["touchpoints"].items() if name != "touchpoint"
    }
    at_shop = [i for i, step in enumerate(world.plan.journeys.steps) if step.touchpoint == _position(world, "shop")]
    place = _position(world, "shop")
    assert (shop["visits"][:, place] <= shop["capacity"][:, place]).all()
    assert np.array_equal(shop["waiting"][:, place], waiting[:, at_shop].sum(axis=1))
    assert np.array_equal(shop["gave_up"][:, place], gave_up[:, at_shop].sum(axis=1))
    assert np.array_equal(shop["visits"][:, place], (passed + dropped)[:, at_shop].sum(axis=1))


def _position(world: World, name: str) -> int:
    return [one.name for one in world.plan.journeys.touchpoints].index(name)


@FEW
@given(with_journeys())
def test_money_adds_up_to_the_cent(document: Document) -> None:
    world = world_of(document)
    tables, ledger = tables_of(world), world.ledger.rows()
    journeys, touchpoints = tables["journeys"], tables["touchpoints"]
    of_journeys = np.isin(ledger["rule"], [one.index for one in world.plan.journeys.journeys])

    def booked(account: int) -> int:
        return int(ledger["amount"][of_journeys & (ledger["account"] == account)].sum())

    orders = int(np.asarray(journeys["orders"]).sum())
    assert booked(SALES) == orders * 9995
    assert booked(GOODS) == -orders * round(9995 * 0.63)
    assert booked(ACQUISITION) == -int(np.asarray(journeys["commission"]).sum())
    spent = int(np.asarray(journeys["cost"]).sum()) + int(np.asarray(touchpoints["cost"]).sum())
    assert -int(world.ledger.by_account[JOURNEYS].sum()) == spent
    assert int(np.asarray(tables["daily"]["profit"]).sum()) == int(np.asarray(tables["ledger"]["amount"]).sum())


OWN = ("journeys", "journey_times", "touchpoints")


@FEW
@given(documents())
def test_a_journey_that_only_counts_changes_nothing(scenario: Document) -> None:
    changed = copy.deepcopy(scenario)
    counting = {"first": {"pass": 0.5, "takes": "4 days"}, "second": {"at": "shop", "patience": "3 days"}}
    changed["journeys"] = {"quiet": {"steps": counting}}
    changed["policy"]["touchpoints"] = {"shop": {"capacity": "2 / day"}}
    found = everything(plan_of(changed))
    assert any(found[name] for name in OWN)
    plain = everything(plan_of(scenario))
    assert {name: rows for name, rows in found.items() if name not in OWN} == {
        name: rows for name, rows in plain.items() if name not in OWN
    }
