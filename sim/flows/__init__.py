"""What is asked of changes and numbers: what explains, what moves, what meets a target, what is in doubt."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, Unpack

if TYPE_CHECKING:
    from sim.analysis.doubt import Uncertainty
    from sim.analysis.explaining import Explanation
    from sim.analysis.screening import Screening, ScreeningMethod
    from sim.analysis.solutions import Solution
    from sim.analysis.swings import Tornado
    from sim.flows.experiments import MeasureSettings
    from sim.flows.explaining import ExplainSettings
    from sim.pipeline import LoadedScenario

    AnyScenario: TypeAlias = str | os.PathLike[str] | LoadedScenario


def explain(left: AnyScenario, right: AnyScenario, **settings: Unpack[ExplainSettings]) -> Explanation:
    """What each change from left to right contributes to a difference; see `sim.flows.explaining`."""
    from sim.flows.explaining import explain as explain_difference

    return explain_difference(left, right, **settings)


def sensitivity(
    scenario: AnyScenario,
    *,
    against: AnyScenario | None = None,
    metric: str = "profit",
    **settings: Unpack[MeasureSettings],
) -> Tornado:
    """What each number with a range alone does to a metric, from its low to its high end; as `sim sensitivity`.

    Args:
        against: a baseline; the answer is then the difference to it.
        settings: `seed`, `replicates` (12), `days`, `jobs`, `progress`, `warn`, `announce`.
    Raises:
        ScenarioError, PlanError, WorkerError, and UsageError where no number has a range or a metric is unknown.
    """
    from sim.flows.sensitivities import tornado

    return tornado(scenario, against=against, metric=metric, **settings)


def screening(
    scenario: AnyScenario,
    method: ScreeningMethod,
    *,
    against: AnyScenario | None = None,
    metric: str = "profit",
    samples: int | None = None,
    **settings: Unpack[MeasureSettings],
) -> Screening:
    """How strongly each number with a range moves a metric while all move; as `sim sensitivity --method`, by SALib.

    Args:
        method: "morris" (elementary effects) or "sobol" (shares of variance).
        samples: trajectories of Morris (10), rows of Sobol's base sample (64, a power of two).
        settings: as of `sensitivity`.
    Raises:
        MissingExtra: SALib is not installed; and what `sensitivity` raises.
    """
    from sim.flows.screenings import screening as find

    return find(scenario, method, against=against, metric=metric, samples=samples, **settings)


def solve(
    scenario: AnyScenario,
    vary: str,
    target: str,
    *,
    against: AnyScenario | None = None,
    between: tuple[str | float, str | float] | None = None,
    **settings: Unpack[MeasureSettings],
) -> Solution:
    """The value of a number at which a metric meets a target, with its 95% interval; as `sim solve`.

    Args:
        vary: the number's path, as in `response.message.brings_back`.
        target: `profit=0`, `d30_retention=12%`.
        against: a baseline; the target is then one of the difference to it.
        between: where to look, in the words of the file; the number's own range when None.
        settings: `seed`, `replicates` (10), `days`, `jobs`, `progress`, `warn`, `announce`.
    Raises:
        ScenarioError, PlanError, WorkerError, and UsageError for what cannot be varied, met or looked for.
    """
    from sim.flows.solving import solve as find

    return find(scenario, vary, target, against=against, between=between, **settings)


def uncertainty(
    scenarios: Sequence[AnyScenario], *, draws: int = 50, **settings: Unpack[MeasureSettings]
) -> Uncertainty:
    """What is unknown of the answers because inputs are: numbers with a range are drawn; as `--uncertainty`.

    Args:
        scenarios: one, or a baseline and what is compared with it; a draw is the same in all of them.
        draws: of a Latin hypercube; each is simulated twice.
        settings: `seed`, `days`, `jobs`, `progress`, `announce`.
    Raises:
        ScenarioError, PlanError, WorkerError, and UsageError where no number has a range.
    """
    from sim.flows.doubting import uncertainty as find

    return find(scenarios, draws=draws, **settings)
