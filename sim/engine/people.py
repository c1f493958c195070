"""The users as columns: one row per agent that signed up, in the order of signing up; rows never move.

Columns are allocated once for everybody who could sign up; the operating system gives memory only to the rows that are
used. A person who has not signed up has no row and costs nothing per day.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

U32 = npt.NDArray[np.uint32]
F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

NEVER = -1
"""A day that has not come: no order yet, no message yet."""

BYTES_PER_ROW = 95
"""What one user's columns take, for the estimate before a run."""


@dataclass
class EngagedList:
    """What the daily pass reads, side by side and in no particular order: the first `n` entries, `n_gone` of them void.

    A user who lapses stays as a void entry (probabilities 0) until enough are void to squeeze the list.

    Attributes:
        rows: the users' rows; low, high, cell: copies of their columns.
        activity, lapse: probabilities per day (or order rate, where orders are the only activity), with effects.
    """

    rows: U32
    low: U32
    high: U32
    cell: npt.NDArray[np.uint16]
    activity: F32
    lapse: F32
    n: int = 0
    n_gone: int = 0

    @staticmethod
    def of(capacity: int) -> EngagedList:
        """An empty list; untouched memory costs nothing."""
        words = (np.empty(capacity, np.uint32) for _ in range(3))
        return EngagedList(*words, np.empty(capacity, np.uint16), *(np.empty(capacity, np.float32) for _ in range(2)))


@dataclass
class People:
    """Columns of length `capacity`, of which the first `n` rows are users.

    Attributes (latent ones are marked; rules cannot see them):
        key_low, key_high: the person's address for draws.
        person: the person's index within its segment.
        cell: channel * n_segments + segment.
        signup_day, last_active, last_order: days.
        active_days, orders, messages: counts so far.
        spend: cents paid so far.
        engaged: latent, True while the user still has the habit.
        lapse_day: latent, the day of the last lapse.
        activity, lapse: latent, the user's own probabilities per day.
        order_rate: latent, orders per active or engaged day; `order_rate_now` is what effects have made of it.
        engaged_list: who takes part in the daily pass.
        place: where an engaged user stands in that list.
        basket: latent, the user's own mean basket in cents.
        coupon_*: the coupon that the user holds: cents off or share off, from which basket, until which day, whose.
    """

    capacity: int
    n: int = 0
    key_low: U32 = field(init=False)
    key_high: U32 = field(init=False)
    person: U32 = field(init=False)
    cell: npt.NDArray[np.uint16] = field(init=False)
    signup_day: I32 = field(init=False)
    last_active: I32 = field(init=False)
    last_order: I32 = field(init=False)
    active_days: I32 = field(init=False)
    orders: I32 = field(init=False)
    messages: I32 = field(init=False)
    spend: I64 = field(init=False)
    engaged: npt.NDArray[np.bool_] = field(init=False)
    lapse_day: I32 = field(init=False)
    activity: F32 = field(init=False)
    lapse: F32 = field(init=False)
    order_rate: F32 = field(init=False)
    order_rate_now: F32 = field(init=False)
    basket: F32 = field(init=False)
    coupon_rule: npt.NDArray[np.int8] = field(init=False)
    coupon_until: I32 = field(init=False)
    place: U32 = field(init=False)
    engaged_list: EngagedList = field(init=False)

    def __post_init__(self) -> None:
        size = self.capacity
        for name in ("key_low", "key_high", "person", "place"):
            setattr(self, name, np.empty(size, np.uint32))
        for name in ("signup_day", "last_active", "last_order", "active_days", "orders", "messages"):
            setattr(self, name, np.empty(size, np.int32))
        for name in ("activity", "lapse", "order_rate", "order_rate_now", "basket"):
            setattr(self, name, np.empty(size, np.float32))
        self.cell = np.empty(size, np.uint16)
        self.spend = np.empty(size, np.int64)
        self.engaged = np.empty(size, np.bool_)
        self.lapse_day = np.empty(size, np.int32)
        self.coupon_rule = np.empty(size, np.int8)
        self.coupon_until = np.empty(size, np.int32)
        # Void entries are squeezed out at one in eight, so the list is never much longer than the users.
        self.engaged_list = EngagedList.of(size + size // 4 + 64)

    def add(self, low: U32, high: U32, person: U32, cell: npt.NDArray[np.uint16], day: int) -> U32:
        """The rows of the persons who sign up on `day`; each starts active, engaged and without a past.

        Args:
            low, high, person, cell: one value for each new user, in the order in which rows are given.
        """
        rows = slice(self.n, self.n + low.size)
        self.key_low[rows], self.key_high[rows], self.person[rows], self.cell[rows] = low, high, person, cell
        self.signup_day[rows] = self.last_active[rows] = day
        self.active_days[rows] = 1
        self.orders[rows] = self.messages[rows] = 0
        self.spend[rows] = 0
        self.engaged[rows] = True
        for column in (self.last_order, self.lapse_day, self.coupon_rule, self.coupon_until):
            column[rows] = NEVER
        new = np.arange(self.n, self.n + low.size, dtype=np.uint32)
        self.n += low.size
        return new

    def engage(self, rows: U32, activity: F32) -> None:
        """Give these users the habit (again): they take part from the next daily pass on.

        Args:
            activity: the column that the daily pass compares with, `activity` or `order_rate`.
        """
        listed = self.engaged_list
        to = slice(listed.n, listed.n + rows.size)
        listed.rows[to], listed.low[to], listed.high[to] = rows, self.key_low[rows], self.key_high[rows]
        listed.cell[to], listed.activity[to], listed.lapse[to] = self.cell[rows], activity[rows], self.lapse[rows]
        self.place[rows] = np.arange(to.start, to.stop, dtype=np.uint32)
        listed.n = to.stop
        self.engaged[rows] = True
