"""Rules on a day: when → who → limits → do, each rule in the order of the file.

The order, documented in docs/rules.md: holdout, opt-in, then the limits.
"""

from __future__ import annotations

import numpy as np

from sim.systems.messages.consent import had_opted_in, has_opted_out, is_given_up
from sim.systems.messages.day import send
from sim.systems.rules.due import find_due
from sim.systems.rules.holdout import enrol, follow_up
from sim.systems.rules.limits import keep_limits, open_limits, remember
from sim.systems.rules.plan import RulePlan
from sim.systems.steering import change_budget
from sim.systems.world import HELD_OUT, LIMITED, NOT_REACHABLE, SELECTED, World


def open_rules(world: World) -> None:
    """The memory of each rule that needs one."""
    open_limits(world)


def act(world: World, day: int) -> None:
    """Run today's rules."""
    for rule in world.plan.rules:
        if rule.acts_on[day]:
            for change in rule.budgets:
                change_budget(world, day, change)
            if rule.is_about_users:
                _run_rule(world, day, rule)
        follow_up(world, day, rule)


def _run_rule(world: World, day: int, rule: RulePlan) -> None:
    counts = world.tallies.rules[rule.index, day]
    rows = find_due(world, day, rule)
    counts[SELECTED] += rows.size
    if not rows.size:
        return
    is_held = np.zeros(rows.size, np.bool_)
    if rule.holdout > 0:
        is_held = world.uniforms(rows, 0, rule.holdout_purpose) < rule.holdout
    had_consent = had_opted_in(world, rows, rule.medium)
    is_reachable = had_consent & ~has_opted_out(world, rows, rule.medium) & ~is_given_up(world, rows)
    counts[HELD_OUT] += np.count_nonzero(is_held)
    counts[NOT_REACHABLE] += np.count_nonzero(~is_held & ~is_reachable)
    rest = rows[~is_held & is_reachable]
    if rule.holdout > 0:
        # Those who are left alone have no reason to opt out: the arms are alike by the consent at sign-up.
        enrol(world, day, rule, rows[~is_held & had_consent], rows[is_held & had_consent])
    allowed = keep_limits(world, day, rule, rest)
    counts[LIMITED] += rest.size - allowed.size
    if allowed.size:
        remember(world, day, rule, allowed)
        send(world, day, rule, allowed)
