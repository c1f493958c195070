"""The service desk on a day: which tickets come, who is answered when, who gives up, and what the desk costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.ledger import round_micro
from sim.systems.audiences.columns import select
from sim.systems.books.accounts import SERVICE
from sim.systems.books.sharing import share_out
from sim.systems.messages.hours import MINUTES_PER_DAY
from sim.systems.presence import with_occasion
from sim.systems.service.desk import (
    ABANDONED_COUNT,
    AGAIN,
    ANSWERED_COUNT,
    BUSY_MINUTES,
    COST,
    FIRST_ABANDONED,
    FIRST_ANSWERED,
    FIRST_TICKETS,
    FIRST_WAIT,
    STAFF_MINUTES,
    TICKETS,
    UNRESOLVED,
    WAIT_P50,
    WAIT_P90,
    WAIT_SECONDS,
    WAITING_COUNT,
    DeskState,
)
from sim.systems.service.plan import DeskPlan
from sim.systems.service.queue import ABANDONED, ANSWERED, WAITING, serve_day
from sim.systems.service.tickets import MOST_ATTEMPTS, NO_TICKETS, Tickets, as_of_today, in_order, open_tickets
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


def run_service(world: World, day: int) -> None:
    """Today's tickets at each desk: who is answered, who gives up, who will come again, and what the desk costs."""
    plan = world.plan.service
    if not plan.desks:
        return
    world.service.ended.clear()
    by_kind = _todays_tickets(world, day)
    for desk, state in zip(plan.desks, world.service.desks, strict=True):
        new = np.concatenate([by_kind[kind] for kind in desk.kinds]) if desk.kinds else NO_TICKETS
        new["rank"] = _ranks(world, day, desk, new["row"])
        served = _serve(day, desk, state, np.concatenate([state.waiting, in_order(new)]))
        state.waiting = served.tickets[served.outcome == WAITING]
        _count(day, desk, state, new, served)
        _come_again(world, day, served)
        _book(world, day, desk, state, new)
        has_ended = served.outcome != WAITING
        world.service.ended.append((served.tickets[has_ended], served.waits[has_ended]))


# --- what comes


def _todays_tickets(world: World, day: int) -> list[Tickets]:
    """By kind: the tickets that arise today, and those that come again."""
    kinds = world.plan.service.kinds
    again = np.concatenate(world.service.coming.pop(day, [NO_TICKETS]))
    occasions: dict[str, tuple[U32, I64]] = {}
    for kind in kinds:
        if kind.occasion not in occasions:
            occasions[kind.occasion] = _occasions(world, day, kind.occasion)
    found = []
    for position, kind in enumerate(kinds):
        rows, times = occasions[kind.occasion]
        found.append(open_tickets(world, day, position, rows, times))
        coming = again[again["kind"] == position]
        if coming.size:
            found[position] = np.concatenate([found[position], as_of_today(world, day, kind, coming)])
    return found


def _occasions(world: World, day: int, occasion: str) -> tuple[U32, I64]:
    """Who had the occasion today, each once, and how often; a loss of units is one."""
    if occasion != "loss":
        return with_occasion(world, occasion)
    lost = [rows for wallet in world.wallets.values() if wallet.day == day for rows, *_ in wallet.lost]
    rows = np.unique(np.concatenate([np.empty(0, np.uint32), *lost]))
    return rows, np.ones(rows.size, np.int64)


def _ranks(world: World, day: int, desk: DeskPlan, rows: U32) -> I64:
    """Who goes before whom: the position of the first condition that holds for the user, behind all for the others."""
    ranks = np.full(rows.size, len(desk.first), np.int64)
    if not desk.first:
        return ranks
    users, position_of = np.unique(rows, return_inverse=True)
    for position in reversed(range(len(desk.first))):
        ranks[select(world, desk.first[position], day, users)[position_of]] = position
    return ranks


# --- what becomes of it


@dataclass(frozen=True)
class Served:
    """A desk's tickets of a day, what became of each until midnight, and for how many minutes the answered waited."""

    tickets: Tickets
    outcome: npt.NDArray[np.int8]
    waits: F64


def _serve(day: int, desk: DeskPlan, state: DeskState, tickets: Tickets) -> Served:
    begins, outcome = np.full(tickets.size, np.nan), np.zeros(tickets.size, np.int8)
    midnight = float(day * MINUTES_PER_DAY)
    state.n_busy = serve_day(
        *(np.ascontiguousarray(tickets[name]) for name in ("arrives", "leaves", "handling")),
        tickets["rank"].astype(np.int64), len(desk.first) + 1, state.busy_until, state.n_busy,
        midnight + desk.changes[day], desk.staff[day], midnight + MINUTES_PER_DAY, begins, outcome,
    )  # fmt: skip
    return Served(tickets, outcome, begins - tickets["arrives"])


def _come_again(world: World, day: int, served: Served) -> None:
    """Note who turns to the desk once more: some who gave up, some whose matter was not settled."""
    plan, coming, tickets = world.plan.service, world.service.coming, served.tickets
    gave_up = served.outcome == ABANDONED
    may = gave_up | ((served.outcome == ANSWERED) & ~tickets["resolved"])
    chance = np.where(gave_up, plan.again_abandoned, plan.again_unresolved)
    again = tickets[may & (tickets["again"] < chance) & (tickets["attempt"] < MOST_ATTEMPTS - 1)]
    if again.size and day + plan.again_days < world.plan.n_days:
        again["attempt"] += 1
        coming.setdefault(day + plan.again_days, []).append(again)


def _count(day: int, desk: DeskPlan, state: DeskState, new: Tickets, served: Served) -> None:
    """Count the day, in tickets, seconds and minutes."""
    counts, tickets, n_first = state.counts[day], served.tickets, len(desk.first)
    is_answered, is_abandoned = served.outcome == ANSWERED, served.outcome == ABANDONED
    is_first, seconds = tickets["rank"] < n_first, np.rint(served.waits * 60)
    counts[TICKETS], counts[AGAIN] = new.size, (new["attempt"] > 0).sum()
    counts[ANSWERED_COUNT], counts[ABANDONED_COUNT] = is_answered.sum(), is_abandoned.sum()
    counts[UNRESOLVED] = (is_answered & ~tickets["resolved"]).sum()
    counts[WAITING_COUNT] = state.waiting.size
    counts[WAIT_SECONDS] = seconds[is_answered].sum()
    counts[WAIT_P50], counts[WAIT_P90] = _quantiles(seconds[is_answered])
    counts[FIRST_TICKETS] = (new["rank"] < n_first).sum()
    counts[FIRST_ANSWERED], counts[FIRST_ABANDONED] = (is_answered & is_first).sum(), (is_abandoned & is_first).sum()
    counts[FIRST_WAIT] = seconds[is_answered & is_first].sum()
    counts[BUSY_MINUTES] = np.rint(tickets["handling"][is_answered].sum())
    counts[STAFF_MINUTES] = desk.staff_minutes[day]


def _quantiles(seconds: F64) -> tuple[int, int]:
    """The wait that half, and that nine in ten, of today's answered had at most; 0 for nobody."""
    if not seconds.size:
        return 0, 0
    middle, ninth = np.quantile(seconds, [0.5, 0.9], method="inverted_cdf")
    return int(middle), int(ninth)


# --- what it costs


def _book(world: World, day: int, desk: DeskPlan, state: DeskState, new: Tickets) -> None:
    """Book the day's hours on those who have opened tickets, by channel and segment; else on all users."""
    micro = int(desk.staff_minutes[day]) * int(desk.hour_micro[day])
    if not micro:
        return
    cents = round_micro(np.array(micro // 60)).item()
    weights = np.bincount(world.people.cell[new["row"]], minlength=world.plan.n_cells)
    world.ledger.book(day, SERVICE, desk.index, -share_out(world, day, cents, weights))
    state.counts[day, COST] = cents
