"""Retention curves that the model's family does not meet: the simulated product is then not the one that was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.store import StoredRun

POOR_MISFIT = 0.01
"""A percentage point: users would see it in the table."""


@dataclass(frozen=True)
class FitPoint:
    """One point of a retention curve, as shares: what the scenario gives, and what the fitted model has."""

    day: int
    given: float
    model: float


@dataclass(frozen=True)
class RetentionFit:
    """A fitted retention curve.

    Args:
        curve: where the scenario gives it, for instance "retention.default".
        points: all that is given.
    """

    curve: str
    points: tuple[FitPoint, ...]

    @property
    def misfit(self) -> float:
        """The largest distance between given and model, as a share."""
        return max((abs(point.given - point.model) for point in self.points), default=0.0)

    @property
    def is_poor(self) -> bool:
        """Whether it misses a point by more than a percentage point."""
        return self.misfit > POOR_MISFIT


def retention_fits(run: StoredRun) -> tuple[RetentionFit, ...]:
    """The curves of a run, in the order of the scenario."""
    fits = run.facts.get("retention_fits", {})
    return tuple(
        RetentionFit(curve, tuple(FitPoint(**point) for point in found["points"])) for curve, found in fits.items()
    )


def poor_fits(runs: Sequence[StoredRun]) -> tuple[RetentionFit, ...]:
    """The curves of some run that are met poorly, each once."""
    return tuple(dict.fromkeys(fit for run in runs for fit in retention_fits(run) if fit.is_poor))
