"""One user's invitations of a day, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.systems.world import World


def referral_events(world: World, row: int, day: int) -> Iterator[tuple[str, str]]:
    """(what, detail) of who brought the user today, and of whom it has brought."""
    chains = world.chains
    if chains is None:
        return
    if chains.referrer[row] and world.people.signup_day[row] == day:
        yield "was brought", "by another user"
    n = int(np.count_nonzero(chains.referrer[world.today.new_rows] == row + 1))
    if n:
        yield "brought others", f"{n} user{'s' if n > 1 else ''}"
