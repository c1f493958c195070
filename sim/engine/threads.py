"""A few threads for one large replicate: compiled passes run side by side, and their results do not depend on it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

Result = TypeVar("Result")

WORTH_A_THREAD = 50_000
"""Entries of a pass below which starting a thread costs more than it saves."""


def parts(n: int, n_threads: int) -> list[slice]:
    """`n` entries as one slice per thread, or a single one where that is not worth it."""
    n_parts = max(min(n_threads, n // WORTH_A_THREAD), 1)
    edges = [n * i // n_parts for i in range(n_parts + 1)]
    return [slice(first, last) for first, last in pairwise(edges)]


def side_by_side(works: list[Callable[[], Result]]) -> list[Result]:
    """The results of all works, in order; the first runs in the calling thread."""
    if len(works) == 1:
        return [works[0]()]
    with ThreadPoolExecutor(len(works) - 1) as pool:
        others = [pool.submit(work) for work in works[1:]]
        first = works[0]()
        return [first, *(other.result() for other in others)]


def beside(work: Callable[[], Result], other: Callable[[], None]) -> Result:
    """The result of `work`, while `other` runs in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(other)
        result = work()
        running.result()
        return result
