"""Effects: what a rule does to a user, as multipliers that stand, fade by half-life or hold until a day.

What a user's privileges do stands until the user holds others: it is written once, into the steady columns. What fades
or holds is noted with the user, and looked up on a day on which it may matter: the engaged list holds the highest that
a probability may come to, the daily pass finds whom that would make active or lapse, and settles these few by what
their effects have come to. So an effect costs when it begins and when its user is found, not on each day of its life.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.daily import CLOCK_ORDERS
from sim.engine.lifts import ACTIVITY, FADING, LAPSE, ORDERS, Moved, lift_on_day, lifted
from sim.engine.people import OWN_COLUMNS, People

U32 = npt.NDArray[np.uint32]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

NEGLIGIBLE = 0.01
"""A lift that has faded to 1% of its start is dropped."""
HELD = 1.0
"""What a day leaves of what is held."""
LONGEST = float(np.nextafter(HELD, 0.0))
"""What a day leaves of what hardly fades."""


def target_of_activity(clock: int) -> int:
    """What moves how often users come: the rate of orders, where orders are the only activity."""
    return ORDERS if clock == CLOCK_ORDERS else ACTIVITY


@compiled
def _stand(rows, lifts, target, own, steady):  # type: ignore[no-untyped-def]
    """Write what the lift of each of these users makes of its own; returns the largest."""
    largest = np.float32(0.0)
    for i in range(rows.size):
        row = rows[i]
        steady[row] = lifted(target, own[row], lifts[i])
        largest = max(largest, steady[row])
    return largest


@compiled
def _bound(rows, target, moved, day, engaged, place, listed):  # type: ignore[no-untyped-def]
    """Write into the engaged list the highest that these users' probability or rate may come to, from `day` on."""
    highest = np.empty(rows.size)
    for i in range(rows.size):
        _, highest[i] = lift_on_day(moved, rows[i], day)
    for i in range(rows.size):
        row = rows[i]
        if engaged[row]:
            listed[place[row]] = lifted(target, moved.steady[row], highest[i])


@compiled
def _renew(rows, log_lifts, day, days, pace, left, lifts):  # type: ignore[no-untyped-def]
    """Add to what the next day has left of these users' lifts, which fade alike."""
    for i in range(rows.size):
        one = lifts[rows[i], pace]
        age = np.int64(day) - np.int64(one.since)
        before = one.lift * left[pace, age] if one.lift != 0.0 and age < one.days else 0.0
        one.lift = before + log_lifts[i]
        one.since = day
        one.days = days


@compiled
def _rates(rows, moved, day, out):  # type: ignore[no-untyped-def]
    """Write the order rate of each of these users on a day."""
    for i in range(rows.size):
        total, _ = lift_on_day(moved, rows[i], day)
        out[i] = lifted(ORDERS, moved.steady[rows[i]], total)


@dataclass
class Lifts:
    """What fades or holds on one target: of each user a lift of each pace at which lifts have faded so far.

    Attributes:
        of_users: records of `FADING`, (capacity, n_paces).
        left: float64 (n_paces, n_days + 1), what so many days leave of a lift.
        paces: what a day leaves of a lift.
        last_day: the last on which any of them may act.
        changed: whose lifts, or steady column, have changed since the last day began.
    """

    of_users: npt.NDArray[np.void]
    left: F64
    paces: list[float] = field(default_factory=list)
    last_day: int = -1
    changed: list[U32] = field(default_factory=list)

    @staticmethod
    def none(capacity: int, n_days: int) -> Lifts:
        """No lift of any pace."""
        return Lifts(np.zeros((capacity, 0), FADING), np.zeros((0, n_days + 1)))

    def pace_of(self, decay: float) -> int:
        """Where lifts of this pace stand; a new pace is a further column."""
        if decay not in self.paces:
            self.paces.append(decay)
            wider = np.zeros((self.of_users.shape[0], len(self.paces)), FADING)
            # Rows without a lift are left untouched: they take no memory.
            rows = np.flatnonzero(self.of_users["lift"].any(axis=1))
            wider[rows, :-1] = self.of_users[rows]
            self.of_users = wider
            self.left = np.vstack([self.left, decay ** np.arange(self.left.shape[1])])
        return self.paces.index(decay)


@dataclass
class Effects:
    """The effects of one replicate on `capacity` users over `n_days`.

    A further effect that fades alike adds to what is left of the one before, so that a user takes no more memory
    however often it is messaged.
    """

    capacity: int
    n_days: int
    targets: tuple[Lifts, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.targets = tuple(Lifts.none(self.capacity, self.n_days) for _ in OWN_COLUMNS)

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
                self.targets[target].changed.append(rows)
        return highest

    def fade(self, rows: U32, target: int, log_lifts: F64, *, day: int, half_life_days: float) -> None:
        """Lift `target` of these users (each once) from the day after `day`, fading by half-life.

        Args:
            log_lifts: float64 (n_rows,), natural logarithm of each user's multiplier.
        """
        rows, log_lifts = _without_zeros(rows, log_lifts)
        days = np.ceil(min(half_life_days, self.n_days) * np.log2(1 / NEGLIGIBLE))
        self._begin(rows, target, log_lifts, min(0.5 ** (1.0 / half_life_days), LONGEST), day, int(days))

    def hold(self, rows: U32, target: int, log_lifts: F64, *, day: int, days: int) -> None:
        """Lift `target` of these users from the day after `day`, for `days` or until it is ended.

        It replaces what was held.
        """
        self.end(rows, target)
        rows, log_lifts = _without_zeros(rows, log_lifts)
        self._begin(rows, target, log_lifts, HELD, day, days)

    def _begin(self, rows: U32, target: int, log_lifts: F64, decay: float, day: int, days: int) -> None:
        if not rows.size:
            return
        lifts, days = self.targets[target], min(days, self.n_days)
        pace = lifts.pace_of(decay)
        _renew(rows, log_lifts, day, days, pace, lifts.left, lifts.of_users)
        lifts.last_day = max(lifts.last_day, day + days)
        lifts.changed.append(rows)

    def end(self, rows: U32, target: int) -> None:
        """End what is held on `target` for these users: a coupon ends when it is used."""
        lifts = self.targets[target]
        if HELD in lifts.paces:
            lifts.of_users["lift"][rows, lifts.pace_of(HELD)] = 0.0
            lifts.changed.append(rows)

    def take_part(self, rows: U32) -> None:
        """These users have joined the engaged list tonight, as what they hold makes them."""
        for lifts in self.targets:
            if lifts.paces:
                lifts.changed.append(rows)

    def act_on(self, target: int, day: int) -> bool:
        """Whether any effect that fades or holds may act on `target` on `day`."""
        return day <= self.targets[target].last_day

    def moved(self, people: People, target: int) -> Moved:
        """The column of these users that lifts on `target` move."""
        lifts = self.targets[target]
        return Moved(getattr(people, f"steady_{OWN_COLUMNS[target]}"), lifts.of_users, lifts.left)

    def order_rates(self, people: People, rows: U32, day: int) -> F32:
        """The order rate of each of these users on `day`, float32 (n_rows,)."""
        rates = np.empty(rows.size, np.float32)
        _rates(rows, self.moved(people, ORDERS), day, rates)
        return rates

    def begin_day(self, people: People, day: int, clock: int) -> None:
        """Write the highest to which the probabilities of all who were moved may come, from `day` on."""
        listed = people.engaged_list
        for to, column in ((target_of_activity(clock), listed.activity), (LAPSE, listed.lapse)):
            moved = self.moved(people, to)
            for rows in self.targets[to].changed:
                _bound(rows, to, moved, day, people.engaged, people.place, column)
        for lifts in self.targets:
            lifts.changed.clear()


def _without_zeros(rows: U32, log_lifts: F64) -> tuple[U32, F64]:
    """Lifts of zero do nothing: not even a byte."""
    keep = log_lifts != 0.0
    return rows[keep], log_lifts[keep]
