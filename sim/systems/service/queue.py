"""A desk's queue on one day, exactly: an event loop in compiled code, ticket by ticket what a SimPy desk does.

The SimPy desk (tests/property/slow_desk.py) has one process per ticket at a `PriorityResource`. Why this loop stands in
its place: docs/decisions/0019-a-compiled-desk.md.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled, inlined

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

WAITING, ANSWERED, ABANDONED = range(3)
"""What has become of a ticket by the end of a day."""
NOBODY = -1


@inlined
def _push(heap, n, value):  # type: ignore[no-untyped-def]
    """Add a time to the heap of the `n` people who are busy."""
    at = n
    while at > 0 and heap[(at - 1) // 2] > value:
        heap[at] = heap[(at - 1) // 2]
        at = (at - 1) // 2
    heap[at] = value


@inlined
def _pop(heap, n):  # type: ignore[no-untyped-def]
    """Take the earliest time off the heap of the `n` people who are busy."""
    value = heap[n - 1]
    at = 0
    while 2 * at + 1 < n - 1:
        below = 2 * at + 1
        if below + 1 < n - 1 and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= value:
            break
        heap[at] = heap[below]
        at = below
    heap[at] = value


@inlined
def _next_in_line(first, last, following, leaves, now, outcome):  # type: ignore[no-untyped-def]
    """Take the ticket whose turn it is out of its line; `NOBODY` where none waits. Who has left is found out here."""
    for rank in range(first.size):
        while first[rank] != NOBODY:
            ticket = first[rank]
            first[rank] = following[ticket]
            if first[rank] == NOBODY:
                last[rank] = NOBODY
            if leaves[ticket] > now:
                return ticket
            outcome[ticket] = ABANDONED
    return NOBODY


@inlined
def _mark_who_left(first, following, leaves, end, outcome):  # type: ignore[no-untyped-def]
    """Those who stand in a line at the end, and have given up before it."""
    for rank in range(first.size):
        ticket = first[rank]
        while ticket != NOBODY:
            if leaves[ticket] < end:
                outcome[ticket] = ABANDONED
            ticket = following[ticket]


@compiled
def serve_day(
    arrives: F64,
    leaves: F64,
    handling: F64,
    rank: I64,
    n_ranks: int,
    busy_until: F64,
    n_busy: int,
    changes: F64,
    staff: I64,
    end: float,
    begins: F64,
    outcome: npt.NDArray[np.int8],
) -> int:
    """Serve a desk's tickets until `end`; returns how many people are then busy.

    Of those who wait, the lowest rank goes first, and within it who came first. Nobody is interrupted: where fewer
    people work after a change of shifts, those who are busy finish what they have begun.

    Args:
        arrives: float64 (n,), minutes, ascending; those of earlier days wait since then.
        leaves: when each gives up unless it has been begun.
        busy_until: when those who are busy are free again, a heap of `n_busy`, with room for one more than ever work.
        changes, staff: from which minute on how many people work; nobody before the first.
        begins, outcome: written: when each was begun, and what became of it.
    """
    first = np.full(n_ranks, NOBODY, np.int64)
    last = np.full(n_ranks, NOBODY, np.int64)
    following = np.full(arrives.size, NOBODY, np.int64)
    come = change = 0
    working = np.int64(0)
    while True:
        arrival = arrives[come] if come < arrives.size else np.inf
        shift = changes[change] if change < changes.size else np.inf
        free = busy_until[0] if n_busy > 0 else np.inf
        now = min(arrival, shift, free)
        if not now < end:
            break
        if free == now:
            _pop(busy_until, n_busy)
            n_busy -= 1
        elif shift == now:
            working = staff[change]
            change += 1
        else:
            if last[rank[come]] == NOBODY:
                first[rank[come]] = come
            else:
                following[last[rank[come]]] = come
            last[rank[come]] = come
            come += 1
        while n_busy < working:
            ticket = _next_in_line(first, last, following, leaves, now, outcome)
            if ticket == NOBODY:
                break
            begins[ticket] = now
            outcome[ticket] = ANSWERED
            _push(busy_until, n_busy, now + handling[ticket])
            n_busy += 1
    _mark_who_left(first, following, leaves, end, outcome)
    return n_busy
