"""Do two engines simulate the same thing? z of ten statistics of workload W, as its description demands."""

from __future__ import annotations

import math
from statistics import fmean, variance
from typing import Any

from benchmarks.engines import Engine, run_seeds

STATISTICS = (
    "DAU",
    "revenue",
    "recalls",
    "dropouts",
    "reactivations",
    "DAU day 0",
    "DAU day 30",
    "DAU day 90",
    "DAU day 180",
    "DAU day 364",
)
LARGEST_Z = 3.5


def statistics_per_user(line: dict[str, Any]) -> list[float]:
    """The ten statistics of one seed, each divided by the number of initial users."""
    totals = (line[name] for name in ("dau", "revenue", "recalls", "dropouts", "reactivations"))
    return [value / line["n"] for value in (*totals, *line["dau_at"])]


def z_scores(ours: list[dict[str, Any]], reference: list[dict[str, Any]]) -> dict[str, float]:
    """How many combined standard errors the means over seeds lie apart, per statistic."""
    columns_a = zip(*map(statistics_per_user, ours), strict=True)
    columns_b = zip(*map(statistics_per_user, reference), strict=True)
    scores = {}
    for name, a, b in zip(STATISTICS, columns_a, columns_b, strict=True):
        error = math.sqrt(variance(a) / len(a) + variance(b) / len(b))
        scores[name] = (fmean(a) - fmean(b)) / error if error else (0.0 if fmean(a) == fmean(b) else math.inf)
    return scores


def compare_engines(ours: Engine, reference: Engine) -> dict[str, float]:
    """z of ours against the reference, at sizes that show a bias of about 0.1%."""
    return z_scores(run_seeds(ours, 200_000, 12), run_seeds(reference, 200_000, 40, first_seed=300))
