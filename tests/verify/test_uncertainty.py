"""`--uncertainty` where an answer is proportional to one drawn number: the spread and the share in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim import pipeline
from sim.analysis.doubt import Doubt
from sim.analysis.summary import metric_values
from sim.flows.doubting import drawn_values
from sim.flows.experiments import Movable
from sim.flows.sampling import strata
from sim.flows.trials import Trial, measure
from sim.systems.books.metrics import metric_of
from tests.verify.measuring import LIMIT, largest
from tests.verify.worlds import document, load_text, text_of

DRAWS = 120
LOW, VALUE, HIGH = 70.0, 100.0, 160.0
SPREAD = ((LOW**2 + VALUE**2 + HIGH**2 - LOW * VALUE - LOW * HIGH - VALUE * HIGH) / 18) ** 0.5


def shop(mean: object, name: str = "small", **sections: Any) -> pipeline.LoadedScenario:
    orders = {"per_active_day": 0.05, "basket": {"mean": mean, "spread": 0.6}, "margin": "24%"}
    few = {"organic": {"kind": "organic", "signups": "80 / day"}}
    own = {"name": name, "market": {"size": 4_000}, "channels": few, "orders": orders, "horizon": "30 days"}
    return load_text(text_of(document(**(own | sections))))


RANGED = {"value": f"{VALUE} CNY", "low": f"{LOW} CNY", "high": f"{HIGH} CNY"}


def of(found: tuple[Doubt, ...], name: str) -> Doubt:
    return next(one for one in found if one.metric.name == name)


def test_the_spread_of_revenue_is_that_of_the_basket_and_the_rest_is_luck() -> None:
    """Revenue is basket / 100 × R: doubt has the sd of the basket × E[R] / 100, luck that of R at the mean basket."""
    plain = shop(f"{VALUE} CNY")
    (many,) = measure([Trial(plain.scenario, 1, tuple(range(1_000, 1_400)))], jobs=2)
    revenue = metric_values(many, metric_of("revenue"))
    found = of(pipeline.uncertainty([shop(RANGED)], draws=DRAWS, jobs=2).levels, "revenue")
    doubt = SPREAD / VALUE * revenue.mean()
    mean = (LOW + VALUE + HIGH) / 3
    luck = revenue.std() * (mean**2 + SPREAD**2) ** 0.5 / VALUE
    # strata fix the draws of the basket, so luck alone blurs the variances: that of the draws' means by its products
    # with doubt and by its own squares, m = 2 replicates a draw
    alone = luck**2 / 2
    error = ((4 * doubt**2 * alone + 2 * alone**2) / (DRAWS - 1) + 2 * alone**2 / DRAWS) ** 0.5
    level = revenue.mean() / VALUE

    def z(sd: float) -> float:
        return (found.sd_doubt**2 - (sd * level) ** 2) / error

    assert abs(largest([z(SPREAD)])) < LIMIT
    assert abs(z((HIGH - LOW) / 12**0.5)) > LIMIT  # a uniform's
    assert abs(z((HIGH - LOW) / 6)) > LIMIT  # a PERT's
    assert found.sd_luck**2 == pytest.approx(luck**2, rel=4 * (2 / DRAWS) ** 0.5)
    assert found.share == pytest.approx(doubt**2 / (doubt**2 + luck**2), abs=0.1)
    assert found.mean == pytest.approx(mean * level, abs=4 * luck / (2 * DRAWS) ** 0.5)


def test_all_policies_of_a_draw_have_the_same_number_and_the_same_luck() -> None:
    """The same scenario under another name has no difference in any draw."""
    found = pipeline.uncertainty([shop(RANGED), shop(RANGED, "again")], draws=6, jobs=1)
    assert np.array_equal(of(found.policies[0].differences, "revenue").draws, np.zeros(6))
    assert np.ptp(of(found.levels, "revenue").draws) > 0
    other = pipeline.uncertainty([shop(RANGED), shop(f"{VALUE} CNY", "fixed")], draws=6, jobs=1)
    assert np.ptp(of(other.policies[0].differences, "revenue").draws) > 0


def test_one_more_ranged_number_moves_nobody_elses_draws() -> None:
    idle = {"push": {"opt_in": {"value": 0.6, "low": 0.2, "high": 0.9}, "open": 0.1}}
    alone, beside = (pipeline.uncertainty([one], draws=6, jobs=1) for one in (shop(RANGED), shop(RANGED, media=idle)))
    assert len(beside.numbers) == len(alone.numbers) + 1
    assert np.array_equal(of(alone.levels, "revenue").draws, of(beside.levels, "revenue").draws)
    other_seed = pipeline.uncertainty([shop(RANGED)], draws=6, jobs=1, seed=2)
    assert not np.array_equal(of(alone.levels, "revenue").draws, of(other_seed.levels, "revenue").draws)


def test_draws_that_do_not_hold_are_left_out_and_counted() -> None:
    """D7 is drawn from 5% to 40% beside a D1 of 20%: where it lies above, the curve rises, which no retention does."""
    curve = {"default": {"d1": "20%", "d7": {"value": "12%", "low": "5%", "high": "40%"}, "d30": "4%"}}
    loaded = shop(f"{VALUE} CNY", retention=curve)
    found = pipeline.uncertainty([loaded], draws=20, jobs=2)
    column = strata(1, "retention.default.d7", 20)
    side = Movable.of(loaded)
    path = ("retention", "default", "d7")
    drawn = [drawn_values(side, {path: float(one)}, {path: None})[path] for one in column]
    assert [draw for draw, _ in found.left_out] == [i for i, value in enumerate(drawn) if value > 0.2]
    assert 0 < len(found.left_out) < 20
    assert of(found.levels, "users").n == 20 - len(found.left_out)


def test_whole_numbers_are_drawn_whole() -> None:
    market = {"size": {"value": "1_000 persons", "low": "600 persons", "high": "1_500 persons"}}
    found = pipeline.uncertainty([shop(RANGED, market=market)], draws=5, jobs=1)
    assert found.left_out == ()
