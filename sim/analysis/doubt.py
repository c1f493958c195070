"""Luck and doubt told apart: what an answer would be if its uncertain numbers were drawn, without the luck of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import fdtrc

from sim.analysis.inputs import InputNumber
from sim.analysis.intervals import Floats
from sim.metrics import Metric

OUTER = (0.025, 0.975)
LEVEL = 0.05


@dataclass(frozen=True)
class Doubt:
    """What is unknown of one answer because its inputs are.

    Args:
        metric, currency: of what.
        mean: over the draws.
        low, high: between them lie 95% of the draws, without luck.
        sd_doubt: standard deviation over draws, without luck.
        sd_luck: standard deviation over replicates of one draw.
        share: the doubt's share of the variance of one replicate of a random draw.
        is_told: whether the draws scatter more than luck alone would make them: F test at 5%.
        n: the draws that define the answer.
        n_better: in how many of them a difference is better than 0, without luck; None where neither is better, and
            where doubt is not told from luck.
        draws: float64 (n,) the answer of each draw, without luck.
    """

    metric: Metric
    currency: str
    mean: float
    low: float
    high: float
    sd_doubt: float
    sd_luck: float
    share: float
    is_told: bool
    n: int
    n_better: int | None
    draws: Floats = field(repr=False, compare=False)


@dataclass(frozen=True)
class PolicyDoubts:
    """The doubts about a policy's differences to the baseline, by metric."""

    label: str
    differences: tuple[Doubt, ...]

    def of(self, name: str) -> Doubt | None:
        """That about one metric; None where it is undefined."""
        return next((one for one in self.differences if one.metric.name == name), None)


@dataclass(frozen=True)
class Uncertainty:
    """What draws of the uncertain numbers do to the answers.

    Args:
        label: the baseline, or the only scenario.
        levels: the doubts about its metrics.
        policies: those about the differences of each other scenario to it.
        numbers: what was drawn.
        n_draws: how many draws were asked for.
        left_out: of those, the number and the reason of each with which a scenario does not hold.
        seed, days, version: how they were simulated.
    """

    label: str
    levels: tuple[Doubt, ...]
    policies: tuple[PolicyDoubts, ...]
    numbers: tuple[InputNumber, ...]
    n_draws: int
    left_out: tuple[tuple[int, str], ...]
    seed: int
    days: int
    version: str


def doubt_of(metric: Metric, currency: str, values: Floats, *, is_difference: bool) -> Doubt | None:
    """The doubt about an answer; None where fewer than two draws define it in all their replicates.

    One-way analysis of variance with random effects: the variance within draws is luck, and what the means of draws
    scatter more than luck alone would is doubt. The means are then drawn together towards their mean until they
    scatter as doubt alone does, so that their range and signs are not those of luck.

    Args:
        values: float64 (n_draws, n_replicates), n_replicates >= 2, nan where undefined.
    Source: Searle, Casella, McCulloch 1992, Variance Components, chapter 3; the shrinkage: Louis 1984, J. American
        Statistical Association 79, 393-398.
    """
    values = values[~np.isnan(values).any(axis=1)]
    n, m = values.shape
    if n < 2:
        return None
    means = values.mean(axis=1)
    luck = float(values.var(axis=1, ddof=1).mean())
    between = float(means.var(ddof=1))
    doubt = max(between - luck / m, 0.0)
    centre = float(means.mean())
    draws = centre + (doubt / between) ** 0.5 * (means - centre) if between > 0 else means
    is_told = between > 0 and bool(luck == 0 or fdtrc(n - 1, n * (m - 1), m * between / luck) < LEVEL)
    low, high = (float(end) for end in np.quantile(draws, OUTER))
    return Doubt(
        metric=metric,
        currency=currency,
        mean=centre,
        low=low,
        high=high,
        sd_doubt=doubt**0.5,
        sd_luck=luck**0.5,
        share=doubt / (doubt + luck) if doubt + luck > 0 else 0.0,
        is_told=is_told,
        n=n,
        n_better=n_better(metric, draws) if is_difference and is_told else None,
        draws=draws,
    )


def n_better(metric: Metric, draws: Sequence[float] | Floats) -> int | None:
    """How many differences are better than none; None where neither direction is."""
    if metric.better is None:
        return None
    wanted = np.asarray(draws) > 0 if metric.better == "higher" else np.asarray(draws) < 0
    return int(wanted.sum())
