"""What effects make of a user's probability or rate on a day: compiled, for one user at a time.

A lift is on the log scale of one target: the odds of being active, the hazard of lapsing, or the rate of orders. Lifts
on one target add up. Each fades at its own pace; of each pace a user has one lift.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import inlined
from sim.engine.people import OWN_COLUMNS

f32 = np.float32
F64 = npt.NDArray[np.float64]

ACTIVITY, LAPSE, ORDERS = range(len(OWN_COLUMNS))
MOST_LIFT = 80.0
"""The largest lift that acts: float32 holds its exponential."""

FADING = np.dtype([("lift", np.float32), ("since", np.uint16), ("days", np.uint16)])
"""The lift of a user on the day after `since`; it acts for so many days. Zeros where there is none."""


class Moved(NamedTuple):
    """A column that effects move.

    Attributes:
        steady: float32 (capacity,), each user's own as what it holds makes it.
        lifts: records of `FADING`, (capacity, n_paces).
        left: float64 (n_paces, n_days + 1), what so many days leave of a lift.
    """

    steady: npt.NDArray[np.float32]
    lifts: npt.NDArray[np.void]
    left: npt.NDArray[np.float64]


@inlined
def odds_times(p, factor):  # type: ignore[no-untyped-def]
    """The probability whose odds are `factor` times those of `p`, in float32."""
    raised = factor * p
    return raised / ((f32(1.0) - p) + raised)


def odds_multiplied(p: F64, factor: F64) -> F64:
    """The same for columns, in float64; where a sure event's odds are multiplied by zero, it does not happen."""
    raised = p * factor
    whole = raised + (1.0 - p)
    return np.divide(raised, whole, out=np.zeros(whole.shape), where=whole > 0)


@inlined
def lifted(target, value, lift):  # type: ignore[no-untyped-def]
    """What a lift makes of a probability or rate, in float32; the same bits where it is zero."""
    if lift == 0.0:
        return f32(value)
    factor = f32(np.exp(min(lift, MOST_LIFT)))
    if target == ORDERS:
        return f32(value * factor)
    if target == ACTIVITY:
        return f32(odds_times(value, factor))
    # In float64: 1 - lapse in float32 would lose a small lapse's digits.
    return f32(-np.expm1(np.log1p(-np.float64(value)) * np.float64(factor)))


@inlined
def has_lifts(moved):  # type: ignore[no-untyped-def]
    """Whether any lift has begun so far: bounds may then be too high, even after all have ended."""
    return moved.lifts.shape[1] > 0


@inlined
def lift_on_day(moved, row, day):  # type: ignore[no-untyped-def]
    """What the lifts of a user come to on a day, and the most to which they may come from then on.

    Each goes towards zero: what is above zero bounds what they will come to.
    """
    total = highest = 0.0
    for pace in range(moved.lifts.shape[1]):
        one = moved.lifts[row, pace]
        age = np.int64(day) - np.int64(one.since) - 1
        if one.lift != 0.0 and 0 <= age < one.days:
            lift = one.lift * moved.left[pace, age]
            total += lift
            highest += max(lift, 0.0)
    return total, highest
