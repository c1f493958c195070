"""What journeys cost and bring, to the cent; each with a sabotaged twin."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.systems.books.accounts import ACQUISITION, GOODS, JOURNEYS, SALES
from sim.systems.books.tables import tables_of
from sim.systems.journeys.roads import (
    COMMISSION_PAID,
    COST,
    DROPPED_OUT,
    ORDERED,
    PASSED,
    TOUCHPOINT_COST,
    VISITS,
)
from sim.systems.plan import Plan
from tests.verify.test_journey_lines import SHOP
from tests.verify.test_journeys import journey_plan, journeys_of
from tests.verify.test_satisfaction import ALWAYS
from tests.verify.worlds import finished

PRICE, MARGIN, COMMISSION_OF = 200_000, 0.18, {"dealer": 3000, "own": 0}


def paid_plan(**sections: Any) -> Plan:
    """Two channels, a test drive at a shop, an order with a commission, and a step that is paid for."""
    steps = {
        "lead": {"pass": "80%", "takes": "5 days"},
        "test": SHOP | {"pass": "60%", "patience": "9 days"},
        "order": {"pass": "50%", "takes": "10 days", "order": {"price": f"{PRICE} CNY", "margin": MARGIN}},
    }
    return journey_plan(
        steps,
        **(
            {
                "days": 120,
                "market": {"size": 20_000, "segments": {"a": {"share": 0.4}, "b": {"share": 0.6}}},
                "channels": {name: {"kind": "organic", "signups": "15 / day"} for name in ("dealer", "own")},
                "policy": {
                    "touchpoints": {
                        "shop": {"capacity": "12 / day", "cost": "777.77 CNY / day", "cost_per_visit": "33.33 CNY"},
                        "stand": {"cost": "100 CNY / week"},
                    },
                    "journeys": {
                        "car": {
                            "order": {"cost": "12.34 CNY", "commissions": {"dealer": f"{COMMISSION_OF['dealer']} CNY"}}
                        }
                    },
                },
            }
            | sections
        ),
    )


def test_the_books_hold_every_cent() -> None:
    world = finished(paid_plan())
    journeys, ledger = journeys_of(world), world.ledger.by_account
    orders = journeys.steps[2, :, ORDERED]
    assert orders.sum() == world.people.orders[: world.people.n].sum() > 300
    assert np.array_equal(ledger[SALES].sum(axis=1), orders * PRICE * 100)
    assert np.array_equal(ledger[GOODS].sum(axis=1), -orders * round(PRICE * (1 - MARGIN) * 100))
    assert np.array_equal(world.tallies.gmv.sum(axis=1), orders * PRICE * 100)
    by_channel = world.tallies.orders.sum(axis=0).reshape(2, 2).sum(axis=1)
    assert -ledger[ACQUISITION].sum() == by_channel[0] * COMMISSION_OF["dealer"] * 100
    assert journeys.steps[:, :, COMMISSION_PAID].sum() == -ledger[ACQUISITION].sum()
    turns = journeys.steps[2, :, [PASSED, DROPPED_OUT]].sum()
    eased = journeys.steps[:, :, COST].sum()
    assert eased == turns * 1234
    visits, shop = journeys.touchpoints[0, :, VISITS].sum(), journeys.touchpoints[0, :, TOUCHPOINT_COST].sum()
    assert shop == visits * 3333 + 120 * 77_777
    assert journeys.touchpoints[1, :, TOUCHPOINT_COST].sum() == 120 * round(10_000 / 7)
    assert -ledger[JOURNEYS].sum() == eased + journeys.touchpoints[:, :, TOUCHPOINT_COST].sum()
    assert -ledger[JOURNEYS].sum() != eased + shop, "the empty stand costs too"


def test_tables_add_up_and_orders_count_as_any_other() -> None:
    world = finished(paid_plan(orders={"per_active_day": "5%", "basket": {"mean": "100 CNY"}}, retention=ALWAYS))
    tables, journeys = tables_of(world), journeys_of(world)
    by_journey = journeys.steps[2, :, ORDERED].sum()
    assert tables["daily"]["orders"].sum() == world.people.orders[: world.people.n].sum() > by_journey > 100
    assert (tables["daily"]["buyers"] <= tables["daily"]["dau"]).all()
    assert tables["daily"]["first_buyers"].sum() == (world.people.orders[: world.people.n] > 0).sum()
    spend = int(world.people.spend[: world.people.n].sum())
    assert spend == tables["daily"]["gmv"].sum() == world.ledger.by_account[SALES].sum()
    contribution = int(tables["daily"]["contribution"].sum())
    assert contribution == int(tables["cohorts"]["contribution"].sum())
    entered, passed = (tables["journeys"][column].reshape(-1, 3) for column in ("entered", "passed"))
    assert np.array_equal(entered[:, 0], tables["daily"]["new_users"])
    assert np.array_equal(entered[:, 1:], passed[:, :-1])
    assert tables["journey_times"]["passed"].sum() == passed.sum()
    waiting = tables["touchpoints"]["waiting"].reshape(-1, 2)[:, 0]
    assert np.array_equal(waiting, tables["journeys"]["waiting"].reshape(-1, 3).sum(axis=1))


def test_the_ledger_knows_whose_money_it_is() -> None:
    world = finished(paid_plan())
    rows, names = world.ledger.rows(), world.plan.rule_names
    found = {(int(account), names[rule]) for account, rule in zip(rows["account"], rows["rule"], strict=True)}
    assert {(JOURNEYS, "shop"), (JOURNEYS, "stand"), (JOURNEYS, "car"), (ACQUISITION, "car"), (SALES, "car")} <= found


def test_agents_of_many_persons_count_as_many() -> None:
    """Ten persons to an agent: the same rooms, shares and prices, in lumps of ten."""
    sections = {
        "market": {"size": 200_000},
        "channels": {n: {"kind": "organic", "signups": "150 / day"} for n in ("dealer", "own")},
    }
    shop = {"shop": {"capacity": "99 / day", "cost_per_visit": "33.33 CNY"}}
    sections["policy"] = {"touchpoints": shop, "journeys": {"car": {"order": {"commissions": {"dealer": "10 CNY"}}}}}
    lumped = sections | {"market": {"size": 200_000, "people_per_agent": 10}}
    one, ten = (tables_of(finished(paid_plan(**each))) for each in (sections, lumped))
    capacity = ten["touchpoints"]["capacity"]
    assert capacity.sum() == 99 * 120 // 10 * 10
    assert set(capacity.tolist()) == {90, 100}
    assert (ten["touchpoints"]["visits"] <= capacity).all()
    assert int(ten["touchpoints"]["cost"].sum()) == int(ten["touchpoints"]["visits"].sum()) * 3333
    for table, column in (("journeys", "passed"), ("touchpoints", "visits"), ("daily", "revenue")):
        ratio = ten[table][column].sum() / one[table][column].sum()
        assert 0.9 < ratio < 1.1, (table, column)
    commission = int(ten["journeys"]["commission"].sum())
    assert commission == int(ten["by_channel"]["orders"].reshape(-1, 2)[:, 0].sum()) * 1000
    assert all((values % 10 == 0).all() for values in (ten["journeys"]["passed"], ten["journey_times"]["passed"]))
    ledger = finished(paid_plan(**lumped)).ledger.by_account
    assert -ledger[GOODS].sum() == round(ledger[SALES].sum() * (1 - MARGIN)) > 0
