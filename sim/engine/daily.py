"""The daily pass: each engaged user is touched once, in compiled code; all else follows the few that it yields.

Plain form, for one user on one day (`day_odds` multiplies the odds of being active, `day_rate` the rate of orders):

    lapses = uniform(k=1) < lapse
    active = uniform(k=0) < odds_times(activity, day_odds) and not lapses        clock of engaged days
    active = uniform(k=0) < odds_times(activity, day_odds); lapses only if active   clock of active days

The engaged list is walked in blocks, so that the first loops (draws, comparisons) are vectorised and their results
stay in the cache for the last (who is active, who lapsed).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled, inlined
from sim.engine.draws import philox, purpose, to_uniform

u8, u32, f32 = np.uint8, np.uint32, np.float32
U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

DAY = purpose("day")
"""k = 0: active; k = 1: lapses; k = 2: number of orders."""

CLOCK_ENGAGED_DAYS, CLOCK_ACTIVE_DAYS, CLOCK_ORDERS = 0, 1, 2
"""How a day is read: lapse on any engaged day; only on active days; activity is nothing but orders."""

BLOCK = 4096


@inlined
def odds_times(p, factor):  # type: ignore[no-untyped-def]
    """The probability whose odds are `factor` times those of `p`, in float32."""
    raised = factor * p
    return raised / ((f32(1.0) - p) + raised)


@compiled
def _draw_block(low, high, day, key_low, key_high, words):  # type: ignore[no-untyped-def]
    """The first three words of each user's day, uint32 (3, BLOCK)."""
    for j in range(low.size):
        a, b, c, d = philox(low[j], high[j], u32(day), u32(DAY), key_low, key_high)
        words[0, j] = a
        words[1, j] = b
        words[2, j] = c


@compiled
def _flag_block(cell, activity, lapse, day_factor, clock, words, factors, flags):  # type: ignore[no-untyped-def]
    """bit 0: active (or may order, when activity is orders), bit 1: lapses. Each clock has its own plain loop."""
    n = cell.size
    for j in range(n):
        factors[j] = day_factor[cell[j]]
    if clock == CLOCK_ORDERS:
        # 1 - exp(-rate) <= rate: whoever is above cannot order; the few others are settled when orders are counted.
        for j in range(n):
            lapses = u8(to_uniform(words[1, j]) < np.float64(lapse[j]))
            active = u8(1.0 - to_uniform(words[2, j]) < np.float64(activity[j] * factors[j]))
            flags[j] = u8(u8(active & u8(lapses ^ u8(1))) | u8(lapses << u8(1)))
    elif clock == CLOCK_ACTIVE_DAYS:
        for j in range(n):
            lapses = u8(to_uniform(words[1, j]) < np.float64(lapse[j]))
            active = u8(to_uniform(words[0, j]) < np.float64(odds_times(activity[j], factors[j])))
            flags[j] = u8(active | u8(u8(lapses & active) << u8(1)))
    else:
        for j in range(n):
            lapses = u8(to_uniform(words[1, j]) < np.float64(lapse[j]))
            active = u8(to_uniform(words[0, j]) < np.float64(odds_times(activity[j], factors[j])))
            flags[j] = u8(u8(active & u8(lapses ^ u8(1))) | u8(lapses << u8(1)))


@compiled
def daily_pass(
    rows: U32,
    low: U32,
    high: U32,
    cell: npt.NDArray[np.uint16],
    activity: npt.NDArray[np.float32],
    lapse: npt.NDArray[np.float32],
    engaged: npt.NDArray[np.bool_],
    lapse_day: I32,
    day_factor: npt.NDArray[np.float32],
    day: int,
    key_low: np.uint32,
    key_high: np.uint32,
    clock: int,
    active_rows: U32,
    active_words: U32,
    lapsed_rows: U32,
) -> tuple[int, int]:
    """One day of all engaged users; returns (n active, n lapsed).

    Args:
        rows, low, high, cell, activity, lapse: the engaged list, (n,); the entries of users who lapse become void.
        engaged, lapse_day: the users' columns, written for those who lapse.
        day_factor: float32 (n_cells,), on the odds of activity, or on the order rate when activity is orders.
        active_rows, active_words, lapsed_rows: buffers of at least n, filled from the start; the words are those of
            the orders draw.
    Draws: purpose "day", k = 0, 1, 2.
    """
    flags = np.empty(BLOCK, np.uint8)
    factors = np.empty(BLOCK, np.float32)
    words = np.empty((3, BLOCK), np.uint32)
    n_active = n_lapsed = 0
    for start in range(0, rows.size, BLOCK):
        end = min(start + BLOCK, rows.size)
        _draw_block(low[start:end], high[start:end], day, key_low, key_high, words)
        _flag_block(cell[start:end], activity[start:end], lapse[start:end], day_factor, clock, words, factors, flags)
        for j in range(end - start):
            flag = flags[j]
            active_rows[n_active] = rows[start + j]
            active_words[n_active] = words[2, j]
            n_active += np.int64(flag & u8(1))
            if flag > u8(1):
                row = rows[start + j]
                lapsed_rows[n_lapsed] = row
                n_lapsed += 1
                engaged[row] = False
                lapse_day[row] = day
                activity[start + j] = 0.0
                lapse[start + j] = 0.0
    return n_active, n_lapsed


@compiled
def squeeze(
    rows: U32,
    low: U32,
    high: U32,
    cell: npt.NDArray[np.uint16],
    activity: npt.NDArray[np.float32],
    lapse: npt.NDArray[np.float32],
    engaged: npt.NDArray[np.bool_],
    place: U32,
) -> int:
    """Drop the void entries of the engaged list; returns how many are left.

    An entry is void when its user has lapsed, or has been listed again since: `place` tells its newest entry.
    """
    kept = 0
    for j in range(rows.size):
        row = rows[j]
        if engaged[row] and place[row] == j:
            rows[kept] = row
            low[kept] = low[j]
            high[kept] = high[j]
            cell[kept] = cell[j]
            activity[kept] = activity[j]
            lapse[kept] = lapse[j]
            place[row] = kept
            kept += 1
    return kept


@compiled
def record_activity(
    rows: U32,
    day: int,
    cell: npt.NDArray[np.uint16],
    signup_day: I32,
    last_active: I32,
    active_days: I32,
    last_active_counts: I64,
    resurrected: I64,
    cohort_active: I64,
    cohort_micro: I64,
    micro: int,
    age_slots: npt.NDArray[np.int8],
    aged_active: I64,
    n_segments: int,
    cohort_days: int,
    window_days: int,
) -> None:
    """Book that these users are active on `day`: their columns, the count by last active day, the cohorts.

    Args:
        last_active_counts: int64 (n_days, n_cells), users by the day on which they were last active.
        resurrected: int64 (n_cells,), users who had been out of the `window_days`-day window.
        cohort_active, cohort_micro: int64 (n_cohorts, n_days, n_channels); each active user adds 1 and `micro`.
        age_slots: int8 (n_days + 1,), where an age is counted in aged_active, -1 for nowhere.
        aged_active: int64 (n_slots, n_days, n_cells).
    """
    for i in range(rows.size):
        row = rows[i]
        c = cell[row]
        last = last_active[row]
        last_active_counts[last, c] -= 1
        last_active_counts[day, c] += 1
        if day - last > window_days:
            resurrected[c] += 1
        last_active[row] = day
        active_days[row] += 1
        signup = signup_day[row]
        age = day - signup
        cohort_active[signup // cohort_days, age, c // n_segments] += 1
        if micro != 0:
            cohort_micro[signup // cohort_days, age, c // n_segments] += micro
        slot = age_slots[age]
        if slot >= 0:
            aged_active[slot, day, c] += 1
