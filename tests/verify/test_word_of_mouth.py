"""Word of mouth that satisfaction makes louder or silences: Bass with another q, and talkers one by one; with twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.books.tables import tables_of
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.satisfaction.mood import satisfaction_of
from sim.systems.world import World
from tests.property.test_desk import busy_world
from tests.verify.measuring import LIMIT, altered, largest, replicates, z_of_sample
from tests.verify.test_adoption import adopted, ticked_bass
from tests.verify.test_satisfaction import MOVED, is_same
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]
F64 = npt.NDArray[np.float64]

P, Q, MARKET, N_DAYS = 0.0006, 0.05, 20_000, 120
STRENGTH, ASYMMETRY = 0.6, 1.4
DAYS = (9, 29, 59, 89, 119)


def of_one_mind(*, is_glad: bool, strength: float = STRENGTH, asymmetry: float = ASYMMETRY) -> Plan:
    """Everybody is as satisfied as can be from the day of sign-up on, or as dissatisfied; and talks every day."""
    return plan_for(
        market={"size": MARKET},
        channels={
            "organic": {"kind": "organic", "signups": f"{P * MARKET} / day"},
            "friends": {
                "kind": "word_of_mouth",
                "contacts_per_user_day": Q,
                "by_satisfaction": strength,
                "asymmetry": asymmetry,
            },
        },
        horizon=f"{N_DAYS} days",
        service={
            "tickets": {"w": {"for": "sign up", "brings": 12, "handling": "1 minute", "patience": "1 minute"}},
            "hours": {"9": 1},
        },
        response={"satisfaction": {"half_life": "100000 days", "pleases": {"resolved": 1}, "annoys": {"abandoned": 1}}},
        policy={"desks": {"d": {"shifts": {"a": {"hours": "00:00-24:00", "staff": 100_000 if is_glad else 0}}}}},
    )


def bass_z(plan: Plan, q: float) -> float:
    """The farthest distance of adoption from Bass with p and this q."""
    shares, expected = replicates(plan, 10, adopted), ticked_bass(P, q, N_DAYS)
    return largest(z_of_sample(shares[:, day], expected[day]) for day in DAYS)


@pytest.mark.parametrize(
    ("is_glad", "times"), [(True, 1 + STRENGTH), (False, 1 - STRENGTH * ASYMMETRY)], ids=["glad", "sad"]
)
def test_under_one_satisfaction_it_is_bass_with_another_q(is_glad: bool, times: float) -> None:
    plan = of_one_mind(is_glad=is_glad)
    assert abs(bass_z(plan, times * Q)) < LIMIT
    assert abs(bass_z(altered(plan, "channels.moods", lambda moods: moods * 0.9), times * Q)) > LIMIT


def test_the_dissatisfied_may_silence_a_channel_and_no_more() -> None:
    """Below no contacts at all there is nothing: who comes by other channels comes."""
    plan = of_one_mind(is_glad=False, asymmetry=2.5)
    assert abs(bass_z(plan, 0.0)) < LIMIT
    new = finished(plan).tallies.new
    assert new[:, 1].sum() == 0 < new[:, 0].sum()


def mixed(talk: Document, **sections: Any) -> Document:
    """A world of good and bad days at the desk, whose users talk."""
    document = busy_world(response={"satisfaction": MOVED}, **sections)
    return document | {"channels": document["channels"] | {"friends": {"kind": "word_of_mouth"} | talk}}


def talk_of(document: Document) -> tuple[F64, F64]:
    """Each day's contacts as the world counted them, and talker by talker, from yesterday's satisfaction."""
    world = open_world(plan_for(**document), 1, 0)
    plan, found, expected = world.plan, list[float](), list[float]()
    friends = plan.channels.names.index("friends")
    before: list[tuple[npt.NDArray[np.bool_], F64]] = []

    def watch(world: World, day: int) -> None:
        if before:
            came, level = before[-1]
            times = 1 + STRENGTH * np.where(level > 0, level, ASYMMETRY * level)
            expected.append(float(times[came].sum() if plan.channels.per_active.any() else times.sum()))
            found.append(float(world.today.hazards[friends].max() / plan.channels.reach_of_person[friends].max()))
        n = world.people.n
        level = satisfaction_of(world, slice(0, n), day).astype(np.float64)
        before.append((world.people.last_active[:n] == day, level))

    run_world(world, watch)
    return np.array(found), np.array(expected)


@pytest.mark.parametrize("unit", ["contacts_per_active_day", "contacts_per_user_day"])
def test_contacts_are_those_of_each_talker(unit: str) -> None:
    talk = {unit: 0.001, "by_satisfaction": STRENGTH}
    found, expected = talk_of(mixed(talk | {"asymmetry": ASYMMETRY}))
    assert np.allclose(found, 0.001 * expected, rtol=1e-5)
    found, expected = talk_of(mixed(talk | {"asymmetry": ASYMMETRY + 0.1}))
    assert not np.allclose(found, 0.001 * expected, rtol=1e-5)


@pytest.mark.parametrize("unit", ["contacts_per_active_day", "contacts_per_user_day"])
def test_without_strength_not_a_byte_changes(unit: str) -> None:
    plain, weak, strong = (
        tables_of(finished(plan_for(**mixed({unit: 0.02} | talk))))
        for talk in ({}, {"by_satisfaction": 0, "asymmetry": 2.5}, {"by_satisfaction": 0.5})
    )
    assert is_same(weak, plain)
    assert not is_same(strong, plain)
