"""Declared attributes: how many users have each value, and what a value does to its users, against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.systems.books.tables import users_of
from sim.systems.plan import Plan
from sim.systems.world import World
from tests.verify.measuring import LIMIT, altered, largest, z_of_count, z_of_sample
from tests.verify.worlds import finished, plan_for

CITIES: dict[str, Any] = {
    "values": {"上海": {"share": 0.3, "orders": 1.5, "basket": 1.2}, "北京": 0.25, "其他": 0.45},
    "by_segment": {"students": {"values": {"上海": 0.1, "北京": 0.9}}},
}
AGES: dict[str, Any] = {"from": 18, "to": 57, "by_segment": {"students": {"from": 18, "to": 25}}}
SECTIONS: dict[str, Any] = {
    "market": {"size": 40_000, "segments": {"students": {"share": 0.4}, "families": {"share": 0.6}}},
    "attributes": {"city": CITIES, "age": AGES},
    "channels": {"organic": {"kind": "organic", "signups": "1500 / day"}},
    "retention": {"default": {"visits": {"a": 1e6, "b": 1e6}, "lapse": {"a": 1e-6, "b": 1e6}}},
    "orders": {"per_active_day": 0.4, "basket": {"mean": "100 CNY", "spread": 0.5}, "margin": 0.3},
    "horizon": "30 days",
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_for(**SECTIONS)


@pytest.fixture(scope="module")
def world(plan: Plan) -> World:
    return finished(plan)


def columns(world: World) -> dict[str, Any]:
    """The users' columns, texts as arrays of str."""
    table = users_of(world)
    return {name: np.array(c[1])[c[0]] if isinstance(c, tuple) else np.asarray(c) for name, c in table.items()}


def distance_of_shares(world: World, of_families: dict[str, float]) -> float:
    users = columns(world)
    expected = {"students": {"上海": 0.1, "北京": 0.9, "其他": 0.0}, "families": of_families}
    distances = []
    for segment, shares in expected.items():
        cities = users["city"][users["segment"] == segment]
        for city, share in shares.items():
            n = int((cities == city).sum())
            if share in (0.0, 1.0):
                assert n == cities.size * share
            else:
                distances.append(z_of_count(n, cities.size, share))
    return largest(distances)


def test_users_have_the_values_of_their_segment(world: World) -> None:
    assert abs(distance_of_shares(world, {"上海": 0.3, "北京": 0.25, "其他": 0.45})) < LIMIT


def test_twin_other_shares_are_seen(world: World) -> None:
    assert abs(distance_of_shares(world, {"上海": 0.3, "北京": 0.27, "其他": 0.43})) > LIMIT


def distances_of_ages(world: World) -> list[float]:
    users = columns(world)
    found = []
    for segment, first, last in (("students", 18, 25), ("families", 18, 57)):
        ages = users["age"][users["segment"] == segment]
        assert (int(ages.min()), int(ages.max())) == (first, last)
        found.append(z_of_sample(ages, (first + last) / 2))
        found.append(z_of_count(int((ages == last).sum()), ages.size, 1 / (last - first + 1)))
    return found


def test_ages_are_uniform_between_their_ends(world: World) -> None:
    assert abs(largest(distances_of_ages(world))) < LIMIT


def test_twin_an_end_that_is_never_drawn_is_seen(plan: Plan) -> None:
    from dataclasses import replace

    city, age = plan.attributes
    short = replace(plan, attributes=(city, replace(age, last=age.last - np.array([0, 1]))))
    with pytest.raises(AssertionError):
        distances_of_ages(finished(short))


def distance_of_factor(world: World, factor: float) -> float:
    """Orders of users in 上海 per active day after sign-up against `factor` times the mean rate: a Poisson count."""
    users = columns(world)
    there = users["city"] == "上海"
    expected = 0.4 * factor * float((users["active_days"][there] - 1).sum())
    return float((users["orders"][there].sum() - expected) / np.sqrt(expected))


def test_a_value_multiplies_the_order_rate(world: World) -> None:
    assert abs(largest([distance_of_factor(world, 1.5)])) < LIMIT


def test_twin_another_factor_is_seen(world: World) -> None:
    assert abs(distance_of_factor(world, 1.4)) > LIMIT


def test_a_value_multiplies_the_mean_basket(world: World, plan: Plan) -> None:
    """Baskets are alike but for the attribute: 120 CNY there, 100 CNY elsewhere."""
    users = columns(world)
    there = users["city"] == "上海"
    basket = world.people.basket[: world.people.n]
    assert np.allclose(basket[there], 12_000)
    assert np.allclose(basket[~there], 10_000)
    plain = finished(altered(plan, "attributes", lambda attributes: attributes[1:]))
    assert np.allclose(plain.people.basket[: plain.people.n], 10_000)
