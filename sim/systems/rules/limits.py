"""The limits of rules: caps, attempts, capacity and budgets, in the order that docs/rules.md documents.

Capacity and budgets come last: those who qualify are ranked by `choose_by` and ties by an addressed draw, never by row
number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.people import NEVER
from sim.systems.messages.plan import CapPlan
from sim.systems.ranking import first_rows
from sim.systems.rules.plan import NO_LIMIT, RulePlan
from sim.systems.world import FACE_VALUE, OVER_BUDGET, RuleState, World

U32 = npt.NDArray[np.uint32]

CONTACT = ""
"""The state under which the cap over all rules keeps its memory; no rule has an empty name."""


def open_limits(world: World) -> None:
    """The memory of each rule that needs one; untouched memory costs nothing."""
    plan, capacity = world.plan, world.people.capacity
    if plan.contact is not None:
        world.rules[CONTACT] = _state(capacity, plan.contact)
    for rule in plan.rules:
        has_attempts, has_holdout = rule.attempts < NO_LIMIT, rule.holdout > 0
        world.rules[rule.name] = _state(capacity, rule.per_user, has_attempts=has_attempts, has_holdout=has_holdout)
        if rule.takes_away:
            world.rules[rule.name].hit = np.zeros(capacity, np.bool_)


def _state(capacity: int, cap: CapPlan | None, *, has_attempts: bool = False, has_holdout: bool = False) -> RuleState:
    n_attempts, n_capped = capacity if has_attempts else 0, 0 if cap is None else capacity
    return RuleState(
        attempts=np.zeros(n_attempts, np.int32),
        absence=np.zeros(n_attempts, np.int32),
        recent=np.zeros((0 if cap is None else cap.messages, n_capped), np.int32),
        n_sent=np.zeros(n_capped, np.int32),
        enrolled=np.full(capacity if has_holdout else 0, NEVER, np.uint16),
    )


def keep_limits(world: World, day: int, rule: RulePlan, rows: U32) -> U32:
    """Those of `rows` whom every limit allows."""
    state = world.rules[rule.name]
    if world.plan.contact is not None and rule.sends:
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
    return first_rows(world, day, rows, affordable, choose_by=rule.choose_by, purpose=rule.choice_purpose)


def _unit_micro(rule: RulePlan, day: int) -> int:
    """What a user commits, in 1/10,000 cents: the message, its coupon's face value, the privilege while it is held."""
    held = 0 if rule.gift is None else int(rule.gift.holding_micro[day])
    return int(rule.medium.price_micro[day]) + _face_value_cents(rule) * 10_000 + held


def _face_value_cents(rule: RulePlan) -> int:
    """The most that the rule's coupon can cost; 0 where there is none, or no such bound."""
    face_value = 0 if rule.coupon is None else rule.coupon.face_value_cents
    return face_value if face_value < NO_LIMIT else 0


def _affordable(rule: RulePlan, state: RuleState, day: int, people_per_agent: int) -> int:
    """Agents whom today's budget and what is left of the total can pay for."""
    unit = _unit_micro(rule, day) * people_per_agent
    left = min(int(rule.budget_micro[day]), rule.total_budget_micro - state.spent_micro)
    return int(NO_LIMIT) if unit == 0 else max(left, 0) // unit


def _is_below_cap(state: RuleState, cap: CapPlan, rows: U32, day: int) -> npt.NDArray[np.bool_]:
    """Whether a further message today keeps the cap: the n-th last message is `days` or more ago."""
    oldest = state.recent[state.n_sent[rows] % cap.messages, rows]
    allowed: npt.NDArray[np.bool_] = (oldest == 0) | (day + 1 - oldest >= cap.days)
    return allowed


def remember(world: World, day: int, rule: RulePlan, rows: U32) -> None:
    """Write today's message into every memory that a limit reads."""
    state = world.rules[rule.name]
    contact = world.rules.get(CONTACT) if rule.sends else None
    for memory, cap in ((contact, world.plan.contact), (state, rule.per_user)):
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
