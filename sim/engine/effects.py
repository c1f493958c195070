"""Effects: what a rule does to a user, as multipliers that fade by half-life or hold until a day.

An effect is a lift on the log scale of one target: the odds of being active, the hazard of lapsing, or the rate of
orders. Lifts on one target add up on that scale. Only users under an effect cost anything: what the daily pass reads
of them is recomputed each day from their base columns, everybody else's is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.daily import odds_times
from sim.engine.limits import MAX_HORIZON_DAYS
from sim.engine.people import People

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
F64 = npt.NDArray[np.float64]

ACTIVITY, LAPSE, ORDERS = 0, 1, 2
NEGLIGIBLE = 0.01
"""A lift that has faded to 1% of its start is dropped."""
MOST_LIFT = 80.0
"""The largest lift that acts: float32 holds its exponential."""


@compiled
def _apply(  # type: ignore[no-untyped-def]
    rows, targets, lifts, engaged, place, base_activity, base_lapse, base_rate, activity, lapse, order_rate
):
    """Restore the base of every row under an effect, then let each lift act.

    `activity` and `lapse` are those of the engaged list: who has lapsed has nothing there to move.
    """
    for i in range(rows.size):
        row = rows[i]
        order_rate[row] = base_rate[row]
        if engaged[row]:
            activity[place[row]] = base_activity[row]
            lapse[place[row]] = base_lapse[row]
    for i in range(rows.size):
        if lifts[i] == 0.0:
            continue
        row = rows[i]
        factor = np.float32(np.exp(min(lifts[i], MOST_LIFT)))
        if targets[i] == ORDERS:
            order_rate[row] *= factor
        elif engaged[row]:
            at = place[row]
            if targets[i] == ACTIVITY:
                activity[at] = odds_times(activity[at], factor)
            else:
                # In float64: 1 - lapse in float32 would lose a small lapse's digits.
                lapse[at] = np.float32(-np.expm1(np.log1p(-np.float64(lapse[at])) * np.float64(factor)))


@compiled
def _copy_rates(rows, engaged, place, order_rate, activity):  # type: ignore[no-untyped-def]
    """Where orders are the only activity, the engaged list compares with the order rate."""
    for i in range(rows.size):
        row = rows[i]
        if engaged[row]:
            activity[place[row]] = order_rate[row]


@dataclass
class Effects:
    """The live effects of one replicate, as parallel columns: a user has one fading effect on a target at most.

    A further one adds to what is left of it, so that the columns are never longer than the users under effects, however
    often they are messaged.
    """

    capacity: int
    rows: U32 = field(default_factory=lambda: np.empty(0, np.uint32))
    targets: npt.NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    lifts: F64 = field(default_factory=lambda: np.empty(0))
    decays: F64 = field(default_factory=lambda: np.empty(0))
    """What is left of the lift a day later; 1 while a status is held."""
    starts: I32 = field(default_factory=lambda: np.empty(0, np.int32))
    ends: I32 = field(default_factory=lambda: np.empty(0, np.int32))
    sources: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    """Whose a held effect is, so that each source ends its own; 0 for coupons and all that fades."""
    _places: dict[int, I32] = field(default_factory=dict)
    """By target: 1 + where a user's fading effect stands, 0 without one; untouched memory costs nothing."""

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
        at = places[rows[is_known]] - 1
        left = np.where(self.ends[at] > day, self.lifts[at] * self.decays[at] ** (day - self.starts[at]), 0.0)
        self.lifts[at] = left + log_lifts[is_known]
        self.decays[at], self.starts[at], self.ends[at] = decay, day, end
        new = rows[~is_known]
        places[new] = np.arange(self.rows.size, self.rows.size + new.size) + 1
        self._append(new, target, log_lifts[~is_known], decay, day, end)

    def hold(self, rows: U32, target: int, log_lifts: F64, *, day: int, days: int, source: int = 0) -> None:
        """Lift `target` of these users from the day after `day`, for `days` or until its source ends it."""
        rows, log_lifts = _without_zeros(rows, log_lifts)
        if rows.size:
            self._append(rows, target, log_lifts, 1.0, day, day + min(days, MAX_HORIZON_DAYS), source)

    def _append(self, rows: U32, target: int, lifts: F64, decay: float, day: int, end: int, source: int = 0) -> None:
        n = rows.size
        self.rows = np.concatenate([self.rows, rows])
        self.targets = np.concatenate([self.targets, np.full(n, target, np.int8)])
        self.lifts = np.concatenate([self.lifts, lifts])
        self.decays = np.concatenate([self.decays, np.full(n, decay)])
        self.starts = np.concatenate([self.starts, np.full(n, day, np.int32)])
        self.ends = np.concatenate([self.ends, np.full(n, end, np.int32)])
        self.sources = np.concatenate([self.sources, np.full(n, source, np.int16)])

    def end(self, rows: U32, target: int, day: int, source: int = 0) -> None:
        """End what a source holds on `target` for these users: a coupon ends when it is used, a status when it does."""
        if self.rows.size:
            held = (self.decays == 1.0) & (self.targets == target) & (self.sources == source)
            held &= np.isin(self.rows, rows)
            self.ends[held] = np.minimum(self.ends[held], day)

    def move(self, target: int) -> bool:
        """Whether any effect on `target` is live."""
        return bool((self.targets == target).any())

    def apply(self, people: People, day: int, *, activity_is_orders: bool) -> None:
        """Let the effects act on `day`, then forget what has ended."""
        if not self.rows.size:
            return
        age = day - self.starts - 1
        alive = day <= self.ends
        # An ended effect acts once more with a lift of zero, which restores its user's base.
        lifts = np.where(alive, self.lifts * self.decays**age, 0.0)
        listed = people.engaged_list
        _apply(
            self.rows, self.targets, lifts, people.engaged, people.place, people.activity, people.lapse,
            people.order_rate, listed.activity, listed.lapse, people.order_rate_now,
        )  # fmt: skip
        if activity_is_orders:
            _copy_rates(self.rows, people.engaged, people.place, people.order_rate_now, listed.activity)
        if not alive.all():
            self._forget(~alive)

    def _forget(self, has_ended: npt.NDArray[np.bool_]) -> None:
        """Drop what has ended, and note where the others stand now."""
        for target, places in self._places.items():
            places[self.rows[has_ended & (self.targets == target) & (self.decays < 1.0)]] = 0
        for name in ("rows", "targets", "lifts", "decays", "starts", "ends", "sources"):
            setattr(self, name, getattr(self, name)[~has_ended])
        for target, places in self._places.items():
            at = np.flatnonzero((self.targets == target) & (self.decays < 1.0))
            places[self.rows[at]] = at + 1


def _without_zeros(rows: U32, log_lifts: F64) -> tuple[U32, F64]:
    """Lifts of zero do nothing: not even a byte."""
    keep = log_lifts != 0.0
    return rows[keep], log_lifts[keep]
