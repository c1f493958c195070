"""A calendar of what is due to single users: entries are linked by day, so that each costs the same, however many."""

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
def _enter(first: I32, rows: U32, days: I64, day: int, entry_row: U32, entry_day: U16, following: I32, n: int) -> int:
    """Link an entry for each row whose day lies in the horizon; returns how many entries there are now."""
    for i in range(rows.size):
        due = days[i]
        if due < first.size:
            entry_row[n] = rows[i]
            entry_day[n] = day
            following[n] = first[due]
            first[due] = n
            n += 1
    return n


@compiled
def _collect(first: I32, day: int, entry_row: U32, entry_day: U16, following: I32) -> tuple[U32, U16]:
    """The rows that are due on `day` and the days on which they were entered, in the order of entering."""
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
        entry = following[entry]
    return rows, entered


@dataclass
class Calendar:
    """Rows by the day on which they are due, within a horizon of `n_days`."""

    n_days: int
    _n: int = 0
    _first: I32 = field(init=False)
    _row: U32 = field(default_factory=lambda: np.empty(1024, np.uint32))
    _day: U16 = field(default_factory=lambda: np.empty(1024, np.uint16))
    _following: I32 = field(default_factory=lambda: np.empty(1024, np.int32))

    def __post_init__(self) -> None:
        self._first = np.full(self.n_days, END, np.int32)

    def enter(self, rows: U32, days: I64, day: int) -> None:
        """Enter `rows`, due on `days` (int64, beyond the horizon is never), on `day`."""
        while self._n + rows.size > self._row.size:
            for name in ("_row", "_day", "_following"):
                column = getattr(self, name)
                setattr(self, name, np.concatenate([column, np.empty_like(column)]))
        self._n = _enter(self._first, rows, days, day, self._row, self._day, self._following, self._n)

    def due(self, day: int) -> tuple[U32, U16]:
        """The rows that are due on `day`, and the days on which they were entered."""
        rows, entered = _collect(self._first, day, self._row, self._day, self._following)
        return rows, entered
