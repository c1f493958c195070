"""The compiled desk against the SimPy desk, ticket by ticket; tickets are conserved, and luck is addressed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.systems.books.accounts import SERVICE
from sim.systems.books.tables import tables_of
from sim.systems.day import open_world, run_world
from sim.systems.messages.hours import MINUTES_PER_DAY
from sim.systems.service.queue import ABANDONED, WAITING, serve_day
from sim.systems.service.tickets import NO_TICKETS, TICKET
from sim.systems.world import World
from tests.property.slow_desk import Tickets, serve_by_processes
from tests.property.test_same_bytes import stored
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
N_RANKS = 3
RETENTION = {"default": {"visits": {"a": 1.0, "b": 3.0}, "lapse": {"a": 1.0, "b": 30.0}}}


def random_tickets(luck: np.random.Generator, n: int, minutes: float) -> Tickets:
    """Tickets of all kinds: impatient and patient, quick and slow, of three ranks."""
    return Tickets(
        arrives=np.sort(luck.random(n) * minutes),
        patience=np.where(luck.random(n) < 0.3, np.inf, luck.exponential(20, n)),
        handling=luck.exponential(luck.choice([4.0, 30.0]), n),
        rank=luck.integers(0, N_RANKS, n),
    )


def serve_by_days(tickets: Tickets, changes: F64, staff: I64, n_days: int) -> tuple[F64, F64]:
    """When each ticket was begun, and when it was given up, by the compiled desk, one day after the other."""
    n = tickets.arrives.size
    begun, given_up, leaves = np.full(n, np.nan), np.full(n, np.nan), tickets.arrives + tickets.patience
    busy_until, n_busy, working = np.empty(int(staff.max()) + 1), 0, np.int64(0)
    waiting = np.empty(0, np.int64)
    for day in range(n_days):
        start, end = day * MINUTES_PER_DAY, (day + 1) * MINUTES_PER_DAY
        today = np.concatenate([waiting, np.flatnonzero((tickets.arrives >= start) & (tickets.arrives < end))])
        is_today = (changes >= start) & (changes < end)
        begins, outcome = np.full(today.size, np.nan), np.zeros(today.size, np.int8)
        n_busy = serve_day(
            tickets.arrives[today], leaves[today], tickets.handling[today], tickets.rank[today], N_RANKS, busy_until,
            n_busy, np.concatenate([[start], changes[is_today]]), np.concatenate([[working], staff[is_today]]),
            float(end), begins, outcome,
        )  # fmt: skip
        working = staff[is_today][-1] if is_today.any() else working
        begun[today], waiting = begins, today[outcome == WAITING]
        gone = today[outcome == ABANDONED]
        given_up[gone] = leaves[gone]
    return begun, given_up


def same(one: tuple[F64, F64], other: tuple[F64, F64]) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 250), n_days=st.integers(1, 3), n_shifts=st.integers(1, 12))
def test_the_compiled_desk_is_the_simpy_desk_ticket_by_ticket(seed: int, n: int, n_days: int, n_shifts: int) -> None:
    luck = np.random.default_rng(seed)
    minutes = float(n_days * MINUTES_PER_DAY)
    tickets = random_tickets(luck, n, minutes)
    changes = np.sort(luck.choice(np.arange(0, minutes, 30), n_shifts, replace=False))
    staff = luck.integers(0, 5, n_shifts)
    by_days = serve_by_days(tickets, changes, staff, n_days)
    assert same(by_days, serve_by_processes(tickets, changes.tolist(), staff.tolist(), minutes))


@pytest.mark.parametrize("sabotage", ["rank", "patience", "shift", "handling"])
def test_one_thing_broken_is_found(sabotage: str) -> None:
    luck = np.random.default_rng(5)
    tickets = random_tickets(luck, 200, float(MINUTES_PER_DAY))
    changes, staff = np.array([0.0, 540.0, 780.0]), np.array([1, 3, 1])
    right = serve_by_days(tickets, changes, staff, 1)
    others = {name: getattr(tickets, name).copy() for name in ("arrives", "patience", "handling", "rank")}
    begun, given_up = (np.flatnonzero(~np.isnan(each)) for each in right)
    if sabotage == "patience":
        others[sabotage][given_up[20]] *= 1.01
    elif sabotage == "handling":
        others[sabotage][begun[20]] *= 1.5
    wrong = serve_by_processes(
        Tickets(**others),
        [0.0, 540.0, 781.0 if sabotage == "shift" else 780.0],
        staff.tolist(),
        float(MINUTES_PER_DAY),
        ignores_rank=sabotage == "rank",
    )
    assert same(right, serve_by_processes(tickets, changes.tolist(), staff.tolist(), float(MINUTES_PER_DAY)))
    assert not same(right, wrong)


def test_one_person_serves_by_lindleys_recursion() -> None:
    luck = np.random.default_rng(7)
    n = 500
    tickets = Tickets(
        np.sort(luck.random(n) * MINUTES_PER_DAY), np.full(n, np.inf), luck.exponential(2.0, n), np.zeros(n, np.int64)
    )
    begun, _ = serve_by_days(tickets, np.array([0.0]), np.array([1]), 3)
    waits = np.zeros(n)
    for i in range(1, n):
        gap = tickets.arrives[i] - tickets.arrives[i - 1]
        waits[i] = max(0.0, waits[i - 1] + tickets.handling[i - 1] - gap)
    assert np.allclose(begun - tickets.arrives, waits, atol=1e-9)
    assert not np.allclose(serve_by_days(tickets, np.array([0.0]), np.array([2]), 3)[0] - tickets.arrives, waits)


# --- desks within a world


def busy_world(**sections: Any) -> Document:
    """A shop whose desks are short of people, over ten days."""
    return {
        "horizon": "10 days",
        "market": {"size": 3000, "segments": {"core": {"share": "20%"}, "rest": {"share": "80%"}}},
        "channels": {"past": {"kind": "history", "signups": {"2026-01-01": 2500, "2026-01-04": 300}}},
        "orders": {"per_active_day": "40%", "basket": {"mean": "100 CNY"}},
        "service": {
            "tickets": {
                "question": {"for": "active day", "brings": "30%", "handling": "5 minutes", "patience": "9 minutes"},
                "delivery": {
                    "for": "order", "brings": "50%", "handling": "7 minutes", "handling_spread": 0.8, "resolved": "70%",
                },
                "welcome": {"for": "sign up", "brings": "10%", "handling": "2 minutes", "handling_spread": 0},
            },
            "hours": {"8": "10%", "10": "40%", "15": "30%", "23": "20%"},
            "comes_again": {"abandoned": "60%", "unresolved": "80%", "after": "2 days"},
        },
        "policy": {
            "desks": {
                "chat": {
                    "serves": ["question", "welcome"],
                    "shifts": {
                        "day": {"hours": "09:00-18:00", "staff": 2},
                        "late": {"hours": "17:30-01:00", "staff": 1, "on": ["friday", "saturday"]},
                    },
                    "cost_per_hour": "31.7 CNY",
                    "first": ['segment == "core"', "days_since_signup < 2"],
                },
                "parcels": {"serves": ["delivery"], "shifts": {"all": {"hours": "00:00-24:00", "staff": 1}}},
            }
        },
    } | sections  # fmt: skip


def watched(document: Document) -> tuple[World, list[npt.NDArray[np.void]], list[F64]]:
    """The world, and by desk all its tickets with the minutes for which each waited; NaN for the others."""
    world = open_world(plan_for(**document), 1, 0)
    n = len(world.plan.service.desks)
    tickets, waits = [[NO_TICKETS] for _ in range(n)], [[np.empty(0)] for _ in range(n)]

    def watch(world: World, day: int) -> None:
        for desk, (ended, waited) in enumerate(world.service.ended):
            tickets[desk].append(ended)
            waits[desk].append(waited)

    run_world(world, watch)
    for desk, state in enumerate(world.service.desks):
        tickets[desk].append(state.waiting)
        waits[desk].append(np.full(state.waiting.size, np.nan))
    return world, [np.concatenate(each) for each in tickets], [np.concatenate(each) for each in waits]


def by_processes(world: World, desk: int, tickets: npt.NDArray[np.void]) -> F64:
    """How long each of a desk's tickets waits at the SimPy desk, which knows of no days."""
    plan = world.plan.service.desks[desk]
    order = np.lexsort((tickets["tie"], tickets["arrives"]))
    coming = tickets[order]
    changes = [day * MINUTES_PER_DAY + minute for day in range(10) for minute in plan.changes[day].tolist()]
    staff = [people for day in range(10) for people in plan.staff[day].tolist()]
    begun, _ = serve_by_processes(
        Tickets(
            coming["arrives"], coming["leaves"] - coming["arrives"], coming["handling"], coming["rank"].astype(np.int64)
        ),
        changes, staff, 10.0 * MINUTES_PER_DAY,
    )  # fmt: skip
    waits = np.empty(tickets.size)
    waits[order] = begun - coming["arrives"]
    return waits


def test_the_desks_of_a_world_are_simpy_desks() -> None:
    world, tickets, waits = watched(busy_world())
    for desk in range(2):
        assert tickets[desk].size > 500
        expected = by_processes(world, desk, tickets[desk])
        assert np.array_equal(np.isnan(expected), np.isnan(waits[desk]))
        assert np.allclose(expected, waits[desk], atol=1e-6, rtol=0, equal_nan=True)
    broken = tickets[0].copy()
    broken["rank"] = 0
    assert not np.allclose(by_processes(world, 0, broken), waits[0], atol=1e-6, rtol=0, equal_nan=True)


def column(world: World, name: str, desk: int) -> I64:
    table = tables_of(world)["service"]
    values: I64 = np.asarray(table[name])[np.asarray(table["desk"][0]) == desk]
    return values


def test_no_ticket_is_lost() -> None:
    world, tickets, _ = watched(busy_world())
    for desk in range(2):
        came, answered, gave_up = (column(world, name, desk) for name in ("tickets", "answered", "abandoned"))
        assert np.array_equal(np.cumsum(came - answered - gave_up), column(world, "waiting", desk))
        assert came.sum() == tickets[desk].size
        assert (column(world, "first_tickets", desk) <= came).all()
        assert (column(world, "wait_p50_seconds", desk) <= column(world, "wait_p90_seconds", desk)).all()
        assert (column(world, "again", desk)[:2] == 0).all()
        assert column(world, "again", desk).sum() > 0
    assert column(world, "waiting", 1).max() > 0
    assert column(world, "abandoned", 0).sum() > 0


def test_hours_are_paid_to_the_cent() -> None:
    """2026-01-01 is a Thursday: late shifts begin on days 1, 2, 8 and 9, and reach an hour into the next day."""
    world = finished(plan_for(**busy_world()))
    minutes = np.full(10, 2 * 9 * 60)
    minutes[[1, 2, 8, 9]] += 390
    minutes[[2, 3, 9]] += 60
    assert column(world, "staff_minutes", 0).tolist() == minutes.tolist()
    cents = column(world, "cost", 0)
    assert cents.tolist() == [round(3170 * int(each) / 60) for each in minutes]
    booked = world.ledger.by_account[SERVICE].sum(axis=1)
    assert booked.tolist() == (-cents).tolist()
    assert column(world, "cost", 1).sum() == 0


def test_a_person_more_changes_nobody_elses_tickets() -> None:
    """Their waits may change, that is the queue; when they come, and how long they take, does not."""
    bound = {"channels": {"past": {"kind": "history", "signups": {"2026-01-01": 900}}}}
    few = busy_world(market={"size": 1000}, **bound)
    more = busy_world(market={"size": 1001}, **bound | {"channels": {
        "past": {"kind": "history", "signups": {"2026-01-01": 900}},
        "new": {"kind": "history", "signups": {"2026-01-02": 60}},
    }})  # fmt: skip
    for document in (few, more):
        document["policy"]["desks"]["chat"].pop("first")
        document["service"].pop("comes_again")
    (one_world, one, _), (other_world, other, _) = watched(few), watched(more)
    lives = [
        {
            (int(world.people.person[t["row"]]), int(t["kind"]), int(t["opened"]), int(t["number"])): (
                float(t["arrives"]), float(t["handling"]), float(t["leaves"])
            )
            for of_desk in tickets for t in of_desk
        }
        for world, tickets in ((one_world, one), (other_world, other))
    ]  # fmt: skip
    shared = lives[0].keys() & lives[1].keys()
    assert len(shared) > 0.8 * len(lives[0])
    assert all(lives[0][key] == lives[1][key] for key in shared)


def test_a_flood_of_tickets_is_estimated_before_it_comes() -> None:
    few, many = (busy_world() for _ in range(2))
    many["service"]["tickets"]["question"]["brings"] = 500
    estimates = [plan_for(**document).memory_bytes for document in (few, many)]
    assert estimates[1] - estimates[0] == pytest.approx(300 * 3000 * (500 - 0.3), rel=0.01)
    peak = max(of.size for of in watched(few)[1]) / 10 * TICKET.itemsize
    assert peak < estimates[0]


@pytest.mark.parametrize("jobs", [1, 2])
def test_desks_give_the_same_bytes_whatever_jobs_is(tmp_path: Path, jobs: int) -> None:
    document = busy_world(name="desks", start="2026-01-01", currency="CNY", retention=RETENTION)
    assert stored(tmp_path, "one", document, jobs=1) == stored(tmp_path, f"again-{jobs}", document, jobs=jobs)
    other = document | {"policy": {"desks": document["policy"]["desks"] | {"parcels": {"serves": ["delivery"]}}}}
    assert stored(tmp_path, "one", document, jobs=1) != stored(tmp_path, "other", other, jobs=1)


def test_agents_bring_the_tickets_of_their_persons() -> None:
    """A desk is in persons' tickets, whatever an agent stands for: the queue does not become another one."""
    day = {"service": {"tickets": {"q": {"for": "active day", "brings": "20%", "handling": "5 minutes"}}},
           "policy": {"desks": {"d": {"shifts": {"a": {"hours": "00:00-24:00", "staff": 3}}}}},
           "horizon": "30 days"}  # fmt: skip
    signups = {"past": {"kind": "history", "signups": {"2026-01-01": 3000}}}
    each = finished(plan_for(**busy_world(market={"size": 3000}, channels=signups) | day))
    tens = finished(plan_for(**busy_world(market={"size": 3000, "people_per_agent": 10}, channels=signups) | day))
    of_each, of_tens = column(each, "tickets", 0).sum(), column(tens, "tickets", 0).sum()
    assert abs(of_each - of_tens) < 0.15 * of_each
    assert (column(tens, "tickets", 0) % 10 != 0).any()
