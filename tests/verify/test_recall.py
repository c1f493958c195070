"""Recall against its closed form under constant hazards."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.plan import Plan
from sim.systems.world import OPENED, RETURNED, SENT, World
from tests.verify.measuring import LIMIT, altered, altered_rule, largest, replicates, z_of_sample
from tests.verify.recalling import Recall

F64 = npt.NDArray[np.float64]

WAVES = [
    Recall(),
    Recall(waves=(3, 10, 30), natural=0.01, lapse=0.06),
    Recall(waves=(1, 2, 5, 20), attempts=2, natural=0.004, half=4.0),
]


def measured(world: World) -> F64:
    counts = world.tallies.rules[1].astype(np.float64)
    dau = world.tallies.dau.sum(axis=1)
    third = dau.size // 3
    sums = [counts[:, column].sum() for column in (SENT, OPENED, RETURNED)]
    halves = [counts[: dau.size // 2, column].sum() for column in (SENT, RETURNED)]
    return np.array([*sums, *halves, dau[third], dau[2 * third], dau[-1], dau.sum()])


def expectation(recall: Recall) -> F64:
    """The same of the closed form: reachable persons are opted in and not held out."""
    share = (1 - recall.holdout) * recall.opt_in
    reached, others = recall.expected(True), recall.expected(False)
    active = share * reached.active + (1 - share) * others.active
    third, middle = recall.n_days // 3, recall.n_days // 2
    sums = [share * flow.sum() for flow in (reached.sent, reached.opened, reached.returned)]
    halves = [share * flow[:middle].sum() for flow in (reached.sent, reached.returned)]
    return recall.n * np.array([*sums, *halves, active[third], active[2 * third], active[-1], active.sum()])


def distance_of_recall(plan: Plan, recall: Recall) -> float:
    found = replicates(plan, 25, measured)
    return largest(z_of_sample(found[:, i], expected) for i, expected in enumerate(expectation(recall)))


@pytest.mark.parametrize("recall", WAVES, ids=["one wave", "three waves", "attempts"])
def test_messages_opens_and_returns_under_constant_hazards(recall: Recall) -> None:
    assert abs(distance_of_recall(recall.plan(), recall)) < LIMIT


ALTERED = [
    ("medium.open", lambda share: share * 1.05),
    ("medium.opt_in", lambda share: share * 0.97),
    ("holdout", lambda share: share * 1.15),
    ("when.waves", lambda waves: (waves[0] + 1, *waves[1:])),
]


@pytest.mark.parametrize(("path", "change"), ALTERED)
def test_an_altered_rule_is_seen(path: str, change: Any) -> None:
    assert abs(distance_of_recall(altered_rule(WAVES[0].plan(), path, change), WAVES[0])) > LIMIT


def test_another_halving_is_seen() -> None:
    twin = altered(WAVES[0].plan(), "response.halves_every_days", lambda half: half * 1.25)
    assert abs(distance_of_recall(twin, WAVES[0])) > LIMIT
