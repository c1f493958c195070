"""The compiled passes against their plain forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.engine.daily import (
    CLOCK_ACTIVE_DAYS,
    CLOCK_ENGAGED_DAYS,
    CLOCK_ORDERS,
    DAY,
    daily_pass,
    find_last_active,
    squeeze,
)
from sim.engine.draws import ReplicateKey, draw, person_address
from sim.engine.lifts import ACTIVITY, FADING, LAPSE, Moved, lifted, odds_times

KEY = ReplicateKey.of(3, 1)
ADDRESSES = np.array([17, 99, 17], np.uint32)
N, TODAY = 2_500, 40


def listed(seed: int = 0) -> dict[str, Any]:
    """An engaged list of more than two blocks, with void entries, certain and impossible probabilities."""
    luck = np.random.default_rng(seed)
    activity = luck.uniform(0, 1, N).astype(np.float32)
    lapse = luck.uniform(0, 0.2, N).astype(np.float32)
    activity[::50], lapse[::50] = 0.0, 0.0
    activity[7::90], lapse[11::90] = 1.0, 1.0
    return {
        "rows": luck.permutation(N).astype(np.uint32),
        "person": luck.integers(0, 10**6, N).astype(np.uint32),
        "cell": luck.integers(0, 3, N).astype(np.uint16),
        "activity": activity,
        "lapse": lapse,
    }


def unmoved(target: int, users: dict[str, Any]) -> Moved:
    """A column that no effect moves."""
    steady = np.zeros(N, np.float32)
    steady[users["rows"]] = users["activity" if target == ACTIVITY else "lapse"]
    return Moved(steady, np.zeros((N, 0), FADING), np.zeros((0, TODAY + 1)))


def moved(target: int, users: dict[str, Any], most: float) -> Moved:
    """A column of which one in two users has a lift up to `most`, up or down, two days old, or long over."""
    column, luck = unmoved(target, users), np.random.default_rng(target)
    lifts = np.zeros((N, 2), FADING)
    lifts["lift"] = luck.uniform(-most, most, (N, 2)) * (luck.uniform(size=(N, 2)) < 0.3)
    lifts["since"], lifts["days"] = luck.choice([TODAY - 3, TODAY - 30], (N, 2)), 20
    return Moved(column.steady, lifts, 0.9 ** np.arange(TODAY + 1)[None] * np.ones((2, 1)))


def now(target: int, column: Moved) -> np.ndarray[Any, Any]:
    """What the lifts of each row make of its own today."""
    acts = column.lifts["since"] == TODAY - 3
    totals = (column.lifts["lift"].astype(np.float64) * acts).sum(axis=1) * 0.9**2
    return np.array([lifted(target, own, total) for own, total in zip(column.steady, totals, strict=True)])


def bound(target: int, column: Moved, users: dict[str, Any]) -> None:
    """Let the list hold at least what the column may come to: more, where effects have ended."""
    above = np.maximum(column.lifts["lift"].astype(np.float64), 0).sum(axis=1)
    most = np.array([lifted(target, own, lift) for own, lift in zip(column.steady, above, strict=True)])
    users["activity" if target == ACTIVITY else "lapse"][:] = most[users["rows"]]


def plain(
    users: dict[str, Any], factors: np.ndarray[Any, Any], clock: int, hazards: np.ndarray[Any, Any]
) -> tuple[list[int], list[int]]:
    """Rows that are active (or may order), rows that lapse."""
    active, lapsed = [], []
    for j in range(N):
        c = int(users["cell"][j])
        address = person_address(int(ADDRESSES[c]), int(users["person"][j]))
        u = [draw(KEY, address, TODAY, DAY, k) for k in range(3)]
        p, lapse = users["activity"][j], float(users["lapse"][j])
        gone = u[1] < (1 - (1 - lapse) ** float(hazards[c]) if hazards.size else lapse)
        if clock == CLOCK_ORDERS:
            comes = 1 - u[2] < float(p * factors[c])
        else:
            raised = factors[c] * p
            below = np.float32(1) - p + raised
            comes = bool(below > 0 and u[0] < float(raised / below))
        if clock == CLOCK_ACTIVE_DAYS:
            gone = gone and comes
        elif gone:
            comes = False
        active += [int(users["rows"][j])] * comes
        lapsed += [int(users["rows"][j])] * gone
    return active, lapsed


@pytest.mark.parametrize("clock", [CLOCK_ENGAGED_DAYS, CLOCK_ACTIVE_DAYS, CLOCK_ORDERS])
@pytest.mark.parametrize("factors", [[1.0, 1.0, 1.0], [0.3, 1.0, 2.5], [0.0, 0.0, 4.0]])
@pytest.mark.parametrize("hazards", [[], [0.2, 1.0, 3.0], [0.0, 0.9, 200.0]])
def test_the_daily_pass_is_its_plain_form(clock: int, factors: list[float], hazards: list[float]) -> None:
    users, by_cell, on_lapse = listed(), np.array(factors, np.float32), np.array(hazards, np.float32)
    expected = plain(users, by_cell, clock, on_lapse)
    engaged, lapse_day = np.ones(N, np.bool_), np.zeros(N, np.uint16)
    active, words, lapsed = (np.zeros(N, np.uint32) for _ in range(3))
    n_active, n_lapsed = daily_pass(
        *users.values(), engaged, lapse_day, ADDRESSES, by_cell, on_lapse, TODAY, TODAY, KEY.low, KEY.high, clock,
        unmoved(ACTIVITY, users), unmoved(LAPSE, users), active, words, lapsed,
    )  # fmt: skip
    assert (active[:n_active].tolist(), lapsed[:n_lapsed].tolist()) == expected
    assert sorted(np.flatnonzero(~engaged)) == sorted(expected[1])
    assert set(lapse_day[~engaged]) <= {TODAY}
    gone = np.isin(users["rows"], lapsed[:n_lapsed])
    assert (users["activity"][gone] == 0).all()
    assert (users["lapse"][gone] == 0).all()


def moved_day(clock: int, hazards: list[float]) -> tuple[dict[str, Any], Any, Any, tuple[list[int], list[int]]]:
    """Users under effects, the columns that these move, and who of them the daily pass finds."""
    users, factors, on_lapse = listed(), np.array([0.3, 1.0, 2.5], np.float32), np.array(hazards, np.float32)
    activity = unmoved(ACTIVITY, users) if clock == CLOCK_ORDERS else moved(ACTIVITY, users, 2.0)
    lapse = moved(LAPSE, users, 1.0)
    exact = dict(users, activity=now(ACTIVITY, activity)[users["rows"]], lapse=now(LAPSE, lapse)[users["rows"]])
    bound(ACTIVITY, activity, users)
    bound(LAPSE, lapse, users)
    buffers = [np.zeros(N, np.uint32) for _ in range(3)]
    n_active, n_lapsed = daily_pass(
        *users.values(), np.ones(N, np.bool_), np.zeros(N, np.uint16), ADDRESSES, factors, on_lapse, TODAY, TODAY,
        KEY.low, KEY.high, clock, activity, lapse, *buffers,
    )  # fmt: skip
    return users, exact, (factors, on_lapse), (buffers[0][:n_active].tolist(), buffers[2][:n_lapsed].tolist())


@pytest.mark.parametrize("clock", [CLOCK_ENGAGED_DAYS, CLOCK_ACTIVE_DAYS, CLOCK_ORDERS])
@pytest.mark.parametrize("hazards", [[], [0.2, 1.0, 3.0]])
def test_users_under_effects_are_settled_by_what_these_have_come_to(clock: int, hazards: list[float]) -> None:
    users, exact, (factors, on_lapse), found = moved_day(clock, hazards)
    assert found == plain(exact, factors, clock, on_lapse)
    assert found != plain(listed(), factors, clock, on_lapse)
    # What the list holds of those found is what is to come at most, no longer what it once was.
    gone = np.isin(users["rows"], found[1])
    came = np.isin(users["rows"], found[0])
    assert (users["activity"] >= exact["activity"])[~gone].all()
    assert (users["lapse"] >= exact["lapse"])[~gone].all()
    if clock != CLOCK_ORDERS:
        twice = moved(ACTIVITY, listed(), 2.0)
        before = listed()
        bound(ACTIVITY, twice, before)
        assert (users["activity"] <= before["activity"])[~gone].all()
        assert (users["activity"] < before["activity"])[came & ~gone].any()


def test_a_factor_of_one_on_the_hazard_changes_nobody() -> None:
    for clock in (CLOCK_ENGAGED_DAYS, CLOCK_ACTIVE_DAYS, CLOCK_ORDERS):
        found = []
        for hazards in (np.empty(0, np.float32), np.ones(3, np.float32)):
            users, lapse_day = listed(), np.zeros(N, np.uint16)
            buffers = [np.zeros(N, np.uint32) for _ in range(3)]
            counts = daily_pass(
                *users.values(), np.ones(N, np.bool_), lapse_day, ADDRESSES, np.full(3, 0.7, np.float32), hazards,
                TODAY, TODAY, KEY.low, KEY.high, clock, unmoved(ACTIVITY, users), unmoved(LAPSE, users), *buffers,
            )  # fmt: skip
            found.append((counts, lapse_day.tobytes(), *(buffer[: min(counts)].tobytes() for buffer in buffers)))
        assert found[0] == found[1]
        assert found[0][0][1] > 100


def test_void_entries_never_come() -> None:
    users = listed()
    users["activity"][:], users["lapse"][:] = 0.0, 0.0
    for clock in (CLOCK_ENGAGED_DAYS, CLOCK_ACTIVE_DAYS, CLOCK_ORDERS):
        engaged, lapse_day = np.ones(N, np.bool_), np.zeros(N, np.uint16)
        buffers = [np.zeros(N, np.uint32) for _ in range(3)]
        found = daily_pass(
            *users.values(), engaged, lapse_day, ADDRESSES, np.ones(3, np.float32), np.full(3, 2, np.float32), TODAY,
            TODAY, KEY.low, KEY.high, clock, unmoved(ACTIVITY, users), unmoved(LAPSE, users), *buffers,
        )  # fmt: skip
        assert found == (0, 0)


def test_the_list_keeps_each_engaged_user_once() -> None:
    """Rows 1 and 3 have lapsed; row 2 lapsed and came back, so that its first entry is void."""
    rows = np.array([0, 1, 2, 3, 4, 2], np.uint32)
    person, cell = rows * 10, (rows % 3).astype(np.uint16)
    activity, lapse = (rows / 10).astype(np.float32), (rows / 100).astype(np.float32)
    engaged = np.array([True, False, True, False, True])
    place = np.array([0, 1, 5, 3, 4], np.uint32)
    n = squeeze(rows, person, cell, activity, lapse, engaged, place)
    assert rows[:n].tolist() == [0, 4, 2]
    assert person[:n].tolist() == [0, 40, 20]
    assert cell[:n].tolist() == [0, 1, 2]
    assert activity[:n] == pytest.approx([0, 0.4, 0.2])
    assert lapse[:n] == pytest.approx([0, 0.04, 0.02])
    assert place[[0, 4, 2]].tolist() == [0, 1, 2]


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 1_000])
@pytest.mark.parametrize("days", [[3], [3, 4], [0, 5, 9], [1, 2, 3, 4, 5], [11], list(range(9))])
def test_rows_by_their_last_active_day(n: int, days: list[int]) -> None:
    last_active = np.random.default_rng(n).integers(0, 10, n).astype(np.uint16)
    marks, found = np.zeros((n + 8) // 8 * 8, np.uint8), np.zeros(n + 8, np.uint32)
    for _ in range(2):  # the marks are zeros again
        count = find_last_active(last_active, np.array(days, np.uint16), marks, found)
        assert found[:count].tolist() == np.flatnonzero(np.isin(last_active, days)).tolist()
    assert not marks.any()


@pytest.mark.parametrize("p", [0.0, 1e-7, 0.3, 0.999, 1.0])
def test_a_factor_of_one_hardly_moves_a_probability_and_none_leaves_0_to_1(p: float) -> None:
    assert odds_times(np.float32(p), np.float32(1)) == pytest.approx(p, rel=2e-7)
    for factor in (1e-6, 0.5, 3.0, 1e6):
        assert 0 <= odds_times(np.float32(p), np.float32(factor)) <= 1
