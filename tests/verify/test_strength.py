"""How strongly effects move: less with each time, by what a segment minds; each with a sabotaged twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.engine.lifts import ACTIVITY, LAPSE, lift_on_day
from sim.systems import strength
from sim.systems.plan import Plan
from sim.systems.world import World
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.test_growth_path import GOLD, XP, N, P, growth_plan
from tests.verify.worlds import finished

Document = dict[str, Any]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

# --- habituation

F, LEFT, HALF_LIFE = 3.0, 0.6, 10.0
ALWAYS = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}}


def lift_after(n: int, habituation: float = LEFT) -> float:
    """The log-lift that is left on the day of the n-th of daily effects: Σ h^i d^(n-1-i), a geometric sum."""
    fades = 0.5 ** (1 / HALF_LIFE)
    return float(np.log(F) * (fades**n - habituation**n) / (fades - habituation))


def lifts_tomorrow(world: World, target: int) -> F64:
    """What all effects on a target come to for each user on the day after the last."""
    moved = world.effects.moved(world.people, target)
    return np.array([lift_on_day(moved, row, world.plan.n_days)[0] for row in range(world.people.n)])


def rewarded_plan(days: int, habituation: float = LEFT) -> Plan:
    """Everybody is active and takes a reward every day."""
    response = {"activity": F, "half_life": f"{HALF_LIFE:.0f} days", "habituation": habituation}
    shop = {"rewards": {"r": {"price": 10, "appeal": 1e6}}}
    return growth_plan(
        {"points": {"xp": XP | shop}},
        days=days,
        n=50,
        retention=ALWAYS,
        response={"points": {"looks": 1.0, "reward": response}},
    )


@pytest.mark.parametrize("n", [1, 2, 7])
def test_an_effect_fades_geometrically_with_its_repetitions(n: int) -> None:
    lifts = lifts_tomorrow(finished(rewarded_plan(n)), ACTIVITY)
    assert lifts.size == 50
    assert np.allclose(lifts, lift_after(n))
    assert n == 1 or not np.allclose(lifts, lift_after(n, 0.62))
    assert n == 1 or not np.allclose(lifts_tomorrow(finished(rewarded_plan(n, 1.0)), ACTIVITY), lift_after(n))


def lifts_of_two(days: int) -> F64:
    """What all effects on each of 50 users come to, who take a reward of each of two programmes every day."""
    shop = XP | {"rewards": {"r": {"price": 10, "appeal": 1e6}}}
    response = {"activity": F, "half_life": f"{HALF_LIFE:.0f} days", "habituation": LEFT}
    plan = growth_plan(
        {"points": {"xp": shop, "other": shop}},
        days=days,
        n=50,
        retention=ALWAYS,
        response={"points": {"looks": 1.0, "reward": response}},
    )
    return lifts_tomorrow(finished(plan), ACTIVITY)


@pytest.mark.parametrize("n", [1, 3])
def test_each_effect_fades_with_its_own_repetitions(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert np.allclose(lifts_of_two(n), 2 * lift_after(n))
    count = strength._count
    monkeypatch.setattr(strength, "_count", lambda world, rows, effect: count(world, rows, "any"))
    assert not np.allclose(lifts_of_two(n), 2 * lift_after(n))


def woken_zs(habituation: float, expected: float) -> list[float]:
    """Distances of the active users on the day after each of four messages from odds x F^(expected^k)."""
    rule = {"when": {"every": "10 days", "from": "2026-01-11"}, "do": {"message": "push"}}
    message = {"wakes": F, "wakes_half_life": "1 day", "habituation": habituation}
    plan = growth_plan(
        {"rules": {"remind": rule}}, days=45, media={"push": {"open": "100%"}}, response={"message": message}
    )
    dau = finished(plan).tallies.dau.sum(axis=1)
    odds = [P / (1 - P) * F ** (expected**k) for k in range(4)]
    return [z_of_count(float(dau[11 + 10 * k]), N, odds[k] / (1 + odds[k])) for k in range(4)]


def test_messages_wake_less_and_less() -> None:
    assert abs(largest(woken_zs(LEFT, LEFT))) < LIMIT
    assert abs(largest(woken_zs(1.0, 1.0))) < LIMIT
    assert abs(largest(woken_zs(1.0, LEFT))) > LIMIT


# --- motives

SEGMENTS = {
    "plain": {"share": 0.5},
    "proud": {"share": 0.5, "motives": {"status": 2}},
}


def active_by_segment(privilege: Document, segments: Document = SEGMENTS) -> I64:
    """Active users on the days on which everybody holds the privilege, by segment."""
    policy = {"statuses": {"all": {"enters": "days_since_signup >= 0", "review": "100 days", "privileges": ["badge"]}}}
    plan = growth_plan(
        policy, days=21, market={"size": N, "segments": segments}, privileges={"badge": {"activity": 1.6} | privilege}
    )
    return finished(plan).tallies.dau[1:].sum(axis=0)


def motive_zs(active: I64, weights: tuple[float, float]) -> list[float]:
    """Distances from odds x 1.6^weight, over 20 days."""
    odds = [P / (1 - P) * 1.6**weight for weight in weights]
    return [z_of_count(float(n), 20 * N / 2, each / (1 + each)) for n, each in zip(active, odds, strict=True)]


def test_twice_the_weight_is_the_square_of_the_multiplier() -> None:
    active = active_by_segment({"motive": "status"})
    assert abs(largest(motive_zs(active, (1, 2)))) < LIMIT
    assert abs(largest(motive_zs(active, (1, 1)))) > LIMIT
    assert abs(largest(motive_zs(active_by_segment({"motive": "gain"}), (1, 1)))) < LIMIT
    assert abs(largest(motive_zs(active_by_segment({}), (1, 1)))) < LIMIT


def test_a_weight_of_nothing_moves_nobody() -> None:
    unmoved = SEGMENTS | {"proud": {"share": 0.5, "motives": {"status": 0}}}
    assert abs(largest(motive_zs(active_by_segment({"motive": "status"}, unmoved), (1, 0)))) < LIMIT


def taken_by_segment(motive: str) -> list[list[int]]:
    """What half a market each takes of a reward of appeal 1 and one of appeal 1 that appeals to a motive."""
    shop = {
        "earns": {"gift": {"for": "sign up", "gives": 100}},
        "rewards": {"plain": {"price": 100}, "crown": {"price": 100, "motive": motive}},
    }
    found = []
    for name in SEGMENTS:
        plan = growth_plan(
            {"points": {"p": shop}},
            days=1,
            market={"size": N, "segments": {name: SEGMENTS[name] | {"share": 1}}},
            response={"points": {"looks": 1.0}},
        )
        found.append(finished(plan).wallets["p"].taken[0].tolist())
    return found


def test_a_rewards_appeal_is_multiplied_by_the_weight() -> None:
    """Luce: 1 / 3 each of the plain; of the proud 1 / 4 and 2 / 4."""
    shares = ((1 / 3, 1 / 3), (1 / 4, 2 / 4))
    zs = [
        z_of_count(float(n), N, share)
        for taken, expected in zip(taken_by_segment("status"), shares, strict=True)
        for n, share in zip(taken, expected, strict=True)
    ]
    assert abs(largest(zs)) < LIMIT
    assert abs(z_of_count(float(taken_by_segment("ease")[1][1]), N, 2 / 4)) > LIMIT


def test_what_a_reward_does_is_weighted_too() -> None:
    shop = {"earns": {"gift": {"for": "sign up", "gives": 10}}, "rewards": {"r": {"price": 10, "appeal": 1e6}}}

    def lifts(motive: Document) -> list[float]:
        points = shop | {"rewards": {"r": {"price": 10, "appeal": 1e6} | motive}}
        response = {"points": {"looks": 1.0, "reward": {"activity": 2.0, "lapse": 0.5}}}
        plan = growth_plan(
            {"points": {"p": points}}, days=1, n=1_000, market={"size": 1_000, "segments": SEGMENTS}, response=response
        )
        world = finished(plan)
        found = np.concatenate([lifts_tomorrow(world, target) for target in (ACTIVITY, LAPSE)])
        return sorted(set(np.round(found / np.log(2.0), 6).tolist()))

    assert lifts({}) == [-1.0, 1.0]
    assert lifts({"motive": "status"}) == [-2.0, -1.0, 1.0, 2.0]


def test_gain_is_the_motive_of_coupons() -> None:
    def gains(segment: Document) -> list[float]:
        plan = growth_plan({}, n=10, market={"size": 10, "segments": {"hunters": {"share": 1} | segment}})
        assert plan.response.gain.tolist() == plan.market.weights["gain"].tolist()
        return plan.response.gain.tolist()

    assert gains({"gain": 3}) == gains({"motives": {"gain": 3}}) == [3.0]
    assert gains({"motives": {"status": 3}}) == [1.0]


def test_motives_that_weigh_one_and_no_habituation_move_nobody() -> None:
    def fate(privilege: Document, reward: Document, habituation: Document) -> list[bytes]:
        policy = {
            "points": {"xp": XP | {"rewards": {"r": {"price": 50} | reward}}},
            "statuses": {"gold": GOLD | {"privileges": ["badge"]}},
        }
        response = {"points": {"looks": 0.5, "reward": {"activity": 1.3, "lapse": 0.9} | habituation}}
        world = finished(
            growth_plan(policy, n=2_000, privileges={"badge": {"activity": 1.5} | privilege}, response=response)
        )
        people = world.people
        return [people.last_active[:2_000].tobytes(), people.active_days[:2_000].tobytes(), world.tallies.dau.tobytes()]

    plain = fate({}, {}, {})
    assert fate({"motive": "status"}, {"motive": "belonging"}, {"habituation": 1}) == plain
    assert fate({}, {}, {"habituation": 0.9}) != plain
