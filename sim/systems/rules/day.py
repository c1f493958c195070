"""Rules on a day: when → who → limits → do, each rule in the order of the file.

The order, documented in docs/rules.md: holdout, opt-in, then the limits: caps (contact, per user), attempts, then
capacity and budget, for which those who qualify are ranked by `choose_by` and ties by an addressed draw, never by row
number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.daily import find_last_active
from sim.engine.people import NEVER
from sim.systems.messages.consent import had_opted_in, has_opted_out, is_given_up
from sim.systems.messages.day import send
from sim.systems.messages.plan import CapPlan
from sim.systems.rules.columns import AttributeColumns
from sim.systems.rules.holdout import enrol, follow_up
from sim.systems.rules.plan import NO_LIMIT, RulePlan
from sim.systems.rules.schema import CHANCE
from sim.systems.world import (
    FACE_VALUE,
    HELD_OUT,
    LIMITED,
    NOT_REACHABLE,
    OVER_BUDGET,
    SELECTED,
    RuleState,
    World,
)

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
F64 = npt.NDArray[np.float64]

CONTACT = ""
"""The state under which the cap over all rules keeps its memory; no rule has an empty name."""


def open_rules(world: World) -> None:
    """The memory of each rule that needs one; untouched memory costs nothing."""
    plan, capacity = world.plan, world.people.capacity
    if plan.contact is not None:
        world.rules[CONTACT] = _state(capacity, plan.contact)
    for rule in plan.rules:
        has_attempts, has_holdout = rule.attempts < NO_LIMIT, rule.holdout > 0
        world.rules[rule.name] = _state(capacity, rule.per_user, has_attempts=has_attempts, has_holdout=has_holdout)


def _state(capacity: int, cap: CapPlan | None, *, has_attempts: bool = False, has_holdout: bool = False) -> RuleState:
    n_attempts, n_capped = capacity if has_attempts else 0, 0 if cap is None else capacity
    return RuleState(
        attempts=np.zeros(n_attempts, np.int32),
        absence=np.zeros(n_attempts, np.int32),
        recent=np.zeros((0 if cap is None else cap.messages, n_capped), np.int32),
        n_sent=np.zeros(n_capped, np.int32),
        enrolled=np.full(capacity if has_holdout else 0, NEVER, np.uint16),
    )


def act(world: World, day: int) -> None:
    """Run today's rules."""
    for rule in world.plan.rules:
        if rule.acts_on[day]:
            _run_rule(world, day, rule)
        follow_up(world, day, rule)


def _run_rule(world: World, day: int, rule: RulePlan) -> None:
    counts = world.tallies.rules[rule.index, day]
    rows = _audience(world, day, rule)
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
    allowed = _limit(world, day, rule, rest)
    counts[LIMITED] += rest.size - allowed.size
    if allowed.size:
        _remember(world, day, rule, allowed)
        send(world, day, rule, allowed)


def _audience(world: World, day: int, rule: RulePlan) -> U32:
    """The rows whom the rule is about today, holdout included."""
    people = world.people
    if rule.waves:
        since = np.array([day - wave for wave in rule.waves if wave <= day], np.uint16)
        found = world.buffers.found_rows
        rows = found[: find_last_active(people.last_active[: people.n], since, world.buffers.marks, found)]
    else:
        rows = np.arange(people.n, dtype=np.uint32)
    if rule.who is None or not rows.size:
        return rows
    if rule.ranks:
        # A quantile is one over the whole base, whoever is asked about.
        everybody = np.arange(people.n, dtype=np.uint32)
        return rows[rule.who.evaluate(AttributeColumns(world, everybody, day))[rows]]
    return rows[rule.who.evaluate(AttributeColumns(world, rows, day))]


def _limit(world: World, day: int, rule: RulePlan, rows: U32) -> U32:
    """Those of `rows` whom every limit allows."""
    state = world.rules[rule.name]
    if world.plan.contact is not None:
        rows = rows[_is_below_cap(world.rules[CONTACT], world.plan.contact, rows, day)]
    if rule.per_user is not None:
        rows = rows[_is_below_cap(state, rule.per_user, rows, day)]
    if rule.attempts < NO_LIMIT:
        is_same_absence = state.absence[rows] == world.people.last_active[rows]
        rows = rows[~is_same_absence | (state.attempts[rows] < rule.attempts)]
    per_agent = world.plan.market.people_per_agent
    most = min(int(rule.capacity[day]) // per_agent, rows.size)
    affordable = min(_affordable(rule, state, day, per_agent), most)
    world.tallies.rules[rule.index, day, OVER_BUDGET] += most - affordable
    if rows.size > affordable:
        rows = rows[_first(world, day, rule, rows, affordable)]
    return rows


def _unit_micro(rule: RulePlan, day: int) -> int:
    """What one message commits: its price and the face value of its coupon, in 1/10,000 cents."""
    return int(rule.medium.price_micro[day]) + _face_value_cents(rule) * 10_000


def _face_value_cents(rule: RulePlan) -> int:
    """The most that the rule's coupon can cost; 0 where there is none, or no such bound."""
    face_value = 0 if rule.coupon is None else rule.coupon.face_value_cents
    return face_value if face_value < NO_LIMIT else 0


def _affordable(rule: RulePlan, state: RuleState, day: int, people_per_agent: int) -> int:
    """Agents whom today's budget and what is left of the total can pay for."""
    unit = _unit_micro(rule, day) * people_per_agent
    left = min(int(rule.budget_micro[day]), rule.total_budget_micro - state.spent_micro)
    return int(NO_LIMIT) if unit == 0 else max(left, 0) // unit


def _first(world: World, day: int, rule: RulePlan, rows: U32, n: int) -> npt.NDArray[np.int64]:
    """Positions of the `n` who go first: by the rule's attribute, largest first, ties by an addressed draw."""
    # Two words: of a million 32-bit uniforms about a hundred pairs are equal.
    keys = [world.uniforms(rows, day, rule.choice_purpose, k) for k in (1, 0)]
    if rule.choose_by != CHANCE:
        keys.append(-np.asarray(AttributeColumns(world, rows, day)[rule.choose_by], np.float64))
    order = np.lexsort(keys)
    return np.sort(order[:n])


def _is_below_cap(state: RuleState, cap: CapPlan, rows: U32, day: int) -> npt.NDArray[np.bool_]:
    """Whether a further message today keeps the cap: the n-th last message is `days` or more ago."""
    oldest = state.recent[state.n_sent[rows] % cap.messages, rows]
    allowed: npt.NDArray[np.bool_] = (oldest == 0) | (day + 1 - oldest >= cap.days)
    return allowed


def _remember(world: World, day: int, rule: RulePlan, rows: U32) -> None:
    """Write today's message into every memory that a limit reads."""
    state = world.rules[rule.name]
    for memory, cap in ((world.rules.get(CONTACT), world.plan.contact), (state, rule.per_user)):
        if memory is not None and cap is not None:
            memory.recent[memory.n_sent[rows] % cap.messages, rows] = day + 1
            memory.n_sent[rows] += 1
    if rule.attempts < NO_LIMIT:
        last_active = world.people.last_active[rows]
        before = np.where(state.absence[rows] == last_active, state.attempts[rows], 0)
        state.attempts[rows] = before + 1
        state.absence[rows] = last_active
    world.tallies.rules[rule.index, day, FACE_VALUE] += _face_value_cents(rule) * rows.size
    state.spent_micro += _unit_micro(rule, day) * rows.size * world.plan.market.people_per_agent
