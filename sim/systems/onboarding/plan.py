"""Onboarding as arrays: the pass rate of each step, for users of each channel, on each day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.systems.channels.schema import Channel
from sim.systems.horizon import Horizon
from sim.systems.onboarding.schema import FIRST_ORDER, Onboarding


@dataclass(frozen=True)
class OnboardingPlan:
    """The steps after sign-up.

    Attributes:
        names, purposes: of each step, in order.
        pass_rates: float64 (n_steps, n_channels, n_days).
        lapse_if_failed: float64 (n_steps,), multiplies the hazard of lapsing of those who fail.
        first_order: index of the step that places an order, -1 without one.
    """

    names: tuple[str, ...]
    purposes: tuple[int, ...]
    pass_rates: npt.NDArray[np.float64]
    lapse_if_failed: npt.NDArray[np.float64]
    first_order: int


def compile_onboarding(onboarding: Onboarding, channels: Mapping[str, Channel], horizon: Horizon) -> OnboardingPlan:
    """The plan of the checked `onboarding` section with each channel's own rates."""
    steps = onboarding.steps
    rates = np.zeros((len(steps), len(channels), horizon.n_days))
    for s, (name, step) in enumerate(steps.items()):
        for c, channel in enumerate(channels.values()):
            rates[s, c] = horizon.of(channel.onboarding.get(name, step.rate))
    names = tuple(steps)
    return OnboardingPlan(
        names=names,
        purposes=tuple(purpose(f"onboarding:{name}") for name in names),
        pass_rates=rates,
        lapse_if_failed=np.array([step.lapse_if_failed.value for step in steps.values()]),
        first_order=names.index(FIRST_ORDER) if FIRST_ORDER in names else -1,
    )
