"""What a file of first users holds, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    I32 = npt.NDArray[np.int32]
    I64 = npt.NDArray[np.int64]

NONE = -1
"""`days_since_order` of who has not ordered."""


@dataclass(frozen=True, eq=False)
class UsersTable:
    """The users of a file as they were on the evening before the first day, one entry each.

    Attributes:
        path, sha256: the file, and the hash of its content.
        segment, channel: positions in `segments` and `channels`, names in the order of the scenario.
        days_since_signup, days_inactive, active_days, orders, spend_cents, days_since_order: the history.
        declared: what the file says of declared attributes: positions in their values, or numbers.
    """

    path: Path
    sha256: str
    segments: tuple[str, ...]
    channels: tuple[str, ...]
    segment: I32
    channel: I32
    days_since_signup: I32
    days_inactive: I32
    active_days: I32
    orders: I32
    spend_cents: I64
    days_since_order: I32
    declared: dict[str, I32]

    @property
    def n(self) -> int:
        """How many users."""
        return int(self.segment.size)


def past_days(users: UsersTable | None) -> int:
    """Days before the start that the longest history reaches back."""
    return 0 if users is None else int(users.days_since_signup.max()) + 1
