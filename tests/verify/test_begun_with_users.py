"""Journeys and content where a run begins with users: they are there, and nothing was saved up before the first day."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.systems.content.shelf import CREATED, CREATORS, SEEDED
from sim.systems.journeys.roads import CAPACITY, ENTERED
from sim.systems.world import World
from tests.verify.test_first_users import history, later_plan, plan_in, write_users
from tests.verify.worlds import finished

KIND = {"creators": 1, "creates": 1, "half_life": "20 days", "appeal": {"half_at": 500}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_users(finished(plan_in(tmp_path, horizon="30 days", channels=history(30))), tmp_path / "users.csv")
    return tmp_path


def begun(folder: Path) -> World:
    """Seeds and visits of 3 in 4 days, from the first day on."""
    plan = later_plan(
        folder,
        content={"answers": KIND},
        journeys={"car": {"steps": {"test": {"at": "shop"}}}},
        policy={
            "content": {"answers": {"seeds": {"items": "0.75 / day", "cost": "1 CNY"}}},
            "touchpoints": {"shop": {"capacity": "0.75 / day"}},
        },
    )
    return finished(plan)


def test_first_users_create_and_begin_no_journey(folder: Path) -> None:
    world = begun(folder)
    first, journeys = world.plan.first_day, world.journeys
    assert first > 0
    assert journeys is not None
    counts = world.shelves.of_kind[0].counts[first]
    assert 0 < counts[CREATORS] == world.tallies.dau[first].sum()
    assert counts[CREATED] > 0
    n_first = int(world.tallies.new[:first].sum())
    assert not journeys.roads[0].at[:n_first].any()
    assert journeys.steps[0, :, ENTERED].sum() == world.people.n - n_first


def test_nothing_is_saved_up_before_the_first_day(folder: Path) -> None:
    world = begun(folder)
    first, journeys = world.plan.first_day, world.journeys
    assert first % 4, "else it would begin anew on the first day by itself"
    assert journeys is not None
    for saved in (world.shelves.of_kind[0].counts[:, SEEDED], journeys.touchpoints[0, :, CAPACITY]):
        assert not saved[:first].any()
        assert saved[first : first + 4].tolist() == [0, 1, 1, 1]
