"""Observed metrics are those of the stored tables, seen on the morning after."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.systems.books.tables import tables_of
from sim.systems.conditions import parse_condition
from sim.systems.observed import READERS, ObservedMetrics, Watch, is_met
from sim.systems.world import World
from tests.verify.worlds import finished, plan_for

DAY = 50
FLOWS = ("new_users", "orders", "revenue", "cost", "profit")


@pytest.fixture(scope="module")
def world() -> World:
    plan = plan_for(
        market={"size": 10_000, "people_per_agent": 5},
        channels={"ads": {"kind": "paid", "price": "3 CNY / click", "funnel": {"register": 0.5}}},
        orders={"per_active_day": 0.2, "basket": {"mean": "40 CNY"}, "margin": 0.4},
        income={"advertising_per_active_day": "0.03 CNY"},
        policy={"budgets": {"ads": "900 CNY / day"}},
    )
    return finished(plan)


def from_tables(world: World, day: int) -> dict[str, float]:
    """The same numbers from the columns of `daily`, up to the day before."""
    daily: dict[str, Any] = tables_of(world)["daily"]
    month = slice(day - 28, day)
    found = {name: float(daily[name][day - 1]) for name in ("users", "dau", "wau", "mau")}
    for name in FLOWS:
        found[f"{name}_28d"] = float(daily[name][month].sum()) / (1 if name in ("new_users", "orders") else 100)
    for age in (1, 7, 30):
        found[f"d{age}_retention"] = daily[f"d{age}_active"][month].sum() / daily[f"d{age}_size"][month].sum()
    return found | {
        "days": day,
        "stickiness": found["dau"] / found["mau"],
        "penetration": found["users"] / 10_000,
    }


def test_every_metric_is_that_of_the_tables_on_the_evening_before(world: World) -> None:
    expected = from_tables(world, DAY)
    assert expected.keys() == READERS.keys()
    seen = ObservedMetrics(world, DAY)
    assert {name: seen[name][0] for name in READERS} == pytest.approx(expected)
    moved = [name for name, value in from_tables(world, DAY + 1).items() if value != pytest.approx(expected[name])]
    assert len(moved) > 10  # another morning would be seen


def test_on_the_first_morning_nothing_was_seen(world: World) -> None:
    seen = ObservedMetrics(world, 0)
    values = {name: float(seen[name][0]) for name in READERS}
    undefined = {name for name, value in values.items() if math.isnan(value)}
    assert undefined == {"stickiness", "d1_retention", "d7_retention", "d30_retention"}
    assert {value for name, value in values.items() if name not in undefined} == {0.0}
    assert not is_met(parse_condition("d1_retention >= 0"), world, 0)
    assert not is_met(parse_condition("d1_retention < 1"), world, 0)


def test_a_watch_counts_mornings_in_a_row(world: World) -> None:
    condition = parse_condition("days >= 3 and days != 6")
    watch = Watch(condition)
    assert [watch.look(world, day) for day in range(9)] == [0, 0, 0, 1, 2, 3, 0, 1, 2]


def test_retention_waits_for_the_first_who_are_old_enough(world: World) -> None:
    found = [float(ObservedMetrics(world, day)["d7_retention"][0]) for day in range(10)]
    assert np.isnan(found[:8]).all()
    assert not np.isnan(found[8:]).any()
