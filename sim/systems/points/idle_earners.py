"""Who comes to earn without use: the users of segments that farm, as they sign up."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.engine.people import People

U32 = npt.NDArray[np.uint32]


@dataclass
class IdleEarners:
    """Users who may come to earn on days without use: `rows`, in their order, of the first `n_known` users."""

    rows: U32 = field(default_factory=lambda: np.empty(0, np.uint32))
    n_known: int = 0

    def until_now(self, people: People, may_come: npt.NDArray[np.bool_]) -> U32:
        """All of them, with who has signed up since; `may_come`: bool (n_cells,), whether a cell's users may."""
        newcomers = self.n_known + np.flatnonzero(may_come[people.cell[self.n_known : people.n]])
        self.rows = np.concatenate([self.rows, newcomers.astype(np.uint32)])
        self.n_known = people.n  # users are numbered as they sign up
        return self.rows
