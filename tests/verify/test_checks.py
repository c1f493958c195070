"""Checks held against the truth: how often they fail what did not move, and find what moved by twice the margin.

The worlds are those of test_coverage, whose expected orders and revenue have closed forms. Each of 400 checks has 20
replicates of its own and looks at 5, 10 and 20 of them.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.verdicts import (
    MISTAKES,
    Bounds,
    confidence_of,
    judged,
    measured_difference,
    planned_looks,
)
from tests.verify.test_coverage import (
    BASELINE,
    COMPARISONS,
    F64,
    FEW,
    FEW_WIDER,
    ORDERS_MORE,
    REPLICATES,
    WIDER,
    measured,
)

pytestmark = pytest.mark.verify

LOOKS = planned_looks(5, REPLICATES)


def verdicts(values: F64, others: F64, bounds: Bounds, confidence: float) -> dict[str, float]:
    """The shares of the verdicts of COMPARISONS checks, each with the looks that it takes."""
    counts = {"pass": 0, "fail": 0, "inconclusive": 0}
    for ours, theirs in zip(values.reshape(-1, REPLICATES), others.reshape(-1, REPLICATES), strict=True):
        for n in LOOKS:
            found = judged(measured_difference(ours[:n], theirs[:n], confidence), bounds)
            if found != "inconclusive":
                break
        counts[found] += 1
    print({name: n / COMPARISONS for name, n in counts.items()})
    return {name: n / COMPARISONS for name, n in counts.items()}


def test_a_true_zero_difference_fails_in_at_most_its_nominal_share() -> None:
    """Without a margin, where every interval that misses zero fails; and a twin that looks at 95% each time."""
    values, others = measured(WIDER)["revenue"], measured(BASELINE)["revenue"]
    assert verdicts(values, others, Bounds(0.0, 0.0), confidence_of(len(LOOKS)))["fail"] <= MISTAKES
    assert verdicts(values, others, Bounds(0.0, 0.0), confidence_of(1))["fail"] > 1.5 * MISTAKES


@pytest.mark.parametrize("metric", ["orders", "revenue"])
def test_a_difference_of_twice_the_margin_is_found(metric: str) -> None:
    """In amounts and in per cent; a twin whose margin is the difference itself fails hardly ever."""
    values, others = measured(ORDERS_MORE)[metric], measured(BASELINE)[metric]
    moved = ORDERS_MORE.expected_orders / BASELINE.expected_orders - 1
    level = BASELINE.expected_orders if metric == "orders" else BASELINE.expected_revenue
    confidence = confidence_of(len(LOOKS))
    for bounds in (Bounds(-moved * level / 2, moved * level / 2), Bounds(-moved / 2, moved / 2, is_relative=True)):
        found = verdicts(values, others, bounds, confidence)
        assert found["fail"] >= 0.95
        assert found["pass"] == 0
    assert verdicts(values, others, Bounds(-moved, moved, is_relative=True), confidence)["fail"] <= MISTAKES


def test_where_few_large_orders_decide_checks_are_mistaken_more_often() -> None:
    """What docs/check.md says of strongly skewed differences: 28 of 400 checks of a true zero difference fail.

    Each check draws its replicates with replacement from the 8,000 that are measured, with the looks that ship.
    """
    values, others = measured(FEW_WIDER)["revenue"], measured(FEW)["revenue"]
    values = values - (values - others).mean()  # the true difference of these 8,000 is 0
    looks, random = planned_looks(20, 160), np.random.default_rng(1)
    failed = 0
    for _ in range(COMPARISONS):
        drawn = random.integers(values.size, size=looks[-1])
        found = (measured_difference(values[drawn[:n]], others[drawn[:n]], confidence_of(len(looks))) for n in looks)
        failed += any(judged(one, Bounds(0.0, 0.0)) == "fail" for one in found)
    print(f"{failed} of {COMPARISONS} fail")
    assert MISTAKES < failed / COMPARISONS <= 2 * MISTAKES
