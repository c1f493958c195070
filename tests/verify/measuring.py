"""How verification judges: distances in standard errors, and plans with one number altered.

A check passes within `LIMIT` standard errors of its closed form. Each has a twin that alters one number, of the plan or
of the closed form, and asserts that the same distance then lies beyond the limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.systems.plan import Plan
from sim.systems.world import World
from tests.verify.worlds import finished

F64 = npt.NDArray[np.float64]

LIMIT = 4.0
"""Seeds are fixed: a correct check passes for good; a wrong number must lie beyond."""


def z_of_count(count: float, n: float, p: float) -> float:
    """Standard errors between a count and n p, for n independent trials."""
    return float((count - n * p) / np.sqrt(n * p * (1 - p)))


def z_of_sample(values: npt.ArrayLike, expected: float) -> float:
    """Standard errors between the mean of independent values and the expectation."""
    sample = np.asarray(values, np.float64)
    return float((sample.mean() - expected) / (sample.std(ddof=1) / np.sqrt(sample.size)))


def largest(distances: Iterable[float]) -> float:
    """The distance that is farthest from zero, printed for the record."""
    found = max(distances, key=abs)
    print(f"z = {found:+.2f}")
    return found


def altered(record: Any, path: str, change: Callable[[Any], Any]) -> Any:
    """The plan with the field at a dotted path changed, everything else as it was."""
    name, _, rest = path.partition(".")
    value = getattr(record, name)
    return replace(record, **{name: altered(value, rest, change) if rest else change(value)})


def altered_rule(plan: Plan, path: str, change: Callable[[Any], Any]) -> Plan:
    """The plan with a field of its first rule changed."""
    first, *others = plan.rules
    return replace(plan, rules=(altered(first, path, change), *others))


def replicates(plan: Plan, n: int, measure: Callable[[World], npt.ArrayLike], seed: int = 1) -> F64:
    """What `measure` says of each of `n` replicates, float64 (n, …)."""
    return np.array([measure(finished(plan, seed, replicate)) for replicate in range(n)], np.float64)
