"""The users as columns: one row per agent that signed up, in the order of signing up; rows never move.

Columns are allocated once for everybody who could sign up; the operating system gives memory only to the rows that are
used. A person who has not signed up has no row and costs nothing per day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled

U32 = npt.NDArray[np.uint32]
F32 = npt.NDArray[np.float32]
U16 = npt.NDArray[np.uint16]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

NEVER = 0xFFFF
"""A day that has not come: no order yet, no lapse yet. Days have 16 bits; the horizon ends well before."""
NO_RULE = -1
"""No coupon is held."""

ACCOUNT = np.dtype(
    [
        ("spend", np.int64),
        ("basket", np.float32),
        ("orders", np.int32),
        ("last_order", np.uint16),
        ("coupon_until", np.uint16),
        ("coupon_rule", np.int8),
    ],
    align=True,
)
"""What an order reads and writes of its user, side by side: few users order, and each then costs one line of memory."""

BLANK_ACCOUNT = np.array((0, 0.0, 0, NEVER, NEVER, NO_RULE), ACCOUNT)
"""The account of a user who has not ordered yet."""

BYTES_PER_ROW = 89
"""What one user's columns take, for the estimate before a run."""

OWN_COLUMNS = ("activity", "lapse", "order_rate")
"""What users have of their own; what they hold may make something steadier of each."""


@compiled
def _gather(column, rows, out):  # type: ignore[no-untyped-def]
    for i in range(rows.size):
        out[i] = column[rows[i]]


def gather(column: npt.NDArray[Any], rows: U32) -> npt.NDArray[Any]:
    """column[rows]: the same, at several times the speed for short row numbers and for records."""
    out = np.empty(rows.size, column.dtype)
    _gather(column, rows, out)
    return out


@compiled
def scatter(values, rows, column):  # type: ignore[no-untyped-def]
    """column[rows[i]] = values[i]."""
    for i in range(rows.size):
        column[rows[i]] = values[i]


def engaged_capacity(n_users: int) -> int:
    """Entries that the engaged list may grow to: void ones are squeezed out as soon as they are one in eight."""
    return n_users + n_users // 4 + 64


@compiled
def _enlist(  # type: ignore[no-untyped-def]
    rows, n, person, cell, activity, lapse, engaged, place, to_rows, to_person, to_cell, to_activity, to_lapse
):
    """Append users to the engaged list, whose first `n` entries are taken."""
    for i in range(rows.size):
        row = rows[i]
        to_rows[n + i] = row
        to_person[n + i] = person[row]
        to_cell[n + i] = cell[row]
        to_activity[n + i] = activity[row]
        to_lapse[n + i] = lapse[row]
        engaged[row] = True
        place[row] = n + i


@dataclass
class EngagedList:
    """What the daily pass reads, side by side and in no particular order: the first `n` entries, `n_gone` of them void.

    A user who lapses stays as a void entry (probabilities 0) until enough are void to squeeze the list.

    Attributes:
        rows: the users' rows; person, cell: copies of their columns.
        activity, lapse: probabilities per day (or order rate, where orders are the only activity), the highest that
            effects may make of them.
    """

    rows: U32
    person: U32
    cell: npt.NDArray[np.uint16]
    activity: F32
    lapse: F32
    n: int = 0
    n_gone: int = 0

    @staticmethod
    def of(capacity: int) -> EngagedList:
        """An empty list; untouched memory costs nothing."""
        return EngagedList(
            rows=np.empty(capacity, np.uint32),
            person=np.empty(capacity, np.uint32),
            cell=np.empty(capacity, np.uint16),
            activity=np.empty(capacity, np.float32),
            lapse=np.empty(capacity, np.float32),
        )


@dataclass
class People:
    """Columns of length `capacity`, of which the first `n` rows are users.

    Attributes (latent ones are marked; rules cannot see them):
        person: the person's index within its segment; with the segment it is the address of its draws.
        cell: channel * n_segments + segment.
        signup_day, last_active, last_order: days.
        active_days, orders, messages: counts so far.
        spend: cents paid so far.
        engaged: latent, True while the user still has the habit.
        lapse_day: latent, the day of the last lapse.
        last_message, messages_today: with several rules, the day of the last message, and its number on that day.
        lifted: which of `OWN_COLUMNS` privileges move.
        activity, lapse: latent, the user's own probabilities per day.
        order_rate: latent, orders per active or engaged day.
        steady_activity, steady_lapse, steady_order_rate: latent, what the privileges that the user holds make of its
            own: the same columns where no privilege moves them.
        engaged_list: who takes part in the daily pass.
        place: where an engaged user stands in that list.
        basket: latent, the user's own mean basket in cents.
        coupon_rule, coupon_until: whose coupon the user holds, and its last day.
        account: the columns of `ACCOUNT` as records; `spend`, `basket`, `orders` and so on are views of it.
    """

    capacity: int
    lifted: frozenset[str] = frozenset()
    n: int = 0
    person: U32 = field(init=False)
    cell: npt.NDArray[np.uint16] = field(init=False)
    signup_day: U16 = field(init=False)
    last_active: U16 = field(init=False)
    last_order: U16 = field(init=False)
    active_days: U16 = field(init=False)
    orders: I32 = field(init=False)
    messages: I32 = field(init=False)
    spend: I64 = field(init=False)
    engaged: npt.NDArray[np.bool_] = field(init=False)
    lapse_day: U16 = field(init=False)
    last_message: U16 = field(init=False)
    messages_today: npt.NDArray[np.uint8] = field(init=False)
    activity: F32 = field(init=False)
    lapse: F32 = field(init=False)
    order_rate: F32 = field(init=False)
    steady_activity: F32 = field(init=False)
    steady_lapse: F32 = field(init=False)
    steady_order_rate: F32 = field(init=False)
    basket: F32 = field(init=False)
    coupon_rule: npt.NDArray[np.int8] = field(init=False)
    coupon_until: U16 = field(init=False)
    place: U32 = field(init=False)
    account: npt.NDArray[np.void] = field(init=False)
    engaged_list: EngagedList = field(init=False)

    def __post_init__(self) -> None:
        size = self.capacity
        for name in ("person", "place"):
            setattr(self, name, np.empty(size, np.uint32))
        for name in ("signup_day", "last_active", "active_days", "lapse_day", "last_message"):
            setattr(self, name, np.empty(size, np.uint16))
        for name in OWN_COLUMNS:
            setattr(self, name, np.empty(size, np.float32))
        for name in OWN_COLUMNS:
            own = getattr(self, name)
            setattr(self, f"steady_{name}", np.empty(size, np.float32) if name in self.lifted else own)
        self.cell = np.empty(size, np.uint16)
        self.messages = np.empty(size, np.int32)
        self.messages_today = np.empty(size, np.uint8)
        self.engaged = np.empty(size, np.bool_)
        self.account = np.empty(size, ACCOUNT)
        for name in ACCOUNT.names or ():
            setattr(self, name, self.account[name])
        self.engaged_list = EngagedList.of(engaged_capacity(size))

    def add(self, person: U32, cell: npt.NDArray[np.uint16], day: int) -> U32:
        """The rows of the persons who sign up on `day`; each starts active, engaged and without a past.

        Args:
            person, cell: one value for each new user, in the order in which rows are given.
        """
        rows = slice(self.n, self.n + person.size)
        self.person[rows], self.cell[rows] = person, cell
        self.signup_day[rows] = self.last_active[rows] = day
        self.active_days[rows] = 1
        self.messages[rows] = self.messages_today[rows] = 0
        self.account[rows] = BLANK_ACCOUNT
        self.engaged[rows] = True
        self.lapse_day[rows] = self.last_message[rows] = NEVER
        new = np.arange(self.n, self.n + person.size, dtype=np.uint32)
        self.n += person.size
        return new

    def hold_nothing(self, rows: U32) -> None:
        """These users, whose own columns have just been written, hold no privilege."""
        for name in self.lifted:
            getattr(self, f"steady_{name}")[rows] = getattr(self, name)[rows]

    def engage(self, rows: U32, activity: F32) -> None:
        """Give these users the habit (again): they take part from the next daily pass on.

        Args:
            activity: the column that the daily pass compares with, `steady_activity` or `steady_order_rate`.
        """
        listed = self.engaged_list
        _enlist(
            rows, listed.n, self.person, self.cell, activity, self.steady_lapse, self.engaged, self.place, listed.rows,
            listed.person, listed.cell, listed.activity, listed.lapse,
        )  # fmt: skip
        listed.n += rows.size
