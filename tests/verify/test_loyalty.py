"""The ladder of loyalty, written with statuses, against its Markov chain; with a sabotaged twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from sim.systems.books.tables import tables_of
from sim.systems.plan import Plan
from sim.systems.world import World
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.test_growth_path import N, P, growth_plan
from tests.verify.test_statuses import of_status
from tests.verify.worlds import finished

Document = dict[str, Any]
F64 = npt.NDArray[np.float64]

RUNGS = ("habit", "satisfied", "attached", "loyal")
UP, DOWN = (2, 3, 3, 4), (1, 1, 2, 2)
"""Active days of a week with which a rung is entered from the one below, and kept."""
N_REVIEWS = 40


def ladder(down: tuple[int, ...] = DOWN) -> Document:
    """The rungs as statuses, the highest first, so that nobody climbs two at one review."""
    rungs = {}
    for i, name in reversed(list(enumerate(RUNGS))):
        below = f'holds("{RUNGS[i - 1]}") and ' if i else ""
        rungs[name] = {
            "enters": f"{below}active_days_7d >= {UP[i]}",
            "stays": f"active_days_7d >= {down[i]}",
            "review": "7 days",
        }
    layers = {name: f'holds("{name}")' for name in reversed(RUNGS)}
    return {"statuses": rungs, "layers": {"loyalty": layers}}


def chain() -> F64:
    """float64 (5, 5): from each rung (0: none) to each, at one review of an independent week."""
    moves = np.zeros((len(RUNGS) + 1, len(RUNGS) + 1))
    for days in range(8):
        for rung in range(len(RUNGS) + 1):
            kept = max((i + 1 for i in range(rung) if days >= DOWN[i]), default=0)
            goes_up = rung < len(RUNGS) and days >= UP[rung]
            moves[rung, rung + 1 if goes_up else kept] += binom.pmf(days, 7, P)
    return moves


def stationary(moves: F64) -> F64:
    """The shares that a review leaves as they are."""
    n = moves.shape[0]
    equations = np.vstack([moves.T - np.eye(n), np.ones(n)])
    return np.linalg.lstsq(equations, np.append(np.zeros(n), 1.0), rcond=None)[0]


def rung_zs(plan: Plan) -> list[float]:
    """Distances of those who stand on each rung or above after the last review from the stationary shares."""
    world = finished(plan)
    above = np.cumsum(stationary(chain())[::-1])[::-1]
    held = [float(of_status(world, name)["holders"][-1]) for name in RUNGS]
    return [z_of_count(found, N, share) for found, share in zip(held, above[1:], strict=True)]


def ladder_plan(down: tuple[int, ...] = DOWN) -> Plan:
    """Nobody leaves, and every week is like any other."""
    return growth_plan(ladder(down), days=7 * N_REVIEWS + 2)


def test_shares_of_the_rungs_are_those_of_the_chain() -> None:
    assert abs(largest(rung_zs(ladder_plan()))) < LIMIT


def test_a_rung_that_is_lost_sooner_is_seen() -> None:
    assert abs(largest(rung_zs(ladder_plan(down=(1, 1, 2, 3))))) > LIMIT


def test_steps_up_and_down_are_those_of_the_chain() -> None:
    """Who enters the top comes from the rung below it; who falls, falls to the highest rung that is kept."""
    world, moves, shares = finished(ladder_plan()), chain(), stationary(chain())
    last = 7 * N_REVIEWS
    entered = float(of_status(world, "loyal")["entered"][last])
    left = float(of_status(world, "habit")["left"][last])
    assert abs(z_of_count(entered, N, float(shares[3] * moves[3, 4]))) < LIMIT
    assert abs(z_of_count(left, N, float(shares[1:] @ moves[1:, 0]))) < LIMIT
    assert abs(z_of_count(left, N, float(shares[1] * moves[1, 0]))) > LIMIT, "not only the lowest rung loses all"


def _by_layer(world: World) -> dict[str, int]:
    """Users in each layer of the ladder on the last day."""
    table = tables_of(world)["audiences"]
    codes, names = table["audience"]
    is_last = table["day"] == world.plan.n_days - 1
    return {name: int(table["users"][is_last & (codes == i)].sum()) for i, name in enumerate(names)}


def test_layers_tell_where_everybody_stands() -> None:
    """Each user is on one rung: the layers are the differences of the statuses that hold each other."""
    world = finished(growth_plan(ladder(), days=7 * 10 + 1))
    held = [int(world.holdings.n_holders[list(ladder()["statuses"]).index(name)]) for name in RUNGS]
    found = _by_layer(world)
    assert [found[name] for name in RUNGS] == [a - b for a, b in zip(held, [*held[1:], 0], strict=True)]
    assert found["other"] == N - held[0] > 0
