"""Sampled orders against all orders: the parts of an explanation agree within their intervals.

The twin takes one order for all replicates, without its reverse: whatever comes first gets what it makes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

import sim
from sim.analysis import explaining as parts
from sim.analysis.explaining import Explanation
from sim.analysis.groups import amount_of
from sim.analysis.shapley import Game, entered
from sim.flows import explaining

WORLD = """\
name: small
start: 2026-01-01
horizon: 60 days
currency: CNY
market: {size: 6_000 persons}
channels: {ads: {kind: paid, price: 20 CNY / sign-up}, shop: {kind: organic, signups: 20 / day}}
retention: {default: {d1: 40%, d7: 25%, d30: 12%}}
orders: {per_active_day: 10%, basket: {mean: 100 CNY, spread: 0.5}, margin: 30%}
policy: {budgets: {ads: 200 CNY / day}}
"""
BETTER = """\
extends: world.yaml
name: better
channels: {ads: {price: 10 CNY / sign-up}}
retention: {default: {d1: 55%, d7: 40%, d30: 25%}}
orders: {per_active_day: 20%, margin: 45%}
policy: {budgets: {ads: 500 CNY / day}}
"""
"""More users who stay longer, order more often, and leave more: each change multiplies what the others are worth."""
N = 16


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("explain")
    for name, text in (("world", WORLD), ("better", BETTER)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / "world.yaml", folder / "better.yaml"


@pytest.fixture(scope="module")
def exact(pair: tuple[Path, Path]) -> Explanation:
    return sim.explain(*pair, replicates=N, exact=True)


def distances(found: Explanation, exact: Explanation) -> dict[str, tuple[float, float]]:
    """The interval of each part less its exact value, replicate by replicate, so that luck drops out."""
    known = {part.change.name: part.share.per_replicate for part in exact.parts}
    ends = {}
    for part in found.parts:
        pairs = zip(part.share.per_replicate, known[part.change.name], strict=True)
        interval = amount_of([ours - theirs for ours, theirs in pairs]).interval
        assert interval.low is not None
        assert interval.high is not None
        ends[part.change.name] = (interval.low, interval.high)
    return ends


def agrees(found: Explanation, exact: Explanation) -> bool:
    return all(low <= 0 <= high for low, high in distances(found, exact).values())


def test_sampled_and_exact_parts_agree_within_their_intervals(pair: tuple[Path, Path], exact: Explanation) -> None:
    sampled = sim.explain(*pair, replicates=N)
    assert (exact.method, sampled.method) == ("exact", "sampled")
    assert len(exact.parts) >= 5
    assert exact.interaction is not None
    assert exact.interaction.interval.excludes_zero
    assert any(low != high for low, high in distances(sampled, exact).values())
    assert agrees(sampled, exact)


def test_the_twin_with_one_order_does_not_agree(
    pair: tuple[Path, Path], exact: Explanation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(order: Sequence[int], worth: Game) -> list[Fraction]:
        steps = [worth(members) for members in entered(order)]
        return [steps[order.index(player) + 1] - steps[order.index(player)] for player in range(len(order))]

    monkeypatch.setattr(explaining, "order_of_changes", lambda n, seed, replicate: list(range(n)))
    monkeypatch.setattr(parts, "values_along", forward)
    assert not agrees(sim.explain(*pair, replicates=N), exact)


def test_orders_are_addressed_and_all_equally_likely() -> None:
    orders = [tuple(explaining.order_of_changes(3, 7, replicate)) for replicate in range(6_000)]
    assert orders[5] == tuple(explaining.order_of_changes(3, 7, 5))
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert sum((count - 1_000) ** 2 / 1_000 for count in counts) < 20.5  # chi-squared with 5 degrees, p = 0.001
    assert orders != [tuple(explaining.order_of_changes(3, 8, replicate)) for replicate in range(6_000)]
