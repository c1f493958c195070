"""Who is tied to whom, made by a rule: preferential attachment, or a ring with shortcuts.

Both walk over the persons in an order that is drawn, so ties follow neither segments nor anything else of a person.
Each draw belongs to a person, a tie and an attempt: another share of shortcuts moves only the ties that it must.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.draws import ReplicateKey, philox, to_fine_uniform, to_uniform
from sim.systems.networks.plan import NetworkPlan

u32 = np.uint32
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
F64 = npt.NDArray[np.float64]

ATTEMPTS = 16
"""Draws for a tie to somebody new, before the next one who is new is taken."""
ORDER, REWIRES, TARGET = 0, 0, 1
"""Block 0 of a person's draws places it in the order; of each further block, word 0 and word 1."""


@dataclass(frozen=True)
class Graph:
    """Ties as lists: those of person j are `others[starts[j] : starts[j + 1]]`; each tie stands with both persons."""

    starts: I64
    others: U32

    @property
    def degrees(self) -> I64:
        """int64 (n_persons,), ties of each."""
        return np.diff(self.starts)


def draw_graph(plan: NetworkPlan, agents: I64, addresses: U32, key: ReplicateKey) -> Graph:
    """The ties of one replicate.

    Draws: purpose "network:NAME", day 0, block 0 of every person, and block 1 + t + a · h for attempt a of its tie t,
    where h is half of the ties, rounded up.
    """
    n = int(agents.sum())
    if plan.edges is not None:
        return _listed(n, plan.edges.persons.astype(np.int64), plan.edges.friends.astype(np.int64))
    low = np.concatenate([np.arange(size, dtype=np.uint32) for size in agents])
    high = np.repeat(addresses, agents)
    order = np.argsort(_places(low, high, u32(plan.purpose), key.low, key.high), kind="stable")
    low, high, luck = low[order], high[order], (u32(plan.purpose), key.low, key.high)
    if plan.rewired is None:
        ends = _attach(low, high, plan.ties, *luck)
    else:
        ends = _rewire(low, high, plan.ties, plan.rewired, *luck)
    return _listed(n, order[ends[0]], order[ends[1]])


def _listed(n: int, persons: I64, friends: I64) -> Graph:
    """The lists of ties between these pairs of persons."""
    degrees = np.bincount(persons, minlength=n) + np.bincount(friends, minlength=n)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(degrees)])
    return Graph(starts, _fill(starts, persons, friends))


@compiled
def _fill(starts, persons, friends):  # type: ignore[no-untyped-def]
    others = np.empty(starts[-1], np.uint32)
    at = starts[:-1].copy()
    for i in range(persons.size):
        person, friend = persons[i], friends[i]
        others[at[person]] = friend
        others[at[friend]] = person
        at[person] += 1
        at[friend] += 1
    return others


@compiled
def _places(low: U32, high: U32, purpose: np.uint32, key_low: np.uint32, key_high: np.uint32) -> F64:
    """Each person's place in the order, a uniform of 53 bits."""
    out = np.empty(low.size)
    for i in range(low.size):
        words = philox(low[i], high[i], u32(ORDER << 16), purpose, key_low, key_high)
        out[i] = to_fine_uniform(words[0], words[1])
    return out


@compiled
def _brought(i, ties):  # type: ignore[no-untyped-def]
    """Ties that a person brings: half of them; of an odd number every second person brings one more."""
    return (ties + i % 2) // 2


@compiled
def _attach(low, high, ties, purpose, key_low, key_high):  # type: ignore[no-untyped-def]
    """Each further person ties itself to others, in proportion to the ties that these have: Barabási, Albert.

    It begins with one person more than it brings ties, who all know each other. Who draws an end of a tie at random
    draws a person in proportion to its ties.
    """
    half = (ties + 1) // 2
    n, core = low.size, min(half + 1, low.size)
    ends = np.empty((2, core * (core - 1) // 2 + (n - core) * half), np.int64)
    n_ties = 0
    for i in range(core):
        for j in range(i):
            ends[0, n_ties], ends[1, n_ties] = i, j
            n_ties += 1
    for i in range(core, n):
        first = n_ties
        for t in range(_brought(i, ties)):
            at = np.int64(0)
            for attempt in range(ATTEMPTS):
                block = u32((1 + t + attempt * half) << 16)
                words = philox(low[i], high[i], block, purpose, key_low, key_high)
                at = np.int64(to_uniform(words[TARGET]) * (2 * first))
                if not _is_among(ends[at & 1, at >> 1], ends[1], first, n_ties):
                    break
            while _is_among(ends[at & 1, at >> 1], ends[1], first, n_ties):
                at = (at + 1) % (2 * first)
            ends[0, n_ties], ends[1, n_ties] = i, ends[at & 1, at >> 1]
            n_ties += 1
    return ends[:, :n_ties]


@compiled
def _is_among(person, friends, first, last):  # type: ignore[no-untyped-def]
    found = False
    for i in range(first, last):
        found |= friends[i] == person
    return found


@compiled
def _rewire(low, high, ties, share, purpose, key_low, key_high):  # type: ignore[no-untyped-def]
    """On a ring each is tied to the next on either side; `share` of ties then get another end: Watts, Strogatz.

    A tie is moved to somebody at random whom its person is not tied to; who knows everybody keeps it.
    """
    n, half = low.size, (ties + 1) // 2
    friends = np.full((n, half), -1, np.int64)
    degrees = np.zeros(n, np.int64)
    for i in range(n):
        for t in range(_brought(i, ties)):
            to = (i + t + 1) % n
            if 2 * (t + 1) < n or not _knows(friends, i, to):  # who stands opposite may have brought the tie
                friends[i, t] = to
                degrees[i] += 1
                degrees[to] += 1
    for i in range(n):
        for t in range(_brought(i, ties)):
            words = philox(low[i], high[i], u32((1 + t) << 16), purpose, key_low, key_high)
            if friends[i, t] < 0 or to_uniform(words[REWIRES]) >= share or degrees[i] >= n - 1:
                continue
            to = np.int64(to_uniform(words[TARGET]) * n)
            for attempt in range(1, ATTEMPTS):
                if not _knows(friends, i, to):
                    break
                block = u32((1 + t + attempt * half) << 16)
                to = np.int64(to_uniform(philox(low[i], high[i], block, purpose, key_low, key_high)[TARGET]) * n)
            while _knows(friends, i, to):
                to = (to + 1) % n
            degrees[friends[i, t]] -= 1
            degrees[to] += 1
            friends[i, t] = to
    ends, n_ties = np.empty((2, n * half), np.int64), 0
    for i in range(n):
        for t in range(_brought(i, ties)):
            if friends[i, t] >= 0:
                ends[0, n_ties], ends[1, n_ties] = i, friends[i, t]
                n_ties += 1
    return ends[:, :n_ties]


@compiled
def _knows(friends, i, to):  # type: ignore[no-untyped-def]
    """Whether a person is the other, or tied to it from either side."""
    found = i == to
    for t in range(friends.shape[1]):
        found |= (friends[i, t] == to) | (friends[to, t] == i)
    return found
