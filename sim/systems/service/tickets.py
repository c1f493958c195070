"""Tickets: how many arise, and what each is like, from addressed draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.counts import poisson_counts
from sim.engine.draws import philox, to_fine_uniform, to_uniform
from sim.engine.quantiles import positive_quantile
from sim.systems.messages.hours import HOURS_PER_DAY, MINUTES_PER_DAY, MINUTES_PER_HOUR
from sim.systems.service.plan import KindPlan

if TYPE_CHECKING:
    from sim.systems.world import World

u32 = np.uint32
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Tickets = npt.NDArray[np.void]

TICKET = np.dtype(
    [
        ("row", np.uint32),
        ("kind", np.int16),
        ("opened", np.int32),
        ("number", np.int16),
        ("attempt", np.int16),
        ("rank", np.int16),
        ("resolved", np.bool_),
        ("tie", np.uint32),
        ("again", np.float64),
        ("arrives", np.float64),
        ("leaves", np.float64),
        ("handling", np.float64),
    ]
)
"""A ticket: whose it is, its kind, the day of its first attempt and its number on that day, which attempt it is, who
goes before whom, whether an answer settles it, the luck of ties and of coming again, and minutes since the first day of
the plan: when it comes, when it is given up; and how long it takes."""

NO_TICKETS = np.empty(0, TICKET)
MOST_ATTEMPTS = 16
MOST_NUMBER = 2048
"""Tickets of one user, kind and day: with the attempts they fill the 16 bits of a draw's k, of four words each."""


@compiled
def _draw(person, address, third, purpose_code, key_low, key_high, arrival, handling, patience, settled, again, tie):  # type: ignore[no-untyped-def]
    """The luck of tickets at (person, day of the first attempt, purpose): eight words each, of which seven are used."""
    for i in range(person.size):
        a, b, c, d = philox(person[i], address[i], third[i], u32(purpose_code), key_low, key_high)
        arrival[i] = to_fine_uniform(a, b)
        handling[i] = to_uniform(c)
        patience[i] = to_uniform(d)
        a, b, c, d = philox(person[i], address[i], third[i] + u32(1 << 16), u32(purpose_code), key_low, key_high)
        settled[i] = to_uniform(a)
        again[i] = to_uniform(b)
        tie[i] = c


@compiled
def _handling_minutes(table, uniforms, out):  # type: ignore[no-untyped-def]
    for i in range(uniforms.size):
        out[i] = positive_quantile(table, uniforms[i])


def open_tickets(world: World, day: int, position: int, rows: U32, times: I64) -> Tickets:
    """Today's tickets of one kind, from users (each once) and how often each had the occasion.

    Draws: one uniform per user and day, purpose "tickets:NAME": how many; those of `as_of_today`.
    """
    kind, per_agent = world.plan.service.kinds[position], world.plan.market.people_per_agent
    means, counts = times * (kind.brings[day] * per_agent), np.empty(rows.size, np.int64)
    poisson_counts(world.uniforms(rows, day, kind.count_purpose), means, MOST_NUMBER - 1, counts)
    tickets = np.zeros(int(counts.sum()), TICKET)
    tickets["row"] = np.repeat(rows, counts)
    tickets["kind"], tickets["opened"] = position, day
    tickets["number"] = np.arange(tickets.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return as_of_today(world, day, kind, tickets)


def as_of_today(world: World, day: int, kind: KindPlan, tickets: Tickets) -> Tickets:
    """The tickets of one kind as they come today: when, for how long they wait and take, and whether that settles them.

    Draws: seven words per attempt, purpose "ticket:NAME", at the day of the first attempt; k = 8 * (number of the
    ticket + 2048 * attempt) + 0 to 6: minute (two words), handling, patience, settled, comes again, tie.
    """
    n, people = tickets.size, world.people
    luck: dict[str, Any] = {name: np.empty(n) for name in ("arrival", "handling", "patience", "settled", "again")}
    tie = np.empty(n, np.uint32)
    row = tickets["row"]
    opened = np.maximum(tickets["opened"].astype(np.int64) - world.plan.first_day, 0)
    block = 2 * (tickets["number"].astype(np.int64) + MOST_NUMBER * tickets["attempt"].astype(np.int64))
    _draw(
        people.person[row], world.plan.address_of_cell[people.cell[row]], (opened | block << 16).astype(np.uint32),
        kind.ticket_purpose, world.key.low, world.key.high, *luck.values(), tie,
    )  # fmt: skip
    hours = np.arange(HOURS_PER_DAY + 1) * float(MINUTES_PER_HOUR)
    tickets["arrives"] = day * MINUTES_PER_DAY + np.interp(luck["arrival"], world.plan.service.arrival, hours)
    tickets["leaves"] = tickets["arrives"] - kind.patience_minutes * np.log1p(-luck["patience"])
    tickets["handling"] = _minutes_of(kind, luck["handling"])
    tickets["resolved"] = luck["settled"] < kind.resolved[day]
    tickets["again"], tickets["tie"] = luck["again"], tie
    return tickets


def _minutes_of(kind: KindPlan, uniforms: F64) -> F64:
    if not kind.handling_table.size:
        exponential: F64 = -kind.handling_minutes * np.log1p(-uniforms)
        return exponential
    minutes = np.empty(uniforms.size)
    _handling_minutes(kind.handling_table, uniforms, minutes)
    return minutes


def in_order(tickets: Tickets) -> Tickets:
    """The tickets as they come; where two come at once, an addressed draw says which is first."""
    arrives = np.ascontiguousarray(tickets["arrives"])
    order = np.argsort(arrives)
    sorted_arrivals = arrives[order]
    if (sorted_arrivals[1:] == sorted_arrivals[:-1]).any():
        order = np.lexsort((tickets["tie"], arrives))
    return tickets[order]
