"""What is counted of audiences, and what has to be remembered between two measurements."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Flagged:
    """An early warning that waits for its outcome.

    Attributes:
        warning: its position in the plan.
        day, due: the day on which it was given, and the day on which it is held against the truth.
        rows: uint32, the users active in the 30 days before.
        is_flagged: bool, whom of them it warned of.
    """

    warning: int
    day: int
    due: int
    rows: npt.NDArray[np.uint32]
    is_flagged: Bools


@dataclass
class AudienceTallies:
    """Counts of one replicate, in agents.

    Attributes:
        sizes: per day and set: int64 (n_labels, n_cells, 2), engaged and lapsed users.
        portraits: per day, set and declared attribute: int64 (n_labels, n_groups).
        flows: per day and partition: int64 (n_labels + 1, n_labels), from layer to layer; the last row are newcomers.
        outcomes: per day and warning: active, flagged, lost, flagged and lost.
        layer_before: by partition, int8: each user's layer when it was measured last; n_before: the users then.
    """

    sizes: dict[tuple[int, int], I64] = field(default_factory=dict)
    portraits: dict[tuple[int, int, int], I64] = field(default_factory=dict)
    flows: dict[tuple[int, int], I64] = field(default_factory=dict)
    outcomes: dict[tuple[int, int], tuple[int, int, int, int]] = field(default_factory=dict)
    waiting: list[Flagged] = field(default_factory=list)
    layer_before: dict[int, npt.NDArray[np.int8]] = field(default_factory=dict)
    n_before: int = 0
