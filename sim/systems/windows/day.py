"""Windows on a day: what happens is added to the sums, and taken off when its day has left them.

An event is logged once for all windows over its kind, so the cost is that of what happens, not of who might be asked
about. What no window will lose within the horizon is not logged at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.systems.windows.names import Window

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
Sums = npt.NDArray[np.int32] | I64

ROWS_PER_WORD = 32
"""Rows take 32 bits each, marks one bit per user: the shorter of the two is kept."""


@compiled
def _add_one(rows, sign, sums):  # type: ignore[no-untyped-def]
    for i in range(rows.size):
        sums[rows[i]] += sign


@compiled
def _add(rows, amounts, sign, sums):  # type: ignore[no-untyped-def]
    for i in range(rows.size):
        sums[rows[i]] += sign * amounts[i]


@dataclass(frozen=True)
class Logged:
    """Events of one kind on one day: who (as rows, or as a mark per user), and how much where it is not 1.

    Where users are marked, the amounts are in the order of their rows.
    """

    who: U32 | npt.NDArray[np.uint8]
    amounts: npt.NDArray[np.integer] | None

    @staticmethod
    def of(rows: U32, amounts: I64 | None) -> Logged:
        """The events in the least space."""
        n_users = int(rows.max()) + 1
        if rows.size * ROWS_PER_WORD < n_users:
            return Logged(rows.copy(), None if amounts is None else _narrow(amounts))
        if amounts is not None and (rows[1:] < rows[:-1]).any():
            order = np.argsort(rows)
            rows, amounts = rows[order], amounts[order]
        marks = np.zeros(n_users, np.bool_)
        marks[rows] = True
        return Logged(np.packbits(marks), None if amounts is None else _narrow(amounts))

    @property
    def rows(self) -> U32:
        """Whose events they are."""
        if self.who.dtype == np.uint8:
            return np.flatnonzero(np.unpackbits(self.who.view(np.uint8))).astype(np.uint32)
        return self.who.astype(np.uint32, copy=False)


def _narrow(amounts: I64) -> npt.NDArray[np.integer]:
    """A copy of amounts from 0 in four bytes, or in one, where they fit."""
    most = int(amounts.max())
    return amounts.astype(np.uint8 if most < 1 << 8 else np.uint32 if most < 1 << 32 else np.int64)


@dataclass
class Rolling:
    """The sums over the windows of one kind, and the events that will leave them.

    Attributes:
        sums: by days of the window, a column over the users; untouched memory costs nothing.
    """

    n_days: int
    sums: dict[int, Sums]
    _log: dict[int, list[Logged]] = field(default_factory=dict)

    def add(self, day: int, rows: U32, amounts: I64 | None = None) -> None:
        """These users (each once) did it on `day`, each by its amount, or once."""
        if not rows.size:
            return
        for sums in self.sums.values():
            _sum(sums, rows, amounts, 1)
        if day + min(self.sums) < self.n_days:
            self._log.setdefault(day, []).append(Logged.of(rows, amounts))

    def slide(self, day: int) -> None:
        """Take off what has left the windows by the morning of `day`."""
        for days, sums in self.sums.items():
            for logged in self._log.get(day - days, ()):
                _sum(sums, logged.rows, logged.amounts, -1)
        longest = max((days for days in self.sums if days < self.n_days), default=0)
        self._log.pop(day - longest, None)


def _sum(sums: Sums, rows: U32, amounts: npt.NDArray[np.integer] | None, sign: int) -> None:
    if amounts is None:
        _add_one(rows, sign, sums)
    else:
        _add(rows, amounts, sign, sums)


Windows = dict[str, Rolling]


def open_windows(windows: tuple[Window, ...], capacity: int, n_days: int) -> Windows:
    """The sums of all windows, by kind, before anything has happened."""
    opened: Windows = {}
    for window in windows:
        of_kind = opened.setdefault(window.kind, Rolling(n_days, {}))
        sums: Sums = np.zeros(capacity, np.int64) if window.kind == "spend" else np.zeros(capacity, np.int32)
        of_kind.sums[window.days] = sums
    return opened
