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


def side_by_side(work: Callable[[slice], Result], slices: list[slice]) -> list[Result]:
    """The results of `work` for each slice, in order; the first slice runs in the calling thread."""
    if len(slices) == 1:
        return [work(slices[0])]
    with ThreadPoolExecutor(len(slices) - 1) as pool:
        others = [pool.submit(work, part) for part in slices[1:]]
        first = work(slices[0])
        return [first, *(other.result() for other in others)]
