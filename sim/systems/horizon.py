"""The days of a plan, on which the scenario's values become arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sim.units import Quantity

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Horizon:
    """Days from `start`: those before `first_day` are the past of first users, the others up to `n_days` are run."""

    start: date
    first_day: int
    n_days: int

    def day_of(self, on: date) -> int:
        """The day of a date; below 0 before the start."""
        return (on - self.start).days

    def of(self, quantity: Quantity) -> npt.NDArray[np.float64]:
        """The quantity in force on each day, float64 (n_days,)."""
        return quantity.each_day(self.start, self.n_days)

    def micro(self, amount: Quantity) -> npt.NDArray[np.int64]:
        """An amount of money on each day in 1/10,000 cents, int64 (n_days,)."""
        from sim.engine.ledger import to_micro

        return to_micro(self.of(amount))
