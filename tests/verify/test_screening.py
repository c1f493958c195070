"""Morris and Sobol where profit is basket × margin × a constant: their measures in closed form."""

from __future__ import annotations

import pytest

from sim import pipeline
from sim.analysis.screening import Screened, Screening
from sim.analysis.summary import metric_values
from sim.flows.trials import Trial, measure
from sim.systems.books.metrics import metric_of
from tests.verify.worlds import document, load_text, text_of

BASKET, MARGIN = (60.0, 100.0, 150.0), (0.1, 0.2, 0.4)
NAMES = ("orders.basket.mean", "orders.margin")


def shop() -> pipeline.LoadedScenario:
    basket = {"value": f"{BASKET[1]} CNY", "low": f"{BASKET[0]} CNY", "high": f"{BASKET[2]} CNY"}
    margin = {"value": MARGIN[1], "low": MARGIN[0], "high": MARGIN[2]}
    few = {"organic": {"kind": "organic", "signups": "50 / day"}}
    orders = {"per_active_day": 0.2, "basket": {"mean": basket}, "margin": margin}
    own = {"market": {"size": 2_000}, "channels": few, "orders": orders, "horizon": "20 days"}
    media = {"push": {"opt_in": {"value": 0.6, "low": 0.2, "high": 0.9}, "open": 0.1}}
    return load_text(text_of(document(**(own | {"media": media}))))


def orders_of(loaded: pipeline.LoadedScenario) -> float:
    (run,) = measure([Trial(loaded.scenario, 1, (0,))], jobs=1)
    return float(metric_values(run, metric_of("orders")).mean())


def of(found: Screening, name: str) -> Screened:
    return next(one for one in found.screened if one.number.name == name)


def moments(low: float, mode: float, high: float) -> tuple[float, float]:
    """Mean and variance of the triangular distribution."""
    ends = low**2 + mode**2 + high**2 - low * mode - low * high - mode * high
    return (low + mode + high) / 3, ends / 18


def test_sobol_finds_the_shares_of_a_product() -> None:
    found = pipeline.screening(shop(), "sobol", samples=128, replicates=1, jobs=2)
    (b, var_b), (m, var_m) = moments(*BASKET), moments(*MARGIN)
    whole = (b**2 + var_b) * (m**2 + var_m) - (b * m) ** 2
    first = {NAMES[0]: m**2 * var_b / whole, NAMES[1]: b**2 * var_m / whole}
    total = {NAMES[0]: 1 - first[NAMES[1]], NAMES[1]: 1 - first[NAMES[0]]}
    for name in NAMES:
        one = of(found, name)
        assert one.strength == pytest.approx(total[name], abs=0.04)
        assert one.spread == pytest.approx(first[name], abs=0.08)
    assert of(found, NAMES[0]).strength != pytest.approx(total[NAMES[1]], abs=0.04)
    assert of(found, "media.push.opt_in").strength == pytest.approx(0, abs=1e-9)


def test_morris_finds_the_mean_effect_of_a_product_and_its_interaction() -> None:
    """On levels 0, 1/3, 2/3, 1 the effect of the basket is orders × its range × the margin at the other's level."""
    loaded = shop()
    found = pipeline.screening(loaded, "morris", samples=40, replicates=1, jobs=2)
    n = orders_of(loaded)
    middle = (MARGIN[0] + MARGIN[2]) / 2
    basket = of(found, NAMES[0])
    expected = n * (BASKET[2] - BASKET[0]) * middle
    assert basket.strength == pytest.approx(expected, rel=0.12)
    assert basket.strength != pytest.approx(n * (BASKET[2] - BASKET[0]) * MARGIN[1], rel=0.12)
    step = (5 / 36) ** 0.5 * (MARGIN[2] - MARGIN[0])  # standard deviation over the four levels, each as likely
    assert basket.spread == pytest.approx(n * (BASKET[2] - BASKET[0]) * step, rel=0.3)
    idle = of(found, "media.push.opt_in")
    assert (idle.strength, idle.spread) == (0, 0)
    assert [one.number.name for one in found.screened][-1] == "media.push.opt_in"
