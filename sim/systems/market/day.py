"""Sign-ups: each person signs up on the day on which pressure on its segment passes its own threshold.

Thresholds are exponential, so that under a constant pressure h a share 1 - exp(-h t) has signed up after t days; they
are sorted once, and sign-ups advance a pointer: whoever has not signed up costs nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.draws import ReplicateKey, philox, purpose, to_fine_uniform, to_uniform
from sim.systems.market.plan import MarketPlan
from sim.systems.plan import COHORT_DAYS
from sim.systems.world import MarketState, World

u32 = np.uint32
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

NOBODY = np.empty(0, np.uint32)

ADOPTION = purpose("adoption")
"""k = 0: the adopter category; k = 1 and 2: the threshold, whose 53 bits leave no two persons alike."""


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


def open_market(plan: MarketPlan, key: ReplicateKey) -> MarketState:
    """The market before the first day.

    Draws: purpose "adoption", day 0, k = 0, 1 and 2 for every person.
    """
    thresholds, order = [], []
    for n, address in zip(plan.agents, plan.addresses, strict=True):
        drawn = _thresholds(int(n), address, plan.category_edges, plan.susceptibility, key.low, key.high)
        ascending = np.argsort(drawn).astype(np.uint32)
        order.append(ascending)
        thresholds.append(drawn[ascending])
    n_segments = len(plan.segments)
    return MarketState(thresholds, order, [0] * n_segments, np.zeros(n_segments))


def sign_up(world: World, day: int) -> None:
    """Whoever signs up today, by the channels' pressure or on record: today's new rows, active from their first day."""
    pressures, market = world.today.hazards, world.market
    market.pressure += pressures.sum(axis=0)
    new: list[tuple[U32, npt.NDArray[np.int64]]] = []
    for segment, pressure in enumerate(market.pressure):
        upto = int(market.thresholds[segment].searchsorted(pressure, side="right"))
        first = market.pointer[segment]
        if upto > first:
            persons = market.order[segment][first:upto]
            market.pointer[segment] = upto
            channels = _choose_channels(world, persons, segment, pressures[:, segment])
            new.append((persons, channels * world.plan.n_segments + segment))
    for channel, segment, n in world.today.recorded:
        first = market.pointer[segment]
        persons = market.order[segment][first : first + n]
        market.pointer[segment] = first + persons.size
        new.append((persons, np.full(persons.size, channel * world.plan.n_segments + segment)))
    if not new:
        world.today.new_rows = NOBODY
        return
    cells = np.concatenate([cells for _, cells in new]).astype(np.uint16)
    world.today.new_rows = world.people.add(np.concatenate([persons for persons, _ in new]), cells, day)
    _count(world, day, cells)


def _count(world: World, day: int, cells: npt.NDArray[np.uint16]) -> None:
    """Count newcomers of these cells as users, as active today, and as a cohort."""
    plan, tallies = world.plan, world.tallies
    by_cell = np.bincount(cells, minlength=plan.n_cells)
    tallies.new[day] = by_cell
    tallies.last_active[day] += by_cell
    by_channel = by_cell.reshape(plan.n_channels, plan.n_segments).sum(axis=1)
    tallies.cohort_active[day // COHORT_DAYS, 0] += by_channel
    tallies.cohort_micro[day // COHORT_DAYS, 0] += by_channel * plan.income.advertising_micro[day]


@compiled
def _race(persons: U32, address: np.uint32, hazard: F64, purposes: U32, key_low: np.uint32, key_high: np.uint32) -> I64:
    """For each person of a segment the channel whose own exponential comes first; int64 (n_persons,)."""
    out = np.empty(persons.size, np.int64)
    for i in range(persons.size):
        best = np.inf
        for c in range(hazard.size):
            if hazard[c] > 0:
                words = philox(persons[i], address, u32(0), purposes[c], key_low, key_high)
                time = -np.log(to_uniform(words[0])) / hazard[c]
                if time < best:
                    best = time
                    out[i] = c
    return out


def _choose_channels(world: World, persons: U32, segment: int, hazard: F64) -> I64:
    """The channel of each newcomer of a segment, in proportion to today's hazards.

    Each person has its own luck with each channel, so a change of one channel moves people to it or away from it and
    nobody between others.

    Draws: one uniform per person and channel, purpose "channel:<name>", day 0.
    """
    plan, key = world.plan, world.key
    chosen: I64 = _race(persons, plan.market.addresses[segment], hazard, plan.channels.purposes, key.low, key.high)
    return chosen
