"""A calendar of what is due to single users: entries are linked by day, so that each costs the same, however many.

What was due leaves its place to later entries: the columns are as long as what is ahead, however long the run is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled

U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

END = -1


@compiled
def _enter(
    first: I32, rows: U32, days: I64, day: int, entry_row: U32, entry_day: U16, following: I32, n: int, free: int
) -> tuple[int, int]:
    """Link an entry for each row whose day lies in the horizon; returns how many places are taken or free now, and the
    first free one.
    """
    for i in range(rows.size):
        due = days[i]
        if due < first.size:
            at = free
            if at == END:
                at = n
                n += 1
            else:
                free = following[at]
            entry_row[at] = rows[i]
            entry_day[at] = day
            following[at] = first[due]
            first[due] = at
    return n, free


@compiled
def _collect(first: I32, day: int, entry_row: U32, entry_day: U16, following: I32, free: int) -> tuple[U32, U16, int]:
    """The rows that are due on `day`, the days on which they were entered, in the order of entering, and the first free
    place: theirs are free from now on.
    """
    n = 0
    entry = first[day]
    while entry != END:
        n += 1
        entry = following[entry]
    rows, entered = np.empty(n, np.uint32), np.empty(n, np.uint16)
    entry = first[day]
    while entry != END:
        n -= 1
        rows[n] = entry_row[entry]
        entered[n] = entry_day[entry]
        later = following[entry]
        following[entry] = free
        free = entry
        entry = later
    first[day] = END
    return rows, entered, free


@dataclass
class Calendar:
    """Rows by the day on which they are due, within a horizon of `n_days`."""

    n_days: int
    _n: int = 0
    _n_free: int = 0
    _free: int = END
    _first: I32 = field(init=False)
    _row: U32 = field(default_factory=lambda: np.empty(1024, np.uint32))
    _day: U16 = field(default_factory=lambda: np.empty(1024, np.uint16))
    _following: I32 = field(default_factory=lambda: np.empty(1024, np.int32))

    def __post_init__(self) -> None:
        self._first = np.full(self.n_days, END, np.int32)

    def enter(self, rows: U32, days: I64, day: int) -> None:
        """Enter `rows`, due on `days` (int64, beyond the horizon is never), on `day`."""
        while self._n - self._n_free + rows.size > self._row.size:
            for name in ("_row", "_day", "_following"):
                column = getattr(self, name)
                setattr(self, name, np.concatenate([column, np.empty_like(column)]))
        n_before = self._n - self._n_free
        self._n, self._free = _enter(
            self._first, rows, days, day, self._row, self._day, self._following, self._n, self._free
        )
        n_entered = int((days < self.n_days).sum())
        self._n_free = self._n - n_before - n_entered

    def due(self, day: int) -> tuple[U32, U16]:
        """The rows that are due on `day`, and the days on which they were entered; to be asked once."""
        rows, entered, self._free = _collect(self._first, day, self._row, self._day, self._following, self._free)
        self._n_free += rows.size
        return rows, entered
