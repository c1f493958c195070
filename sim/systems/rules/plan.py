"""Rules as frozen plans: the days on which they act, the audience's expression, the action and its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.engine.ledger import MICRO
from sim.engine.limits import MAX_HORIZON_DAYS
from sim.scenario.expressions import Expression
from sim.systems.channels.plan import BudgetChangePlan, compile_changes
from sim.systems.horizon import Horizon
from sim.systems.messages.plan import CapPlan, MediumPlan, TopicPlan, compile_cap, compile_no_message
from sim.systems.rules.schedules import WhenPlan, compile_when
from sim.systems.rules.schema import Coupon, Limits, Rule
from sim.systems.seasons.schema import Holiday
from sim.systems.statuses.plan import PrivilegePlan
from sim.units import to_cents

I64 = npt.NDArray[np.int64]
NO_LIMIT = np.iinfo(np.int64).max


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
class Means:
    """What rules may use, by the names that they call it by; channels and privileges are in the plan's order."""

    media: Mapping[str, MediumPlan]
    topics: Mapping[str, TopicPlan]
    privileges: tuple[PrivilegePlan, ...]
    channels: tuple[str, ...]
    holidays: Mapping[str, Holiday]


@dataclass(frozen=True)
class GiftPlan:
    """A privilege that a rule gives for `n_days`.

    Attributes:
        giver: the rule's position among those who give privileges.
        holding_micro: int64 (n_days,), what holding it from the next day on costs, in 1/10,000 cents, without orders.
    """

    giver: int
    privilege: int
    n_days: int
    holding_micro: I64


@dataclass(frozen=True)
class RulePlan:
    """One rule.

    Attributes:
        index: of the rule in the ledger's names; campaigns come first.
        sends, stops_messages: whether it sends messages; whether it ends all messages to a user.
        is_about_users: whether it does anything to users; else it only changes budgets.
        when: the days on which it looks, and at whom.
        followed_days: how long rules that follow it ask whom it acted on; 0 where none does.
        followed_by: what they ask about them: `active`, `ordered`, `opened`.
        who: the audience, None for everybody.
        hour: of sending, or BY_HABIT; None where hours play no part.
        capacity, budget_micro: int64 (n_days,), messages and 1/10,000 cents a day.
        total_budget_micro: over the horizon.
        points: by programme, units that it gives, and their months to live, None for the programme's own.
        postpones: by programme, batches by which it lets units expire later.
        shows_rewards: whose rewards its message shows.
        forfeits: programmes of which it takes all units; blocks: days without earning and redeeming, by programme.
    """

    name: str
    index: int
    is_about_users: bool
    sends: bool
    stops_messages: bool
    when: WhenPlan
    followed_days: int
    followed_by: frozenset[str]
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
    gift: GiftPlan | None
    points: Mapping[str, tuple[int, int | None]]
    postpones: Mapping[str, int]
    shows_rewards: str | None
    forfeits: tuple[str, ...]
    blocks: Mapping[str, int]

    @property
    def takes_away(self) -> bool:
        """Whether users lose units by it, or cannot earn any."""
        return bool(self.forfeits or self.blocks)


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


def _daily_limit(limits: Limits, horizon: Horizon) -> tuple[I64, I64]:
    unlimited = np.full(horizon.n_days, NO_LIMIT, np.int64)
    capacity = unlimited if limits.capacity is None else horizon.of(limits.capacity).astype(np.int64)
    if limits.budget is None:
        return capacity, unlimited
    return capacity, horizon.micro(limits.budget)


def _compile_limits(name: str, limits: Limits, horizon: Horizon) -> dict[str, Any]:
    """The fields of a rule's plan that come from its `limits`."""
    capacity, budget_micro = _daily_limit(limits, horizon)
    total = limits.total_budget
    return {
        "holdout": limits.holdout.value,
        "holdout_purpose": purpose(f"holdout:{name}"),
        "choice_purpose": purpose(f"choice:{name}"),
        "per_user": compile_cap(limits.per_user),
        "attempts": int(NO_LIMIT) if limits.attempts is None else int(limits.attempts.value),
        "capacity": capacity,
        "budget_micro": budget_micro,
        "total_budget_micro": int(NO_LIMIT) if total is None else to_cents(total.value) * MICRO,
        "choose_by": limits.choose_by,
    }


def _compile_gifts(
    rules: Mapping[str, Rule], privileges: Sequence[PrivilegePlan], first_giver: int
) -> dict[str, GiftPlan]:
    """By the rule's name; rules give after the statuses, in the order of the file."""
    names = [privilege.name for privilege in privileges]
    gifts: dict[str, GiftPlan] = {}
    for name, rule in rules.items():
        if rule.do.privilege is not None and rule.do.for_ is not None:
            index, days = names.index(rule.do.privilege), int(min(rule.do.for_.value, MAX_HORIZON_DAYS))
            so_far = np.concatenate([[0], np.cumsum(privileges[index].holding_micro)])
            first = np.arange(so_far.size - 1) + 1
            holding = so_far[np.minimum(first + days, so_far.size - 1)] - so_far[first]
            gifts[name] = GiftPlan(first_giver + len(gifts), index, days, holding)
    return gifts


def compile_rules(
    rules: Mapping[str, Rule], means: Means, horizon: Horizon, *, first_index: int, first_giver: int
) -> tuple[RulePlan, ...]:
    """The plans of the checked `policy.rules`, in the order of the file.

    Args:
        first_index: of the rules' names in the ledger.
        first_giver: position of the rules among those who give privileges.
    """
    plans, no_message = [], compile_no_message(horizon)
    gifts = _compile_gifts(rules, means.privileges, first_giver)
    for index, (name, rule) in enumerate(rules.items(), start=first_index):
        do, followers = rule.do, [other.when for other in rules.values() if other.when.after == name]
        plans.append(
            RulePlan(
                name=name,
                index=index,
                is_about_users=do.is_about_users,
                stops_messages=do.stop_messaging,
                sends=do.message is not None,
                when=compile_when(rule.when, means.holidays, horizon),
                followed_days=max((follower.n_later for follower in followers), default=0),
                followed_by=frozenset(follower.unless for follower in followers if follower.unless is not None),
                who=rule.who,
                medium=no_message if do.message is None else means.media[do.message],
                hour=do.hour,
                topic=None if do.topic is None else means.topics[do.topic],
                coupon=_compile_coupon(do.coupon),
                budgets=compile_changes(do.budgets, means.channels, horizon),
                gift=gifts.get(name),
                points={name: (int(gift.units.value), gift.months) for name, gift in do.points.items()},
                shows_rewards=do.show_rewards,
                forfeits=tuple(do.forfeit),
                blocks={programme: int(days.value) for programme, days in do.block.items()},
                postpones={programme: int(batches.value) for programme, batches in do.postpone_expiry.items()},
                **_compile_limits(name, rule.limits, horizon),
            )
        )
    return tuple(plans)
