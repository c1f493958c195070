"""`sim solve` against roots in closed form, and its interval against its coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sim import pipeline
from sim.analysis.intervals import Floats, Interval, student_interval
from sim.analysis.roots import find_root
from sim.analysis.summary import metric_values
from sim.flows.trials import Trial, measure
from sim.systems.books.metrics import metric_of
from tests.verify.worlds import document, load_text, text_of

N = 8
SAMPLES = 300
SETTINGS: dict[str, Any] = {"replicates": N, "jobs": 1}
ORDERS = {"per_active_day": 0.2, "basket": {"mean": "100 CNY", "spread": 0.6}, "margin": "24%"}


def shop(**sections: Any) -> pipeline.LoadedScenario:
    return load_text(text_of(document(**({"orders": ORDERS} | sections))))


def of(loaded: pipeline.LoadedScenario, name: str, seed: int = 1) -> Any:
    (run,) = measure([Trial(loaded.scenario, seed, tuple(range(N)))], jobs=1)
    return metric_values(run, metric_of(name))


def test_the_basket_at_which_revenue_meets_a_target() -> None:
    """Revenue is proportional to the mean basket: the root is target / revenue × the written basket."""
    loaded = shop()
    revenue = of(loaded, "revenue")
    found = pipeline.solve(
        loaded,
        "orders.basket.mean",
        f"revenue={1.3 * revenue.mean():.2f} CNY",
        between=("50 CNY", "400 CNY"),
        **SETTINGS,
    )
    assert found.value == pytest.approx(130, abs=0.05)
    assert found.value != pytest.approx(130 * 1.002, abs=0.05)
    # the values b at which b / 100 × (revenue ± half) holds the target
    interval = student_interval(revenue)
    assert interval.low is not None
    assert interval.high is not None
    assert found.low == pytest.approx(130 * revenue.mean() / interval.high, abs=0.1)
    assert found.high == pytest.approx(130 * revenue.mean() / interval.low, abs=0.1)
    assert found.text is not None
    assert found.text.endswith(" CNY")


def test_the_margin_that_pays_for_fees() -> None:
    """Margin × sales of the campaign's policy, minus its fixed cost: at cost / extra sales the difference is 0."""
    more = {"organic": {"kind": "organic", "signups": "150 / day"}}
    cost = {"campaigns": {"fair": {"from": "2026-01-01", "for": "1 days", "cost": "20000 CNY"}}}
    base, other = shop(), shop(channels=more, policy=cost)
    extra = (of(other, "revenue") - of(base, "revenue")).mean()
    found = pipeline.solve(other, "orders.margin", "profit=0", against=base, between=("1%", "90%"), **SETTINGS)
    assert found.value == pytest.approx(20_000 / extra, rel=0.002)
    assert found.value != pytest.approx(20_100 / extra, rel=0.002)


def test_the_interval_holds_the_true_root_as_often_as_it_says() -> None:
    """Of 300 samples of 8 replicates, 95% hold the true root: 277 is 2 errors below, and above 0.8 of the width.

    Revenue is proportional to the mean basket, as the first test holds, so that one simulation answers for all values.
    """
    loaded = shop(horizon="4 days", market={"size": 300}, orders=ORDERS | {"per_active_day": 2})
    (run,) = measure([Trial(loaded.scenario, 1, tuple(range(SAMPLES * N)))], jobs=1)
    values = metric_values(run, metric_of("revenue"))
    goal = 1.2 * values.mean()
    inside = narrowed = 0
    for sample in values.reshape(SAMPLES, N):

        def at(baskets: Sequence[float], sample: Floats = sample) -> list[Interval]:
            return [student_interval(sample * basket / 100) for basket in baskets]

        found = find_root(at, goal, (10, 1_000), near=100)
        assert found.low is not None
        assert found.high is not None
        assert found.value is not None
        inside += found.low <= 120 <= found.high
        below, above = 0.8 * (found.value - found.low), 0.8 * (found.high - found.value)
        narrowed += found.value - below <= 120 <= found.value + above
    assert inside >= 277
    assert narrowed < 277


def test_whole_days_stay_whole() -> None:
    """Sign-ups of a window of n days: 100 a day more, until the target is met."""
    window = {"store": {"kind": "store", "signups": "10 / day", "windows": {
        "push": {"from": "2026-01-01", "for": "10 days", "times": 5}}}}  # fmt: skip
    loaded = shop(channels=window, market={"size": 100_000})
    path = "channels.store.windows.push.for"
    found = pipeline.solve(loaded, path, "users=1800", between=("1 day", "50 days"), **SETTINGS)
    assert found.is_whole
    # 60 days × 10, and 40 more a day while it runs: 30 days
    assert found.value == pytest.approx(30, abs=1)
    assert found.text == f"{found.value:.0f} days"
