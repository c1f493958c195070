"""The service desk against queueing theory: Erlang C, Erlang A, Cobham, Little; each with a sabotaged twin."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.systems.books.tables import tables_of
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.world import World
from tests.verify.measuring import LIMIT, largest, z_of_sample
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

ALWAYS = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}}
N_USERS, STAFF, HANDLING = 1200, 4, 5.0
TICKETS_A_DAY = 1008.0
"""0.7 a minute, of five minutes each: 3.5 of four people are busy on the mean."""
RATE, SERVICE_RATE = TICKETS_A_DAY / 1440, 1 / HANDLING
N_REPLICATES, DAYS, WARM_UP = 16, 30, 3


def desk_plan(days: int = DAYS, first: list[str] | None = None, **kind: Any) -> Plan:
    """A desk of four, day and night, whose tickets come as a Poisson process."""
    question = {"for": "active day", "brings": TICKETS_A_DAY / N_USERS, "handling": f"{HANDLING} minutes"} | kind
    desk = {"shifts": {"all": {"hours": "00:00-24:00", "staff": STAFF}}, "first": first or []}
    return plan_for(
        market={"size": N_USERS, "segments": {"core": {"share": "25%"}, "others": {"share": "75%"}}},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": N_USERS}}},
        retention=ALWAYS,
        horizon=f"{days} days",
        service={"tickets": {"question": question}},
        policy={"desks": {"desk": desk}},
    )


def with_staff(plan: Plan, staff: int) -> Plan:
    """The plan with another number of people at its desk."""
    (desk,) = plan.service.desks
    changed = replace(desk, staff=tuple(np.full_like(each, staff) for each in desk.staff))
    return replace(plan, service=replace(plan.service, desks=(changed,)))


def waits_of(plan: Plan, replicate: int) -> tuple[World, F64, I64]:
    """The finished world, and of each ticket that ended after the warm-up its wait (NaN: given up) and rank."""
    waits, ranks = list[F64](), list[I64]()

    def watch(world: World, day: int) -> None:
        ((ended, waited),) = world.service.ended
        if day >= WARM_UP:
            waits.append(waited)
            ranks.append(ended["rank"].astype(np.int64))

    world = run_world(open_world(plan, 1, replicate), watch)
    return world, np.concatenate(waits), np.concatenate(ranks)


def erlang_c(load: float, servers: int) -> float:
    """The probability of waiting in M/M/c."""
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(terms) + last)


def mean_wait(load: float, servers: int) -> float:
    """Minutes, of all tickets: C / (c mu - lambda)."""
    return erlang_c(load, servers) / (servers * SERVICE_RATE - load * SERVICE_RATE)


def test_waits_are_erlang_c() -> None:
    """P(W > t) = C exp(-(c mu - lambda) t): the mean, the share that waits, and the 90% point."""
    plan, load = desk_plan(), RATE * HANDLING
    of_all = [waits_of(plan, replicate)[1] for replicate in range(N_REPLICATES)]
    slack = STAFF * SERVICE_RATE - RATE
    p90 = math.log(erlang_c(load, STAFF) / 0.1) / slack
    distances = (
        z_of_sample([waits.mean() for waits in of_all], mean_wait(load, STAFF)),
        z_of_sample([(waits > 0).mean() for waits in of_all], erlang_c(load, STAFF)),
        z_of_sample([(waits > p90).mean() for waits in of_all], 0.1),
    )
    assert abs(largest(distances)) < LIMIT
    assert abs(z_of_sample([waits.mean() for waits in of_all], mean_wait(load * 1.03, STAFF))) > LIMIT
    hired = [waits_of(with_staff(plan, STAFF + 1), replicate)[1].mean() for replicate in range(4)]
    assert abs(z_of_sample(hired, mean_wait(load, STAFF))) > LIMIT
    assert abs(z_of_sample(hired, mean_wait(load, STAFF + 1))) < LIMIT


def test_steadier_handling_shortens_waits_as_pollaczek_and_khinchine_say() -> None:
    """M/G/1: mean wait = lambda E[S^2] / 2 (1 - rho); a log-normal of spread s has E[S^2] = (1 + s^2) E[S]^2."""
    rho = 0.7
    kind: Document = {"brings": rho / HANDLING * 1440 / N_USERS}
    for spread in (0.0, 0.8):
        plan = with_staff(desk_plan(handling_spread=spread, **kind), 1)
        expected = rho * HANDLING * (1 + spread**2) / (2 * (1 - rho))
        sample = [waits_of(plan, replicate)[1].mean() for replicate in range(N_REPLICATES)]
        assert abs(largest([z_of_sample(sample, expected)])) < LIMIT
        exponential = rho * HANDLING * 2 / (2 * (1 - rho))
        assert abs(z_of_sample(sample, exponential)) > LIMIT


def test_who_goes_first_waits_as_cobham_says() -> None:
    """M/M/c with priorities: W_k = C / (c mu) / ((1 - s_(k-1)) (1 - s_k)), s_k the load of the first k classes."""
    plan, rho = desk_plan(first=['segment == "core"']), RATE * HANDLING / STAFF
    at_once = erlang_c(RATE * HANDLING, STAFF) / (STAFF * SERVICE_RATE)
    expected = {0: at_once / (1 - 0.25 * rho), 1: at_once / ((1 - 0.25 * rho) * (1 - rho))}
    runs = [waits_of(plan, replicate)[1:] for replicate in range(N_REPLICATES)]
    found = {rank: [waits[ranks == rank].mean() for waits, ranks in runs] for rank in expected}
    assert abs(largest(z_of_sample(found[rank], expected[rank]) for rank in expected)) < LIMIT
    alike = [waits_of(desk_plan(), replicate)[1].mean() for replicate in range(4)]
    assert all(abs(z_of_sample(alike, expected[rank])) > 2 for rank in expected)
    assert abs(z_of_sample(found[0], mean_wait(RATE * HANDLING, STAFF))) > LIMIT


def erlang_a(rate: float, servers: int, patience: float) -> float:
    """The share of M/M/c+M that gives up: patience x mean queue / tickets, over the states of a birth-death chain."""
    log_p = np.zeros(2000)
    for n in range(1, log_p.size):
        leaving = min(n, servers) * SERVICE_RATE + max(n - servers, 0) / patience
        log_p[n] = log_p[n - 1] + math.log(rate / leaving)
    p = np.exp(log_p - log_p.max())
    queue = float((p / p.sum() * np.maximum(np.arange(p.size) - servers, 0)).sum())
    return queue / patience / rate


def test_who_gives_up_is_erlang_a() -> None:
    """An overloaded desk: 1.05 a minute for four people, who answer 0.8."""
    plan = desk_plan(brings=1.5 * TICKETS_A_DAY / N_USERS, patience="8 minutes")
    shares = [np.isnan(waits_of(plan, replicate)[1]).mean() for replicate in range(N_REPLICATES)]
    assert abs(largest([z_of_sample(shares, erlang_a(1.5 * RATE, STAFF, 8.0))])) < LIMIT
    assert abs(z_of_sample(shares, erlang_a(1.5 * RATE, STAFF, 9.0))) > LIMIT
    patient = desk_plan(brings=1.5 * TICKETS_A_DAY / N_USERS, patience="9 minutes")
    others = [np.isnan(waits_of(patient, replicate)[1]).mean() for replicate in range(4)]
    assert abs(z_of_sample(others, erlang_a(1.5 * RATE, STAFF, 8.0))) > LIMIT


def column(world: World, name: str) -> F64:
    return np.asarray(tables_of(world)["service"][name], np.float64)


def test_the_line_is_as_long_as_little_says() -> None:
    """L = lambda W: the line at midnight against the mean wait of all; and the busy share is the load."""
    plan = desk_plan(days=120)
    worlds = [finished(plan, replicate=replicate) for replicate in range(N_REPLICATES)]
    lines = [column(world, "waiting")[WARM_UP:].mean() for world in worlds]
    waits = [column(world, "wait_seconds")[WARM_UP:].sum() / 60 / column(world, "answered")[WARM_UP:].sum()
             for world in worlds]  # fmt: skip
    by_little = np.array(lines) - RATE * np.array(waits)
    busy = [column(world, "busy_minutes").sum() / column(world, "staff_minutes").sum() for world in worlds]
    assert abs(largest([z_of_sample(by_little, 0.0), z_of_sample(busy, RATE * HANDLING / STAFF)])) < LIMIT
    assert abs(z_of_sample(np.array(lines) - 2 * RATE * np.array(waits), 0.0)) > LIMIT


def test_tickets_that_come_again_are_a_geometric_series() -> None:
    """Of unresolved answers a share comes again: tickets = new / (1 - unresolved x again), once all have come."""
    plan = desk_plan(days=60, resolved="70%", brings=0.2)
    again = replace(plan, service=replace(plan.service, again_unresolved=0.8))
    ratios = []
    for replicate in range(6):
        world = finished(again, replicate=replicate)
        came, repeated = (column(world, name)[20:].sum() for name in ("tickets", "again"))
        ratios.append(repeated / came)
    assert abs(largest([z_of_sample(ratios, 0.3 * 0.8)])) < LIMIT
    assert abs(z_of_sample(ratios, 0.3 * 0.7)) > LIMIT
    assert column(finished(plan), "again").sum() == 0


def test_tickets_come_at_the_hours_of_the_profile() -> None:
    plan = plan_for(
        market={"size": 4000},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 4000}}},
        retention=ALWAYS,
        horizon="5 days",
        service={
            "tickets": {"q": {"for": "active day", "brings": "50%", "handling": "1 minute"}},
            "hours": {"9": "50%", "20": "50%"},
        },
        policy={"desks": {"desk": {"shifts": {"all": {"hours": "00:00-24:00", "staff": 90}}}}},
    )
    hours = list[I64]()

    def watch(world: World, day: int) -> None:
        ((ended, _),) = world.service.ended
        hours.append((ended["arrives"] // 60 % 24).astype(np.int64))

    run_world(open_world(plan, 1, 0), watch)
    found = np.concatenate(hours)
    assert set(found.tolist()) == {9, 20}
    n = found.size
    assert abs(largest([((found == 9).sum() - n / 2) / math.sqrt(n / 4)])) < LIMIT
    assert abs(largest([(n - 5 * 4000 * 0.5) / math.sqrt(5 * 4000 * 0.5)])) < LIMIT
