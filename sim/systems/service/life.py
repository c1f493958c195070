"""One user's tickets of a day, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.systems.world import World


def service_events(world: World, row: int) -> Iterator[tuple[str, str]]:
    """(what, detail) of the user's tickets that were answered or given up today."""
    for tickets, waits in world.service.ended:
        for place in np.flatnonzero(tickets["row"] == row).tolist():
            name, wait = world.plan.service.kinds[tickets["kind"][place]].name, float(waits[place])
            if np.isnan(wait):
                minutes = float(tickets["leaves"][place] - tickets["arrives"][place])
                yield "gave up waiting", f"{name}, after {minutes:.1f} minutes"
            else:
                told = "" if tickets["resolved"][place] else ", not settled"
                yield "was answered", f"{name}, after {wait:.1f} minutes{told}"
