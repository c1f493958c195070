"""How long users wait for their first reward."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, axis_of, n_days, names_of, replicate_axis, totals
from sim.analysis.intervals import NOTHING, Interval, student_interval

if TYPE_CHECKING:
    from sim.store import StoredRun


def first_rewards(run: StoredRun) -> dict[str, Ints]:
    """By programme, users by the days from sign-up to their first reward, int64 (n_replicates, n_days + 1)."""
    codes, seen = names_of(run, "first_rewards", "programme")
    days = axis_of(run, "first_rewards", "days", n_days(run) + 1)
    groups = ((codes, len(seen)), replicate_axis(run, "first_rewards"), days)
    users = totals(run.numbers("first_rewards", "users").astype(np.int64), *groups)
    _, programmes = names_of(run, "points", "programme")
    none = np.zeros(users.shape[1:], np.int64)
    return {name: users[seen.index(name)] if name in seen else none for name in programmes}


def median_days(first: Ints) -> Interval:
    """The median of these users' days, with its interval over the replicates in which anybody took a reward.

    Args:
        first: int64 (n_replicates, n_days + 1), users by days.
    """
    first = first[first.sum(axis=1) > 0]
    if not first.size:
        return NOTHING
    is_half = 2 * np.cumsum(first, axis=1) >= first.sum(axis=1, keepdims=True)
    return student_interval(is_half.argmax(axis=1).astype(np.float64))
