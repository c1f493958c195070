"""Rules on a day: when → who → limits → do, each rule in the order of the file.

The order, documented in docs/rules.md: holdout, opt-in, then the limits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.events import NOBODY, EventLog
from sim.engine.people import NEVER
from sim.systems.messages.consent import had_opted_in, has_opted_out, is_given_up, stop_messages
from sim.systems.messages.day import give_coupon, send
from sim.systems.observed import Watch
from sim.systems.points.redeeming import show_rewards
from sim.systems.points.wallets import credit, postpone
from sim.systems.rules.detection import take_away
from sim.systems.rules.due import find_due, is_open
from sim.systems.rules.following import forget_acted, note_acted, snapshot
from sim.systems.rules.holdout import enrol, follow_up
from sim.systems.rules.limits import keep_limits, open_limits, remember
from sim.systems.rules.membership import look_around, open_members
from sim.systems.rules.plan import RulePlan
from sim.systems.statuses.holders import grant
from sim.systems.steering import change_budget
from sim.systems.world import ACTED, HELD_OUT, LIMITED, NOT_REACHABLE, SELECTED, World

U32 = npt.NDArray[np.uint32]


def open_rules(world: World) -> None:
    """The memory of each rule that needs one, and what all of them wait for."""
    open_limits(world)
    open_members(world)
    rules = world.plan.rules
    for rule in rules:
        if rule.when.metric is not None:
            world.rules[rule.name].watch = Watch(rule.when.metric)
    waits = [(rule.when.name, rule.when.n_later) for rule in rules if rule.when.schedule == "event"]
    world.events = EventLog({kind: max(days for other, days in waits if other == kind) for kind, _ in waits})
    if rules and world.plan.retention.return_per_day > 0:
        world.natural_return = np.full(world.people.capacity, NEVER, np.uint16)


def act(world: World, day: int) -> None:
    """Run today's rules."""
    world.events.close(day)
    look_around(world, day)
    for rule in world.plan.rules:
        if is_open(world, day, rule):
            for change in rule.budgets:
                change_budget(world, day, change)
            if rule.is_about_users:
                _run_rule(world, day, rule)
            else:
                world.tallies.rules[rule.index, day, [SELECTED, ACTED]] += 1
        follow_up(world, day, rule)
    forget_acted(world, day)


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
    is_reachable = had_consent
    if rule.sends:
        is_reachable = had_consent & ~has_opted_out(world, rows, rule.medium) & ~is_given_up(world, rows)
    counts[HELD_OUT] += np.count_nonzero(is_held)
    counts[NOT_REACHABLE] += np.count_nonzero(~is_held & ~is_reachable)
    rest = rows[~is_held & is_reachable]
    if rule.holdout > 0:
        # Those who are left alone have no reason to opt out: the arms are alike by the consent at sign-up.
        enrol(world, day, rule, rows[~is_held & had_consent], rows[is_held & had_consent])
    allowed = keep_limits(world, day, rule, rest)
    counts[LIMITED] += rest.size - allowed.size
    counts[ACTED] += allowed.size
    if allowed.size:
        remember(world, day, rule, allowed)
        _do(world, day, rule, allowed)


def _do(world: World, day: int, rule: RulePlan, rows: U32) -> None:
    """What the rule does to users: message with the coupon, the privilege, points given or taken, silence."""
    before, opened = snapshot(world, rule, rows), NOBODY
    if rule.sends:
        opened = send(world, day, rule, rows)
    else:
        give_coupon(world, day, rule, rows)
    if rule.gift is not None:
        grant(world, rule.gift.giver, rows, day + rule.gift.n_days)
    if rule.shows_rewards is not None:
        show_rewards(world, day, rule.shows_rewards, opened)
    for programme, (units, months) in rule.points.items():
        credit(world, day, programme, rows, np.full(rows.size, units, np.int64), months=months)
    for programme, n_batches in rule.postpones.items():
        postpone(world, day, programme, rows, n_batches)
    take_away(world, day, rule, rows)
    if rule.stops_messages:
        stop_messages(world, rows)
    note_acted(world, day, rule, before, opened)
