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
GROWTH = 1.5
"""How much longer the list of live effects is made when it is full."""


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
def _apply(live, day, engaged, place, activity, lapse, rate):  # type: ignore[no-untyped-def]
    """Let each live effect act on a day, and fade; returns how many have ended."""
    n_ended = 0
    for i in range(live.size):
        one = live[i]
        if one.end < day:
            n_ended += 1
            continue
        row = one.row
        if one.target == ORDERS:
            rate[row] = _lifted(ORDERS, rate[row], one.lift)
        elif engaged[row]:
            at = place[row]
            if one.target == ACTIVITY:
                activity[at] = _lifted(ACTIVITY, activity[at], one.lift)
            else:
                lapse[at] = _lifted(LAPSE, lapse[at], one.lift)
        one.lift *= one.decay
    return n_ended


@compiled
def _copy_rates(rows, engaged, place, rate, activity):  # type: ignore[no-untyped-def]
    """Where orders are the only activity, the engaged list compares with the order rate."""
    for i in range(rows.size):
        row = rows[i]
        if engaged[row]:
            activity[place[row]] = rate[row]


@dataclass
class Effects:
    """The effects of one replicate; a user has one fading effect on a target at most.

    A further one adds to what is left of it, so that the list is never longer than the users under effects, however
    often they are messaged.
    """

    capacity: int
    n: int = 0
    _list: npt.NDArray[np.void] = field(default_factory=lambda: np.empty(0, LIFT))
    _places: dict[int, I32] = field(default_factory=dict)
    """By target: 1 + where a user's fading effect stands, 0 without one; untouched memory costs nothing."""
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
        decay = 0.5 ** (1.0 / half_life_days)
        end = day + int(min(np.ceil(half_life_days * np.log2(1 / NEGLIGIBLE)), MAX_HORIZON_DAYS))
        places = self._places.setdefault(target, np.zeros(self.capacity, np.int32))
        is_known = places[rows] > 0
        at, live = places[rows[is_known]] - 1, self.live
        left = np.where(live["end"][at] > day, live["lift"][at], 0.0)
        live["lift"][at] = left + log_lifts[is_known]
        live["decay"][at], live["end"][at] = decay, end
        new = rows[~is_known]
        places[new] = np.arange(self.n, self.n + new.size) + 1
        self._append(new, target, log_lifts[~is_known], decay, end)

    def hold(self, rows: U32, target: int, log_lifts: F64, *, day: int, days: int) -> None:
        """Lift `target` of these users from the day after `day`, for `days` or until it is ended."""
        rows, log_lifts = _without_zeros(rows, log_lifts)
        if rows.size:
            self._append(rows, target, log_lifts, 1.0, day + min(days, MAX_HORIZON_DAYS))

    def _append(self, rows: U32, target: int, lifts: F64, decay: float, end: int) -> None:
        first, self.n = self.n, self.n + rows.size
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
        """Whether any effect that fades or ends is live on `target`."""
        return bool((self.live["target"] == target).any())

    def apply(self, people: People, day: int, *, activity_is_orders: bool) -> None:
        """Let the effects act on `day`, then forget what has ended."""
        touched = [*self._moved, self.rows] if self.n else self._moved
        if not touched:
            return
        listed, n_ended = people.engaged_list, 0
        for rows in touched:
            _restore(
                rows, people.engaged, people.place, people.steady_activity, people.steady_lapse,
                people.steady_order_rate, listed.activity, listed.lapse, people.order_rate_now,
            )  # fmt: skip
        if self.n:
            n_ended = _apply(
                self.live, day, people.engaged, people.place, listed.activity, listed.lapse, people.order_rate_now
            )
        if activity_is_orders:
            for rows in touched:
                _copy_rates(rows, people.engaged, people.place, people.order_rate_now, listed.activity)
        self._moved.clear()
        if n_ended:
            self._forget(day)

    def _forget(self, day: int) -> None:
        """Drop what has ended, and note where the others stand now."""
        live = self.live
        has_ended = live["end"] < day
        for target, places in self._places.items():
            places[live["row"][has_ended & (live["target"] == target) & (live["decay"] < 1.0)]] = 0
        kept = live[~has_ended]
        self.n = kept.size
        self._list[: self.n] = kept
        for target, places in self._places.items():
            at = np.flatnonzero((kept["target"] == target) & (kept["decay"] < 1.0))
            places[kept["row"][at]] = at + 1


def _without_zeros(rows: U32, log_lifts: F64) -> tuple[U32, F64]:
    """Lifts of zero do nothing: not even a byte."""
    keep = log_lifts != 0.0
    return rows[keep], log_lifts[keep]
