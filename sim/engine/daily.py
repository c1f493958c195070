"""The daily pass: each engaged user is touched once, in compiled code; all else follows the few that it yields.

Plain form, for one user on one day (`day_odds` multiplies the odds of being active, `day_rate` the rate of orders):

    lapses = uniform(k=1) < lapse
    active = uniform(k=0) < odds_times(activity, day_odds) and not lapses        clock of engaged days
    active = uniform(k=0) < odds_times(activity, day_odds); lapses only if active   clock of active days

Where something multiplies the hazard of a cell's users by f, `lapse` is 1 - (1 - lapse)^f.

The engaged list is walked in blocks, so that the first loops (draws, comparisons) are vectorised and their results
stay in the cache for the last (who is active, who lapsed). Where effects fade, the list holds the most to which `lapse`
and `activity` may come: whoever that finds is settled by what they have come to.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.draws import philox, purpose, to_uniform
from sim.engine.lifts import ACTIVITY, LAPSE, Moved, has_lifts, lift_on_day, lifted, odds_times

u8, u16, u32, u64, f32 = np.uint8, np.uint16, np.uint32, np.uint64, np.float32
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

DAY = purpose("day")
"""k = 0: active; k = 1: lapses; k = 2: number of orders."""

CLOCK_ENGAGED_DAYS, CLOCK_ACTIVE_DAYS, CLOCK_ORDERS = 0, 1, 2
"""How a day is read: lapse on any engaged day; only on active days; activity is nothing but orders."""

BLOCK = 1024
MARGIN = f32(1.000001)
"""On bounds in float32, so that rounding never takes one below what it bounds."""


@compiled
def _flag_block(  # type: ignore[no-untyped-def]
    person, address, activity, lapse, factor, day, key_low, key_high, clock, flags, words
):
    """bit 0: active (or may order, when activity is orders), bit 1: lapses; and the word of the orders draw.

    Each clock has a plain loop of its own; reading and drawing in one loop hides the one behind the other.
    """
    if clock == CLOCK_ORDERS:
        # 1 - exp(-rate) <= rate: whoever is above cannot order; the few others are settled when orders are counted.
        for j in range(person.size):
            a, b, c, _ = philox(person[j], address[j], u32(day), u32(DAY), key_low, key_high)
            lapses = u8(to_uniform(b) < np.float64(lapse[j]))
            active = u8(1.0 - to_uniform(c) < np.float64(activity[j] * factor[j]))
            flags[j] = u8(u8(active & u8(lapses ^ u8(1))) | u8(lapses << u8(1)))
            words[j] = c
    elif clock == CLOCK_ACTIVE_DAYS:
        for j in range(person.size):
            a, b, c, _ = philox(person[j], address[j], u32(day), u32(DAY), key_low, key_high)
            lapses = u8(to_uniform(b) < np.float64(lapse[j]))
            active = u8(to_uniform(a) < np.float64(odds_times(activity[j], factor[j])))
            flags[j] = u8(active | u8(u8(lapses & active) << u8(1)))
            words[j] = c
    else:
        for j in range(person.size):
            a, b, c, _ = philox(person[j], address[j], u32(day), u32(DAY), key_low, key_high)
            lapses = u8(to_uniform(b) < np.float64(lapse[j]))
            active = u8(to_uniform(a) < np.float64(odds_times(activity[j], factor[j])))
            flags[j] = u8(u8(active & u8(lapses ^ u8(1))) | u8(lapses << u8(1)))
            words[j] = c


@compiled
def _bound_block(lapse, cell, most, bounds):  # type: ignore[no-untyped-def]
    """At least the lapse that a factor on the hazard makes: 1 - (1 - d)^f <= d max(f, 1)."""
    for j in range(lapse.size):
        bounds[j] = lapse[j] * most[cell[j]]


@compiled
def _look_up(target, rows, found, moved, day, listed, now):  # type: ignore[no-untyped-def]
    """Write what the lifts of those found make of a column today, and note the most that it may come to.

    What is looked up is gathered in a loop of its own, which hides the waiting for memory.
    """
    totals, highest = np.empty(found.size), np.empty(found.size)
    steady = np.empty(found.size, np.float32)
    for i in range(found.size):
        row = rows[found[i]]
        totals[i], highest[i] = lift_on_day(moved, row, day)
        steady[i] = moved.steady[row]
    for i in range(found.size):
        now[i] = lifted(target, steady[i], totals[i])
        listed[found[i]] = now[i] if totals[i] == highest[i] else lifted(target, steady[i], highest[i])


@compiled
def _settle_lapses(  # type: ignore[no-untyped-def]
    rows, person, cell, address, activity, lapse, factor, lapse_factor, moved, day, draw_day, key_low, key_high, clock,
    flags,
):  # fmt: skip
    """Of those whose luck is below the bound, who does lapse: few, hence exactly."""
    found = np.flatnonzero(flags[: rows.size] > u8(1))
    now = lapse[found]
    if has_lifts(moved):
        _look_up(LAPSE, rows, found, moved, day, lapse, now)
    for i in range(found.size):
        j, chance = found[i], np.float64(now[i])
        if lapse_factor.size:
            chance = -np.expm1(np.log1p(-chance) * np.float64(lapse_factor[cell[j]]))
        a, b, c, _ = philox(person[j], address[j], u32(draw_day), u32(DAY), key_low, key_high)
        if to_uniform(b) < chance:
            continue
        if clock == CLOCK_ORDERS:
            flags[j] = u8(1.0 - to_uniform(c) < np.float64(activity[j] * factor[j]))
        else:
            flags[j] = u8(to_uniform(a) < np.float64(odds_times(activity[j], factor[j])))


@compiled
def _settle_activity(  # type: ignore[no-untyped-def]
    rows, person, address, activity, factor, moved, day, draw_day, key_low, key_high, flags
):
    """Of those whose luck is below the bound, who is active; who is not, does not lapse on the clock of active days."""
    found = np.flatnonzero(flags[: rows.size] & u8(1))
    now, before = np.empty(found.size, np.float32), activity[found]
    _look_up(ACTIVITY, rows, found, moved, day, activity, now)
    for i in range(found.size):
        j = found[i]
        if now[i] != before[i]:
            a, _, _, _ = philox(person[j], address[j], u32(draw_day), u32(DAY), key_low, key_high)
            flags[j] = flags[j] if to_uniform(a) < np.float64(odds_times(now[i], factor[j])) else u8(0)


@compiled
def daily_pass(
    rows: U32,
    person: U32,
    cell: npt.NDArray[np.uint16],
    activity: npt.NDArray[np.float32],
    lapse: npt.NDArray[np.float32],
    engaged: npt.NDArray[np.bool_],
    lapse_day: npt.NDArray[np.uint16],
    address_of_cell: U32,
    day_factor: npt.NDArray[np.float32],
    lapse_factor: npt.NDArray[np.float32],
    day: int,
    draw_day: int,
    key_low: np.uint32,
    key_high: np.uint32,
    clock: int,
    moved_activity: Moved,
    moved_lapse: Moved,
    active_rows: U32,
    active_words: U32,
    lapsed_rows: U32,
) -> tuple[int, int]:
    """One day of all engaged users; returns (n active, n lapsed).

    Args:
        rows, person, cell, activity, lapse: the engaged list, (n,); the entries of users who lapse become void.
        engaged, lapse_day: the users' columns, written for those who lapse.
        day: written as the day of the lapse; draw_day: the same in draws, which count from the first day of the run.
        day_factor: float32 (n_cells,), on the odds of activity, or on the order rate when activity is orders.
        lapse_factor: float32 (n_cells,), on the hazard of lapsing; empty where nothing multiplies it.
        moved_activity, moved_lapse: what effects that have begun so far make of these columns.
        active_rows, active_words, lapsed_rows: buffers of at least n, filled from the start; the words are those of
            the orders draw.
    Draws: purpose "day", k = 0, 1, 2.
    """
    flags = np.empty(BLOCK, np.uint8)
    words = np.empty(BLOCK, np.uint32)
    factor = np.empty(BLOCK, np.float32)
    address = np.empty(BLOCK, np.uint32)
    bounds = np.empty(BLOCK, np.float32)
    most = np.maximum(lapse_factor, f32(1.0)) * MARGIN
    # Where all cells share a value, it is written once instead of looked up for each user.
    factor[:] = day_factor[0]
    address[:] = address_of_cell[0]
    is_alike = (day_factor == day_factor[0]).all() and (address_of_cell == address_of_cell[0]).all()
    n_active = n_lapsed = u64(0)  # unsigned: an index that cannot be negative needs no check
    for start in range(0, rows.size, BLOCK):
        end = min(start + BLOCK, rows.size)
        for j in range(0 if is_alike else end - start):
            c = cell[start + j]
            factor[j] = day_factor[c]
            address[j] = address_of_cell[c]
        likely = lapse[start:end]
        if most.size:
            _bound_block(likely, cell[start:end], most, bounds)
            likely = bounds[: end - start]
        _flag_block(
            person[start:end], address, activity[start:end], likely, factor, draw_day, key_low, key_high, clock, flags,
            words,
        )  # fmt: skip
        if most.size or has_lifts(moved_lapse):
            _settle_lapses(
                rows[start:end], person[start:end], cell[start:end], address, activity[start:end], lapse[start:end],
                factor, lapse_factor, moved_lapse, day, draw_day, key_low, key_high, clock, flags,
            )  # fmt: skip
        if has_lifts(moved_activity) and clock != CLOCK_ORDERS:
            _settle_activity(
                rows[start:end], person[start:end], address, activity[start:end], factor, moved_activity, day, draw_day,
                key_low, key_high, flags,
            )  # fmt: skip
        for j in range(end - start):
            flag = flags[j]
            active_rows[n_active] = rows[start + j]
            active_words[n_active] = words[j]
            n_active += u64(flag & u8(1))
            if flag > u8(1):
                row = rows[start + j]
                lapsed_rows[n_lapsed] = row
                n_lapsed += u64(1)
                engaged[row] = False
                lapse_day[row] = day
                activity[start + j] = 0.0
                lapse[start + j] = 0.0
    return np.int64(n_active), np.int64(n_lapsed)  # type: ignore[return-value]  # integers to the caller


@compiled
def squeeze(
    rows: U32,
    person: U32,
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
            person[kept] = person[j]
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
    signup_day: npt.NDArray[np.uint16],
    last_active: npt.NDArray[np.uint16],
    active_days: npt.NDArray[np.uint16],
    last_active_counts: I64,
    resurrected: I64,
    cohort_active: I64,
    cohort_micro: I64,
    micro: int,
    age_slots: npt.NDArray[np.int8],
    aged_active: I64,
    cohort_of_day: I64,
    channel_of_cell: I64,
    window_days: int,
) -> None:
    """Book that these users are active on `day`: their columns, the count by last active day, the cohorts.

    Args:
        last_active_counts: int64 (n_days, n_cells), users by the day on which they were last active.
        resurrected: int64 (n_cells,), users who had been out of the `window_days`-day window.
        cohort_active, cohort_micro: int64 (n_cohorts, n_days, n_channels); each active user adds 1 and `micro`.
        age_slots: int8 (n_days + 1,), where an age is counted in aged_active, -1 for nowhere.
        aged_active: int64 (n_slots, n_days, n_cells).
        cohort_of_day, channel_of_cell: int64; tables, as divisions here would cost more than all else.
    """
    n_cells = u64(last_active_counts.shape[1])
    n_ages, n_channels = u64(cohort_active.shape[1]), u64(cohort_active.shape[2])
    # Flat and unsigned: an index that cannot be negative needs no check.
    by_last_active = last_active_counts.reshape(last_active_counts.size)
    by_cohort = cohort_active.reshape(cohort_active.size)
    micro_by_cohort = cohort_micro.reshape(cohort_micro.size)
    today = u64(day)
    for i in range(rows.size):
        row = rows[i]
        c = u64(cell[row])
        last = u64(last_active[row])
        by_last_active[last * n_cells + c] -= 1
        by_last_active[today * n_cells + c] += 1
        if today - last > u64(window_days):
            resurrected[c] += 1
        last_active[row] = day
        active_days[row] += u16(1)
        signup = u64(signup_day[row])
        age = today - signup
        at = (u64(cohort_of_day[signup]) * n_ages + age) * n_channels + u64(channel_of_cell[c])
        by_cohort[at] += 1
        if micro != 0:
            micro_by_cohort[at] += micro
        slot = age_slots[age]
        if slot >= 0:
            aged_active[slot, day, c] += 1


@compiled
def _mark(last_active, a, b, c, d, marks):  # type: ignore[no-untyped-def]
    """Mark the rows whose last active day is one of four; one pass, vectorised."""
    for row in range(last_active.size):
        last = last_active[row]
        marks[row] = u8(marks[row] | u8(last == a) | u8(last == b) | u8(last == c) | u8(last == d))


@compiled
def find_last_active(
    last_active: npt.NDArray[np.uint16], days: npt.NDArray[np.uint16], marks: npt.NDArray[np.uint8], found: U32
) -> int:
    """How many rows were last active on one of `days`; they are written to `found`, in ascending order.

    Args:
        marks: buffer of zeros, a multiple of 8 long and at least as long as `last_active`; zeros again afterwards.
        found: buffer.
    """
    for i in range(0, days.size, 4):
        most = days.size - 1
        a, b, c, d = days[i], days[min(i + 1, most)], days[min(i + 2, most)], days[min(i + 3, most)]
        _mark(last_active, a, b, c, d, marks)
    n = u64(0)
    eight = marks.view(np.uint64)
    for word in range((last_active.size + 7) // 8):
        if eight[word] != 0:
            for row in range(word * 8, word * 8 + 8):
                found[n] = row
                n += u64(marks[row])
            eight[word] = 0
    return np.int64(n)  # type: ignore[return-value]  # an integer to the caller


@compiled
def split(rows: U32, condition: npt.NDArray[np.bool_]) -> tuple[U32, U32]:
    """The rows where the column `condition` holds, and those where it does not, each in order."""
    yes = np.empty(rows.size, np.uint32)
    no = np.empty(rows.size, np.uint32)
    n_yes = n_no = u64(0)
    for i in range(rows.size):
        row = rows[i]
        holds = u64(condition[row])
        yes[n_yes] = row
        no[n_no] = row
        n_yes += holds
        n_no += u64(1) - holds
    return yes[:n_yes], no[:n_no]
