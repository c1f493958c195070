"""Sign-ups: each person signs up on the day on which pressure on its segment passes its own threshold.

Thresholds are exponential, so that under a constant pressure h a share 1 - exp(-h t) has signed up after t days; they
are sorted once, and sign-ups advance a pointer: whoever has not signed up costs nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.draws import ReplicateKey, philox, purpose, to_fine_uniform, to_uniform
from sim.systems.plan import Plan
from sim.systems.world import MarketState, World

u32 = np.uint32
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

NOBODY = np.empty(0, np.uint32)

ADOPTION = purpose("adoption")
"""k = 0: the adopter category; k = 1 and 2: the threshold, whose 53 bits leave no two persons alike."""

HISTORY = purpose("history")
"""k = 0 and 1: the order in which exact sign-ups take persons."""


@compiled
def _thresholds(
    n: int, address: np.uint32, edges: F64, susceptibility: F64, key_low: np.uint32, key_high: np.uint32
) -> F64:
    """Each person's threshold: Exp(1) over the susceptibility of its category, float64 (n,)."""
    out = np.empty(n)
    for i in range(n):
        words = philox(u32(i), address, u32(0), u32(ADOPTION), key_low, key_high)
        category = np.searchsorted(edges, to_uniform(words[0]))  # below n_categories: the last edge is 1
        strength = susceptibility[category]
        out[i] = -np.log(to_fine_uniform(words[1], words[2])) / strength if strength > 0 else np.inf
    return out


@compiled
def _history_order(n: int, address: np.uint32, key_low: np.uint32, key_high: np.uint32) -> F64:
    """A uniform of 53 bits per person, float64 (n,): who comes first where history says how many."""
    out = np.empty(n)
    for i in range(n):
        words = philox(u32(i), address, u32(0), u32(HISTORY), key_low, key_high)
        out[i] = to_fine_uniform(words[0], words[1])
    return out


def open_market(plan: Plan, key: ReplicateKey) -> MarketState:
    """The market before the first day.

    Draws: purpose "adoption", day 0, k = 0, 1 and 2 for every person; purpose "history", k = 0 and 1, where a channel
    has exact sign-ups.
    """
    market = plan.market
    thresholds, order = [], []
    for n, address in zip(market.agents, market.addresses, strict=True):
        if plan.channels.has_pressure:
            drawn = _thresholds(int(n), address, market.category_edges, market.susceptibility, key.low, key.high)
            order.append(np.argsort(drawn).astype(np.uint32))
            thresholds.append(drawn[order[-1]])
        else:
            order.append(NOBODY)
            thresholds.append(np.empty(0))
    n_segments = len(market.segments)
    state = MarketState(
        thresholds=thresholds,
        order=order,
        pointer=[0] * n_segments,
        pressure=np.zeros(n_segments),
        recorded=[NOBODY] * n_segments,
        recorded_pointer=[0] * n_segments,
        is_recorded=[],
    )
    if plan.channels.history or plan.first_users is not None:
        _reserve(state, plan, key)
    return state


def _reserve(state: MarketState, plan: Plan, key: ReplicateKey) -> None:
    """Choose who is a user already, and who is on record as signing up within the horizon.

    They are chosen by a draw of their own, not by their thresholds. So they leave the others as ready to adopt
    as these were, and who is on record signs up on that day only.
    """
    market = plan.market
    agents = sum((schedule.sum(axis=0) for _, schedule in plan.channels.history), np.zeros(plan.n_segments, np.int64))
    n_first = np.zeros(plan.n_segments, np.int64) if plan.first_users is None else plan.first_users.by_segment
    for segment, (n, address) in enumerate(zip(market.agents, market.addresses, strict=True)):
        order = np.argsort(_history_order(int(n), address, key.low, key.high)).astype(np.uint32)
        state.first.append(order[: n_first[segment]])
        state.recorded[segment] = order[n_first[segment] :][: agents[segment]]
        is_recorded = np.zeros(int(n), np.bool_)
        is_recorded[order[: n_first[segment] + agents[segment]]] = True
        state.is_recorded.append(is_recorded)


def sign_up(world: World, day: int) -> None:
    """Whoever signs up today, on record or by the channels' pressure: today's new rows, active from their first day."""
    new = _on_record(world, day) + _by_pressure(world)
    if not new:
        world.today.new_rows = NOBODY
        return
    cells = np.concatenate([cells for _, cells in new]).astype(np.uint16)
    world.today.new_rows = world.people.add(np.concatenate([persons for persons, _ in new]), cells, day)
    world.note(day, "active_days", world.today.new_rows)
    world.events.note("sign_up", world.today.new_rows)
    _count(world, day, cells)


def _on_record(world: World, day: int) -> list[tuple[U32, I64]]:
    """The persons who are on record as having signed up today, and their cells."""
    market, new = world.market, []
    for channel, schedule in world.plan.channels.history:
        for segment in np.flatnonzero(schedule[day]):
            first = market.recorded_pointer[segment]
            persons = market.recorded[segment][first : first + schedule[day, segment]]
            market.recorded_pointer[segment] = first + persons.size
            new.append((persons, np.full(persons.size, channel * world.plan.n_segments + segment)))
    return new


def _by_pressure(world: World) -> list[tuple[U32, I64]]:
    """By segment, the persons whose threshold is passed today, and their cells."""
    market = world.market
    market.pressure += world.today.hazards.sum(axis=0)
    new = []
    for segment in range(world.plan.n_segments):
        persons = _pass_thresholds(market, segment) if world.networks is None else _pass_alone(world, segment)
        if persons.size and market.is_recorded:
            persons = persons[~market.is_recorded[segment][persons]]
        if persons.size:
            channels = _choose_channels(world, persons, segment)
            new.append((persons, channels * world.plan.n_segments + segment))
    return new


def _pass_thresholds(market: MarketState, segment: int) -> U32:
    """Whose threshold the pressure on all of a segment has passed today."""
    first, upto = market.pointer[segment], market.thresholds[segment].searchsorted(market.pressure[segment], "right")
    market.pointer[segment] = int(upto)
    persons: U32 = market.order[segment][first:upto]
    return persons


def _pass_alone(world: World, segment: int) -> U32:
    """The same where each person has been pressed by what it heard, beside the pressure on all."""
    market, networks = world.market, world.networks
    assert networks is not None
    order, thresholds = market.order[segment], market.thresholds[segment]
    pressure = market.pressure[segment] + networks.exposure[networks.first[segment] + order.astype(np.int64)]
    is_passed = thresholds <= pressure
    persons: U32 = order[is_passed]
    if persons.size:
        market.order[segment], market.thresholds[segment] = order[~is_passed], thresholds[~is_passed]
    return persons


def _count(world: World, day: int, cells: npt.NDArray[np.uint16]) -> None:
    """Count newcomers of these cells as users, as active today, and as a cohort."""
    plan, tallies = world.plan, world.tallies
    by_cell = np.bincount(cells, minlength=plan.n_cells)
    tallies.new[day] = by_cell
    tallies.last_active[day] += by_cell
    by_channel = by_cell.reshape(plan.n_channels, plan.n_segments).sum(axis=1)
    cohort = plan.cohort_of_day[day]
    tallies.cohort_active[cohort, 0] += by_channel
    tallies.cohort_micro[cohort, 0] += by_channel * world.income.advertising_micro[day]


@compiled
def _race(persons: U32, address: np.uint32, hazard: F64, purposes: U32, key_low: np.uint32, key_high: np.uint32) -> I64:
    """For each person of a segment the channel whose own exponential comes first; int64 (n_persons,).

    Args:
        hazard: float64 (n_persons, n_channels).
    """
    out = np.empty(persons.size, np.int64)
    for i in range(persons.size):
        best = np.inf
        for c in range(hazard.shape[1]):
            if hazard[i, c] > 0:
                words = philox(persons[i], address, u32(0), purposes[c], key_low, key_high)
                time = -np.log(to_uniform(words[0])) / hazard[i, c]
                if time < best:
                    best = time
                    out[i] = c
    return out


def _choose_channels(world: World, persons: U32, segment: int) -> I64:
    """The channel of each newcomer of a segment, in proportion to today's hazards.

    Each person has its own luck with each channel, so a change of one channel moves people to it or away from it and
    nobody between others.

    Draws: one uniform per person and channel, purpose "channel:<name>", day 0.
    """
    plan, key = world.plan, world.key
    hazard = np.repeat(world.today.hazards[None, :, segment], persons.size, axis=0)
    if world.networks is not None:
        numbers = world.networks.first[segment] + persons.astype(np.int64)
        for ties in world.networks.ties:
            hazard[:, ties.plan.channel] = ties.hazard[numbers]
    chosen: I64 = _race(persons, plan.market.addresses[segment], hazard, plan.channels.purposes, key.low, key.high)
    return chosen
