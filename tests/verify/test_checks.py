"""Checks held against the truth: how often they fail what did not move, and find what moved by twice the margin.

The worlds are those of test_coverage, whose expected orders and revenue have closed forms. Each of 400 checks has 20
replicates of its own and looks at 5, 10 and 20 of them.
"""

from __future__ import annotations

import pytest

from sim.analysis.verdicts import MISTAKES, Bounds, confidence_of, judged, measured_difference, planned_looks
from tests.verify.test_coverage import BASELINE, COMPARISONS, F64, ORDERS_MORE, REPLICATES, WIDER, measured

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
