"""Agents that stand for several persons keep the expectations of one for each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.audiences.columns import select
from sim.systems.plan import Plan
from sim.systems.world import RETURNED, World
from tests.verify.measuring import LIMIT, altered, largest, replicates
from tests.verify.worlds import finished, plan_for

F64 = npt.NDArray[np.float64]


def scaled_metrics(world: World) -> F64:
    tallies = world.tallies
    rows = world.ledger.rows()
    counts = [tallies.new.sum(), tallies.dau.sum(), tallies.orders.sum(), tallies.messages.sum()]
    returned = world.tallies.rules[1, :, RETURNED].sum()
    scale = world.plan.market.people_per_agent
    return np.array([*(scale * value for value in counts), scale * returned, rows["amount"].sum()], np.float64)


def crowd(per_agent: int) -> Plan:
    """No limit binds: one that does is felt earlier when what is limited comes in lumps of ten."""
    rule = {"when": {"inactive_for": "7 days"}, "do": {"message": "sms"}, "limits": {"holdout": 0.1}}
    return plan_for(
        market={"size": 20_000, "people_per_agent": per_agent},
        channels={
            "organic": {"kind": "organic", "signups": "90 / day"},
            "ads": {"kind": "paid", "price": "2 CNY / click", "funnel": {"register": 0.2}},
            "friends": {"kind": "word_of_mouth", "contacts_per_active_day": 0.01},
        },
        onboarding={"steps": {"first order": {"pass": 0.3}}},
        orders={"per_active_day": 0.2, "shape": 0.7, "basket": {"mean": "80 CNY", "spread": 0.5}, "margin": 0.3},
        income={"advertising_per_active_day": "0.02 CNY"},
        media={"sms": {"open": 0.3, "opt_in": 0.7, "price": "0.05 CNY"}},
        response={"message": {"brings_back": 0.3}},
        policy={"budgets": {"ads": "500 CNY / day"}, "rules": {"recall": rule}},
        horizon="60 days",
    )


def distance_of_scale(plan: Plan) -> float:
    one, ten = replicates(crowd(1), 10, scaled_metrics), replicates(plan, 60, scaled_metrics, seed=2)
    error = np.sqrt(one.var(axis=0, ddof=1) / 10 + ten.var(axis=0, ddof=1) / 60)
    return largest((ten.mean(axis=0) - one.mean(axis=0)) / error)


def test_agents_for_ten_persons_keep_the_expectations() -> None:
    assert abs(distance_of_scale(crowd(10))) < LIMIT


def test_agents_that_weigh_wrongly_are_seen() -> None:
    twin = altered(crowd(10), "channels.signups", lambda signups: signups * 1.05)
    assert abs(distance_of_scale(twin)) > LIMIT


@pytest.mark.parametrize("per_agent", [1, 10])
def test_ranks_count_persons(per_agent: int) -> None:
    plan = plan_for(
        market={"size": 20_000, "people_per_agent": per_agent},
        channels={"organic": {"kind": "organic", "signups": "90 / day"}},
        orders={"per_active_day": 0.2, "basket": {"mean": "80 CNY", "spread": 0.5}},
        policy={
            "audiences": {"best": "rank(spend) <= 100", "second": "100 < rank(spend, orders > 1) <= 150"},
        },
    )
    world = finished(plan)
    for name, size in (("best", 100), ("second", 50)):
        n_agents = int(select(world, plan.audiences.expressions[f"audience:{name}"], plan.n_days - 1).sum())
        assert n_agents * per_agent == size
