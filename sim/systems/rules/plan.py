"""Rules as frozen plans: the days on which they act, the audience's expression, the action and its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.engine.ledger import MICRO
from sim.engine.limits import MAX_HORIZON_DAYS
from sim.scenario.expressions import Expression
from sim.systems.channels.plan import BudgetChangePlan, compile_changes
from sim.systems.messages.plan import CapPlan, MediumPlan, TopicPlan, compile_cap, compile_no_message
from sim.systems.rules.schema import Coupon, Limits, Rule, When
from sim.units import to_cents

I64 = npt.NDArray[np.int64]
NO_LIMIT = np.iinfo(np.int64).max
MOST_MICRO = 9e18
"""A budget of more is as good as none."""


@dataclass(frozen=True)
class CouponPlan:
    """A coupon: cents off, or a share off up to some cents, for baskets from `over_cents` on."""

    cents_off: int
    share_off: float
    up_to_cents: int
    over_cents: int
    valid_days: int

    @property
    def face_value_cents(self) -> int:
        """The most that one coupon can cost."""
        return self.up_to_cents if self.share_off > 0 else self.cents_off


@dataclass(frozen=True)
class RulePlan:
    """One rule.

    Attributes:
        index: of the rule in the ledger's names; campaigns come first.
        is_about_users: whether it does anything to users; else it only changes budgets.
        waves: days of absence at which it acts, empty for other schedules.
        acts_on: bool (n_days,), the days on which it looks at all.
        who: the audience, None for everybody.
        hour: of sending, or BY_HABIT; None where hours play no part.
        capacity, budget_micro: int64 (n_days,), messages and 1/10,000 cents a day.
        total_budget_micro: over the horizon.
    """

    name: str
    index: int
    is_about_users: bool
    waves: tuple[int, ...]
    acts_on: npt.NDArray[np.bool_]
    who: Expression | None
    medium: MediumPlan
    hour: int | str | None
    topic: TopicPlan | None
    coupon: CouponPlan | None
    holdout: float
    holdout_purpose: int
    choice_purpose: int
    per_user: CapPlan | None
    attempts: int
    capacity: I64
    budget_micro: I64
    total_budget_micro: int
    choose_by: str
    budgets: tuple[BudgetChangePlan, ...]


def _compile_coupon(coupon: Coupon | None) -> CouponPlan | None:
    if coupon is None:
        return None
    return CouponPlan(
        cents_off=0 if coupon.off is None else to_cents(coupon.off.value),
        share_off=0.0 if coupon.share_off is None else coupon.share_off.value,
        up_to_cents=int(NO_LIMIT) if coupon.up_to is None else to_cents(coupon.up_to.value),
        over_cents=to_cents(coupon.orders_over.value),
        valid_days=int(min(coupon.valid_for.value, MAX_HORIZON_DAYS)),
    )


def _acting_days(when: When, start: date, first_day: int, n_days: int) -> npt.NDArray[np.bool_]:
    acts = np.zeros(n_days, np.bool_)
    first = first_day if when.from_ is None else max((when.from_ - start).days, first_day)
    last = n_days if when.until is None else max((when.until - start).days + 1, 0)
    if when.dates:
        days = [(day - start).days for day in when.dates]
        acts[[day for day in days if first <= day < min(last, n_days)]] = True
    else:
        step = 1 if when.every is None else int(when.every.value)
        acts[first:last:step] = True
    return acts


def _daily_limit(limits: Limits, start: date, n_days: int) -> tuple[I64, I64]:
    unlimited = np.full(n_days, NO_LIMIT, np.int64)
    capacity = unlimited if limits.capacity is None else limits.capacity.each_day(start, n_days).astype(np.int64)
    if limits.budget is None:
        return capacity, unlimited
    budget_micro = np.rint(limits.budget.each_day(start, n_days) * 100 * MICRO)
    return capacity, np.minimum(budget_micro, MOST_MICRO).astype(np.int64)


def compile_rules(
    rules: Mapping[str, Rule],
    media: Mapping[str, MediumPlan],
    topics: Mapping[str, TopicPlan],
    channels: Sequence[str],
    first_index: int,
    start: date,
    first_day: int,
    n_days: int,
) -> tuple[RulePlan, ...]:
    """The plans of the checked `policy.rules`, in the order of the file."""
    plans, no_message = [], compile_no_message(start, n_days)
    for position, (name, rule) in enumerate(rules.items()):
        limits = rule.limits
        capacity, budget_micro = _daily_limit(limits, start, n_days)
        total = limits.total_budget
        plans.append(
            RulePlan(
                name=name,
                index=first_index + position,
                is_about_users=rule.do.is_about_users,
                waves=tuple(int(wave) for wave in rule.when.waves),
                acts_on=_acting_days(rule.when, start, first_day, n_days),
                who=rule.who,
                hour=rule.do.hour,
                topic=None if rule.do.topic is None else topics[rule.do.topic],
                medium=no_message if rule.do.message is None else media[rule.do.message],
                coupon=_compile_coupon(rule.do.coupon),
                holdout=limits.holdout.value,
                holdout_purpose=purpose(f"holdout:{name}"),
                choice_purpose=purpose(f"choice:{name}"),
                per_user=compile_cap(limits.per_user),
                attempts=int(NO_LIMIT) if limits.attempts is None else int(limits.attempts.value),
                capacity=capacity,
                budget_micro=budget_micro,
                total_budget_micro=int(NO_LIMIT) if total is None else to_cents(total.value) * MICRO,
                choose_by=limits.choose_by,
                budgets=compile_changes(rule.do.budgets, channels, start, n_days),
            )
        )
    return tuple(plans)
