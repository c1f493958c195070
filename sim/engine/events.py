"""What happened to whom on which day, for as long as a rule may still answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

U32 = npt.NDArray[np.uint32]
NOBODY = np.empty(0, np.uint32)


@dataclass
class EventLog:
    """Users by the kind and the day of what happened to them; kinds that nobody asks about cost nothing.

    Attributes:
        keep_days: by kind, how many days later it may still be asked about.
    """

    keep_days: Mapping[str, int]
    _open: dict[str, list[U32]] = field(default_factory=dict)
    _closed: dict[str, dict[int, U32]] = field(default_factory=dict)

    def __contains__(self, kind: str) -> bool:
        """Whether anybody asks about this kind."""
        return kind in self.keep_days

    def note(self, kind: str, rows: U32) -> None:
        """It happened to these users, since the log was last closed."""
        if kind in self.keep_days and rows.size:
            self._open.setdefault(kind, []).append(rows.copy())

    def close(self, day: int) -> None:
        """What was noted since the last time is of `day`; what nobody can ask about any more is forgotten."""
        for kind, keep_days in self.keep_days.items():
            noted, closed = self._open.pop(kind, []), self._closed.setdefault(kind, {})
            closed.pop(day - keep_days - 1, None)
            if noted:
                closed[day] = np.unique(np.concatenate(noted))

    def on(self, kind: str, day: int) -> U32:
        """Those to whom it happened on `day`, each once, in the order of their rows."""
        return self._closed[kind].get(day, NOBODY)
