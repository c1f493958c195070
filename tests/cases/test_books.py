"""The books of incentives close in every case: to the unit and to the cent, also where an agent is many people."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import pipeline
from sim.systems.books.tables import tables_of
from sim.systems.world import World
from tests.cases.files import SCENARIOS
from tests.property import test_memberships, test_points
from tests.verify.worlds import finished

PEOPLE_PER_AGENT = (1, 7)


def with_incentives() -> list[Path]:
    """The policies of all cases that have points or memberships."""
    found = []
    for file in sorted(SCENARIOS.glob("*/policies/**/*.yaml")):
        policy = pipeline.load(file).scenario.policy
        if policy.points or policy.memberships:
            found.append(file)
    return found


CASES = with_incentives()


def world_of(file: Path, people_per_agent: int) -> World:
    scaled = {"market.people_per_agent": str(people_per_agent), "horizon": "200 days"}
    changes = {} if people_per_agent == 1 else scaled
    return finished(pipeline.plan_of(pipeline.load(file, changes).scenario))


def books_close(world: World) -> None:
    tables = tables_of(world)
    of_points = test_points.CHECKS if world.wallets else ()
    of_memberships = test_memberships.CHECKS if world.plan.memberships.plans else ()
    for check in (*of_points, *of_memberships):
        check(world, tables)


def spoil(world: World) -> None:
    """Book a unit too many, or a cent."""
    for wallet in world.wallets.values():
        wallet.lots.balance[0] += 1
    if world.plan.memberships.plans:
        world.roll.recognised[0, -1] += 1


def test_there_are_such_cases() -> None:
    assert len({file.relative_to(SCENARIOS).parts[0] for file in CASES}) >= 4


@pytest.mark.parametrize("people_per_agent", PEOPLE_PER_AGENT)
@pytest.mark.parametrize("file", CASES, ids=lambda file: "/".join(file.relative_to(SCENARIOS).with_suffix("").parts))
def test_the_books_close_in_every_case(file: Path, people_per_agent: int) -> None:
    world = world_of(file, people_per_agent)
    books_close(world)
    assert sum(wallet.counts.sum() for wallet in world.wallets.values()) + world.roll.counts.sum() > 0
    spoil(world)
    with pytest.raises(AssertionError):
        books_close(world)
