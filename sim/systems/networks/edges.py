"""What a file of ties holds, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    I32 = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class EdgeList:
    """The ties of a file: int32 (n_ties,), who is tied to whom; persons are numbered from 0."""

    persons: I32
    friends: I32

    @property
    def n_persons(self) -> int:
        """The highest number of a person, counted from 1."""
        return int(max(self.persons.max(initial=-1), self.friends.max(initial=-1))) + 1
