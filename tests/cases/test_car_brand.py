"""The car brand case: from a lead to an owner who tells others, through shops with little room; its page says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis import TouchpointBook, journey_steps, touchpoint_books
from sim.analysis.columns import names_of
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import (
    Rows,
    by_day,
    coarse,
    doubt_rows,
    policy_rows,
    runs_of,
    told_otherwise,
)

CASE = files_of("car-brand/policies")
BASELINE, *OTHERS = CASE
PAGE = DOCS / "cases" / "car-brand.md"
OWNERS, SHOPS, DELIVERY = "車主介紹", "門店", "交付"
DOUBTED = ("more-ads", "more-test-drives", "faster-delivery", "owners-community", "all")
STEPS = "journeys.購車.steps"
CHANGED = {
    "two years instead of one": {"horizon": "730 days"},
    "half of those who come without advertising": {
        "channels.自有媒體.signups": "20 / day",
        "channels.夥伴.visits": "150 / day",
        "channels.車展.reach": "1250 persons",
    },
    "a margin of 8% instead of 11%": {f"{STEPS}.交付.order.margin": "8%"},
    "cars come after 28 days instead of 50": {f"{STEPS}.交付.takes": "28 days"},
    "owners talk twice as much": {f"{STEPS}.交付.advocacy": "16", f"{STEPS}.推薦.advocacy": "60"},
}
"""The rows of the page's table of doubts: what is changed in the world, for all."""


def test_advertising_lengthens_the_line_and_test_drives_sell_cars(tmp_path: Path) -> None:
    runs = {
        policy: pipeline.run(coarse(CASE[policy], 20), replicates=3, jobs=1, out=tmp_path)
        for policy in (BASELINE, "more-ads", "more-test-drives")
    }
    cars = {policy: by_day(run, "orders").sum(axis=1).mean() for policy, run in runs.items()}
    assert cars["more-test-drives"] > 1.15 * cars[BASELINE]
    assert cars["more-ads"] < 1.1 * cars[BASELINE]
    gave_up = {policy: shop_of(run).gave_up.mean or 0 for policy, run in runs.items()}
    assert gave_up["more-ads"] > gave_up[BASELINE] > gave_up["more-test-drives"] + 0.1


def shop_of(run: StoredRun) -> TouchpointBook:
    """What the shops did."""
    return next(one for one in touchpoint_books(run) if one.touchpoint == SHOPS)


def by_owners(run: StoredRun) -> float:
    """The share of cars that go to those whom owners brought."""
    codes, names = names_of(run, "by_channel", "channel")
    orders = run.numbers("by_channel", "orders").astype(np.float64)
    return float(orders[codes == names.index(OWNERS)].sum() / orders.sum())


def funnel_row(run: StoredRun) -> list[str]:
    """Test drives, who gave up in line, days in line, cars, days of delivery, the share of owners' friends."""
    shop, steps = shop_of(run), {one.step: one for one in journey_steps(run)}
    assert shop.visits.mean is not None
    delivery = steps[DELIVERY]
    return [
        f"{shop.visits.mean:,.0f}",
        f"{shop.gave_up.mean or 0:.0%}",
        f"{shop.wait.mean or 0:.1f}",
        f"{delivery.passed.mean or 0:,.0f}",
        f"{delivery.days_p50.mean or 0:.0f}",
        f"{by_owners(run):.1%}",
    ]


def expected_rows(runs: dict[str, StoredRun]) -> Rows:
    """The rows of the page's tables of policies and of their funnels, by their first cells."""
    own = {f"{policy}, its line": funnel_row(run) for policy, run in runs.items()}
    return policy_rows(runs, ("users", "orders", "outlay", "profit")) | own


def expected(out: Path) -> Rows:
    """All rows that the page should have."""
    return expected_rows(runs_of(CASE, out)) | doubt_rows(CASE, CHANGED, DOUBTED, out, unit=1_000)


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    assert told_otherwise(PAGE, expected(tmp_path)) == {}
