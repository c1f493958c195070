"""What is given to users who are away for so long that their units have expired: each gift lives on by itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]


@dataclass
class GivenToAbsent:
    """Gifts of the last days to users who were away, of one programme that expires by `inactive_for`.

    Attributes:
        waiting: (day, who was given, how much), in the order of the days.
        units: int64 column, the sum of what waits of each user; empty until there is any.
    """

    capacity: int
    waiting: deque[tuple[int, U32, I64]] = field(default_factory=deque)
    units: I64 = field(default_factory=lambda: np.empty(0, np.int64))

    def note(self, day: int, rows: U32, amounts: I64) -> None:
        """These users (each once) have been given so much today."""
        if not rows.size:
            return
        if not self.units.size:
            self.units = np.zeros(self.capacity, np.int64)
        self.units[rows] += amounts
        self.waiting.append((day, rows, amounts))

    def due(self, day: int) -> U32:
        """Who was given something on a day, each once; it no longer waits."""
        found: list[U32] = []
        while self.waiting and self.waiting[0][0] <= day:
            _, rows, amounts = self.waiting.popleft()
            self.units[rows] -= amounts
            found.append(rows)
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.uint32)

    def of(self, rows: U32) -> I64:
        """What each of these users was given and still waits, int64 (n_rows,)."""
        return self.units[rows] if self.units.size else np.zeros(rows.size, np.int64)
