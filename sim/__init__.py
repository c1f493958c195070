"""Rules-as-config simulation for user operations.

    import sim

    run = sim.run("scenarios/haitao/policies/today.yaml", replicates=20)
    comparison = sim.compare(["today.yaml", "recall.yaml"])

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.analysis import Comparison
    from sim.analysis.doubt import Uncertainty
    from sim.analysis.explaining import Explanation
    from sim.analysis.lives import MostChanged, TwoLives
    from sim.analysis.screening import Screening
    from sim.analysis.solutions import Solution
    from sim.analysis.swings import Tornado
    from sim.analysis.verdicts import CheckReport
    from sim.checks import accept, check
    from sim.errors import ResultsError, ScenarioError, SimError, UsageError
    from sim.pipeline import (
        LoadedScenario,
        compare,
        compare_lives,
        diff,
        diff_revisions,
        explain,
        load,
        most_changed,
        open_run,
        precision_of,
        run,
        screening,
        sensitivity,
        solve,
        summarise,
        trace,
        uncertainty,
        validate,
    )
    from sim.store import StoredRun

__all__ = [
    "CheckReport",
    "Comparison",
    "Explanation",
    "LoadedScenario",
    "MostChanged",
    "ResultsError",
    "ScenarioError",
    "Screening",
    "SimError",
    "Solution",
    "StoredRun",
    "Tornado",
    "TwoLives",
    "Uncertainty",
    "UsageError",
    "accept",
    "check",
    "compare",
    "compare_lives",
    "diff",
    "diff_revisions",
    "explain",
    "load",
    "most_changed",
    "open_run",
    "precision_of",
    "run",
    "screening",
    "sensitivity",
    "solve",
    "summarise",
    "trace",
    "uncertainty",
    "validate",
]

_ELSEWHERE = {
    "CheckReport": "sim.analysis.verdicts",
    "Comparison": "sim.analysis",
    "Explanation": "sim.analysis.explaining",
    "MostChanged": "sim.analysis.lives",
    "ResultsError": "sim.errors",
    "ScenarioError": "sim.errors",
    "SimError": "sim.errors",
    "Screening": "sim.analysis.screening",
    "Solution": "sim.analysis.solutions",
    "StoredRun": "sim.store",
    "Tornado": "sim.analysis.swings",
    "TwoLives": "sim.analysis.lives",
    "Uncertainty": "sim.analysis.doubt",
    "UsageError": "sim.errors",
    "accept": "sim.checks",
    "check": "sim.checks",
}
"""Where names live that are not of the pipeline."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(_ELSEWHERE.get(name, "sim.pipeline")), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
