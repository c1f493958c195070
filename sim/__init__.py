"""Rules-as-config simulation for user operations.

    import sim

    run = sim.run("scenarios/haitao/policies/today.yaml", replicates=20)
    comparison = sim.compare(["today.yaml", "recall.yaml"])

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.pipeline import compare, load, open_run, run, summarise, trace, validate

__all__ = ["compare", "load", "open_run", "run", "summarise", "trace", "validate"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from sim import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
