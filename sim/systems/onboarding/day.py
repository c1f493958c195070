"""Onboarding on the day of sign-up: who passes which step, and the first order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.world import World

U32 = npt.NDArray[np.uint32]


def pass_steps(world: World, day: int) -> None:
    """Send today's newcomers through the steps; who fails one does not reach the next.

    Draws: one uniform per person and step, purpose "onboarding:<step>", day 0.
    """
    plan, people, today = world.plan, world.people, world.today
    steps, rows = plan.onboarding, today.new_rows
    today.first_order_rows = today.onboarded_rows = rows[:0]
    today.failed_rows.clear()
    if not rows.size:
        return
    for s, address in enumerate(steps.purposes):
        channel = people.cell[rows] // plan.n_segments
        passed = world.uniforms(rows, 0, address) < steps.pass_rates[s, channel, day]
        world.tallies.entered[s] += np.bincount(channel, minlength=plan.n_channels)
        world.tallies.passed[s] += np.bincount(channel[passed], minlength=plan.n_channels)
        if steps.lapse_if_failed[s] != 1.0:
            _raise_lapse(world, rows[~passed], float(steps.lapse_if_failed[s]))
        today.failed_rows.append(rows[~passed])
        rows = rows[passed]
        if s == steps.first_order:
            today.first_order_rows = rows
    today.onboarded_rows = rows if steps.purposes else rows[:0]


def _raise_lapse(world: World, rows: U32, factor: float) -> None:
    """Multiply the hazard of lapsing of these users."""
    people = world.people
    raised = 1.0 - (1.0 - people.lapse[rows].astype(np.float64)) ** factor
    people.lapse[rows] = raised
