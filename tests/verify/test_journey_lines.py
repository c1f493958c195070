"""Lines at touchpoints against closed forms and by hand; each with a sabotaged twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from sim.systems.day import open_world, run_world
from sim.systems.journeys import lines
from sim.systems.journeys.roads import (
    CAPACITY,
    ENTERED,
    IN_LINE,
    LEFT_LINE,
    PASSED,
    VISITS,
    WAIT_DAYS,
    WAIT_P50,
    WAIT_P90,
    WAITING,
    n_passed,
)
from sim.systems.plan import Plan
from sim.systems.world import World
from tests.verify.measuring import LIMIT, largest, replicates, z_of_count, z_of_sample
from tests.verify.test_journeys import F64, Document, altered_step, every_day, journey_plan, journeys_of
from tests.verify.worlds import finished

SHOP: Document = {"at": "shop"}


def line_plan(capacity: str, **options: Any) -> Plan:
    """Half of sixteen newcomers a day come to the shop."""
    days = options.pop("days", 400)
    steps = {"lead": {"pass": "50%"}, "test": SHOP | options.pop("step", {})}
    policy = {"touchpoints": {"shop": {"capacity": capacity} | options.pop("shop", {})}}
    return journey_plan(steps, days=days, seeds=every_day(16, days), policy=policy, **options)


def stationary_line(n: int, p: float, capacity: int) -> float:
    """Mean of Q' = max(Q + A - c, 0), with A binomial: Lindley's recursion in days."""
    most = 400
    arrivals, line = binom.pmf(np.arange(n + 1), n, p), np.zeros(most)
    line[0] = 1.0
    for _ in range(4000):
        full = np.convolve(line, arrivals)
        after = np.concatenate([[full[: capacity + 1].sum()], full[capacity + 1 :]])
        line = np.zeros(most)
        line[: min(after.size, most)] = after[:most]
    return float(line @ np.arange(most))


def test_the_line_is_lindleys() -> None:
    """Eight of sixteen a day on the mean, nine served: who waits at the end of a day, and for how long."""
    plan, expected = line_plan("9 / day", days=600), stationary_line(16, 0.5, 9)

    def measure(world: World) -> F64:
        counts = journeys_of(world).touchpoints[0, 100:].astype(np.float64)
        return np.array([counts[:, IN_LINE].mean(), counts[:, WAIT_DAYS].sum() / counts[:, VISITS].sum()])

    found = replicates(plan, 16, measure)
    assert abs(largest([z_of_sample(found[:, 0], expected), z_of_sample(found[:, 1], expected / 8)])) < LIMIT
    busier = replicates(altered_step(plan, 0, "pass_rates", lambda rates: rates * 1.05), 16, measure)
    assert abs(z_of_sample(busier[:, 0], expected)) > LIMIT


def line_faults(plan: Plan) -> int:
    """Days on which more were served than there is room for, or somebody before another who came on an earlier day."""
    world, faults = open_world(plan, 1, 0), 0
    since: dict[int, int] = {}

    def watch(world: World, day: int) -> None:
        nonlocal faults
        journeys = journeys_of(world)
        line = journeys.lines[0]
        road = journeys.roads[0]
        served = [int(row) for row in since if n_passed(road.at[row : row + 1])[0] == 2]
        last = max((since.pop(row) for row in served), default=-1)
        first = int(line["since"].min()) if line.size else day
        since.update({int(one["row"]): int(one["since"]) for one in line})
        counts = journeys.touchpoints[0, day]
        faults += int(counts[VISITS] > counts[CAPACITY]) + int(last > first)

    run_world(world, watch)
    return faults


def test_room_is_never_exceeded_and_who_comes_first_is_served_first(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = line_plan("7.5 / day", days=120)
    assert line_faults(plan) == 0
    world = finished(plan)
    counts = journeys_of(world).touchpoints[0]
    assert counts[:, CAPACITY].sum() == 900
    assert set(counts[:, CAPACITY]) == {7, 8}
    assert counts[60:, VISITS].sum() == counts[60:, CAPACITY].sum()
    in_order = lines._with_todays
    monkeypatch.setattr(lines, "_with_todays", lambda *args: in_order(*args)[::-1])
    assert line_faults(plan) > 10


def test_of_those_who_come_on_one_day_all_are_equally_likely_to_go_first() -> None:
    plan = journey_plan(
        {"test": SHOP}, seeds=20_000, days=1, policy={"touchpoints": {"shop": {"capacity": "5000 / day"}}}
    )
    world = finished(plan)
    rows = np.flatnonzero(n_passed(journeys_of(world).roads[0].at[: world.people.n]))
    assert rows.size == 5000
    assert abs(z_of_sample(rows, (20_000 - 1) / 2)) < LIMIT
    assert abs(z_of_sample(rows, 0.95 * 20_000 / 2)) > LIMIT


def test_patience_is_exponential_and_the_rest_is_what_there_is_room_for() -> None:
    """Without room exp(−(d + 1) / mean) are still there on the evening of day d; else all but the served give up."""
    step = SHOP | {"patience": "10 days"}
    closed = journey_plan({"test": step}, seeds=20_000, policy={"touchpoints": {"shop": {"capacity": "0 / day"}}})

    def distances(plan: Plan) -> list[float]:
        left = journeys_of(finished(plan)).steps[0, :, WAITING]
        return [z_of_count(float(left[day]), 20_000, np.exp(-(day + 1) / 10)) for day in (0, 6, 13, 20)]

    assert abs(largest(distances(closed))) < LIMIT
    assert max(map(abs, distances(altered_step(closed, 0, "patience_days", lambda days: days * 1.05)))) > LIMIT
    world = finished(line_plan("5 / day", step={"patience": "10 days"}))
    counts = journeys_of(world).touchpoints[0]
    arrived = journeys_of(world).steps[1, :, ENTERED].sum()
    assert counts[:, LEFT_LINE].sum() + counts[:, VISITS].sum() + counts[-1, IN_LINE] == arrived
    assert counts[30:, VISITS].sum() == 5 * (400 - 30)


def test_it_is_open_on_its_days_and_steps_share_its_room() -> None:
    """A day off serves nobody; two steps, and two journeys, stand in one line."""
    shop = {"capacity": "6 / day", "on": ["monday", "friday"]}
    both = {"one": SHOP, "two": {"takes": "3 days", "at": "shop"}}
    plan = journey_plan(
        both, seeds=every_day(1, 100), days=100, policy={"touchpoints": {"shop": shop}},
        journeys={"car": {"steps": both}, "bike": {"steps": {"ride": SHOP}}},
    )  # fmt: skip
    world = finished(plan)
    journeys = journeys_of(world)
    weekday = (np.arange(100) + 3) % 7  # 2026-01-01 is a Thursday
    is_open = np.isin(weekday, [0, 4])
    assert not journeys.touchpoints[0, ~is_open, VISITS].any()
    assert set(journeys.touchpoints[0, is_open, CAPACITY]) == {6}
    by_step = journeys.steps[:, :, PASSED].sum(axis=1)
    assert by_step.sum() == journeys.touchpoints[0, :, VISITS].sum()
    assert (by_step > 40).all()
    assert journeys.touchpoints[0, :, VISITS].max() == 6


def test_half_and_nine_in_ten_of_those_who_are_served_have_waited_no_more() -> None:
    """Ten come on each of five days, and the fifth, a Monday, is the first on which it is open."""
    shop = {"shop": {"capacity": "50 / day", "on": ["monday"]}}
    plan = journey_plan({"test": {"at": "shop"}}, days=10, seeds=every_day(10, 5), policy={"touchpoints": shop})
    counts = journeys_of(finished(plan)).touchpoints[0, 4]
    assert counts[[VISITS, WAIT_DAYS, WAIT_P50, WAIT_P90]].tolist() == [50, 100, 2, 4]


def test_a_day_may_lead_from_one_touchpoint_to_the_next_and_not_twice_to_one() -> None:
    steps = {"hall": {"at": "hall"}, "shop": SHOP, "again": SHOP}
    room = {"capacity": "100000 / day"}
    plan = journey_plan(steps, seeds=1000, days=5, policy={"touchpoints": {"shop": room, "hall": room}})
    passed = journeys_of(finished(plan)).steps[:, :, PASSED]
    assert passed.tolist() == [[1000, 0, 0, 0, 0], [1000, 0, 0, 0, 0], [0, 1000, 0, 0, 0]]
