"""Who minds a loss: who lost at least the cheapest reward's price, to expiry or to a rule; each with a twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.world import World
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.test_points import SOMETIMES, points_plan

ACTIVE, LOSS, PRICE = 0.6, 0.5, 190
"""Everybody is active with 0.6 a day: 31 days give 186 units on average."""
N = 20_000

Flags = npt.NDArray[np.bool_]


def losing_plan(how: dict[str, Any], loss: float = LOSS) -> Plan:
    """What January gave is lost once, with the end of February or by a rule; the cheapest reward costs 190."""
    until = {"until February": {"for": "active day", "gives": {"2026-01-01": 10, "2026-02-01": 0}}}
    programme = {"earns": until, "rewards": {"r": {"price": PRICE}, "dear": {"price": 1_000}}}
    programme |= {key: value for key, value in how.items() if key == "expires"}
    policy = {"points": {"p": programme}, "rules": how.get("rules", {})}
    response = {"looks": 0.0, "loss": {"activity": loss, "half_life": "3650 days"}}
    return points_plan(programme, days=64, n=N, retention=SOMETIMES, policy=policy, response={"points": response})


EXPIRED = {"expires": {"after": "1 month"}}
TAKEN = {"rules": {"catch": {"when": {"on": "2026-02-28"}, "do": {"forfeit": ["p"]}}}}


def minds(plan: Plan) -> tuple[Flags, Flags]:
    """Who lost a reward's price, and who of all was active five days later."""
    lost, active = np.zeros(N, np.int64), np.zeros(N, np.bool_)

    def note(world: World, day: int) -> None:
        for rows, amounts, _ in world.wallets["p"].lost:
            lost[rows] += amounts
        if day == 63:
            active[world.today.present] = True

    run_world(open_world(plan, 1, 0), note)
    assert len(set(lost.tolist())) > 10
    return lost >= PRICE, active


def loss_zs(plan: Plan, of_great: float = LOSS, of_small: float = 1.0) -> list[float]:
    """Distances of the active among those who lost a reward's price, and of those who lost less."""
    is_great, active = minds(plan)
    groups = ((is_great, of_great), (~is_great, of_small))
    odds = ACTIVE / (1 - ACTIVE)
    return [
        z_of_count(float(active[of].sum()), float(of.sum()), factor * odds / (1 + factor * odds))
        for of, factor in groups
    ]


@pytest.mark.parametrize("how", [EXPIRED, TAKEN], ids=["expired", "taken"])
def test_only_who_loses_the_cheapest_rewards_price_minds(how: dict[str, Any]) -> None:
    plan = losing_plan(how)
    assert abs(largest(loss_zs(plan))) < LIMIT
    assert abs(loss_zs(plan, of_small=LOSS)[1]) > LIMIT
    assert abs(loss_zs(losing_plan(how, loss=0.6))[0]) > LIMIT
