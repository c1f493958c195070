"""Sensitivities where the answer is linear in a number: profit in the margin, to half a cent an order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim import pipeline
from sim.analysis.summary import metric_values
from sim.flows.trials import Trial, measure
from sim.scenario.ranges import numbers
from sim.systems.books.metrics import metric_of
from tests.verify.worlds import document, load_text, text_of

REPLICATES = 4
MARGIN: dict[str, Any] = {"value": 0.24, "low": 0.15, "high": 0.31}
SETTINGS: dict[str, Any] = {"replicates": REPLICATES, "jobs": 1}


def shop(**sections: Any) -> pipeline.LoadedScenario:
    """A shop whose only money is the margin of its orders, which scatter by replicate."""
    orders = {"per_active_day": 0.2, "basket": {"mean": "100 CNY", "spread": 0.6}, "margin": MARGIN}
    return load_text(text_of(document(**({"orders": orders} | sections))))


def sales(loaded: pipeline.LoadedScenario, seed: int = 1) -> Any:
    """Revenue and orders of each replicate, at the written values."""
    (run,) = measure([Trial(loaded.scenario, seed, tuple(range(REPLICATES)))], jobs=1)
    return metric_values(run, metric_of("revenue")), metric_values(run, metric_of("orders"))


def test_profit_is_linear_in_the_margin_to_half_a_cent_an_order() -> None:
    loaded = shop()
    gmv, orders = sales(loaded)
    found = pipeline.sensitivity(loaded, metric="profit", **SETTINGS)
    (swing,) = found.swings
    tolerance = 2 * 0.005 * orders.mean()
    for end, value in ((swing.low, 0.15), (swing.high, 0.31)):
        assert end is not None
        assert end.effect.mean == pytest.approx(gmv.mean() * (value - 0.24), abs=tolerance)
        assert end.effect.mean != pytest.approx(gmv.mean() * (value - 0.2405), abs=tolerance)
    assert swing.width == pytest.approx(gmv.mean() * 0.16, abs=tolerance)
    assert swing.is_distinguishable


def test_the_effect_has_the_scatter_of_the_sales_alone_which_other_luck_would_break() -> None:
    """Paired, an effect scatters as its closed form does: the standard deviation of the sales times the step."""
    loaded = shop()
    gmv, _ = sales(loaded)
    (swing,) = pipeline.sensitivity(loaded, metric="profit", **SETTINGS).swings
    assert swing.high is not None
    assert swing.high.effect.low is not None
    assert swing.high.effect.mean is not None
    half = swing.high.effect.mean - swing.high.effect.low
    expected = 3.182446 * np.std(gmv * 0.07, ddof=1) / np.sqrt(REPLICATES)
    assert half == pytest.approx(expected, rel=0.01)
    margin = next(one for one in numbers(loaded.scenario, loaded.tree) if one.is_ranged)
    high = pipeline.variant(loaded, {margin.path: margin.written(0.31)})
    other = measure([Trial(high.scenario, 2, tuple(range(REPLICATES)))], jobs=1)[0]
    unpaired = metric_values(other, metric_of("profit")) - gmv * 0.24
    assert 3.182446 * np.std(unpaired, ddof=1) / np.sqrt(REPLICATES) > 2 * expected


def test_a_difference_moves_by_the_difference_of_the_sales() -> None:
    more = {"organic": {"kind": "organic", "signups": "150 / day"}}
    base, other = shop(), shop(channels=more)
    found = pipeline.sensitivity(other, against=base, metric="profit", **SETTINGS)
    (swing,) = found.swings
    gap = (sales(other)[0] - sales(base)[0]).mean()
    orders = (sales(other)[1] + sales(base)[1]).mean()
    assert swing.width == pytest.approx(gap * 0.16, abs=0.01 * orders)
    assert swing.width != pytest.approx(sales(other)[0].mean() * 0.16, abs=0.01 * orders)
    assert found.against is not None


def test_a_number_that_nothing_uses_moves_nothing_at_all() -> None:
    idle = {"push": {"opt_in": {"value": 0.6, "low": 0.2, "high": 0.9}, "open": 0.1}}
    found = pipeline.sensitivity(shop(media=idle), metric="profit", **SETTINGS)
    widths = {one.number.name: one.width for one in found.swings}
    assert widths["media.push.opt_in"] == 0
    assert widths["orders.margin"] > 0
    assert [one.is_distinguishable for one in found.swings] == [True, False]


def test_segments_shares_move_together() -> None:
    """Only one of two segments buys, so orders are linear in its share, and the other takes up the rest."""
    segments = {
        "buyers": {"share": {"value": 0.4, "low": 0.2, "high": 0.6}},
        "others": {"share": 0.6, "orders": 0.0},
    }
    loaded = shop(market={"size": 10_000, "segments": segments})
    found = pipeline.sensitivity(loaded, metric="orders", **SETTINGS)
    swing = next(one for one in found.swings if one.number.name == "market.segments.buyers.share")
    assert swing.low is not None
    assert swing.high is not None
    assert found.written.mean is not None
    low, high = swing.low.outcome.mean, swing.high.outcome.mean
    assert low == pytest.approx(found.written.mean * 0.5, rel=0.05)
    assert high == pytest.approx(found.written.mean * 1.5, rel=0.05)
