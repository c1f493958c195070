"""Who holds what is read alike for a stretch of users and for single ones, whoever gave it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.systems.audiences.columns import FAMILIES
from sim.systems.statuses.holders import Holders, Holdings

HELD = {"core": [1, 5, 9, 63], "rule": [0, 5, 40], "nobody": [], "monthly": [0, 7]}


def world() -> Any:
    """A status, a rule and a membership that give the same privilege, and one whom nobody has got anything from."""
    givers = [SimpleNamespace(name=name, privileges=(0,), is_rule=name == "rule") for name in HELD]
    plan = SimpleNamespace(statuses=(None,), givers=givers, privileges=[SimpleNamespace(name="free delivery")])
    holders = [Holders(rows=np.array(rows, np.uint32)) for rows in HELD.values()]
    return SimpleNamespace(plan=SimpleNamespace(holdings=plan), holdings=Holdings(holders))


@pytest.mark.parametrize(
    ("name", "held"),
    [("core", {1, 5, 9, 63}), ("monthly", {0, 7}), ("free delivery", {0, 1, 5, 7, 9, 40, 63}), ("rule", set())],
)
def test_each_user_is_found_once_whoever_gave(name: str, held: set[int]) -> None:
    holds = FAMILIES["holds"]
    for first, last in ((0, 64), (5, 41), (64, 64)):
        stretch = holds(world(), slice(first, last), 0, name)
        single = holds(world(), np.arange(first, last, dtype=np.uint32)[::-1], 0, name)[::-1]
        expected = [row in held for row in range(first, last)]
        assert stretch.tolist() == single.tolist() == expected
