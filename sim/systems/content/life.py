"""What one user has made on a day, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.systems.world import World


def content_events(world: World, row: int) -> Iterator[tuple[str, str]]:
    """(what, detail) of the user's items of today."""
    for kind, shelf in zip(world.plan.content, world.shelves.of_kind, strict=True):
        made = shelf.made
        for place in np.flatnonzero((made.rows == row) & (made.items > 0)).tolist():
            n, removed = int(made.items[place]), int(made.removed[place])
            told = f", {removed} removed" if removed else ""
            yield "created", f"{n} item{'s' if n > 1 else ''} of {kind.name}{told}"
