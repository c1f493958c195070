"""Effects: what a rule does to a user, as multipliers that stand, fade by half-life or hold until a day.

An effect is a lift on the log scale of one target: the odds of being active, the hazard of lapsing, or the rate of
orders. Lifts on one target add up on that scale. What a user's privileges do stands until the user holds others: it is
written once, into the steady columns. What fades or ends is recomputed each day, of the users under it and no others.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled, inlined
from sim.engine.daily import odds_times
from sim.engine.limits import MAX_HORIZON_DAYS
from sim.engine.people import OWN_COLUMNS, People

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
F64 = npt.NDArray[np.float64]

ACTIVITY, LAPSE, ORDERS = range(len(OWN_COLUMNS))
NEGLIGIBLE = 0.01
"""A lift that has faded to 1% of its start is dropped."""
MOST_LIFT = 80.0
"""The largest lift that acts: float32 holds its exponential."""

LIFT = np.dtype(
    [("lift", np.float64), ("decay", np.float64), ("row", np.uint32), ("end", np.int32), ("target", np.int8)],
    align=True,
)
"""A live effect: what acts on the next day, what is left of it a day later, whose it is, its last day."""
LONGEST = float(np.nextafter(1.0, 0.0))
"""What is left a day later of what hardly fades: 1 is for what is held."""
GROWTH = 1.5
"""How much longer the list of live effects is made when it is full."""
ENDED_AT_MOST = 8
"""The list is rid of what has ended when that is more than one in so many."""


@inlined
def _lifted(target, value, lift):  # type: ignore[no-untyped-def]
    """What a lift makes of a probability or rate, in float32; the same bits where it is zero."""
    if lift == 0.0:
        return np.float32(value)
    factor = np.float32(np.exp(min(lift, MOST_LIFT)))
    if target == ORDERS:
        return np.float32(value * factor)
    if target == ACTIVITY:
        return np.float32(odds_times(value, factor))
    # In float64: 1 - lapse in float32 would lose a small lapse's digits.
    return np.float32(-np.expm1(np.log1p(-np.float64(value)) * np.float64(factor)))


@compiled
def _stand(rows, lifts, target, own, steady):  # type: ignore[no-untyped-def]
    """Write what the lift of each of these users makes of its own; returns the largest."""
    largest = np.float32(0.0)
    for i in range(rows.size):
        row = rows[i]
        steady[row] = _lifted(target, own[row], lifts[i])
        largest = max(largest, steady[row])
    return largest


@compiled
def _restore(rows, engaged, place, steady_activity, steady_lapse, steady_rate, activity, lapse, rate):  # type: ignore[no-untyped-def]
    """What the daily pass and the orders read of these users is what it would be without fading effects.

    `activity` and `lapse` are those of the engaged list: who has lapsed has nothing there to move.
    """
    for i in range(rows.size):
        row = rows[i]
        rate[row] = steady_rate[row]
        if engaged[row]:
            activity[place[row]] = steady_activity[row]
            lapse[place[row]] = steady_lapse[row]


@compiled
def _act(live, day, is_alone, engaged, place, steady_activity, steady_lapse, steady_rate, activity, lapse, rate):  # type: ignore[no-untyped-def]
    """Let each live effect act on a day, and fade; returns how many have ended.

    Args:
        is_alone: by target, whether nobody is under two effects on it: they act on what is steady, else on what the
            effects before them have left.
    """
    n_ended = 0
    for i in range(live.size):
        one = live[i]
        is_over = one.end < day
        n_ended += is_over
        row, lift = one.row, 0.0 if is_over else one.lift
        if one.target == ORDERS:
            rate[row] = _lifted(ORDERS, steady_rate[row] if is_alone[ORDERS] else rate[row], lift)
        elif engaged[row]:
            at = place[row]
            if one.target == ACTIVITY:
                before = steady_activity[row] if is_alone[ACTIVITY] else activity[at]
                activity[at] = _lifted(ACTIVITY, before, lift)
            else:
                lapse[at] = _lifted(LAPSE, steady_lapse[row] if is_alone[LAPSE] else lapse[at], lift)
        one.lift *= one.decay
    return n_ended


@compiled
def _renew(rows, lifts, day, end, places, live, out_new):  # type: ignore[no-untyped-def]
    """Add to what is left of these users' effects, which fade alike; returns how many have none, and writes which."""
    n_new = 0
    for i in range(rows.size):
        at = places[rows[i]] - 1
        if at < 0:
            out_new[n_new] = i
            n_new += 1
            continue
        one = live[at]
        one.lift = (one.lift if one.end > day else 0.0) + lifts[i]
        one.end = end
    return n_new


@compiled
def _squeeze(live, day, target, decay, places):  # type: ignore[no-untyped-def]
    """Note where the effects on one target that fade alike stand once all that has ended is gone; 0 for those."""
    n_kept = 0
    for i in range(live.size):
        one = live[i]
        is_kept = one.end >= day
        n_kept += is_kept
        if one.target == target and one.decay == decay:
            places[one.row] = n_kept if is_kept else 0


@compiled
def _copy_rates(rows, engaged, place, rate, activity):  # type: ignore[no-untyped-def]
    """Where orders are the only activity, the engaged list compares with the order rate."""
    for i in range(rows.size):
        row = rows[i]
        if engaged[row]:
            activity[place[row]] = rate[row]


@dataclass
class Effects:
    """The effects of one replicate; a user has one effect of a half-life on a target at most.

    A further one adds to what is left of it, so that the list is never longer than the users under effects, however
    often they are messaged.
    """

    capacity: int
    n: int = 0
    _list: npt.NDArray[np.void] = field(default_factory=lambda: np.empty(0, LIFT))
    _places: dict[tuple[int, float], I32] = field(default_factory=dict)
    """By target and decay: 1 + where a user's effect stands, 0 without one; untouched memory costs nothing."""
    _kinds: set[tuple[int, float]] = field(default_factory=set)
    """Targets and decays of what is live."""
    _moved: list[U32] = field(default_factory=list)
    """Users whose steady columns have changed since the last day began."""

    @property
    def live(self) -> npt.NDArray[np.void]:
        """The effects that fade or end, as records of `LIFT`."""
        return self._list[: self.n]

    @property
    def rows(self) -> U32:
        """Whose each of them is."""
        rows: U32 = self.live["row"]
        return rows

    def stand(self, people: People, rows: U32, log_lifts: F64) -> float:
        """Let what these users hold, and nothing else, stand from tomorrow on; returns the largest order rate.

        Args:
            log_lifts: float64 (3, n_rows), by target, the natural logarithm of what multiplies each user's own.
        """
        highest = 0.0
        for target, name in enumerate(OWN_COLUMNS):
            if name in people.lifted:
                own, steady = getattr(people, name), getattr(people, f"steady_{name}")
                largest = _stand(rows, log_lifts[target], target, own, steady)
                highest = float(largest) if target == ORDERS else highest
        self._moved.append(rows)
        return highest

    def fade(self, rows: U32, target: int, log_lifts: F64, *, day: int, half_life_days: float) -> None:
        """Lift `target` of these users (each once) from the day after `day`, fading by half-life.

        Args:
            log_lifts: float64 (n_rows,), natural logarithm of each user's multiplier.
        """
        rows, log_lifts = _without_zeros(rows, log_lifts)
        if not rows.size:
            return
        decay = min(0.5 ** (1.0 / half_life_days), LONGEST)
        end = day + int(min(np.ceil(half_life_days * np.log2(1 / NEGLIGIBLE)), MAX_HORIZON_DAYS))
        places = self._places.setdefault((target, decay), np.zeros(self.capacity, np.int32))
        positions = np.empty(rows.size, np.int64)
        new = positions[: _renew(rows, log_lifts, day, end, places, self.live, positions)]
        places[rows[new]] = np.arange(self.n, self.n + new.size) + 1
        self._append(rows[new], target, log_lifts[new], decay=decay, end=end)

    def hold(self, rows: U32, target: int, log_lifts: F64, *, day: int, days: int) -> None:
        """Lift `target` of these users from the day after `day`, for `days` or until it is ended."""
        rows, log_lifts = _without_zeros(rows, log_lifts)
        if rows.size:
            self._append(rows, target, log_lifts, decay=1.0, end=day + min(days, MAX_HORIZON_DAYS))

    def _append(self, rows: U32, target: int, lifts: F64, *, decay: float, end: int) -> None:
        first, self.n = self.n, self.n + rows.size
        self._kinds.add((target, decay))
        if self.n > self._list.size:
            longer = np.empty(int(GROWTH * self.n), LIFT)
            longer[:first] = self._list[:first]
            self._list = longer
        added = self._list[first : self.n]
        for name, value in (("row", rows), ("target", target), ("lift", lifts), ("decay", decay), ("end", end)):
            added[name] = value

    def end(self, rows: U32, target: int, day: int) -> None:
        """End what is held on `target` for these users: a coupon ends when it is used."""
        live = self.live
        held = (live["decay"] == 1.0) & (live["target"] == target)
        if held.any():
            held &= np.isin(live["row"], rows)
            live["end"][held] = np.minimum(live["end"][held], day)

    def move(self, target: int) -> bool:
        """Whether any effect that fades or ends may be live on `target`."""
        return any(moved == target for moved, _ in self._kinds)

    @property
    def _are_alone(self) -> npt.NDArray[np.bool_]:
        """By target, whether nobody is under two effects on it: they all fade alike; what is held may come twice."""
        decays: list[list[float]] = [[decay for of, decay in self._kinds if of == target] for target in range(3)]
        return np.array([len(found) < 2 and 1.0 not in found for found in decays])

    def apply(self, people: People, day: int, *, activity_is_orders: bool) -> None:
        """Let the effects act on `day`, then forget what has ended."""
        live, listed = self.live, people.engaged_list
        own = (people.engaged, people.place)
        steady = (people.steady_activity, people.steady_lapse, people.steady_order_rate)
        now = (listed.activity, listed.lapse, people.order_rate_now)
        for rows in self._moved if self._are_alone.all() else (*self._moved, self.rows):
            _restore(rows, *own, *steady, *now)
        n_ended = _act(live, day, self._are_alone, *own, *steady, *now)
        if activity_is_orders:
            for rows in (*self._moved, self.rows):
                _copy_rates(rows, *own, people.order_rate_now, listed.activity)
        self._moved.clear()
        if n_ended * ENDED_AT_MOST > self.n:
            self._forget(day)

    def _forget(self, day: int) -> None:
        """Drop what has ended, and note where the others stand now."""
        for (target, decay), places in self._places.items():
            _squeeze(self.live, day, target, decay, places)
        kept = self.live[self.live["end"] >= day]
        self.n = kept.size
        self._list[: self.n] = kept
        self._kinds = {
            (target, decay)
            for target, decay in self._kinds
            if ((kept["target"] == target) & (kept["decay"] == decay)).any()
        }


def _without_zeros(rows: U32, log_lifts: F64) -> tuple[U32, F64]:
    """Lifts of zero do nothing: not even a byte."""
    keep = log_lifts != 0.0
    return rows[keep], log_lifts[keep]
