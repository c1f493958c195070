"""What a call may ask for; the command line and Python hold the same bounds."""

from __future__ import annotations

import operator
from dataclasses import dataclass

from sim.errors import UsageError


@dataclass(frozen=True)
class Bounds:
    """Whole numbers from `lowest` to `highest`."""

    lowest: int
    highest: int

    def check(self, name: str, value: object) -> int:
        """The value as an int.

        Raises:
            UsageError: it is no whole number, or lies outside.
        """
        number = None
        if hasattr(value, "__index__"):  # also NumPy's whole numbers
            number = operator.index(value)
        if number is None or not self.lowest <= number <= self.highest:
            raise UsageError(f"{name} is {value!r}; it must be a whole number from {self.lowest} to {self.highest}")
        return number


SEED = Bounds(0, 2**63 - 1)
REPLICATES = Bounds(1, 100_000)
REPLICATE = Bounds(0, REPLICATES.highest - 1)
PERSON = Bounds(0, 2**63 - 1)
DAYS = Bounds(1, 36_500)
DRAWS = Bounds(2, 10_000)
SAMPLES = Bounds(2, 65_536)
JOBS = Bounds(1, 4_096)

LIFE_METRICS = ("spend", "orders", "active_days", "messages")
"""What two lives may be compared by: within the horizon, spend in cents."""
