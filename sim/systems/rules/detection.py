"""Rules against who earns without use: what they take away, and whom they hit that should not be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.points.farming import block, forfeit
from sim.systems.points.wallets import is_farming
from sim.systems.rules.plan import RulePlan
from sim.systems.world import CAUGHT, FALSE_ALARMS, World

U32 = npt.NDArray[np.uint32]


def take_away(world: World, day: int, rule: RulePlan, rows: U32) -> None:
    """Forfeit and block as the rule says; each user whom it hits for the first time counts as caught, or not."""
    if not rule.takes_away:
        return
    hit, counts = world.rules[rule.name].hit, world.tallies.rules[rule.index, day]
    first = rows[~hit[rows]]
    hit[first] = True
    n_farming = np.count_nonzero(is_farming(world, first))
    counts[CAUGHT] += n_farming
    counts[FALSE_ALARMS] += first.size - n_farming
    for programme in rule.forfeits:
        forfeit(world, day, programme, rows)
    for programme, days in rule.blocks.items():
        block(world, day, programme, rows, days)
