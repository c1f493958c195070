"""Powers of prices that no number holds: the largest pull wins, and nothing is warned of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.systems.memberships.roll import CANCELLED, JOINED, SWITCHED_IN
from sim.systems.points.liability import unit_costs
from sim.systems.pulls import NOTHING, log_of, pulls_of
from tests.verify.measuring import LIMIT, z_of_count
from tests.verify.members import alike, counted, memberships_plan
from tests.verify.test_points import points_plan, wallet_of
from tests.verify.worlds import finished

N = 2_000
WORTH = {"worth": "1000000 CNY / day", "price_sensitivity": 200}


def test_pulls_are_exponentials_and_keep_their_ratios_beyond_any_number() -> None:
    pulls, against = pulls_of(np.array([np.log(3.0), NOTHING, 0.0]))
    assert pulls == pytest.approx([3, 0, 1], rel=1e-15)
    assert against == 1
    for far in (1e7, -1e7):
        pulls, against = pulls_of(np.array([[far, far + np.log(3.0)], [NOTHING, far]]), NOTHING)
        assert pulls[1, 1] / pulls[0, 1] == pytest.approx(1 / 3)
        assert pulls[1, 0] == against[0] == 0
        assert np.isfinite(pulls).all()
    assert pulls_of(np.full(2, NOTHING), NOTHING)[0].tolist() == [0, 0]
    assert log_of(np.array([0.0, 1.0])).tolist() == [NOTHING, 0]


def weekly(price: str, **fields: Any) -> dict[str, Any]:
    return {"period": "1 week", "price": price} | fields


def test_everybody_joins_the_plan_that_pulls_most() -> None:
    plans = {"dear": weekly("0.02 CNY"), "cheap": weekly("0.01 CNY"), "dearer": weekly("0.03 CNY")}
    world = finished(memberships_plan(plans, WORTH, 3, n=N))
    assert [int(counted(world, JOINED, i).sum()) for i in range(3)] == [0, N, 0]


def test_an_introductory_price_may_pull_beyond_any_number() -> None:
    plans = {"plain": weekly("50 CNY"), "intro": weekly("1000000 CNY", intro={"price": "0.01 CNY", "periods": 1})}
    world = finished(memberships_plan(plans, WORTH, 3, n=N))
    assert [int(counted(world, JOINED, i).sum()) for i in range(2)] == [0, N]


def test_who_compares_goes_on_with_the_largest_of_pulls_below_any_number() -> None:
    """Both plans are far too dear once their prices rise; the weekly one more so."""
    rise = {"2026-01-01": "0.01 CNY", "2026-01-04": "100000000 CNY"}
    plans = {"w": weekly("0") | {"price": rise}, "m": {"period": "1 month", "price": "9000000 CNY"}}
    response = {"worth": "1 CNY / day", "price_sensitivity": 200, "reconsiders": 1, "cancels": {"weekly": alike(1e-9)}}
    world = finished(memberships_plan(plans, response, 10, n=N))
    assert counted(world, SWITCHED_IN, 1).sum() == counted(world, JOINED, 0).sum() == N


@pytest.mark.parametrize("price_rise", [10, 100, 1e6])
def test_everybody_cancels_at_a_rise_beyond_any_number(price_rise: float) -> None:
    plan = weekly("0") | {"price": {"2026-01-01": "0.01 CNY", "2026-01-05": "10000 CNY"}, "appeal": 1e6}
    response = {"cancels": {"weekly": alike(0.2)}, "price_rise": price_rise}
    assert counted(finished(memberships_plan({"w": plan}, response, 8, n=N)), CANCELLED).sum() == N


def taken(sensitivity: float, **rewards: Any) -> list[int]:
    """How often each good for money alone is taken on the first day, when everybody looks."""
    programme = {"rewards": {name: {"price": 0, "worth": "10000 CNY"} | entry for name, entry in rewards.items()}}
    response = {"points": {"looks": 1.0, "price_sensitivity": sensitivity}}
    return [int(n) for n in wallet_of(points_plan(programme, days=1, n=N, response=response)).taken[0]]


@pytest.mark.parametrize("sensitivity", [100, 1e6])
def test_everybody_takes_the_good_that_pulls_most(sensitivity: float) -> None:
    cheap, dear = {"price_in_money": "0.01 CNY"}, {"price_in_money": "0.02 CNY"}
    usual = {"price_in_money": "10000 CNY", "appeal": 1e6}
    assert taken(sensitivity, dear=dear, cheap=cheap, usual=usual) == [0, N, 0]


def test_what_is_sold_out_pulls_nobody() -> None:
    """The other good is taken by half of those who look, as if the first were not there."""
    gone = {"price_in_money": "0.01 CNY", "stock": 1}
    market = {"size": 2 * N, "people_per_agent": 2}
    programme = {"rewards": {"gone": gone | {"price": 0, "worth": "10000 CNY"}}}
    programme["rewards"]["usual"] = {"price": 0, "worth": "100 CNY", "price_in_money": "100 CNY"}
    response = {"points": {"looks": 1.0, "price_sensitivity": 100}}
    history = {"past": {"kind": "history", "signups": {"2026-01-01": 2 * N}}}
    plan = points_plan(programme, days=1, market=market, channels=history, response=response)
    found = wallet_of(plan).taken[0]
    assert found[0] == 0
    assert abs(z_of_count(float(found[1]), N, 0.5)) < LIMIT


def test_the_liability_goes_by_the_largest_pull_too() -> None:
    good = {"price": 100, "worth": "10000 CNY", "price_in_money": "0.01 CNY"}
    rewards = {"a": good | {"cost": "10.01 CNY"}, "b": good | {"price_in_money": "0.02 CNY", "cost": "90.02 CNY"}}
    programme = {"earns": {"visit": {"for": "active day", "gives": 10}}, "rewards": rewards}
    response = {"points": {"looks": 0.0, "price_sensitivity": 1_000}}
    assert unit_costs(wallet_of(points_plan(programme, days=20, n=50, response=response))) == pytest.approx([10.0] * 20)
