"""Who holds what is read alike for a stretch of users and for single ones, whoever gave it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.systems.audiences.columns import FAMILIES
from sim.systems.statuses.holders import BITS, Holdings

N = 64
HELD = {"core": [1, 5, 9, 63], "rule": [0, 5, 40], "nobody": [], "monthly": [0, 7]}
OTHERS = {f"other {i}": list(range(i, N, 3)) for i in range(BITS)}
"""More givers than a byte has bits."""


def world() -> Any:
    """A status, a rule and a membership that give the same privilege, and others that give another."""
    givers = [SimpleNamespace(name=name, privileges=(0,), is_rule=name == "rule", is_step=False) for name in HELD]
    givers += [SimpleNamespace(name=name, privileges=(1,), is_rule=False, is_step=False) for name in OTHERS]
    privileges = [SimpleNamespace(name="free delivery"), SimpleNamespace(name="other")]
    plan = SimpleNamespace(statuses=(None,), givers=givers, privileges=privileges, charges=())
    holdings = Holdings.of(plan, N, 1, 1)  # type: ignore[arg-type]
    for position, rows in enumerate((HELD | OTHERS).values()):
        holdings.held[position // BITS, rows] |= np.uint8(1 << position % BITS)
    return SimpleNamespace(plan=SimpleNamespace(holdings=plan), holdings=holdings)


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("core", {1, 5, 9, 63}),
        ("monthly", {0, 7}),
        ("free delivery", {0, 1, 5, 7, 9, 40, 63}),
        ("rule", set()),
        ("other 7", set(OTHERS["other 7"])),
    ],
)
def test_each_user_is_found_once_whoever_gave(name: str, held: set[int]) -> None:
    holds = FAMILIES["holds"]
    for first, last in ((0, N), (5, 41), (N, N)):
        stretch = holds(world(), slice(first, last), 0, name)
        single = holds(world(), np.arange(first, last, dtype=np.uint32)[::-1], 0, name)[::-1]
        expected = [row in held for row in range(first, last)]
        assert np.asarray(stretch).tolist() == np.asarray(single).tolist() == expected
