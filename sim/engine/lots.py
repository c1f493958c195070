"""Units in dated lots: what is earned goes into the batch with which it expires, what is spent comes from the oldest.

A batch is a period at whose end what is left of its lots expires. Batches are numbered in the order of their ends, so
"first in, first out" is "first to expire, first out". Each live batch has one column; a column is used again when its
batch is over. All amounts are whole numbers, so the book of a batch closes exactly: issued = redeemed + expired +
forfeited + left.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

NARROW = np.dtype(np.uint16)
MOST_UNITS = np.iinfo(np.int32).max
"""What one user can hold: earnings beyond are refused, and counted."""

NOBODY_ASKS = np.empty(0, np.int64)


@compiled
def _earn(rows, amounts, lot, is_apart, balance, most, out_given):  # type: ignore[no-untyped-def]
    """Add each amount, as far as it fits: that is what is given. Returns the sums of what was asked for, and given."""
    asked = issued = np.int64(0)
    for i in range(rows.size):
        row = rows[i]
        fits = min(amounts[i], most - np.int64(balance[row]))
        balance[row] += fits
        if is_apart:
            lot[row] += fits
        if out_given.size:
            out_given[i] = fits
        asked += amounts[i]
        issued += fits
    return asked, issued


@compiled
def _spend(rows, amounts, lots, order, balance, taken):  # type: ignore[no-untyped-def]
    """Take each amount, which the balance holds, from the columns in `order`; add up what came from which."""
    for i in range(rows.size):
        row = rows[i]
        left = np.int64(amounts[i])
        balance[row] -= left
        if lots.size == 0:
            taken[0] += left
            continue
        for k in range(order.size):
            if left == 0:
                break
            part = min(left, np.int64(lots[order[k], row]))
            lots[order[k], row] -= part
            taken[k] += part
            left -= part


@compiled
def _give(givers, amounts, fees, lots, order, balance, kept, out_parts):  # type: ignore[no-untyped-def]
    """Take each amount from the giver's columns in `order`, the fee first; what arrives stands in `out_parts`.

    Args:
        kept: adds up the fees by column.
        out_parts: int32 (n_givers, n_columns), in the order of `order`.
    """
    for i in range(givers.size):
        giver = givers[i]
        left, fee = np.int64(amounts[i]), np.int64(fees[i])
        balance[giver] -= left
        if lots.size == 0:
            kept[0] += fee
            out_parts[i, 0] = left - fee
            continue
        for k in range(order.size):
            if left == 0:
                break
            part = min(left, np.int64(lots[order[k], giver]))
            of_fee = min(part, fee)
            lots[order[k], giver] -= part
            out_parts[i, k] = part - of_fee
            kept[k] += of_fee
            left -= part
            fee -= of_fee


@compiled
def _receive(receivers, parts, lots, order, balance):  # type: ignore[no-untyped-def]
    """Add what has been taken from givers to the receivers' columns."""
    for i in range(receivers.size):
        for k in range(order.size):
            balance[receivers[i]] += parts[i, k]
            if lots.size:
                lots[order[k], receivers[i]] += parts[i, k]


@compiled
def _empty(lot, balance, n, out_rows, out_amounts):  # type: ignore[no-untyped-def]
    """Clear a column of the first `n` users; returns how many had something in it, with their amounts."""
    found = 0
    for row in range(n):
        amount = lot[row]
        if amount > 0:
            balance[row] -= amount
            lot[row] = 0
            out_rows[found] = row
            out_amounts[found] = amount
            found += 1
    return found


@dataclass
class Lots:
    """The lots of all users in one currency.

    A column has two bytes for each user until any lot could be larger, then four. Where one batch is live at a time,
    its lots are the balances.

    Attributes:
        capacity, n_columns: rows, and how many batches may be live at once.
        balance: int32 (capacity,), what each user holds.
        issued, redeemed, expired, forfeited: int64 (n_batches,), units of agents by batch.
        refused: units that no longer fitted into a balance.
    """

    capacity: int
    n_columns: int
    n_batches: int
    balance: I32 = field(init=False)
    issued: I64 = field(init=False)
    redeemed: I64 = field(init=False)
    expired: I64 = field(init=False)
    forfeited: I64 = field(init=False)
    refused: int = 0
    _lots: npt.NDArray[np.uint16] | I32 = field(init=False)
    _largest: I64 = field(init=False)
    """By batch: no user's lot is larger."""

    def __post_init__(self) -> None:
        self.balance = np.zeros(self.capacity, np.int32)  # memory that is not touched costs nothing
        self._lots = np.zeros((self.n_columns if self.n_columns > 1 else 0, self.capacity), np.uint16)
        for name in ("issued", "redeemed", "expired", "forfeited", "_largest"):
            setattr(self, name, np.zeros(self.n_batches, np.int64))

    def lot(self, batch: int) -> npt.NDArray[np.integer]:
        """The column of a live batch."""
        column: npt.NDArray[np.integer] = self._lots[batch % self.n_columns] if self._lots.size else self.balance
        return column

    def _make_room(self, batch: int, most: int) -> None:
        """Let each lot of a batch hold `most` units more."""
        self._largest[batch] += most
        if self._lots.itemsize == NARROW.itemsize and self._largest[batch] > np.iinfo(NARROW).max:
            self._lots = self._lots.astype(np.int32)

    def earn(self, rows: U32, amounts: I64, batch: int, given: I64 = NOBODY_ASKS) -> int:
        """Add amounts >= 0 to these users' lots (each user once) in a live batch; returns what all were given.

        Args:
            given: int64 (n_rows,), to be filled with what each was given.
        """
        self._make_room(batch, int(amounts.max(initial=0)))
        asked, issued = _earn(rows, amounts, self.lot(batch), self._lots.size > 0, self.balance, MOST_UNITS, given)
        self.issued[batch] += issued
        self.refused += asked - issued
        return int(issued)

    def spend(self, rows: U32, amounts: I64, oldest: int, newest: int, *, counted: I64 | None = None) -> None:
        """Take amounts from these users (each once), who hold as much, from the oldest live batch on.

        Args:
            counted: where the book counts it by batch; `redeemed` where not said.
        """
        batches = np.arange(oldest, newest + 1)
        taken = np.zeros(batches.size, np.int64)
        _spend(rows, amounts, self._lots, batches % self.n_columns, self.balance, taken)
        counted = self.redeemed if counted is None else counted
        counted[batches] += taken

    def transfer(
        self, givers: U32, receivers: U32, amounts: I64, fees: I64, oldest: int, newest: int
    ) -> npt.NDArray[np.bool_]:
        """Move amounts, which each giver (once each) holds, to others, from the oldest live batch on.

        All give of what they held before anybody receives, so that no order matters. Units stay in their batch. The
        fee, a part of the amount, is redeemed. Returns which transfers take place: none to a receiver who could not
        hold all that is sent to it beside what it held.
        """
        fits = self._can_hold(receivers, amounts - fees)
        givers, receivers, amounts, fees = givers[fits], receivers[fits], amounts[fits], fees[fits]
        batches = np.arange(oldest, newest + 1)
        for batch in batches.tolist():
            self._make_room(batch, int(amounts.sum()))  # one user may receive from all
        kept, parts = np.zeros(batches.size, np.int64), np.zeros((givers.size, batches.size), np.int32)
        columns = batches % self.n_columns
        _give(givers, amounts, fees, self._lots, columns, self.balance, kept, parts)
        _receive(receivers, parts, self._lots, columns, self.balance)
        self.redeemed[batches] += kept
        return fits

    def _can_hold(self, receivers: U32, arriving: I64) -> npt.NDArray[np.bool_]:
        """Of each transfer, whether its receiver could hold all that is sent to it."""
        each, at = np.unique(receivers, return_inverse=True)
        sent = np.zeros(each.size, np.int64)
        np.add.at(sent, at, arriving)
        can: npt.NDArray[np.bool_] = (sent <= MOST_UNITS - self.balance[each].astype(np.int64))[at]
        return can

    def expire(self, batch: int, n: int) -> tuple[U32, I64]:
        """End a batch for the first `n` users; returns who lost how much. Its column is free from then on."""
        rows, amounts = np.empty(n, np.uint32), np.empty(n, np.int64)
        found = int(_empty(self.lot(batch), self.balance, n, rows, amounts))
        self.expired[batch] += amounts[:found].sum()
        return rows[:found], amounts[:found]

    def forfeit(self, rows: U32, oldest: int, newest: int, *, counted: I64) -> I64:
        """End all lots of these users; returns what each lost.

        Args:
            counted: where the book counts it by batch: `expired` or `forfeited`.
        """
        lost = self.balance[rows].astype(np.int64)
        for batch in range(oldest, newest + 1):
            lot = self.lot(batch)
            counted[batch] += lot[rows].sum(dtype=np.int64)
            lot[rows] = 0
        self.balance[rows] = 0
        return lost

    def move(self, rows: U32, batch: int, later: int) -> I64:
        """Let these users' lots in one batch expire with a later one; returns how much each has moved.

        The book follows the units: they leave the one batch and are issued into the other.
        """
        moved = self.lot(batch)[rows].astype(np.int64)
        self._make_room(later, int(moved.max(initial=0)))
        self.lot(batch)[rows] = 0
        lot = self.lot(later)
        lot[rows] += moved.astype(lot.dtype)
        total = int(moved.sum())
        self.issued[batch] -= total
        self.issued[later] += total
        return moved
