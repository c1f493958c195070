"""What channels do on a day: the pressure on each segment, the channel that wins each newcomer, the cost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.draws import philox, to_uniform
from sim.systems.books.accounts import ACQUISITION
from sim.systems.market.plan import split_whole
from sim.systems.world import World

u32 = np.uint32
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


def hazards(world: World, day: int) -> F64:
    """The hazard of one person of each segment by each channel today, float64 (n_channels, n_segments).

    Word of mouth is caused by yesterday's users, so that nobody brings anybody on the day of its own sign-up.
    """
    channels = world.plan.channels
    expected = channels.signups[day]
    if channels.has_word_of_mouth and day > 0:
        per_agent = world.plan.market.people_per_agent
        active = float(world.tallies.dau[day - 1].sum()) * per_agent
        users = world.people.n * per_agent
        expected = expected + channels.per_active[day] * active + channels.per_user[day] * users
    by_segment: F64 = expected[:, None] * channels.reach_of_person
    return by_segment


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


def choose_channels(world: World, persons: U32, segment: int, hazard: F64) -> I64:
    """The channel of each newcomer of a segment, in proportion to today's hazards.

    Each person has its own luck with each channel, so a change of one channel moves people to it or away from it and
    nobody between others.

    Draws: one uniform per person and channel, purpose "channel:<name>", day 0.
    """
    plan, key = world.plan, world.key
    chosen: I64 = _race(persons, plan.market.addresses[segment], hazard, plan.channels.purposes, key.low, key.high)
    return chosen


def new_by_history(world: World, day: int) -> Iterator[tuple[int, int, int]]:
    """(channel, segment, agents) that history says signed up today, segments as the channel reaches them."""
    plan = world.plan
    for channel, persons in plan.channels.history:
        so_far, before = int(persons[: day + 1].sum()), int(persons[:day].sum())
        per_agent = plan.market.people_per_agent
        n = so_far // per_agent - before // per_agent
        if n == 0:
            continue
        shares = plan.channels.share_of_segment[channel]
        done = world.tallies.new[:day].sum(axis=0).reshape(plan.n_channels, plan.n_segments)[channel]
        wanted = np.maximum(shares * (so_far // per_agent) - done, 0.0)
        for segment, agents in enumerate(split_whole(n, wanted / wanted.sum())):
            if agents:
                yield channel, segment, int(agents)


def book_acquisition(world: World, day: int) -> None:
    """Book what the channels cost today, with fees for today's sign-ups."""
    plan = world.plan
    cents = plan.channels.cost_cents[day].ravel()
    per_signup = plan.channels.cost_per_signup[day]
    if per_signup.any():
        persons = world.scaled(world.tallies.new[day])
        cents = cents + np.rint(np.repeat(per_signup * 100, plan.n_segments) * persons).astype(np.int64)
    world.ledger.book(day, ACQUISITION, 0, -cents)
