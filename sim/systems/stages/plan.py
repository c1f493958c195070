"""Stages as frozen plans: what each waits for, and what it sets from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.systems.conditions import Condition
from sim.systems.horizon import Horizon
from sim.systems.stages.schema import Stage

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class StagePlan:
    """One stage.

    Attributes:
        first_day: the day of its date, 0 or later; None where it waits for a metric.
        condition, n_days: what must hold, on how many mornings in a row; None where it waits for no metric.
        budgets: (channel index, float64 (n_days,) currency units a day).
        advertising_micro: int64 (n_days,), 1/10,000 cents; None where the stage does not set it.
        commission: float64 (n_days,); None where the stage does not set it.
    """

    name: str
    first_day: int | None
    condition: Condition | None
    n_days: int
    budgets: tuple[tuple[int, F64], ...]
    advertising_micro: I64 | None
    commission: F64 | None


def compile_stages(stages: Mapping[str, Stage], channels: Sequence[str], horizon: Horizon) -> tuple[StagePlan, ...]:
    """The plans of the checked `policy.stages`, in their order."""
    return tuple(_compile_stage(name, stage, channels, horizon) for name, stage in stages.items())


def _compile_stage(name: str, stage: Stage, channels: Sequence[str], horizon: Horizon) -> StagePlan:
    enters, advertising, commission = stage.enters, stage.advertising_per_active_day, stage.commission
    first_day = 0 if enters is None else None
    if enters is not None and enters.on is not None:
        first_day = max(horizon.day_of(enters.on), 0)
    return StagePlan(
        name=name,
        first_day=first_day,
        condition=None if enters is None else enters.metric,
        n_days=1 if enters is None else enters.n_days,
        budgets=tuple((channels.index(channel), horizon.of(budget)) for channel, budget in stage.budgets.items()),
        advertising_micro=None if advertising is None else horizon.micro(advertising),
        commission=None if commission is None else horizon.of(commission),
    )
