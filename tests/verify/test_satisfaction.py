"""Satisfaction against its recursion, a slow twin and what it should do to lapse and activity; each with a twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.systems.books.tables import tables_of
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.satisfaction.mood import satisfaction_of
from sim.systems.world import DELIVERED, World
from tests.property.test_desk import busy_world
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]
F64 = npt.NDArray[np.float64]

N = 20_000
ALWAYS = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}}
MOVED = {
    "half_life": "20 days",
    "pleases": {"resolved": "6%"},
    "annoys": {"wait": "30%", "abandoned": "40%", "unresolved": "25%"},
    "half_wait": "4 minutes",
}


def levels(world: World) -> F64:
    """Everybody's satisfaction on the last evening."""
    return satisfaction_of(world, slice(0, world.people.n), world.plan.n_days - 1).astype(np.float64)


# --- what moves it


def rewarded(days: int, half_life: float, share: float) -> Plan:
    """Everybody takes a reward on every day."""
    return plan_for(
        market={"size": 50},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 50}}},
        retention=ALWAYS,
        horizon=f"{days} days",
        response={
            "points": {"looks": 1},
            "satisfaction": {"half_life": f"{half_life} days", "pleases": {"reward": share}},
        },
        policy={
            "points": {
                "coins": {
                    "earns": {"day": {"for": "active day", "gives": 10}},
                    "rewards": {"cup": {"price": 10, "appeal": 1e6}},
                }
            }
        },
    )


def test_the_same_experience_every_day_follows_the_recursion() -> None:
    """s' = d s + w (1 - d s), which comes to w / (1 - d (1 - w))."""
    share, half_life = 0.2, 5.0
    kept = 0.5 ** (1 / half_life)
    for days in (1, 2, 7, 60):
        expected = 0.0
        for _ in range(days):
            expected = kept * expected + share * (1 - kept * expected)
        assert np.allclose(levels(finished(rewarded(days, half_life, share))), expected, atol=1e-5)
        assert not np.allclose(levels(finished(rewarded(days, half_life, 0.21))), expected, atol=1e-3)
    assert abs(expected - share / (1 - kept * (1 - share))) < 1e-6
    assert not np.allclose(levels(finished(rewarded(60, 6.0, share))), expected, atol=1e-3)


def newcomers(*, days: int = 1, steps: bool = True, **satisfaction: Any) -> World:
    """Two thousand users of the first day: of three steps the first two are passed by 80% and 50%."""
    funnel = {"form": {"pass": 0.8}, "key action": {"pass": 0.5}, "last": {"pass": 1}}
    return finished(
        plan_for(
            market={"size": 2_000},
            channels={"past": {"kind": "history", "signups": {"2026-01-01": 2_000}}},
            onboarding={"steps": funnel} if steps else {},
            horizon=f"{days} day" + "s" * (days > 1),
            response={"satisfaction": {"half_life": "5 days"} | satisfaction},
        )
    )


def test_onboarding_pleases_those_who_pass_and_annoys_those_who_fail_a_step() -> None:
    world = newcomers(pleases={"onboarded": "20%"}, annoys={"failed_step": "30%"})
    passed, found = int(world.tallies.passed[2].sum()), levels(world)
    assert np.allclose(np.sort(found), np.sort(np.where(np.arange(2_000) < passed, 0.2, -0.3)), atol=1e-6)
    assert passed == int(world.tallies.passed[1].sum())
    assert abs(largest([z_of_count(passed, 2_000, 0.4)])) < LIMIT
    assert abs(z_of_count(passed, 2_000, 0.5)) > LIMIT
    assert (levels(newcomers(pleases={"onboarded": "20%"})) >= 0).all()
    assert (levels(newcomers(annoys={"failed_step": "30%"})) <= 0).all()


def test_onboarding_is_lived_through_once_and_not_where_there_is_none() -> None:
    """On the fourth day each has what three days have left of the first."""
    world = newcomers(days=4, pleases={"onboarded": "20%"}, annoys={"failed_step": "30%"})
    assert set(np.round(levels(world) / 0.5 ** (3 / 5), 4)) == {0.2, -0.3}
    assert not levels(newcomers(steps=False, pleases={"onboarded": "20%"}, annoys={"message": "1%"})).any()


def messaged(days: int, delivery: float = 1.0, share: float = 0.1) -> Plan:
    """Everybody is sent a message on every day."""
    return plan_for(
        market={"size": 500},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 500}}},
        retention=ALWAYS,
        horizon=f"{days} days",
        media={"mail": {"open": 0.2, "delivery": delivery}},
        response={"satisfaction": {"half_life": "5 days", "annoys": {"message": share}}},
        policy={"rules": {"daily": {"when": {"every": "1 day"}, "do": {"message": "mail"}}}},
    )


def test_each_message_annoys_of_what_is_left() -> None:
    """s' = d s - w (1 + d s), on each day with a message."""
    kept = 0.5 ** (1 / 5)
    for days in (1, 3, 30):
        expected = 0.0
        for _ in range(days):
            expected = kept * expected - 0.1 * (1 + kept * expected)
        assert np.allclose(levels(finished(messaged(days))), expected, atol=1e-5)
        assert not np.allclose(levels(finished(messaged(days, share=0.11))), expected, atol=1e-3)
    world = finished(messaged(1, delivery=0.5))
    delivered = int(world.tallies.rules[1, 0, DELIVERED])
    assert 0 < delivered < 500
    assert np.count_nonzero(levels(world)) == delivered


def reading(days: int, share: float = 0.1) -> Plan:
    """Everybody comes on every day; two segments read twice as much as a full reader, and half as much."""
    return plan_for(
        market={"size": 400, "segments": {"much": {"share": 0.5}, "little": {"share": 0.5}}},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 400}}},
        retention=ALWAYS,
        horizon=f"{days} days",
        content={
            "posts": {
                "creators": 0, "creates": 0, "half_life": "30000 days", "starts_with": 300,
                "appeal": {"half_at": 100}, "by_segment": {"much": {"reads": 2}, "little": {"reads": 0.5}},
            }
        },
        response={"satisfaction": {"half_life": "5 days", "pleases": {"content": share}}},
    )  # fmt: skip


def test_content_pleases_as_far_as_it_appeals_and_is_read() -> None:
    """300 items of which 100 are half the appeal: 0.75, by those who read half as much half of it."""
    kept = 0.5 ** (1 / 5)
    for days in (1, 4, 20):
        expected = np.zeros(2)
        for _ in range(days):
            expected = kept * expected + 0.1 * 0.75 * np.array([1.0, 0.5]) * (1 - kept * expected)
        world = finished(reading(days))
        segments = world.plan.segment_of_cell[world.people.cell[:400]]
        assert np.allclose(levels(world), expected[segments], atol=1e-4)
        assert not np.allclose(levels(finished(reading(days, 0.11))), expected[segments], atol=1e-3)


def by_hand(document: Document) -> tuple[World, dict[int, float]]:
    """The world, and each user's satisfaction as plain Python moves it, ticket by ticket."""
    world = open_world(plan_for(**document), 1, 0)
    plan, found, since = world.plan.satisfaction, dict[int, float](), dict[int, int]()
    assert plan is not None

    def watch(world: World, day: int) -> None:
        moves = list[tuple[int, float]]()
        for ended, waits in world.service.ended:
            answered = ended[~np.isnan(waits)]
            shares = 1 - 2 ** (-waits[~np.isnan(waits)] / plan.half_wait_minutes)
            moves += [(int(t["row"]), plan.moves["wait"] * share) for t, share in zip(answered, shares, strict=True)]
            moves += [(int(t["row"]), plan.moves["resolved" if t["resolved"] else "unresolved"]) for t in answered]
            moves += [(int(t["row"]), plan.moves["abandoned"]) for t in ended[np.isnan(waits)]]
        for row, move in moves:
            now = found.get(row, 0.0) * 0.5 ** ((day - since.get(row, day)) / plan.half_life_days)
            found[row], since[row] = now + move * ((1 - now) if move > 0 else (1 + now)), day

    run_world(world, watch)
    last = world.plan.n_days - 1
    return world, {row: now * 0.5 ** ((last - since[row]) / plan.half_life_days) for row, now in found.items()}


def test_tickets_move_users_as_plain_python_does() -> None:
    world, expected = by_hand(busy_world(response={"satisfaction": MOVED}))
    found = levels(world)
    assert len(expected) > 1000
    assert all(abs(found[row] - level) < 1e-5 for row, level in expected.items())
    assert np.count_nonzero(found) <= len(expected)
    assert found.min() >= -1
    assert found.max() <= 1
    assert found.min() < -0.3 < 0.03 < found.max()
    impatient = finished(plan_for(**busy_world(response={"satisfaction": MOVED | {"half_wait": "3 minutes"}})))
    assert not all(abs(levels(impatient)[row] - level) < 1e-5 for row, level in expected.items())


def test_the_table_is_the_mean_of_the_active() -> None:
    world = finished(plan_for(**busy_world(response={"satisfaction": MOVED})))
    table = tables_of(world)["satisfaction"]
    active = np.flatnonzero(world.people.last_active[: world.people.n] == world.plan.n_days - 1)
    assert np.asarray(table["active"])[-1] == active.size
    assert abs(np.asarray(table["sum_millionths"])[-1] / 1e6 - levels(world)[active].sum()) < 1e-2
    assert np.array_equal(np.asarray(table["active"]), np.asarray(tables_of(world)["daily"]["dau"]))


# --- what it does


def abandoned_once(days: int = 11, **satisfaction: Any) -> Plan:
    """Everybody gives up on the day of sign-up: nobody is at work. From then on all are as dissatisfied as can be."""
    return plan_for(
        market={"size": N},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": N}}},
        retention={"default": {"visits": {"a": 4e6, "b": 6e6}, "lapse": {"a": 5e5, "b": 9.5e6}}},
        horizon=f"{days} days",
        service={
            "tickets": {"w": {"for": "sign up", "brings": 30, "handling": "5 minutes", "patience": "1 minute"}},
            "hours": {"9": 1},
        },
        response={"satisfaction": {"half_life": "100000 days", "annoys": {"abandoned": 1}} | satisfaction},
        policy={
            "desks": {"desk": {"shifts": {"a": {"hours": "09:00-18:00", "staff": 0}}}},
            "statuses": {"angry": {"enters": "satisfaction < -0.9", "review": "1 day"}},
        },
    )


def engaged_z(plan: Plan, hazard_times: float) -> float:
    world = finished(plan)
    return z_of_count(float(world.people.engaged[:N].sum()), N, 0.95 ** (hazard_times * (plan.n_days - 1)))


def test_the_dissatisfied_lapse_sooner() -> None:
    """A multiplier of 0.5 at a satisfaction of 1 doubles the hazard at -1."""
    assert abs(largest([engaged_z(abandoned_once(lapse=0.5), 2.0)])) < LIMIT
    assert abs(engaged_z(abandoned_once(lapse=0.6), 2.0)) > LIMIT
    assert abs(largest([engaged_z(abandoned_once(), 1.0)])) < LIMIT


def test_the_dissatisfied_come_less() -> None:
    """Odds of 4 to 6, halved, are a quarter."""
    world = finished(abandoned_once(days=2, activity=2))
    n_engaged = float(world.people.engaged[:N].sum())
    active = float(world.tallies.dau[1].sum())
    assert abs(largest([z_of_count(active, N, 0.25 * n_engaged / N)])) < LIMIT
    assert abs(z_of_count(active, N, 0.4 * n_engaged / N)) > LIMIT


def test_expressions_read_it() -> None:
    def holders(plan: Plan) -> int:
        return int(np.asarray(tables_of(finished(plan))["statuses"]["holders"])[-1])

    assert holders(abandoned_once(days=3)) == N
    assert holders(abandoned_once(days=3, annoys={"abandoned": 0.01})) == 0


# --- what it must not do


def without(tables: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: table for name, table in tables.items() if name not in names}


def is_same(one: Any, other: Any) -> bool:
    """Whether two tables are the same to the byte, names included."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return all(is_same(a, b) if isinstance(a, np.ndarray) else a == b for a, b in zip(one, other, strict=True))
    return bool(np.array_equal(one, other))


def test_without_strength_not_a_byte_changes() -> None:
    plain = tables_of(finished(plan_for(**busy_world())))
    weak = {"half_life": "20 days", "pleases": {"resolved": 0}, "annoys": {"wait": 0}, "lapse": 0.3, "activity": 3}
    assert is_same(tables_of(finished(plan_for(**busy_world(response={"satisfaction": weak})))), plain)
    moved = tables_of(finished(plan_for(**busy_world(response={"satisfaction": MOVED}))))
    assert is_same(without(moved, "satisfaction"), without(plain, "satisfaction"))
    assert len(moved["satisfaction"]["day"]) == 10
    strong = tables_of(finished(plan_for(**busy_world(response={"satisfaction": MOVED | {"lapse": 0.3}}))))
    assert not is_same(without(strong, "satisfaction"), without(plain, "satisfaction"))


def test_a_desk_that_moves_nobody_changes_only_its_own_table_and_costs() -> None:
    document = busy_world()
    with_desk = tables_of(finished(plan_for(**document)))
    none = tables_of(finished(plan_for(**document | {"policy": {}})))
    for name in ("cohorts", "funnel", "orders"):
        if name in none:
            assert is_same(with_desk[name], none[name])
    for column in ("users", "dau", "orders", "revenue", "contribution"):
        assert np.array_equal(np.asarray(with_desk["daily"][column]), np.asarray(none["daily"][column]))
    cost = np.asarray(with_desk["daily"]["cost"]) - np.asarray(none["daily"]["cost"])
    n_desks = 2
    assert np.array_equal(cost, np.asarray(with_desk["service"]["cost"]).reshape(-1, n_desks).sum(axis=1))


def test_memory_is_kept_only_where_something_moves() -> None:
    moved, plain = (plan_for(**busy_world(**extra)) for extra in ({"response": {"satisfaction": MOVED}}, {}))
    assert moved.people_bytes - plain.people_bytes == 6 * 3000
    assert finished(plain).mood is None
    assert finished(replace(moved, satisfaction=None)).mood is None
