"""What common luck is worth: how far the difference between recall and no recall varies over replicates, in haitao.

Measured twice: with addressed draws, where both policies meet the same people with the same luck, and with seeds of
their own. The quick check has fewer agents, each of more persons; the ratio hardly depends on them, as both deviations
grow with the root of the number of agents.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sim import pipeline
from sim.engine.pool import run_tasks
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan, compile_plan
from sim.systems.replicate import ReplicateTask
from sim.units import Quantity
from tests.verify.measuring import altered

F64 = npt.NDArray[np.float64]

POLICIES = Path(__file__).resolve().parents[2] / "scenarios" / "haitao" / "policies"
AT_LEAST = 8.0
SEEDS = (1, 2)
FEW_AGENTS, SOME_AGENTS = 140, 7
"""Persons per agent: some 1,000 and some 21,000 agents sign up."""


@dataclass(frozen=True)
class Luck:
    """Differences in yearly active user-days between a policy and the baseline, in persons, float64 (n,).

    Args:
        common: both under the same seed and replicate.
        independent: each under a seed of its own.
    """

    common: F64
    independent: F64

    @property
    def ratio(self) -> float:
        """How much smaller the standard deviation is with common luck."""
        return float(self.independent.std(ddof=1) / self.common.std(ddof=1))

    def __str__(self) -> str:
        return (
            f"active user-days, policy less baseline: mean {self.common.mean():+,.0f}; standard deviation "
            f"{self.common.std(ddof=1):,.0f} with common luck, {self.independent.std(ddof=1):,.0f} with independent "
            f"seeds; ratio {self.ratio:.1f} ({self.common.size} differences each)"
        )


def plan_of(policy: str, people_per_agent: int) -> Plan:
    """The plan of a haitao policy, with coarser or finer agents."""
    scenario = pipeline.load(POLICIES / f"{policy}.yaml").scenario
    market = scenario.market.model_copy(update={"people_per_agent": Quantity(float(people_per_agent))})
    return compile_plan(scenario.model_copy(update={"market": market}))


def active_user_days(task: ReplicateTask) -> int:
    """The sum of DAU over one replicate, in persons."""
    world = run_world(open_world(task.plan, task.seed, task.replicate))
    return int(world.scaled(world.tallies.dau).sum())


def luck_of(baseline: Plan, policy: Plan, replicates: int, *, jobs: int = 1) -> Luck:
    """The differences under all pairs of two seeds, so that each replicate counts once with either kind of luck."""
    tasks = [
        ReplicateTask(plan, seed, replicate)
        for plan in (baseline, policy)
        for seed in SEEDS
        for replicate in range(replicates)
    ]
    days = np.array(run_tasks(active_user_days, tasks, jobs=jobs), np.float64).reshape(2, len(SEEDS), replicates)
    without, with_policy = days
    return Luck((with_policy - without).ravel(), (with_policy - without[::-1]).ravel())


def check(luck: Luck) -> None:
    """Print what was measured, and hold it to what common luck must be worth."""
    print(luck)
    assert luck.ratio >= AT_LEAST


def test_common_luck_sharpens_the_difference() -> None:
    check(luck_of(plan_of("today", FEW_AGENTS), plan_of("recall", FEW_AGENTS), 24))


def test_the_check_notices_when_one_segment_has_other_luck() -> None:
    is_first = np.array([1, 0, 0, 0], np.uint32)
    shifted = altered(plan_of("recall", FEW_AGENTS), "market.addresses", lambda addresses: addresses ^ is_first)
    luck = luck_of(plan_of("today", FEW_AGENTS), shifted, 8)
    with pytest.raises(AssertionError):
        check(luck)


@pytest.mark.verify
def test_common_luck_sharpens_the_difference_at_full_size() -> None:
    check(luck_of(plan_of("today", SOME_AGENTS), plan_of("recall", SOME_AGENTS), 40, jobs=os.cpu_count() or 1))
